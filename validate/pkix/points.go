package pkix

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/path"
)

// Bounds on the distribution points of a certificate, and the names of one.
const (
	maxPoints     = 100
	maxPointNames = 100
)

// Reasons is a set of ReasonFlags, RFC 5280 §4.2.1.13: bit n of the BIT STRING is 1<<n.
type Reasons uint16

// AllReasons are keyCompromise (1) to aACompromise (8); bit 0 is not used.
const AllReasons Reasons = 0x1fe

// PointName is DistributionPointName: either full names or one relative to an issuer.
type PointName struct {
	Full     []path.GeneralName
	Relative []byte // contents of the RelativeDistinguishedName; nil: Full counts
}

// Point is one DistributionPoint, RFC 5280 §4.2.1.13.
type Point struct {
	Name    *PointName // nil: absent
	Reasons Reasons    // AllReasons when absent
	Issuers []path.GeneralName
}

// Scope is IssuingDistributionPoint, RFC 5280 §5.2.5.
type Scope struct {
	Name                                      *PointName // nil: absent
	OnlyUser, OnlyCA, OnlyAttribute, Indirect bool
	Reasons                                   Reasons // onlySomeReasons; AllReasons when absent
}

// ParseDistributionPoints reads the value of cRLDistributionPoints, or of freshestCRL.
func ParseDistributionPoints(raw []byte) ([]Point, error) {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	if !top.Empty() {
		return nil, errors.New("octets after it")
	}
	var out []Point
	for !r.Empty() {
		if len(out) == maxPoints {
			return nil, fmt.Errorf("more than %d distribution points", maxPoints)
		}
		_, in, err := r.Sequence()
		if err != nil {
			return nil, err
		}
		p := Point{Reasons: AllReasons}
		if e, ok, err := in.Optional(der.ContextSpecific, 0); err != nil {
			return nil, err
		} else if ok {
			if p.Name, err = readPointName(e); err != nil {
				return nil, err
			}
		}
		if e, ok, err := in.Optional(der.ContextSpecific, 1); err != nil {
			return nil, err
		} else if ok {
			if p.Reasons, err = readReasons(e); err != nil {
				return nil, err
			}
		}
		if e, ok, err := in.Optional(der.ContextSpecific, 2); err != nil {
			return nil, err
		} else if ok {
			if p.Issuers, err = readNames(e.Body); err != nil {
				return nil, err
			}
		}
		if !in.Empty() {
			return nil, errors.New("octets after a distribution point")
		}
		out = append(out, p)
	}
	return out, nil
}

// ParseScope reads the value of issuingDistributionPoint.
func ParseScope(raw []byte) (*Scope, error) {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	if !top.Empty() {
		return nil, errors.New("octets after it")
	}
	s := &Scope{Reasons: AllReasons}
	flags := map[int]*bool{1: &s.OnlyUser, 2: &s.OnlyCA, 4: &s.Indirect, 5: &s.OnlyAttribute}
	for last := -1; !r.Empty(); {
		e, err := r.Next()
		if err != nil {
			return nil, err
		}
		if e.Class != der.ContextSpecific || e.Tag <= last || e.Tag > 5 {
			return nil, fmt.Errorf("a field has class %d and tag %d", e.Class, e.Tag)
		}
		switch last = e.Tag; e.Tag {
		case 0:
			s.Name, err = readPointName(e)
		case 3:
			s.Reasons, err = readReasons(e)
		default:
			*flags[e.Tag], err = e.Bool()
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readPointName reads [0] DistributionPointName, explicit because that is a CHOICE.
func readPointName(e der.Element) (*PointName, error) {
	in := e.Reader()
	choice, err := in.Next()
	if err != nil {
		return nil, err
	}
	if !in.Empty() {
		return nil, errors.New("octets after the name of a distribution point")
	}
	switch {
	case choice.Is(der.ContextSpecific, 0):
		names, err := readNames(choice.Body)
		return &PointName{Full: names}, err
	case choice.Is(der.ContextSpecific, 1) && len(choice.Body) > 0:
		return &PointName{Relative: choice.Body}, nil
	}
	return nil, errors.New("neither fullName nor nameRelativeToCRLIssuer")
}

func readNames(b []byte) ([]path.GeneralName, error) {
	names, err := path.ReadGeneralNames(b)
	if err == nil && len(names) > maxPointNames {
		err = fmt.Errorf("%d names of a distribution point, at most %d are read", len(names), maxPointNames)
	}
	return names, err
}

func readReasons(e der.Element) (Reasons, error) {
	if _, _, err := e.Bits(); err != nil {
		return 0, err
	}
	var out Reasons
	for n := 1; n <= 8; n++ {
		if e.Bit(n) {
			out |= 1 << n
		}
	}
	return out, nil
}

// keys are the names of a point as GeneralName.Key writes them; a relative one is
// completed with the name (DER) that it is relative to.
func (p *PointName) keys(relativeTo []byte) []string {
	if p.Relative == nil {
		return keysOf(p.Full)
	}
	issuer, err := der.One(relativeTo)
	if err != nil {
		return nil
	}
	rdn := wrap(0x31, p.Relative)
	whole := wrap(0x30, append(issuer.Body[:len(issuer.Body):len(issuer.Body)], rdn...))
	if _, err := certificate.ParseName(whole); err != nil {
		return nil
	}
	return []string{path.GeneralName{Form: path.DirectoryName, Value: whole}.Key()}
}

func keysOf(names []path.GeneralName) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n.Key()
	}
	return out
}

// wrap writes a tag and a length before contents.
func wrap(tag byte, body []byte) []byte {
	n := len(body)
	head := []byte{tag, byte(n)}
	switch {
	case n >= 1<<24:
		head = []byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	case n >= 1<<16:
		head = []byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}
	case n >= 1<<8:
		head = []byte{tag, 0x82, byte(n >> 8), byte(n)}
	case n >= 1<<7:
		head = []byte{tag, 0x81, byte(n)}
	}
	return append(head, body...)
}

// nameKey is the key of a directory name in DER; empty when it cannot be read.
func nameKey(raw []byte) string {
	if _, err := certificate.ParseName(raw); err != nil {
		return ""
	}
	return path.GeneralName{Form: path.DirectoryName, Value: raw}.Key()
}
