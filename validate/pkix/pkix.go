// Package pkix asks CRLs whether a certificate was revoked: CRL validation of RFC 5280
// §6.3, with complete, delta and indirect CRLs, distribution points and reasons.
// Whether the certificate's own path is valid, package path says.
package pkix

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/revocation"
)

// Status is cert_status of RFC 5280 §6.3.2 at the end of the check.
type Status string

// The outcomes. Undetermined is the zero outcome: nothing was proved.
const (
	Unrevoked    Status = "unrevoked"
	Revoked      Status = "revoked"
	Undetermined Status = "undetermined"
)

// Result is what CRLs say of one certificate.
type Result struct {
	Status Status
	// RevokedAt and Reason are those of a revocation. It may lie after the time
	// asked about: whoever asks compares. Reason is a code of RFC 5280 §5.3.1, or
	// revocation.NoReason.
	RevokedAt time.Time
	Reason    int
	// Used are the CRLs that the status rests on, complete before delta.
	Used []*revocation.CRL
	// Why is a sentence that says what keeps the status undetermined, and Clause the
	// step of RFC 5280 that it comes from.
	Why, Clause string
	// Refusals are all CRLs of the right issuer that could not be used, newest first.
	Refusals []Refusal
}

// Refusal is why one CRL was not used.
type Refusal struct {
	CRL    *revocation.CRL
	Clause string // of RFC 5280
	Says   string // a sentence
}

// Input is the material of a Checker.
type Input struct {
	CRLs []*revocation.CRL
	// Pool holds certificates among which those of CRL issuers are looked for, and
	// those of their authorities.
	Pool []*certificate.Certificate
	// At is the time for which CRLs must be current and their issuers' paths valid.
	At time.Time
	// AnyAge takes CRLs whatever their thisUpdate and nextUpdate: for judges that
	// ask for freshness themselves. A CRL issued after the certificate had expired
	// then still proves nothing, unless it says that it keeps expired ones
	// (expiredCertsOnCRL).
	AnyAge bool
	// NoDeltas leaves delta CRLs unused (use-deltas of §6.3.1 (b) is false).
	NoDeltas bool
}

// Check says whether cert, which issuer issued, was revoked. The issuer is taken for
// the trust anchor, to which paths of other CRL issuers must lead too; where more of
// the path is known, ask a Checker.
func Check(cert, issuer *certificate.Certificate, in Input) Result {
	return New(in).Status([]*certificate.Certificate{cert, issuer})
}

// Path asks for each certificate of a path but the last, the trust anchor; the results
// stand beside the certificates.
func (c *Checker) Path(certs []*certificate.Certificate) []Result {
	var out []Result
	for i := 0; i+1 < len(certs); i++ {
		out = append(out, c.Status(certs[i:]))
	}
	return out
}

// Status says whether the first certificate of a path was revoked. Its issuer comes
// next and the trust anchor last; that the path is valid is taken for granted.
func (c *Checker) Status(certs []*certificate.Certificate) Result {
	if len(certs) < 2 {
		return Result{Status: Undetermined, Reason: revocation.NoReason, Clause: "6.3.1", Why: "Nobody can revoke a certificate without an issuer."}
	}
	c.budget, c.base, c.chains = maxConsultations, certs, map[evidence.ID]chain{}
	return c.ask(certs, nil, nil)
}

func sentence(format string, args ...any) string { return fmt.Sprintf(format, args...) }
