// Package verdict holds the words in which we judge: indications and
// sub-indications, clauses, rules, and findings (EN 319 102-1 §5.1.3). It
// decides nothing.
package verdict

import (
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Indication is the main status of a validation, EN 319 102-1 §5.1.3 table 1.
type Indication string

// Signatures end in the TOTAL- words; building blocks and time-stamps in the short ones.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	TotalFailed   Indication = "TOTAL-FAILED"
	Passed        Indication = "PASSED"
	Failed        Indication = "FAILED"
	Indeterminate Indication = "INDETERMINATE"
)

// SubIndication says why, EN 319 102-1 §5.1.3 tables 5 and 6.
type SubIndication string

// The sub-indications of EN 319 102-1 v1.4.1.
const (
	FormatFailure                  SubIndication = "FORMAT_FAILURE"
	HashFailure                    SubIndication = "HASH_FAILURE"
	SigCryptoFailure               SubIndication = "SIG_CRYPTO_FAILURE"
	Revoked                        SubIndication = "REVOKED"
	Expired                        SubIndication = "EXPIRED"
	NotYetValid                    SubIndication = "NOT_YET_VALID"
	SigConstraintsFailure          SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure        SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CertificateChainGeneralFailure SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	CryptoConstraintsFailure       SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailureNoPOE  SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	PolicyProcessingError          SubIndication = "POLICY_PROCESSING_ERROR"
	SignaturePolicyNotAvailable    SubIndication = "SIGNATURE_POLICY_NOT_AVAILABLE"
	TimestampOrderFailure          SubIndication = "TIMESTAMP_ORDER_FAILURE"
	NoSigningCertificateFound      SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound        SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	NoCertificateChainFoundNoPOE   SubIndication = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
	RevokedNoPOE                   SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE                 SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNotRevoked          SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	OutOfBoundsNoPOE               SubIndication = "OUT_OF_BOUNDS_NO_POE"
	RevocationOutOfBoundsNoPOE     SubIndication = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
	NoPOE                          SubIndication = "NO_POE"
	TryLater                       SubIndication = "TRY_LATER"
	SignedDataNotFound             SubIndication = "SIGNED_DATA_NOT_FOUND"
	Custom                         SubIndication = "CUSTOM"
)

// Conclusion is what a process ends with.
type Conclusion struct {
	Indication    Indication
	SubIndication SubIndication
}

// OK is the conclusion of a block that found nothing against its object.
var OK = Conclusion{Indication: Passed}

// Passed says whether the conclusion is PASSED or TOTAL-PASSED.
func (c Conclusion) Passed() bool { return c.Indication == Passed || c.Indication == TotalPassed }

// Is says whether the conclusion carries one of these sub-indications.
func (c Conclusion) Is(subs ...SubIndication) bool {
	for _, s := range subs {
		if c.SubIndication == s {
			return true
		}
	}
	return false
}

// Total turns the result of a block into that of a signature (EN 319 102-1 §5.1.3).
func (c Conclusion) Total() Conclusion {
	switch c.Indication {
	case Passed:
		c.Indication = TotalPassed
	case Failed:
		c.Indication = TotalFailed
	}
	return c
}

// Level is how a failing rule counts, by the policy in force (EN 319 102-1 §5.1.4).
type Level string

// Error stops the block and gives its conclusion; Warning and Info are told and passed by.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Info    Level = "info"
)

// Clause is a place in a standard.
type Clause struct{ Document, Number string }

// String writes the clause as it is quoted: "EN 319 102-1 5.2.6.4".
func (c Clause) String() string { return c.Document + " " + c.Number }

// Rule is one question that a clause asks, and what follows from a "no".
type Rule struct {
	ID      string     // stable, printed in reports
	Clause  Clause     // where the question stands
	Asks    string     // the question, for people
	Fails   Conclusion // what a "no" ends with, where the policy does not soften it
	Usually string     // what usually causes a "no"
	Firm    bool       // a "no" decides whatever the policy says
	// Instead is what a "no" does, of a rule that ends no validation: it is told, and
	// others go by it. Empty for all that decide.
	Instead string
}

// Finding is what we learned when we asked a rule about an object.
type Finding struct {
	Rule   *Rule
	Passed bool
	Level  Level         // how it counts, where it did not pass
	Says   string        // one sentence, with names and dates
	About  evidence.ID   // what is judged
	By     []evidence.ID // what the answer relies on
	At     time.Time     // the time that it was asked for
}
