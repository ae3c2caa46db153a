package pull

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// base is what the cache holds when a pull begins, and again when it stores.
type base struct {
	snapshot *trustlist.Snapshot // nil: none is stored, or it is to be verified again
	kept     []lotl.File         // the lists, genuine or not: they are verified like all others
	seen     []lotl.Seen
	state    *State
	healed   string               // one sentence, when the cache was damaged
	left     map[evidence.ID]bool // kept lists that are left out: see Forget
}

// base reads the cache. have is the stored snapshot as the caller holds it, and
// spares reading it again.
func (p *Puller) base(have *trustlist.Snapshot) (*base, error) {
	b := &base{}
	var err error
	if b.state, err = ReadState(os.DirFS(p.Dir)); err != nil && !errors.Is(err, ErrNoState) {
		return nil, err
	}
	m, err := stored.ReadManifest(os.DirFS(p.Dir))
	switch {
	case errors.Is(err, stored.ErrNone):
		b.seen = b.state.Seen
		return b, nil
	case errors.Is(err, stored.ErrStale):
		b.seen = b.state.Seen
		b.kept, err = keptFiles(p.Dir)
		return b, err
	case err != nil && len(b.state.Seen) == 0:
		// Without what was seen before, a rollback could not be told.
		return nil, fmt.Errorf("the trust cache %s is damaged, and nothing says what was seen before (remove it, and pull again): %w", p.Dir, err)
	case err != nil:
		b.seen, b.healed = b.state.Seen, fmt.Sprintf("The trust cache was damaged (%v); its lists are verified again.", err)
		b.kept, err = keptFiles(p.Dir)
		return b, err
	}
	b.seen = lotl.Highest(b.state.Seen, m.Seen())
	if !m.RestsOn(p.Anchors) {
		b.kept, err = keptFiles(p.Dir)
		return b, err
	}
	if have != nil && have.Digest() == m.Digest {
		b.hold(have)
		return b, nil
	}
	s, _, err := stored.Load(os.DirFS(p.Dir), p.Workers)
	if err != nil {
		b.healed = fmt.Sprintf("The trust cache was damaged (%v); its lists are verified again.", err)
		b.kept, err = keptFiles(p.Dir)
		return b, err
	}
	b.hold(s)
	return b, nil
}

// hold takes a loaded snapshot; its lists are the kept files.
func (b *base) hold(s *trustlist.Snapshot) {
	b.snapshot = s
	for _, part := range [][]*trustlist.List{s.LOTLs, s.Pivots, s.Lists} {
		for _, l := range part {
			b.kept = append(b.kept, lotl.File{Name: l.Name, Raw: l.Raw})
		}
	}
}

// keptFiles are all lists that lie in the cache, whatever a manifest says of them.
func keptFiles(dir string) ([]lotl.File, error) {
	entries, err := os.ReadDir(filepath.Join(dir, stored.ListsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the trust cache: %w", err)
	}
	var out []lotl.File
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > trustlist.MaxListSize || !strings.HasSuffix(e.Name(), ".xml") || len(out) == stored.MaxLists {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, stored.ListsDir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the trust cache: %w", err)
		}
		if evidence.Of(raw).String() == strings.TrimSuffix(e.Name(), ".xml") {
			out = append(out, lotl.File{Name: e.Name(), Raw: raw})
		}
	}
	return out, nil
}

// list is the list in force that we hold, nil where we hold none.
func (b *base) list(id ListID) *trustlist.List {
	if b.snapshot == nil {
		return nil
	}
	switch id.Role {
	case stored.RoleLOTL:
		if len(b.snapshot.LOTLs) > 0 {
			return b.snapshot.LOTLs[0]
		}
	case stored.RoleTL:
		for _, l := range b.snapshot.Lists {
			if idOf(l) == id {
				return l
			}
		}
	}
	return nil
}

// hasPivot says whether a pivot of that address is held. They keep the names of
// their addresses, or of the files of a mirror.
func (b *base) hasPivot(url string) bool {
	if b.snapshot == nil {
		return false
	}
	for _, l := range b.snapshot.Pivots {
		if path.Base(l.Name) == path.Base(url) {
			return true
		}
	}
	return false
}

// keptLOTLs are the list of lists and pivots that we hold; of a cache that must be
// verified again, all lists.
func (b *base) keptLOTLs() []lotl.File {
	if b.snapshot == nil {
		return b.kept
	}
	return b.kept[:len(b.snapshot.LOTLs)+len(b.snapshot.Pivots)]
}

// keptLists are the kept lists but those that are left out.
func (b *base) keptLists() []lotl.File {
	if len(b.left) == 0 {
		return b.kept
	}
	return slices.DeleteFunc(slices.Clone(b.kept), func(f lotl.File) bool { return b.left[evidence.Of(f.Raw)] })
}

func (b *base) lastSeen(territory string, third bool) lotl.Seen {
	for _, s := range b.seen {
		if s.Of(territory, third) {
			return s
		}
	}
	return lotl.Seen{}
}

// validators are what the location said of the list that we hold. A server's word
// that nothing changed is taken for a while only, and not of a list that has
// expired: a server may be wrong for ever.
func (b *base) validators(id ListID, location string, at time.Time, while time.Duration) (held *trustlist.List, etag, modified string) {
	l, s := b.list(id), b.state.Of(id)
	if l == nil || s == nil || s.SHA256 != l.SHA256 || s.From != location || l.Expired(at) || s.Full.After(at) || at.Sub(s.Full) >= while {
		return nil, "", ""
	}
	return l, s.ETag, s.Modified
}
