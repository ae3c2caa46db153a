package policy

import (
	"fmt"
	"sort"
	"strings"
)

// fixed are the constraints whose level changes nothing, by the last word of their
// names: what is done instead, and why.
var fixed = map[string]fixedAs{
	"OCSPResponderIdMatch":                     {Fail, "an OCSP answer that names another responder than the one who signed it is no answer (RFC 6960 §4.2.2.3)"},
	"RevocationAfterCertificateIssuance":       {Fail, "an answer of before the certificate knows nothing of it (EN 319 102-1 §5.2.6.4)"},
	"RevocationHasInformationAboutCertificate": {Fail, "an answer issued after the certificate had expired speaks of it only where its issuer keeps expired ones (EN 319 102-1 §5.2.6.4)"},
	"RevocationIssuerKnown":                    {Fail, "an answer of somebody unknown is no answer (RFC 6960 §3.2)"},
	"RevocationIssuerValidAtProductionTime":    {Fail, "an answer of somebody whose certificate was not valid is no answer (RFC 6960 §4.2.2.2)"},
	"ThisUpdatePresent":                        {Fail, "an answer that does not say of when it is cannot be placed in time (RFC 6960 §4.2.2.1)"},
	"UnknownStatus":                            {Fail, "the answer unknown is not the answer good (RFC 6960 §2.2)"},
	"Recognition":                              {Fail, "without a signing certificate nothing further can be asked (EN 319 102-1 §5.2.3.4)"},
	"HashTreeRenewal":                          {Fail, "a renewal that does not cover all before it has another imprint, and its time-stamp fails (RFC 4998 §5.3)"},
	"TLWellSigned":                             {Fail, "a list that its signature does not authenticate is never used (TS 119 615 §4.3)"},
	"TLStructure":                              {Fail, "a list that cannot be read is never used (TS 119 612 §5)"},
	"SerialNumberPresent":                      {Ignore, "every certificate has a serial number (RFC 5280 §4.1.2.2), and the reference, though its policies name it, never asks"},
	"ManifestEntryObjectGroup":                 {Ignore, "the entries of a manifest are asked for one by one, by ManifestEntryObjectExistence"},
	"PdfVisualDifference":                      {Ignore, "pages are compared as objects and not as pictures, by PdfPageDifference, PdfAnnotationOverlap and UndefinedChanges"},
	"KeyIdentifierMatch":                       {Ignore, "the key identifier of a JSON signature is a hint to its certificate and identifies nobody (RFC 7515 §4.1.4)"},
}

type fixedAs struct {
	level Level
	why   string
}

// FixedAs returns the level at which a constraint counts whatever a policy says,
// and why; false for one that a policy can set.
func FixedAs(constraint string) (level Level, why string, ok bool) {
	f, ok := fixed[constraint[strings.LastIndexByte(constraint, '/')+1:]]
	return f.level, f.why, ok
}

// Ineffective lists, a sentence each, the constraints that the policy sets to a
// level at which they do not count.
func (p *Policy) Ineffective() []string {
	var out []string
	for constraint, level := range p.levels {
		as, why, ok := FixedAs(constraint)
		switch {
		case !ok || level == as:
		case as == Ignore:
			out = append(out, fmt.Sprintf("Constraint %s is %s here and is not asked: %s.", constraint, level, why))
		default:
			out = append(out, fmt.Sprintf("Constraint %s is %s here and counts as %s in every policy: %s.", constraint, level, as, why))
		}
	}
	sort.Strings(out)
	return out
}
