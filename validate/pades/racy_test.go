//go:build race

package pades

// raceOrSlow widens time limits where the race detector slows everything down.
const raceOrSlow = true
