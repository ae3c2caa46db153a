package xades

import (
	"fmt"
	"hash"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// archive is the imprint of an ArchiveTimeStamp (EN 319 132-1 §5.5.2; formats
// §1.5): the references, SignedInfo, SignatureValue and KeyInfo, the unsigned
// properties before it, and the objects of the signature. Later time-stamps of a
// signature begin with the same octets as earlier ones: the hash states are kept,
// so that a hundred of them do not hash the content a hundred times.
func (s *source) archive(element *xmldom.Node, place int) imprint {
	if s.chains == nil {
		s.chains = map[string]*chain{}
	}
	// Where a later request will want to go on from.
	s.archives = append(s.archives, place)
	return func(d algo.Digest) ([]byte, error) {
		m, err := method(element)
		if err != nil {
			return nil, err
		}
		s.reader.mu.Lock()
		defer s.reader.mu.Unlock()
		key := fmt.Sprintf("%s %v %v %v %s", d, m.Exclusive, m.WithComments, m.V11, strings.Join(m.Inclusive, " "))
		c := s.chains[key]
		if c == nil {
			c = &chain{states: map[int]hash.Hash{}}
			s.chains[key] = c
		}
		h, err := c.until(s, d, m, place)
		if err != nil {
			return nil, err
		}
		w := spending{h, s.budget}
		for _, o := range s.archivedObjects(element) {
			if err := xmldom.Canonicalize(w, o, m, nil); err != nil {
				return nil, err
			}
		}
		return h.Sum(nil), nil
	}
}

// chain holds, for one digest and canonicalisation, the hash states in front of
// the archive time-stamps of a signature.
type chain struct {
	states map[int]hash.Hash // by the number of unsigned properties that went in
}

// until returns a hash over all that comes before the objects, for the
// time-stamp at the given place. The hash is the caller's.
func (c *chain) until(s *source, d algo.Digest, m xmldom.Method, place int) (hash.Hash, error) {
	if h, ok := c.states[place]; ok {
		if copied, ok := algo.CloneHash(h); ok {
			return copied, nil
		}
	}
	from := -1
	for p := range c.states {
		if p <= place && p > from {
			from = p
		}
	}
	var h hash.Hash
	if from >= 0 {
		h, _ = algo.CloneHash(c.states[from])
	}
	if h == nil {
		var ok bool
		if h, ok = d.New(); !ok {
			return nil, errNoImprint
		}
		from = 0
		w := spending{h, s.budget}
		for i := range s.ds.References {
			if err := s.writeReference(w, m, i); err != nil {
				return nil, err
			}
		}
		if err := canonical(w, m, s.ds.SignedInfo, s.ds.ValueNode, s.ds.KeyInfo); err != nil {
			return nil, err
		}
	}
	w := spending{h, s.budget}
	wanted := map[int]bool{}
	for _, p := range s.archives {
		wanted[p] = true
	}
	for i := from; i <= place; i++ {
		if wanted[i] {
			if copied, ok := algo.CloneHash(h); ok {
				c.states[i] = copied
			}
		}
		if i < place {
			if err := xmldom.Canonicalize(w, s.props[i], m, nil); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

// archivedObjects lists the objects that an archive time-stamp covers by
// themselves: all but the one with the qualifying properties; of the 1.3.2 kind
// only those that no reference points to.
func (s *source) archivedObjects(element *xmldom.Node) []*xmldom.Node {
	old := element.Space != nsXAdES141
	var out []*xmldom.Node
	for _, o := range s.ds.Objects {
		if s.qp != nil && s.qp.Parent == o || old && s.referenced[o] {
			continue
		}
		out = append(out, o)
	}
	return out
}
