package main

import (
	goruntime "runtime"
	"testing"
)

// TestBesides: there is a thread for those who are refused, where the judgings take all,
// and none more than before when the crowd has gone.
func TestBesides(t *testing.T) {
	before := goruntime.GOMAXPROCS(0)
	defer goruntime.GOMAXPROCS(before)
	for _, environment := range []string{"", "2"} {
		t.Setenv("GOMAXPROCS", environment)
		goruntime.SetDefaultGOMAXPROCS()
		usual := goruntime.GOMAXPROCS(0)
		if environment != "" {
			usual = 2
			goruntime.GOMAXPROCS(usual)
		}
		for judgings, want := range map[int]int{usual - 1: usual, usual: usual + 1, usual + 5: usual + 6} {
			crowded := besides(judgings)
			for range 2 {
				crowded(true)
				if got := goruntime.GOMAXPROCS(0); got != want {
					t.Errorf("%d threads for %d judgings, want %d", got, judgings, want)
				}
				crowded(false)
				if got := goruntime.GOMAXPROCS(0); got != usual {
					t.Errorf("%d threads when the crowd has gone, want %d", got, usual)
				}
			}
		}
	}
}
