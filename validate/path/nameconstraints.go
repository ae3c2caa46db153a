package path

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// Subtrees are the name constraints of an authority, RFC 5280 §4.2.1.10.
type Subtrees struct{ Permitted, Excluded []Subtree }

// Subtree is one GeneralSubtree.
type Subtree struct {
	Base GeneralName
	// Bounded says that minimum is not zero or that there is a maximum, which RFC
	// 5280 does not use: a name of this form is then refused.
	Bounded bool
}

// ParseNameConstraints reads the value of nameConstraints. A base that nothing can be
// compared with (an IP address without a proper mask, a host that is none) is no
// error: any name of its form will be refused.
func ParseNameConstraints(raw []byte) (*Subtrees, error) {
	e, err := der.One(raw)
	if err != nil {
		return nil, err
	}
	if !e.Is(der.Universal, der.TagSequence) || !e.Constructed {
		return nil, errors.New("it is no SEQUENCE")
	}
	s := &Subtrees{}
	r := e.Reader()
	for tag, list := range []*[]Subtree{&s.Permitted, &s.Excluded} {
		part, ok, err := r.Optional(der.ContextSpecific, tag)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if *list, err = readSubtrees(part.Body); err != nil {
			return nil, err
		}
	}
	if !r.Empty() {
		return nil, fmt.Errorf("%d octets after its subtrees", len(r.Rest()))
	}
	return s, nil
}

func readSubtrees(b []byte) ([]Subtree, error) {
	var out []Subtree
	for r := der.NewReader(b); !r.Empty(); {
		if len(out) == maxGeneralNames {
			return nil, fmt.Errorf("more than %d subtrees", maxGeneralNames)
		}
		_, in, err := r.Sequence()
		if err != nil {
			return nil, err
		}
		e, err := in.Next()
		if err != nil {
			return nil, err
		}
		base, err := readGeneralName(e)
		if err != nil {
			return nil, err
		}
		x := Subtree{Base: base}
		minimum, ok, err := in.Optional(der.ContextSpecific, 0)
		if err != nil {
			return nil, err
		}
		if ok {
			n, err := minimum.Integer()
			if err != nil {
				return nil, err
			}
			x.Bounded = n.Sign() != 0
		}
		if _, ok, err = in.Optional(der.ContextSpecific, 1); err != nil {
			return nil, err
		}
		x.Bounded = x.Bounded || ok
		if !in.Empty() {
			return nil, fmt.Errorf("%d octets after a subtree", len(in.Rest()))
		}
		out = append(out, x)
	}
	return out, nil
}

// nameState is permitted_subtrees and excluded_subtrees of §6.1.2 (b) and (c). The
// intersection of what several authorities permit is kept as a list: a name must be
// permitted by each.
type nameState struct{ levels []level }

type level struct{ permitted, excluded matcher }

// add is 6.1.4 (g).
func (s *nameState) add(x *Subtrees) {
	var l level
	for _, t := range x.Permitted {
		l.permitted.take(t)
	}
	for _, t := range x.Excluded {
		l.excluded.take(t)
	}
	s.levels = append(s.levels, l)
}

// constrains says whether any authority names this form.
func (s *nameState) constrains(form int) bool {
	for i := range s.levels {
		if s.levels[i].permitted.named[form] || s.levels[i].excluded.named[form] {
			return true
		}
	}
	return false
}

// addNames is 6.1.4 (g) for the certificate under way.
func (p *process) addNames() *Failure {
	e, ok := p.cert().Extension(certificate.OIDNameConstraints)
	if !ok {
		return nil
	}
	s, err := ParseNameConstraints(e.Value)
	if err != nil {
		return p.fail("6.1.4 (g)", "The name constraints of %s cannot be read: %v.", called(p.cert()), err)
	}
	p.names.add(s)
	return nil
}

// checkNames is 6.1.3 (b) and (c) for the certificate under way.
func (p *process) checkNames() *Failure {
	c := p.cert()
	if len(p.names.levels) == 0 || selfIssued(c) && !p.final() {
		return nil
	}
	names, err := p.names.of(c)
	if err != nil {
		return p.fail("6.1.3 (b)", "The names of %s cannot be read, and constraints are upon them: %v.", called(c), err)
	}
	for _, n := range names {
		for i := range p.names.levels {
			m := &p.names.levels[i].permitted
			if !m.named[n.form] {
				continue
			}
			switch {
			case m.opaque[n.form] || n.broken != "":
				return p.fail("6.1.3 (b)", "%s has the %s %s, which cannot be compared with what an authority above it permits%s.", called(c), n.kind(), n.shown(), n.why())
			case !m.permits(n):
				return p.fail("6.1.3 (b)", "%s has the %s %s, which is not among those that an authority above it is permitted to certify.", called(c), n.kind(), n.shown())
			}
		}
	}
	for _, n := range names {
		for i := range p.names.levels {
			m := &p.names.levels[i].excluded
			if !m.named[n.form] {
				continue
			}
			switch {
			case m.opaque[n.form] || n.broken != "":
				return p.fail("6.1.3 (c)", "%s has the %s %s, which cannot be compared with what is excluded above it%s.", called(c), n.kind(), n.shown(), n.why())
			case m.excludes(n):
				return p.fail("6.1.3 (c)", "%s has the %s %s, which is excluded for an authority above it.", called(c), n.kind(), n.shown())
			}
		}
	}
	return nil
}
