// Package pull is the door through which trusted lists come in: it fetches the
// list of lists, its pivots and what the list of lists points to, and stores what
// package lotl finds genuine. It decides nothing about genuineness, and trusts no
// transport: a list is worth what its signature is worth.
//
// One bad host takes nothing from the others: every list has its own time, its own
// tries and its own kept copy. A pull that fails leaves the stored snapshot as it
// was; one that succeeds replaces it whole (package stored). What was seen of each
// territory is kept for ever, so that nothing older is accepted later (attack T1).
package pull

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Getter is the network. fetch.Client is one; it guards against what hostile
// addresses can do (attack S1).
type Getter interface {
	// IfChanged gets url's octets, at most maxSize, unless they are as they were when
	// a server said etag and modified of them; a nil body without an error says so.
	// It is called concurrently. An error may have the methods Temporary() bool, for
	// whether to ask again soon, and Cause() error, for the operator's eyes.
	IfChanged(ctx context.Context, url, etag, modified string, maxSize int64) (body []byte, newETag, newModified string, err error)
}

// Options say what is pulled and how.
type Options struct {
	Dir     string        // the cache: a folder of package stored
	Anchors []lotl.Anchor // who may sign the list of lists, or its oldest pivot
	Journal string        // the notice of the anchors, "" when the operator gave them
	URL     string        // of the list of lists; "" means the notified one
	// Mirrors are base URLs under which copies are asked for before the places that
	// the lists name: BASE/HOST/PATH of the official address, as `wget -x` lays them
	// out.
	Mirrors []string
	Getter  Getter
	Now     func() time.Time
	// Wait waits, or returns the context's error; nil means a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// Random gives numbers from 0 to below 1, to spread tries in time; nil means
	// those of math/rand.
	Random   func() float64
	Workers  int // lists verified at once; below 1: one
	Limits   Limits
	Progress func(Progress) // called after each list; may be nil
	Disk     stored.Disk
	// Tell, when set, is told the alerts of a pull before anything of it is stored: an
	// alert of what is stored was told. An error from it ends the pull, and the next one
	// tells the same alerts under the same IDs.
	Tell func([]Alert) error
}

// Limits bound what a pull may cost. Zero fields take the defaults.
type Limits struct {
	MaxList    int64         // octets of one list
	MaxTotal   int64         // octets of all lists of one pull
	ListTime   time.Duration // for one list, all its locations and tries
	Attempts   int           // tries of one location
	Backoff    time.Duration // before the second try; it doubles, and is spread by half to one and a half
	Concurrent int           // lists fetched at once
	Locations  int           // of one list
	Pivots     int           // of one list of lists
	// FullAfter is how long servers are believed that a list did not change; then it
	// is fetched whole again.
	FullAfter time.Duration
}

// The defaults of Limits. The largest real list has less than 3 MB; the sum of all
// is 19 MB (worlds/eu-2023-11), and was 28 MB in 2026.
const (
	DefaultMaxList    = 32 << 20
	DefaultMaxTotal   = 256 << 20
	DefaultListTime   = 90 * time.Second
	DefaultAttempts   = 3
	DefaultBackoff    = time.Second
	DefaultConcurrent = 32
	DefaultLocations  = 5
	DefaultPivots     = 30
	DefaultFullAfter  = 24 * time.Hour
)

func (l Limits) withDefaults() Limits {
	size := func(p *int64, d int64) {
		if *p <= 0 {
			*p = d
		}
	}
	size(&l.MaxList, DefaultMaxList)
	size(&l.MaxTotal, DefaultMaxTotal)
	span := func(p *time.Duration, d time.Duration) {
		if *p <= 0 {
			*p = d
		}
	}
	span(&l.ListTime, DefaultListTime)
	span(&l.Backoff, DefaultBackoff)
	span(&l.FullAfter, DefaultFullAfter)
	count := func(p *int, d int) {
		if *p <= 0 {
			*p = d
		}
	}
	count(&l.Attempts, DefaultAttempts)
	count(&l.Concurrent, DefaultConcurrent)
	count(&l.Locations, DefaultLocations)
	count(&l.Pivots, DefaultPivots)
	return l
}

// Progress tells how far a pull is.
type Progress struct {
	Done, Total int    // lists; the total grows once the list of lists is known
	Name        string // "EE", "list of lists", "pivot 282"
	Says        string // "" when it was had
}

// Puller pulls. It is safe for concurrent use; the cache's lock orders what is
// stored.
type Puller struct {
	Options
	forgets string // a territory, see Forget
}

