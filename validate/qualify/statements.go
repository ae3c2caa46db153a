package qualify

import (
	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
)

// Identifiers of EN 319 412-5 §4.2.3 and of the policies of TS 101 456 §5.2.
const (
	oidTypeESign = "0.4.0.1862.1.6.1"
	oidTypeESeal = "0.4.0.1862.1.6.2"
	oidTypeWeb   = "0.4.0.1862.1.6.3"
	oidQCP       = "0.4.0.1456.1.2" // QCP public
	oidQCPPlus   = "0.4.0.1456.1.1" // QCP public + SSCD
)

// statements is what the certificate says of itself. The date of issuance
// decides which law's words count (Regulation 910/2014 Art. 51).
type statements struct {
	qualified bool
	kind      Type
	qscd      bool
	post      bool // issued under Regulation 910/2014
	o         bool // QcCompliance
	foreign   bool // qualified under another law than the Union's
}

// read reads the certificate as it is.
func read(c *certificate.Certificate) statements { return readAs(c, &c.QC) }

// readAs reads it as if its QcStatements were these, a translation of its own.
func readAs(c *certificate.Certificate, qc *certificate.QCStatements) statements {
	post := !c.NotBefore.Before(trustlist.EIDASStart())
	qcp, qcpPlus := has(c.Policies, oidQCP), has(c.Policies, oidQCPPlus)
	// QcCClegislation names another law than the Union's.
	foreign := qc.HasCCLegislation
	s := statements{post: post, o: qc.Compliance, foreign: foreign}
	if post {
		s.qualified = qc.Compliance && !foreign
		s.qscd = qc.SSCD
		s.kind = statedType(qc)
		return s
	}
	s.qualified = (qc.Compliance || qcp || qcpPlus) && !foreign
	s.qscd = qc.SSCD || qcpPlus
	s.kind = Unknown
	if qc.Compliance || qcp || qcpPlus {
		s.kind = ESig // Directive 1999/93/EC knew signatures only
	}
	return s
}

// statedType: exactly one of the types counts; none with QcCompliance means
// signatures (EN 319 412-5 §4.2.3).
func statedType(qc *certificate.QCStatements) Type {
	known := map[string]Type{oidTypeESign: ESig, oidTypeESeal: ESeal, oidTypeWeb: WSA}
	var found []Type
	for _, oid := range qc.Types {
		if t, ok := known[oid]; ok && !hasType(found, t) {
			found = append(found, t)
		}
	}
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) == 0 && qc.Compliance:
		return ESig
	}
	return Unknown
}

func hasType(list []Type, t Type) bool {
	for _, x := range list {
		if x == t {
			return true
		}
	}
	return false
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
