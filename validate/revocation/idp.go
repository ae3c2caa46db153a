package revocation

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/der"
)

// maxNames bounds the names of a distribution point.
const maxNames = 100

// readIDP reads IssuingDistributionPoint, RFC 5280 §5.2.5. The module's tags are
// implicit, but DistributionPointName is a CHOICE, hence explicit in [0].
func readIDP(raw []byte) (*IssuingDistributionPoint, error) {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	p := &IssuingDistributionPoint{}
	flags := map[int]*bool{1: &p.OnlyUser, 2: &p.OnlyCA, 4: &p.Indirect, 5: &p.OnlyAttribute}
	for !r.Empty() {
		e, err := r.Next()
		if err != nil {
			return p, err
		}
		if e.Class != der.ContextSpecific {
			return p, fmt.Errorf("field of unknown kind (class %d, tag %d)", e.Class, e.Tag)
		}
		switch e.Tag {
		case 0:
			if err := p.readName(e.Reader()); err != nil {
				return p, fmt.Errorf("distributionPoint: %w", err)
			}
		case 1, 2, 4, 5:
			if *flags[e.Tag], err = e.Bool(); err != nil {
				return p, err
			}
		case 3:
			p.OnlySomeReasons = true
		default:
			return p, fmt.Errorf("field [%d] is not known", e.Tag)
		}
	}
	return p, nil
}

// readName reads DistributionPointName ::= CHOICE { fullName [0] GeneralNames,
// nameRelativeToCRLIssuer [1] }.
func (p *IssuingDistributionPoint) readName(r der.Reader) error {
	e, err := r.Next()
	if err != nil {
		return err
	}
	if e.Is(der.ContextSpecific, 1) {
		p.RelativeName = e.Raw
		return nil
	}
	if !e.Is(der.ContextSpecific, 0) {
		return fmt.Errorf("neither fullName nor nameRelativeToCRLIssuer")
	}
	for names := e.Reader(); !names.Empty(); {
		if len(p.URIs)+len(p.DirectoryNames) == maxNames {
			return fmt.Errorf("more than %d names", maxNames)
		}
		n, err := names.Next()
		if err != nil {
			return err
		}
		switch {
		case n.Is(der.ContextSpecific, 6):
			p.URIs = append(p.URIs, string(n.Body))
		case n.Is(der.ContextSpecific, 4):
			p.DirectoryNames = append(p.DirectoryNames, n.Body)
		}
	}
	return nil
}
