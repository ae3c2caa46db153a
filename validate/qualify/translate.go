package qualify

import (
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
)

// The statements of EN 319 412-5 §4 that agreements translate.
const (
	oidQcCompliance      = "0.4.0.1862.1.1"
	oidQcSSCD            = "0.4.0.1862.1.4"
	oidQcType            = "0.4.0.1862.1.6"
	oidQcCClegislation   = "0.4.0.1862.1.7"
	oidQcQSCDlegislation = "0.4.0.1862.1.9"
)

// translate reads the certificate's statements in the words of the pointing party:
// where they meet the declaration of the pointed party, what that demands is taken
// away and what the pointing party's demands is put there. lost are the contexts
// which the agreement translates, of which the certificate says something, and which
// it does not meet.
func translate(c *certificate.Certificate, contents []trustlist.ContentEquivalence) (qc certificate.QCStatements, lost []string) {
	t := &translation{cert: c, qc: c.QC}
	t.qc.Statements, t.qc.Types, t.qc.CCLegislation = slices.Clone(c.QC.Statements), slices.Clone(c.QC.Types), slices.Clone(c.QC.CCLegislation)
	asked, met := map[string]bool{}, map[string]bool{}
	var meets []trustlist.ContentEquivalence
	for _, x := range contents {
		asked[x.Context] = true
		// Of the certificate as it is, whatever else is translated.
		if x.Pointed.Matches(c) {
			meets = append(meets, x)
		}
	}
	for _, x := range meets {
		t.context = x.Context
		t.takeAll(&x.Pointed)
	}
	for _, x := range meets {
		t.context = x.Context
		if t.give(&x.Pointing) {
			met[x.Context] = true
		}
	}
	missed := func(context string) bool { return asked[context] && !met[context] }
	// A certificate for other purposes than the agreement speaks of is not one that it
	// calls qualified, so both contexts decide on compliance.
	for _, context := range []string{trustlist.MRAContextCompliance, trustlist.MRAContextType} {
		if missed(context) {
			if t.qc.Compliance = false; c.QC.Compliance {
				lost = append(lost, context)
			}
		}
	}
	if missed(trustlist.MRAContextQSCD) {
		if t.qc.SSCD = false; c.QC.SSCD {
			lost = append(lost, trustlist.MRAContextQSCD)
		}
	}
	return t.qc, lost
}

// translation is a certificate's statements while they are translated.
type translation struct {
	cert    *certificate.Certificate
	context string
	qc      certificate.QCStatements
}

// concerns says whether the context at hand may touch a statement: a declaration
// about the device may ask for compliance, too, but does not translate it.
func (t *translation) concerns(id string) bool {
	switch id {
	case oidQcType:
		return t.context == trustlist.MRAContextType
	case oidQcSSCD, oidQcQSCDlegislation:
		return t.context == trustlist.MRAContextQSCD
	}
	return t.context == trustlist.MRAContextCompliance
}

// takeAll takes away what the declaration demands without alternative.
func (t *translation) takeAll(c *trustlist.Criteria) {
	if c.Assert != trustlist.All {
		return
	}
	for i := range c.Items {
		if c.Items[i].Nested != nil {
			t.takeAll(c.Items[i].Nested)
		}
		for _, s := range c.Items[i].QCStatements {
			t.take(s)
		}
	}
}

// give makes the statements meet the declaration, and says whether it could: one
// that leaves a choice, which the certificate has not made, cannot be met.
func (t *translation) give(c *trustlist.Criteria) bool {
	ok := true
	switch c.Assert {
	case trustlist.AtLeastOne:
		for i := range c.Items {
			if t.holds(&c.Items[i]) {
				return true
			}
		}
		return len(c.Items) == 1 && t.giveItem(&c.Items[0])
	case trustlist.None:
		for i := range c.Items {
			ok = t.takeItem(&c.Items[i]) && ok
		}
	default:
		for i := range c.Items {
			ok = t.giveItem(&c.Items[i]) && ok
		}
	}
	return ok
}

func (t *translation) giveItem(i *trustlist.Criterion) bool {
	if i.Nested != nil {
		return t.give(i.Nested)
	}
	for _, s := range i.QCStatements {
		t.put(s)
	}
	return i.QCStatements != nil || t.holds(i)
}

func (t *translation) takeItem(i *trustlist.Criterion) bool {
	for _, s := range i.QCStatements {
		t.take(s)
	}
	return i.QCStatements != nil || !t.holds(i)
}

// holds says whether a criterion is met by the statements as they are now; other
// things than statements are asked of the certificate.
func (t *translation) holds(i *trustlist.Criterion) bool {
	switch {
	case i.Nested != nil:
		return t.holdsAll(i.Nested)
	case i.QCStatements != nil:
		for _, s := range i.QCStatements {
			if !t.states(s) {
				return false
			}
		}
		return true
	}
	return (&trustlist.Criteria{Assert: trustlist.All, Items: []trustlist.Criterion{*i}}).Matches(t.cert)
}

func (t *translation) holdsAll(c *trustlist.Criteria) bool {
	n := 0
	for i := range c.Items {
		if t.holds(&c.Items[i]) {
			n++
		}
	}
	switch c.Assert {
	case trustlist.AtLeastOne:
		return n > 0
	case trustlist.None:
		return n == 0
	}
	return n == len(c.Items)
}

func (t *translation) states(s trustlist.QCStatementCriterion) bool {
	return slices.Contains(t.qc.Statements, s.ID) && (s.Type == "" || slices.Contains(t.qc.Types, s.Type)) &&
		(s.CCLegislation == "" || slices.ContainsFunc(t.qc.CCLegislation, func(x string) bool { return strings.EqualFold(x, s.CCLegislation) }))
}

// put states something.
func (t *translation) put(s trustlist.QCStatementCriterion) {
	if !t.concerns(s.ID) || t.states(s) {
		return
	}
	if !slices.Contains(t.qc.Statements, s.ID) {
		t.qc.Statements = append(t.qc.Statements, s.ID)
	}
	if s.Type != "" {
		t.qc.Types = append(t.qc.Types, s.Type)
	}
	if s.CCLegislation != "" {
		t.qc.CCLegislation = append(t.qc.CCLegislation, s.CCLegislation)
	}
	t.settle()
}

// take takes a statement away, or one type or country of it.
func (t *translation) take(s trustlist.QCStatementCriterion) {
	if !t.concerns(s.ID) {
		return
	}
	all := s.Type == "" && s.CCLegislation == ""
	if s.Type != "" || all && s.ID == oidQcType {
		t.qc.Types = slices.DeleteFunc(t.qc.Types, func(x string) bool { return all || x == s.Type })
		all = all || len(t.qc.Types) == 0
	}
	if s.CCLegislation != "" || all && s.ID == oidQcCClegislation {
		t.qc.CCLegislation = slices.DeleteFunc(t.qc.CCLegislation, func(x string) bool { return all || strings.EqualFold(x, s.CCLegislation) })
		all = all || len(t.qc.CCLegislation) == 0
	}
	if all {
		t.qc.Statements = slices.DeleteFunc(t.qc.Statements, func(id string) bool { return id == s.ID })
	}
	t.settle()
}

// settle brings the answers in line with the statements that are there.
func (t *translation) settle() {
	t.qc.Compliance = slices.Contains(t.qc.Statements, oidQcCompliance)
	t.qc.SSCD = slices.Contains(t.qc.Statements, oidQcSSCD)
	t.qc.HasCCLegislation = slices.Contains(t.qc.Statements, oidQcCClegislation)
}
