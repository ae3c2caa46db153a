package pages

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"
)

// ShelfLimits bounds what is kept of checks. Zero fields take the defaults.
type ShelfLimits struct {
	Octets int64         // of uploads, all checks together
	Checks int           // kept at once
	Files  int           // of one check
	Age    time.Duration // since a check was last added to
}

// The defaults of ShelfLimits.
const (
	DefaultShelfOctets = 256 << 20
	DefaultShelfChecks = 1000
	DefaultShelfFiles  = 5000
	DefaultShelfAge    = 30 * time.Minute
)

func (l ShelfLimits) withDefaults() ShelfLimits {
	if l.Octets <= 0 {
		l.Octets = DefaultShelfOctets
	}
	if l.Checks <= 0 {
		l.Checks = DefaultShelfChecks
	}
	if l.Files <= 0 {
		l.Files = DefaultShelfFiles
	}
	if l.Age <= 0 {
		l.Age = DefaultShelfAge
	}
	return l
}

// reportOctets is what one file's report is reckoned to take, in octets.
const reportOctets = 32 << 10

// checked is one file of a check.
type checked struct {
	Name string
	*Result
	octets int64
	// light: the upload is no longer held, only what was found.
	light bool
	// bundle is where it was archived from its page; "" while it was not.
	bundle atomic.Pointer[string]
}

// check is what one person checked at once.
type check struct {
	ID    string
	owner string // tenant
	files []*checked
	since time.Time
}

// shelf keeps checks for as long as their pages are read. Whoever of a tenant knows a
// check's ID may read it: it has 128 random bits and stands nowhere but in its own
// pages. To another tenant it is not there. What is
// oldest gives way; a restart forgets all. What is to be kept belongs in the archive.
type shelf struct {
	ShelfLimits
	now    func() time.Time
	mu     sync.Mutex
	checks map[string]*check
	order  []string // oldest first
	octets int64
}

func newShelf(l ShelfLimits, now func() time.Time) *shelf {
	return &shelf{ShelfLimits: l.withDefaults(), now: now, checks: map[string]*check{}}
}

// open begins a check.
func (s *shelf) open(owner string) string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	id := hex.EncodeToString(raw[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks[id] = &check{ID: id, owner: owner, since: s.now()}
	s.order = append(s.order, id)
	s.tidy()
	return id
}

// add puts a file to a check; ok is false when the check is gone or full.
func (s *shelf) add(owner, id string, c *checked) (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	k := s.checks[id]
	if k == nil || k.owner != owner || len(k.files) >= s.Files {
		return 0, false
	}
	c.octets += reportOctets
	if c.octets > s.Octets/4 { // one file is not to push out everybody else's
		c.lighten()
	}
	k.files = append(k.files, c)
	k.since = s.now()
	s.octets += c.octets
	s.tidy()
	return len(k.files), s.checks[id] != nil
}

// lighten drops what holds the upload.
func (c *checked) lighten() {
	light := *c.Result
	light.Contents = nil
	light.Write = nil
	light.Keep = nil
	c.Result, c.light, c.octets = &light, true, reportOctets
}

// get is a check as it is now.
func (s *shelf) get(owner, id string) (check, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	k := s.checks[id]
	if k == nil || k.owner != owner {
		return check{}, false
	}
	out := *k
	out.files = k.files[:len(k.files):len(k.files)]
	return out, true
}

// tidy drops what is too old, then the oldest until the rest fits.
func (s *shelf) tidy() {
	now := s.now()
	for i := 0; i < len(s.order); {
		id := s.order[i]
		if now.Sub(s.checks[id].since) <= s.Age && now.Sub(s.checks[id].since) >= 0 {
			i++
			continue
		}
		s.drop(i)
	}
	for len(s.order) > 1 && (s.octets > s.Octets || len(s.order) > s.Checks) {
		s.drop(0)
	}
}

// drop forgets a check.
func (s *shelf) drop(i int) {
	id := s.order[i]
	for _, f := range s.checks[id].files {
		s.octets -= f.octets
	}
	delete(s.checks, id)
	s.order = append(s.order[:i], s.order[i+1:]...)
}
