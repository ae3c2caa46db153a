package lotl

import (
	"fmt"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// signers are the certificates that may sign a list. Membership is by the
// certificate itself, or by the same key and subject name: trust is direct, there
// is no certification path (TS 119 612 §5.7.1).
type signers struct {
	from string // who named them, for sentences
	ids  map[evidence.ID]bool
	keys map[trustlist.Key]bool
}

func newSigners(from string) *signers {
	return &signers{from: from, ids: map[evidence.ID]bool{}, keys: map[trustlist.Key]bool{}}
}

func (s *signers) add(list ...*certificate.Certificate) {
	for _, c := range list {
		s.ids[c.ID] = true
		s.keys[trustlist.KeyOf(c)] = true
	}
}

func (s *signers) has(c *certificate.Certificate) bool {
	return s != nil && c != nil && (s.ids[c.ID] || s.keys[trustlist.KeyOf(c)])
}

func (s *signers) what() string {
	if s == nil || len(s.ids) == 0 {
		return "any signers: none is known"
	}
	return fmt.Sprintf("the %d signers that %s names", len(s.ids), s.from)
}

// anchorSigners are those that the Official Journal, or the operator, named.
func anchorSigners(anchors []Anchor, journal string) *signers {
	s := newSigners(orElse(journal, "the operator"))
	for _, a := range anchors {
		if a.Certificate != nil {
			s.add(a.Certificate)
		} else {
			s.ids[a.Fingerprint] = true
		}
	}
	return s
}

// listOfListsSigners are those that a list of lists or pivot names for its
// successor, by its pointer to itself (TS 119 615 §4.1).
func listOfListsSigners(l *trustlist.List) *signers {
	s := newSigners(title(l))
	for i := range l.Pointers {
		if p := &l.Pointers[i]; p.Kind() == trustlist.LOTL && p.MachineReadable() {
			s.add(p.Certificates...)
		}
	}
	return s
}

// location is where a list of lists says that it is published.
func location(l *trustlist.List) string {
	for i := range l.Pointers {
		if p := &l.Pointers[i]; p.Kind() == trustlist.LOTL && p.MachineReadable() {
			return p.Location
		}
	}
	return ""
}

// title names a list of lists in sentences.
func title(l *trustlist.List) string {
	if _, pivot := ownPivot(l); pivot {
		return fmt.Sprintf("pivot %d", l.Sequence)
	}
	return fmt.Sprintf("list of lists %d", l.Sequence)
}
