package trustlist

import (
	"encoding/asn1"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
)

// Assert says how many criteria of a list must be met.
type Assert string

// The assertions of a CriteriaList (TS 119 612 §5.5.9.2.2).
const (
	All        Assert = "all"
	AtLeastOne Assert = "atLeastOne"
	None       Assert = "none"
)

// Criteria is a CriteriaList: it describes a set of certificates.
type Criteria struct {
	Assert Assert
	Items  []Criterion
}

// Criterion is one child of a CriteriaList. Exactly one field is set.
type Criterion struct {
	KeyUsage          []KeyUsageBit          // all bits must be as stated
	Policies          []string               // PolicySet: all OIDs must stand in certificatePolicies
	ExtKeyUsage       []string               // all OIDs must stand in extKeyUsage
	SubjectAttributes []string               // all attributes must stand, not empty, in the subject
	QCStatements      []QCStatementCriterion // all must stand in qcStatements
	Nested            *Criteria
	Unknown           string // something that we do not know
}

// KeyUsageBit is one bit of the key usage extension and its wanted value.
type KeyUsageBit struct {
	Bit certificate.KeyUsage
	Set bool
}

// QCStatementCriterion asks for a QC statement (QcStatementSet, mutual recognition).
type QCStatementCriterion struct {
	ID            string // OID of the statement
	Type          string // OID that must stand in QcType; "" is not asked
	CCLegislation string // country that must stand in QcCClegislation; "" is not asked
}

// Outcome is the answer of criteria about a certificate.
type Outcome int

// Undecided: the answer hangs on a criterion that we do not know.
const (
	NotMet Outcome = iota
	Met
	Undecided
)

// Matches says whether the certificate meets the criteria, whatever unknown
// criteria may mean.
func (c *Criteria) Matches(cert *certificate.Certificate) bool { return c.Evaluate(cert) == Met }

// Evaluate asks the criteria about a certificate (TS 119 612 §5.5.9.2.2). An
// empty list is met for "all" and "none", and not for "atLeastOne".
func (c *Criteria) Evaluate(cert *certificate.Certificate) Outcome {
	var met, unmet, undecided bool
	for i := range c.Items {
		switch c.Items[i].evaluate(cert) {
		case Met:
			met = true
		case NotMet:
			unmet = true
		default:
			undecided = true
		}
	}
	switch c.Assert {
	case AtLeastOne:
		return decide(met, undecided, Met, NotMet)
	case None:
		return decide(met, undecided, NotMet, Met)
	default:
		return decide(unmet, undecided, NotMet, Met)
	}
}

// decide returns then where a known criterion settles the question, and
// otherwise where nothing unknown stands in the way.
func decide(settled, undecided bool, then, otherwise Outcome) Outcome {
	switch {
	case settled:
		return then
	case undecided:
		return Undecided
	}
	return otherwise
}

func (c *Criterion) evaluate(cert *certificate.Certificate) Outcome {
	switch {
	case c.Nested != nil:
		return c.Nested.Evaluate(cert)
	case c.Unknown != "":
		return Undecided
	case c.KeyUsage != nil:
		// Without the extension, all bits read as false.
		for _, b := range c.KeyUsage {
			if (cert.HasKeyUsage && cert.KeyUsage.Has(b.Bit)) != b.Set {
				return NotMet
			}
		}
	case c.Policies != nil:
		// The OID itself: anyPolicy meets nothing.
		if !containsAll(cert.Policies, c.Policies) {
			return NotMet
		}
	case c.ExtKeyUsage != nil:
		if !containsAll(cert.ExtKeyUsage, c.ExtKeyUsage) {
			return NotMet
		}
	case c.SubjectAttributes != nil:
		for _, oid := range c.SubjectAttributes {
			if !slices.ContainsFunc(cert.Subject.All(oid), func(v string) bool { return v != "" }) {
				return NotMet
			}
		}
	case c.QCStatements != nil:
		have := qcStatementIDs(cert)
		for _, q := range c.QCStatements {
			if !slices.Contains(have, q.ID) ||
				q.Type != "" && !slices.Contains(cert.QC.Types, q.Type) ||
				q.CCLegislation != "" && !slices.ContainsFunc(cert.QC.CCLegislation, func(s string) bool { return strings.EqualFold(s, q.CCLegislation) }) {
				return NotMet
			}
		}
	default:
		return Undecided
	}
	return Met
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}

// qcStatementIDs reads the OIDs in the qcStatements extension (RFC 3739 §3.2.6).
// What cannot be read is not there.
func qcStatementIDs(cert *certificate.Certificate) []string {
	var out []string
	for _, e := range cert.Extensions {
		if e.OID != "1.3.6.1.5.5.7.1.3" {
			continue
		}
		var statements []struct {
			ID   asn1.ObjectIdentifier
			Info asn1.RawValue `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(e.Value, &statements); err != nil {
			continue
		}
		for _, s := range statements {
			out = append(out, s.ID.String())
		}
	}
	return out
}
