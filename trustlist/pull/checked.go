package pull

import (
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Checked is when each list of a snapshot was last known to be the published one, by
// its SHA-256, for Snapshot.WithChecked: when a server last gave it, or said that it
// had not changed. Of a list that came from a mirror's folder nobody knows whether it
// was the published one, and it is left out.
func Checked(snapshot *trustlist.Snapshot, s *State) map[evidence.ID]time.Time {
	out := map[evidence.ID]time.Time{}
	if snapshot == nil || s == nil {
		return out
	}
	for _, l := range slices.Concat(snapshot.LOTLs, snapshot.Lists) {
		if l.Source != trustlist.FromLOTL && l.Source != trustlist.FromMRA {
			continue
		}
		if state := s.Of(idOf(l)); state != nil && state.SHA256 == l.SHA256 && strings.Contains(state.From, "://") {
			out[l.SHA256] = state.Good
		}
	}
	return out
}
