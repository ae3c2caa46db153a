package corpustest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
)

// Tally counts, for each thing compared, how often it was compared and how often
// it was right.
type Tally struct {
	t            testing.TB
	total, right map[string]int
}

// NewTally returns a tally that reports to t.
func NewTally(t testing.TB) *Tally {
	return &Tally{t: t, total: map[string]int{}, right: map[string]int{}}
}

// Count counts one comparison. If it is not ok and VIDIMUS_SHOW is set, it logs
// the difference.
func (c *Tally) Count(what string, ok bool, format string, args ...any) {
	c.t.Helper()
	c.total[what]++
	if ok {
		c.right[what]++
	} else if os.Getenv("VIDIMUS_SHOW") != "" {
		c.t.Logf("%s: %s", what, fmt.Sprintf(format, args...))
	}
}

// Timestamps counts which of the wanted time-stamps were read, in any order, and
// whether there are as many.
func (c *Tally) Timestamps(what, name string, have, want []Timestamp) {
	c.t.Helper()
	got, expect := Strings(have), Strings(want)
	slices.Sort(got)
	slices.Sort(expect)
	for i, w := range expect {
		c.Count(what, i < len(got) && got[i] == w, "%s: %q, want %q", name, got, expect)
	}
	c.Count("number of "+what, len(got) == len(expect), "%s: %d, want %d", name, len(got), len(expect))
}

// Floors logs what was counted, and fails the test where fewer were right than the
// floor says, or where nothing was compared that has a floor.
func (c *Tally) Floors(floors map[string]int) {
	c.t.Helper()
	for _, what := range slices.Sorted(maps.Keys(c.total)) {
		c.t.Logf("%-28s %4d of %4d", what, c.right[what], c.total[what])
		if c.right[what] < floors[what] {
			c.t.Errorf("%s: %d, was %d", what, c.right[what], floors[what])
		}
	}
	for _, what := range slices.Sorted(maps.Keys(floors)) {
		if c.total[what] == 0 {
			c.t.Errorf("%s: never compared, was %d", what, floors[what])
		}
	}
}
