package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// FixityOptions say how a store is read again.
type FixityOptions struct {
	// Part of Parts is read, from 1 on, told by the first octet of each hash: a job
	// that reads one part a day has read everything after Parts days, and remembers
	// nothing. Both 0: everything. Parts is at most 256.
	Part, Parts int
	// Pace is called with the octets of each object after it was read, of a large one
	// piece by piece, and waits as long as a rate limit asks; nil: it does not.
	Pace func(ctx context.Context, octets int64) error
	// At is the time that notes of damage name.
	At time.Time
	// Replica is another store that should hold the same: what is altered or missing is
	// taken from there, after its hash was compared, and restored. nil: there is none.
	Replica Store
	// Found is told each damage as it is found, from one goroutine; an error ends the run.
	Found func(Damaged) error
	// Progress is told what was read; nil: nobody.
	Progress func(objects int, octets int64)
}

// Damaged is an object or manifest that is not as it was written.
type Damaged struct {
	Key     string    `json:"key"`
	Problem string    `json:"problem"` // "altered", "missing", "hidden", "overwritten"
	Says    string    `json:"says"`
	Bundles []string  `json:"bundles,omitempty"` // those that hold it
	FoundAt time.Time `json:"foundAt"`
	// Restored names the store that it was restored from. Unrestored says why it could
	// not be, where there is a replica. Neither stands in the note.
	Restored   string `json:"restored,omitempty"`
	Unrestored string `json:"unrestored,omitempty"`
}

// maxDamaged bounds the damage that one run keeps in mind; with more the store is
// lost as a whole, and the run ends.
const maxDamaged = 100_000

// Fixed is what a run of Fixity read.
type Fixed struct {
	Objects, Manifests int
	Records            int // evidence records that were compared with their noted SHA-256
	Unnoted            int // evidence records whose SHA-256 nobody noted when they were written
	Octets             int64
	Damaged            int
	Restored           int // of those damaged
}

// Fixity reads a store again, or a part of it: every object and every manifest is
// compared with the hash in its key, every evidence record with the SHA-256 that was
// noted when it was written, and every object that a manifest names must be there
// (attacks A1, A2). What is damaged is told, with the bundles that hold it, and
// quarantined: a create-only note beside it, since what is locked cannot be moved
// away; Load refuses it by its hash anyway. Errors are those of the store.
func Fixity(ctx context.Context, st Store, o FixityOptions) (Fixed, error) {
	if o.Parts < 0 || o.Parts > 256 || o.Parts == 0 && o.Part != 0 || o.Parts > 0 && (o.Part < 1 || o.Part > o.Parts) {
		return Fixed{}, fmt.Errorf("reading again: part %d of %d; parts are 1 to at most 256", o.Part, o.Parts)
	}
	f := &fixity{FixityOptions: o, st: st, damaged: map[string]*Damaged{}, want: map[string][]evidence.ID{}}
	for _, pass := range []func(context.Context) error{f.objects, f.sums, f.manifests, f.lostRecords, f.holders, f.deleted, f.quarantine} {
		if err := pass(ctx); err != nil {
			return f.out, fmt.Errorf("reading the store again: %w", err)
		}
	}
	return f.out, nil
}

// pacePiece is how much of a large object is read between two calls of Pace, in octets.
const pacePiece = 4 << 20

type fixity struct {
	FixityOptions
	st      Store
	out     Fixed
	damaged map[string]*Damaged // by key
	order   []*Damaged
	want    map[string][]evidence.ID // by key: what each damaged thing may have as SHA-256
	noted   notedSums                // of evidence records of this part
}

// mine says whether a hash is in the part that is read.
func (f *fixity) mine(id evidence.ID) bool {
	return f.Parts == 0 || int(id[0])*f.Parts/256 == f.Part-1
}

func (f *fixity) note(key, problem, says string, want ...evidence.ID) error {
	if f.damaged[key] != nil {
		return nil
	}
	if len(f.order) == maxDamaged {
		return fmt.Errorf("more than %d objects are damaged", maxDamaged)
	}
	d := &Damaged{Key: key, Problem: problem, Says: says, FoundAt: f.At.UTC()}
	f.damaged[key], f.want[key], f.order = d, want, append(f.order, d)
	f.out.Damaged++
	return nil
}

