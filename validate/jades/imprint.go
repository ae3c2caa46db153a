package jades

import (
	"io"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
)

// imprint computes what a time-stamp is over (formats §6), once for each digest
// algorithm. ok is false where something that it is over is not at hand: a file,
// or an element of etsiU that is an object, whose octets are those of the
// canonicalization that the time-stamp names (canonAlg), where it is not known.
func (s *source) imprint(kind signature.TimestampType, place int) func(algo.Digest) ([]byte, bool) {
	var mu sync.Mutex
	known := map[algo.Digest][]byte{}
	return func(d algo.Digest) ([]byte, bool) {
		mu.Lock()
		defer mu.Unlock()
		sum, done := known[d]
		if !done {
			if h, ok := d.New(); ok {
				if found, err := s.writeStamped(spending{h, s.budget}, kind, place); found && err == nil {
					sum = h.Sum(nil)
				}
			}
			known[d] = sum
		}
		return sum, sum != nil
	}
}

// writeStamped writes the octets that a time-stamp is over.
func (s *source) writeStamped(w io.Writer, kind signature.TimestampType, place int) (ok bool, err error) {
	switch kind {
	case signature.ContentTimestamp:
		return s.writePayload(w)
	case signature.SignatureTimestamp:
		// TS 119 182-1 §5.3.4: the base64url text of the signature value.
		return texts(w, s.signature)
	case signature.ValidationDataTimestamp:
		if ok, err := texts(w, s.signature, "."); !ok {
			return false, err
		}
		return s.elements(w, place, func(name string) bool { return name == "sigTst" || references[name] })
	case signature.ValidationDataRefsTimestamp:
		return s.elements(w, place, func(name string) bool { return references[name] })
	case signature.ArchiveTimestamp:
		// §5.3.6.2: payload, header, value and all that stands before it.
		if ok, err := s.writePayload(w); !ok || err != nil {
			return false, err
		}
		if ok, err := texts(w, ".", s.protected, ".", s.signature, "."); !ok {
			return false, err
		}
		return s.elements(w, place, func(string) bool { return true })
	}
	return false, nil
}

// references are the elements of etsiU that name validation data by digests.
var references = map[string]bool{"xRefs": true, "rRefs": true, "axRefs": true, "arRefs": true}

// elements writes the texts of the elements of etsiU before a place.
func (s *source) elements(w io.Writer, place int, take func(name string) bool) (bool, error) {
	canonical := place >= 0 && canonicalizations[s.etsiU[place].content.str("canonAlg")]
	for _, u := range s.etsiU[:max(place, 0)] {
		if !take(u.name) {
			continue
		}
		octets := u.text
		if u.clear {
			if octets = u.canonical; !canonical || octets == "" {
				return false, nil
			}
		}
		if ok, err := texts(w, octets); !ok {
			return false, err
		}
	}
	return true, nil
}

func texts(w io.Writer, all ...string) (bool, error) {
	for _, t := range all {
		if _, err := io.WriteString(w, t); err != nil {
			return false, err
		}
	}
	return true, nil
}
