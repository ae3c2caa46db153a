package portable

import (
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/evidence"
)

// The reasons to refuse a whole file.
var (
	ErrForeign  = errors.New("its list of lists does not rest on the anchors of this side")
	ErrNotProof = errors.New("not all of its lists are genuine, so that it is not what an export wrote")
	ErrOlder    = errors.New("it is older than what was accepted here before, a rollback")
)

// Checked is what authentication found.
type Checked struct {
	Snapshot *trustlist.Snapshot
	Reports  []lotl.FileReport // of each list, in the order of the manifest
	New      int               // lists that this side has not seen before
	Older    int               // lists that are rollbacks, in a file that also brings new ones
}

// Check authenticates every list again, from the anchors of this side: nothing that
// the file says of itself is used. in carries the anchors, their notice, the memory of
// what was seen, and the time; its Files are replaced. The file is refused whole, with
// one of the errors above and the Checked that tells of each list, when its list of
// lists does not authenticate or is a rollback; when any list is not genuine, since
// none such is ever exported; and when it brings rollbacks and nothing new. A rollback
// among newer lists is for the rules of a pull: that list is refused there.
func (e *Export) Check(in lotl.Input) (*Checked, error) {
	in.Files, in.Kept, in.Extra = e.Files(), nil, nil
	s, reports := lotl.Authenticate(in)
	c := &Checked{Snapshot: s, Reports: reports}
	rejected := map[evidence.ID]trustlist.Rejected{}
	for _, r := range s.Rejected {
		rejected[r.SHA256] = r
	}
	var rollback, fault string
	for _, l := range e.Manifest.Lists {
		r, refused := rejected[l.SHA256]
		switch {
		case !refused:
			if !seen(in.Seen, l, s) {
				c.New++
			}
		case r.Rollback && l.Role == RoleLOTL:
			return c, fmt.Errorf("importing trusted lists: %w: list of lists %d of %s: %s", ErrOlder, l.Sequence, day(l.Issued), r.Why)
		case r.Rollback:
			c.Older++
			rollback = fmt.Sprintf("%s: %s", path.Base(l.File), r.Why)
		case l.Role == RoleLOTL || fault == "":
			fault = fmt.Sprintf("%s: %s", path.Base(l.File), r.Why)
		}
	}
	switch {
	case len(s.LOTLs) == 0:
		return c, fmt.Errorf("importing trusted lists: %w: %s", ErrForeign, fault)
	case fault != "":
		return c, fmt.Errorf("importing trusted lists: %w: %s", ErrNotProof, fault)
	case c.Older > 0 && c.New == 0:
		return c, fmt.Errorf("importing trusted lists: %w: %s", ErrOlder, rollback)
	}
	return c, nil
}

// seen says whether this very list was seen before. Pivots are no news by themselves:
// the list of lists that names a new one is.
func seen(all []lotl.Seen, l Entry, s *trustlist.Snapshot) bool {
	if l.Role == RolePivot {
		return true
	}
	for _, k := range lotl.SeenIn(s) {
		if k.SHA256 != l.SHA256 {
			continue
		}
		for _, have := range all {
			if have.Of(k.Territory, k.ThirdCountry) {
				return have.SHA256 == k.SHA256
			}
		}
	}
	return false
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