// read reads one object or manifest and compares it with the hash in its key. One of a
// size that is large is read as a stream, and not given; size 0 asks for it whole.
func (f *fixity) read(ctx context.Context, info Info, size int64, id evidence.ID) ([]byte, error) {
	return f.compare(ctx, info, size, func(d digest) string {
		if d.sha256 != id {
			return fmt.Sprintf("SHA-256 is %s, its key says %s", d.sha256, id)
		}
		return ""
	}, id)
}

// compare reads what stands under a key and asks whether it is what was written.
func (f *fixity) compare(ctx context.Context, info Info, size int64, differs func(digest) string, want ...evidence.ID) ([]byte, error) {
	paced := &pacing{of: f, ctx: ctx}
	x, err := compared(ctx, f.st, info.Key, size, false, differs, paced)
	var none *NotFoundError
	if errors.As(err, &none) {
		return nil, f.note(info.Key, "missing", "it is listed and cannot be read", want...)
	}
	if err != nil {
		return nil, err
	}
	if !x.newer && info.Hidden && x.says == "" {
		err = f.note(info.Key, "hidden", "a delete marker lies over it; it can still be read", want...)
	} else if !x.newer && info.Overwritten && x.says == "" {
		err = f.note(info.Key, "overwritten", "newer versions lie over it; the first one can still be read", want...)
	}
	if err != nil {
		return nil, err
	}
	rest := paced.waiting
	if x.data != nil {
		rest += x.size
	}
	if err := f.passed(ctx, rest); err != nil {
		return nil, err
	}
	if x.says != "" {
		return nil, f.note(info.Key, "altered", x.says, want...)
	}
	return x.data, nil
}

// passed counts octets that were read, and waits as long as a rate limit asks.
func (f *fixity) passed(ctx context.Context, octets int64) error {
	f.out.Octets += octets
	if f.Progress != nil {
		f.Progress(f.out.Objects+f.out.Manifests+f.out.Records, f.out.Octets)
	}
	if f.Pace != nil {
		return f.Pace(ctx, octets)
	}
	return nil
}

// pacing sees an object while it is streamed, and lets it pass in pieces.
type pacing struct {
	of      *fixity
	ctx     context.Context
	waiting int64 // octets that have not passed yet
}

func (p *pacing) Write(data []byte) (int, error) {
	if p.waiting += int64(len(data)); p.waiting >= pacePiece {
		octets := p.waiting
		p.waiting = 0
		if err := p.of.passed(p.ctx, octets); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

func (f *fixity) objects(ctx context.Context) error {
	for info, err := range f.st.List(ctx, objectsPrefix) {
		if err != nil {
			return err
		}
		id, ok := idOfObjectKey(info.Key)
		if !ok || !f.mine(id) {
			continue
		}
		f.out.Objects++
		if _, err := f.read(ctx, info, info.Size, id); err != nil {
			return err
		}
	}
	return nil
}

// manifests reads manifests, and asks for each object that they name; and the evidence
// records that stand between them.
func (f *fixity) manifests(ctx context.Context) error {
	for info, err := range f.st.List(ctx, bundlesPrefix) {
		if err != nil {
			return err
		}
		if id, n, ok := idOfRecordKey(info.Key); ok && f.mine(id) {
			if err := f.record(ctx, info, id, n); err != nil {
				return err
			}
			continue
		}
		id, ok := idOfManifestKey(info.Key)
		if !ok || !f.mine(id) {
			continue
		}
		f.out.Manifests++
		raw, err := f.read(ctx, info, 0, id)
		if err != nil {
			return err
		}
		if raw == nil {
			continue
		}
		m, err := bundle.ParseManifest(raw)
		if err != nil {
			if err := f.note(info.Key, "altered", err.Error(), id); err != nil {
				return err
			}
			continue
		}
		for _, e := range m.Entries {
			if err := f.there(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fixity) there(ctx context.Context, e bundle.Entry) error {
	key := objectKey(e.SHA256)
	if f.damaged[key] != nil {
		return nil
	}
	info, err := f.st.Stat(ctx, key)
	var none *NotFoundError
	switch {
	case errors.As(err, &none):
		return f.note(key, "missing", fmt.Sprintf("a manifest names it as %s with %d octets, and nothing is stored there", e.Path, e.Size), e.SHA256)
	case err != nil:
		return err
	case info.Size != e.Size:
		if x, err := readObject(ctx, f.st, e, info.Size); err == nil && x.newer {
			return nil
		}
		return f.note(key, "altered", fmt.Sprintf("it has %d octets, a manifest says %d", info.Size, e.Size), e.SHA256)
	}
	return nil
}
