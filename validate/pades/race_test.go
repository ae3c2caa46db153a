//go:build !race

package pades

const raceOrSlow = false
