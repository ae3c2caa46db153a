package trustlist

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Rejected is a file that is not used, and why.
type Rejected struct {
	File      string
	Kind      Kind // Unknown when it could not be read
	Territory string
	Sequence  int
	SHA256    evidence.ID
	Older     bool   // it authenticates, and a newer list of its territory is used
	Rollback  bool   // it authenticates, and is older than what was seen before, or other with the same number (attack T1)
	Why       string // one sentence
}

// Missing is a list that the list of lists points to and of which no usable file
// was there.
type Missing struct {
	Territory string
	Location  string // where it is published
	Says      string // one sentence
}

// Contents is what a Snapshot is built from.
type Contents struct {
	Lists    []*List // authenticated national lists, extra ones too
	LOTLs    []*List // authenticated lists of lists in force
	Pivots   []*List // authenticated pivots, oldest first
	Others   []*List // lists of lists besides the Union's that the operator named: they vouch for third countries' lists only
	Rejected []Rejected
	Missing  []Missing
	Anchors  []evidence.ID // fingerprints that the lists of lists rest on
	Journal  string        // the Official Journal notice that published them, "" when the operator gave them
}

// Snapshot is a set of authenticated lists with an index from certificates to
// services. It never changes and is safe for concurrent use.
type Snapshot struct {
	Contents
	byKey     map[Key][]*Service
	bySubject map[evidence.ID][]*certificate.Certificate
	byID      map[evidence.ID]*certificate.Certificate
	digest    evidence.ID
	checked   map[evidence.ID]time.Time // by WithChecked
}

// NewSnapshot orders the lists by territory, sequence number and hash, and builds
// the index. It does not authenticate anything: package lotl does.
func NewSnapshot(c Contents) *Snapshot {
	c.Lists = slices.Clone(c.Lists)
	slices.SortStableFunc(c.Lists, func(a, b *List) int {
		if d := strings.Compare(a.Territory, b.Territory); d != 0 {
			return d
		}
		if a.Sequence != b.Sequence {
			return a.Sequence - b.Sequence
		}
		return strings.Compare(a.SHA256.String(), b.SHA256.String())
	})
	services := 0
	for _, l := range c.Lists {
		services += l.ServiceCount()
	}
	s := &Snapshot{
		Contents:  c,
		byKey:     make(map[Key][]*Service, services),
		bySubject: make(map[evidence.ID][]*certificate.Certificate, services),
		byID:      make(map[evidence.ID]*certificate.Certificate, services),
	}
	for _, l := range c.Lists {
		for _, p := range l.Providers {
			for _, service := range p.Services {
				s.index(service)
			}
		}
	}
	s.digest = digest(c)
	return s
}

func (s *Snapshot) index(service *Service) {
	for _, c := range service.Certificates {
		k := KeyOf(c)
		// A service with several certificates of one name and key stands there once.
		if at := s.byKey[k]; len(at) == 0 || at[len(at)-1] != service {
			s.byKey[k] = append(at, service)
		}
		if _, ok := s.byID[c.ID]; !ok {
			s.byID[c.ID] = c
			s.bySubject[k.Subject] = append(s.bySubject[k.Subject], c)
		}
	}
}

// Services returns the services whose current identity has the certificate's
// name and key (TS 119 615 §4.3), in the order of lists and within a list in
// document order. The slice must not be changed.
func (s *Snapshot) Services(c *certificate.Certificate) []*Service { return s.byKey[KeyOf(c)] }

// BySubject returns the listed certificates with this subject name (DER), each
// once, in the order of lists. The slice must not be changed.
func (s *Snapshot) BySubject(rawSubject []byte) []*certificate.Certificate {
	return s.bySubject[evidence.Of(rawSubject)]
}

// ByID returns the listed certificate with this SHA-256, or nil.
func (s *Snapshot) ByID(id evidence.ID) *certificate.Certificate { return s.byID[id] }

// CertificateCount is the number of distinct certificates of all services.
func (s *Snapshot) CertificateCount() int { return len(s.byID) }

// List returns the list of a territory, or nil. Where an extra list says the
// same territory, the one that a list of lists points to is returned.
func (s *Snapshot) List(territory string) *List {
	var found *List
	for _, l := range s.Lists {
		if l.Territory == territory && (found == nil || l.Source == FromLOTL) {
			found = l
		}
	}
	return found
}

// Digest names the snapshot: a hash over the hashes of all lists used. Verdicts
// under equal digests saw the same trust.
func (s *Snapshot) Digest() evidence.ID { return s.digest }

// digest hashes the role and the SHA-256 of every list, in the snapshot's order.
func digest(c Contents) evidence.ID {
	h := sha256.New()
	for _, part := range []struct {
		role  byte
		lists []*List
	}{{'L', c.LOTLs}, {'P', c.Pivots}, {'T', c.Lists}, {'O', c.Others}} {
		for _, l := range part.lists {
			h.Write([]byte{part.role, byte(len(l.Source))})
			h.Write(l.SHA256[:])
		}
	}
	return evidence.ID(h.Sum(nil))
}
