package xades

import (
	"errors"
	"io"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// imprint computes the hash of the time-stamped octets, which are streamed into
// the hash and never gathered (formats §1.5).
type imprint func(d algo.Digest) ([]byte, error)

var errNoImprint = errors.New("what the time-stamp is over cannot be found")

// once is the imprint as package signature wants it: computed once for each
// digest algorithm, by whoever asks first.
func (i imprint) once() func(algo.Digest) ([]byte, bool) {
	var mu sync.Mutex
	known := map[algo.Digest][]byte{}
	return func(d algo.Digest) ([]byte, bool) {
		mu.Lock()
		defer mu.Unlock()
		sum, ok := known[d]
		if !ok && i != nil {
			sum, _ = i(d)
			known[d] = sum
		}
		return sum, sum != nil
	}
}

// method is the canonicalisation of a time-stamp element; inclusive 1.0 where it
// names none (formats §1.1).
func method(n *xmldom.Node) (xmldom.Method, error) {
	c := n.First(nsDS, "CanonicalizationMethod")
	if c == nil {
		m, _ := xmldom.MethodByURI(defaultC14N)
		return m, nil
	}
	return xmldsig.MethodOf(c)
}

// streamed is an imprint that write fills.
func (s *source) streamed(element *xmldom.Node, write func(w io.Writer, m xmldom.Method) error) imprint {
	return func(d algo.Digest) ([]byte, error) {
		h, ok := d.New()
		if !ok {
			return nil, errNoImprint
		}
		m, err := method(element)
		if err != nil {
			return nil, err
		}
		s.reader.mu.Lock()
		defer s.reader.mu.Unlock()
		if err := write(spending{h, s.budget}, m); err != nil {
			return nil, err
		}
		return h.Sum(nil), nil
	}
}

// overNodes is the imprint over canonical nodes, one after the other.
func (s *source) overNodes(element *xmldom.Node, nodes ...*xmldom.Node) imprint {
	return s.streamed(element, func(w io.Writer, m xmldom.Method) error { return canonical(w, m, nodes...) })
}

func canonical(w io.Writer, m xmldom.Method, nodes ...*xmldom.Node) error {
	for _, n := range nodes {
		if n == nil {
			continue
		}
		if err := xmldom.Canonicalize(w, n, m, nil); err != nil {
			return err
		}
	}
	return nil
}

// allDataObjects: all references but SignedProperties, in order.
func (s *source) allDataObjects(element *xmldom.Node) imprint {
	return s.streamed(element, func(w io.Writer, m xmldom.Method) error {
		for i := range s.ds.References {
			if s.reports[i].Type == signature.RefSignedProperties {
				continue
			}
			if err := s.writeReference(w, m, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// individualDataObjects: the references that Include elements name, in their order.
func (s *source) individualDataObjects(element *xmldom.Node) imprint {
	return s.streamed(element, func(w io.Writer, m xmldom.Method) error {
		chosen, err := s.included(element)
		if err != nil {
			return err
		}
		for _, i := range chosen {
			if err := s.writeReference(w, m, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// included lists the references that the Include elements of an
// IndividualDataObjectsTimeStamp name: all with referencedData="true".
func (s *source) included(element *xmldom.Node) ([]int, error) {
	if s.refIDs == nil {
		s.refIDs = make(map[string]int, len(s.ds.References))
		for i, r := range s.ds.References {
			if r.ID != "" {
				s.refIDs["#"+r.ID] = i
			}
		}
	}
	var out []int
	for _, n := range element.All(s.space, "Include") {
		uri, _ := n.Attribute("URI")
		data, _ := n.Attribute("referencedData")
		i, ok := s.refIDs[uri]
		if !ok || data != "true" && data != "1" || len(out) >= signature.MaxReferences {
			return nil, errNoImprint
		}
		out = append(out, i)
	}
	if len(out) == 0 {
		return nil, errNoImprint
	}
	return out, nil
}

// writeReference writes what a reference is over: octets as its transforms made
// them, a node-set in the canonical form of the time-stamp.
func (s *source) writeReference(w io.Writer, m xmldom.Method, i int) error {
	return s.writeTarget(w, m, s.ds.References[i], s.reports[i])
}

// writeTarget writes what a reference or an entry of a manifest points at.
func (s *source) writeTarget(w io.Writer, m xmldom.Method, r *xmldsig.Reference, report *signature.Reference) error {
	if !report.Found {
		return errNoImprint
	}
	f := s.resolver.match[r]
	if f != nil && f.byDigest() {
		return errNoImprint // the octets that the time-stamp is over are not at hand
	}
	if f != nil && len(r.Transforms) == 0 {
		_, err := w.Write(f.Data)
		return err
	}
	res := s.resolve(r)
	if !res.Found {
		return errNoImprint
	}
	return res.Write(w, m)
}

// refsOnly and sigAndRefs: the references to validation data that stand before
// the time-stamp; V2 and older kinds each have their own (formats §1.5). With
// Include elements (distributed case) those say what, in their order.
func (s *source) refsOnly(element *xmldom.Node, place int) imprint {
	return s.overRefs(element, place, false)
}

func (s *source) sigAndRefs(element *xmldom.Node, place int) imprint {
	return s.overRefs(element, place, true)
}

func (s *source) overRefs(element *xmldom.Node, place int, withValue bool) imprint {
	return s.streamed(element, func(w io.Writer, m xmldom.Method) error {
		nodes, err := s.includedNodes(element)
		if err != nil {
			return err
		}
		if nodes == nil {
			nodes = s.refsBefore(element, place, withValue)
			if withValue {
				nodes = append([]*xmldom.Node{s.ds.ValueNode}, nodes...)
			}
		}
		return canonical(w, m, nodes...)
	})
}

// refsBefore lists the unsigned properties before place that are references to
// validation data, and the signature time-stamps where these count too.
func (s *source) refsBefore(element *xmldom.Node, place int, stamps bool) []*xmldom.Node {
	v2 := element.Space == nsXAdES141
	var out []*xmldom.Node
	for i, n := range s.props {
		if i >= place {
			break
		}
		take := false
		switch {
		case n.Is(s.space, "CompleteRevocationRefs"), n.Is(s.space, "AttributeRevocationRefs"):
			take = true
		case n.Is(s.space, "CompleteCertificateRefs"), n.Is(s.space, "AttributeCertificateRefs"):
			take = !v2
		case n.Is(nsXAdES141, "CompleteCertificateRefsV2"), n.Is(nsXAdES141, "AttributeCertificateRefsV2"):
			take = v2
		case n.Is(s.space, "SignatureTimeStamp"):
			take = stamps
		}
		if take {
			out = append(out, n)
		}
	}
	return out
}

// includedNodes resolves the Include elements of a time-stamp of references.
func (s *source) includedNodes(element *xmldom.Node) ([]*xmldom.Node, error) {
	var out []*xmldom.Node
	for _, n := range element.All(s.space, "Include") {
		uri, _ := n.Attribute("URI")
		if len(uri) < 2 || uri[0] != '#' || len(out) >= maxProperties {
			return nil, errNoImprint
		}
		hits := s.doc.ByID(uri[1:])
		if len(hits) != 1 || !hits[0].Within(s.ds.Node) {
			return nil, errNoImprint
		}
		out = append(out, hits[0])
	}
	return out, nil
}
