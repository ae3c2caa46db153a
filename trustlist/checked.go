package trustlist

import (
	"maps"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// WithChecked returns the same snapshot with another knowledge of when its lists, by
// their SHA-256, were last known to be the published ones. Lists, index and Digest
// are shared and stay: what a list says does not change when somebody looks whether
// it is still the newest. A list that is not named, or whose time is zero, is one of
// which that is not known.
func (s *Snapshot) WithChecked(checked map[evidence.ID]time.Time) *Snapshot {
	out := *s
	out.checked = maps.Clone(checked)
	return &out
}

// Checked is when the list was last known to be the published one; zero where that is
// not known: of a mirror's lists, and those that the operator named.
func (s *Snapshot) Checked(l *List) time.Time {
	if s == nil || l == nil {
		return time.Time{}
	}
	return s.checked[l.SHA256].UTC().Truncate(time.Second)
}

// WithCheckedOf is WithChecked with what another snapshot, of the same lists and
// maybe fewer, knows.
func (s *Snapshot) WithCheckedOf(o *Snapshot) *Snapshot { return s.WithChecked(o.checked) }