// New returns a Puller. There is no default network, clock or anchor.
func New(o Options) (*Puller, error) {
	switch {
	case o.Dir == "":
		return nil, errors.New("making a puller of trusted lists: no folder to keep them in")
	case len(o.Anchors) == 0:
		return nil, errors.New("making a puller of trusted lists: no anchor says who may sign the list of lists")
	case o.Now == nil:
		return nil, errors.New("making a puller of trusted lists: no clock")
	}
	if o.URL == "" {
		o.URL = lotl.Location
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	o.Limits = o.Limits.withDefaults()
	return &Puller{Options: o}, nil
}

// wait waits by a timer.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Pull fetches what is new and stores what is genuine. have is the stored snapshot
// as the caller holds it, or nil: then it is read from the cache. What could not be
// had or is refused is told in the Result, for each list; an error means that our
// own part failed, or that ctx ended: then nothing is stored.
func (p *Puller) Pull(ctx context.Context, have *trustlist.Snapshot) (*Result, error) {
	if p.Getter == nil {
		return nil, errors.New("pulling trusted lists: no network is given")
	}
	b, err := p.base(have)
	if err != nil {
		return nil, err
	}
	r := &round{Puller: p, base: p.wanting(b), began: p.Now()}
	top := r.getAll(ctx, []want{r.wantLOTL()})
	pivots := r.getAll(ctx, r.wantPivots(top[0]))
	var national []answer
	if list := r.authentic(append(top, pivots...)); list != nil {
		national = r.getAll(ctx, r.wantNational(list))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result, err := p.commit(have, append(append(top, pivots...), national...), p.forgets != "")
	if result != nil {
		result.Took = max(0, p.Now().Sub(r.began))
	}
	return result, err
}

// Take stores what is genuine of the files of a mirror, by the same rules.
func (p *Puller) Take(files []lotl.File) (*Result, error) {
	answers := make([]answer, 0, len(files))
	for _, f := range files {
		answers = append(answers, answer{raw: f.Raw, from: f.Name, full: true, sha256: evidence.Of(f.Raw)})
	}
	return p.commit(nil, answers, true)
}

// round is one pull under way.
type round struct {
	*Puller
	base  *base
	began time.Time
	taken atomic.Int64 // octets fetched
	mu    sync.Mutex   // guards done, total and the calls of Progress
	done  int
	total int
}

// want is a list to be had.
type want struct {
	id        ListID
	name      string // for Progress
	locations []string
	seen      lotl.Seen
	accept    func(raw []byte) (*trustlist.List, error) // whether another location need be asked
}

// wantLOTL is the list of lists: where the operator says, and where the one in
// force says that it is published.
func (r *round) wantLOTL() want {
	locations := []string{r.URL}
	if s := r.base.snapshot; s != nil && len(s.LOTLs) > 0 {
		locations = append(locations, lotl.PublishedAt(s.LOTLs[0]))
	}
	return want{id: ListID{Role: stored.RoleLOTL, Territory: "EU"}, name: "list of lists", locations: r.places(locations), seen: r.base.lastSeen("EU", false),
		accept: func(raw []byte) (*trustlist.List, error) {
			l, err := trustlist.Parse(raw)
			if err == nil && l.Kind != trustlist.LOTL {
				err = errors.New("it is no list of lists")
			}
			return l, err
		}}
}

// wantPivots are the pivots that a new list of lists names and that are not here
// yet. Nobody has verified it so far: only addresses are taken from it, and few.
// A pivot never changes, so it is fetched once.
func (r *round) wantPivots(top answer) []want {
	if top.raw == nil {
		return nil
	}
	list, err := trustlist.Parse(top.raw)
	if err != nil || list.Kind != trustlist.LOTL {
		return nil
	}
	var out []want
	for _, u := range lotl.PivotURLs(list, r.Journal) {
		if r.base.hasPivot(u) || len(out) == r.Limits.Pivots {
			continue
		}
		name := "pivot " + strings.TrimSuffix(path.Base(u), path.Ext(u))
		out = append(out, want{id: ListID{Role: stored.RolePivot, Territory: "EU", URL: u}, name: name, locations: r.places([]string{u}), accept: trustlist.Parse})
	}
	return out
}

// wantNational are the lists that the list of lists points to. A list that we hold
// says where else it is published (DistributionPoints, TS 119 612 §5.3.16).
func (r *round) wantNational(list *trustlist.List) []want {
	all := lotl.National(list)
	out := make([]want, 0, len(all))
	for _, w := range all {
		id := ListID{Role: stored.RoleTL, Territory: w.Territory, ThirdCountry: w.ThirdCountry}
		locations := w.Locations
		if l := r.base.list(id); l != nil {
			for _, u := range l.Distribution {
				if isXML(u) {
					locations = append(locations[:len(locations):len(locations)], u)
				}
			}
		}
		signers := w.Signers
		out = append(out, want{id: id, name: id.String(), locations: r.places(locations), seen: r.base.lastSeen(w.Territory, w.ThirdCountry),
			accept: func(raw []byte) (*trustlist.List, error) { return lotl.Genuine(raw, signers) }})
	}
	return out
}

// places are the locations of a list, each once: copies at the mirrors first.
func (r *round) places(official []string) []string {
	var all []string
	for _, m := range r.Mirrors {
		for _, o := range official {
			if u, err := url.Parse(o); err == nil && u.Host != "" {
				all = append(all, strings.TrimSuffix(m, "/")+"/"+u.Host+u.EscapedPath())
			}
		}
	}
	var out []string
	seen := map[string]bool{"": true}
	for _, u := range append(all, official...) {
		if !seen[u] && len(out) < r.Limits.Locations {
			seen[u] = true
			out = append(out, u)
		}
	}
	return out
}

func isXML(location string) bool {
	u, err := url.Parse(location)
	if err != nil {
		return false
	}
	ext := strings.ToLower(path.Ext(u.Path))
	return ext == ".xml" || ext == ".xtsl"
}

// authentic is the list of lists in force: the new one when it authenticates, else
// the one that we hold; nil when there is none.
func (r *round) authentic(answers []answer) *trustlist.List {
	files := filesOf(answers)
	if s := r.base.snapshot; len(files) == 0 && s != nil && len(s.LOTLs) > 0 {
		return s.LOTLs[0]
	}
	s, _ := lotl.Authenticate(lotl.Input{Files: files, Kept: r.base.keptLOTLs(), Anchors: r.Anchors, Journal: r.Journal, Seen: r.base.seen,
		Known: lotl.KnownIn(r.base.snapshot), At: r.began, Workers: r.Workers})
	if len(s.LOTLs) == 0 {
		return nil
	}
	return s.LOTLs[0]
}
