// Package report writes what was judged: one Report, and several voices that say
// the same facts. It decides nothing.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Report is the JSON report. Times are UTC; what is absent is left out. The same
// input, lists, policy and time give the same bytes.
type Report struct {
	File                 string           `json:"file"`
	Error                *Error           `json:"error,omitempty"`
	Document             *Document        `json:"document,omitempty"`
	ValidationTime       Time             `json:"validationTime,omitzero"`
	Policy               *Policy          `json:"policy,omitempty"`
	Trust                *Trust           `json:"trust,omitempty"`
	SignaturesCount      int              `json:"signaturesCount"`
	ValidSignaturesCount int              `json:"validSignaturesCount"`
	Signatures           []Signature      `json:"signatures"`
	Timestamps           []Timestamp      `json:"timestamps"`
	EvidenceRecords      []EvidenceRecord `json:"evidenceRecords"`
	Notes                []string         `json:"notes,omitempty"` // what was asked for on the network in vain

	relied relied // what the ETSI report tells beyond the JSON
}

// Voices counts changes of the bytes that ETSI and HTML write for the same report.
// Bundles hold both, with this number: what was written in an older way is not
// compared with the way of today. It counts members that come to the JSON too, see
// JSONOf: 2 brought Signature.PDF.
const Voices = 2

// Time is written in RFC 3339, UTC, to the second.
type Time struct{ time.Time }

// MarshalJSON writes the time to the second, in UTC.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format("2006-01-02T15:04:05Z") + `"`), nil
}

// IsZero says whether there is no time.
func (t Time) IsZero() bool { return t.Time.IsZero() }

// Error says why a file could not be judged.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Document is the file that was judged.
type Document struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Form   string `json:"form,omitempty"`
}

// Policy is the validation policy in force.
type Policy struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Trust is what the verdict rests on.
type Trust struct {
	Lists []List `json:"lists"`
	// Anchors are the certificates that the operator trusts besides the lists and that
	// stand in a chain of this verdict. What they issue is never called qualified.
	Anchors []Anchor `json:"anchors,omitempty"`
}

// Anchor is a certificate that the operator trusts besides the lists.
type Anchor struct {
	Subject string `json:"subject"`
	SHA256  string `json:"sha256"`
	Source  string `json:"source"` // the label of trust: "trust-anchor"
}

// List is a trusted list that the verdict rests on.
type List struct {
	Territory  string `json:"territory"`
	Sequence   int    `json:"sequence"`
	Issued     Time   `json:"issued,omitzero"`
	NextUpdate Time   `json:"nextUpdate,omitzero"`
	SHA256     string `json:"sha256"`
	// Source is the label of trust: "lotl" for a list that the Union's list of lists
	// names, and for that one; "mra" for one of a third country under a mutual
	// recognition agreement; "extra" for one of a member state's type that the operator
	// gave; "third-country" for any other that he gave, or that a list of lists that he
	// gave points to, and that list of lists: nothing is qualified by it.
	Source string `json:"source,omitempty"`
	// Checked is when the copy was last known to be the published one; left out where
	// that is not known.
	Checked   Time       `json:"checked,omitzero"`
	Agreement *Agreement `json:"mutualRecognitionAgreement,omitempty"`
}

// Agreement is the mutual recognition agreement under which a third country's list
// counts, by the URIs of either party's legislation.
type Agreement struct {
	Pointing string `json:"pointingLegislation,omitempty"` // the Union's
	Pointed  string `json:"pointedLegislation,omitempty"`  // the third country's
}

// Signature is one signature.
type Signature struct {
	ID                 string       `json:"id"`
	CounterSignatureOf string       `json:"counterSignatureOf,omitempty"`
	Path               string       `json:"path,omitempty"`
	Format             string       `json:"format"`
	Indication         string       `json:"indication"`
	SubIndication      string       `json:"subIndication,omitempty"`
	Qualification      string       `json:"qualification"`
	SignedBy           string       `json:"signedBy,omitempty"`
	Signer             *Signer      `json:"signer,omitempty"`
	Scheme             *Scheme      `json:"scheme,omitempty"`
	ClaimedSigningTime Time         `json:"claimedSigningTime,omitzero"`
	PDF                *PDF         `json:"pdf,omitempty"`
	BestSignatureTime  Time         `json:"bestSignatureTime,omitzero"`
	ProvenBy           string       `json:"provenBy,omitempty"` // token that gives the best signature time
	SignatureIntact    bool         `json:"signatureIntact"`
	Algorithm          string       `json:"algorithm,omitempty"`
	References         []Reference  `json:"references"`
	Scopes             []Scope      `json:"scopes"`
	Chain              []Link       `json:"chain"`
	Timestamps         []Timestamp  `json:"timestamps"`
	Revocations        []Revocation `json:"revocations"`
	Findings           []Finding    `json:"findings"`

	judged *Judged // nil of a report that was not built here
}

// PDF is what the signature dictionary of a PDF says beside the signature (ISO 32000-2
// §12.8.1). Nobody vouches for reason and location: they are the signer's words.
type PDF struct {
	Reason    string `json:"reason,omitempty"`
	Location  string `json:"location,omitempty"`
	ByteRange [4]int `json:"byteRange"` // offset and length of both parts that are signed, in octets
}

// Signer is the holder of the signing certificate, as the certificate names him.
type Signer struct {
	CommonName        string `json:"commonName,omitempty"`
	GivenName         string `json:"givenName,omitempty"`
	Surname           string `json:"surname,omitempty"`
	Pseudonym         string `json:"pseudonym,omitempty"`
	Organization      string `json:"organization,omitempty"`
	SerialNumber      string `json:"serialNumber,omitempty"`
	Country           string `json:"country,omitempty"`
	Issuer            string `json:"issuer,omitempty"`
	NotBefore         Time   `json:"notBefore,omitzero"`
	NotAfter          Time   `json:"notAfter,omitzero"`
	Qualification     string `json:"certificateQualification,omitempty"`
	CertificateSHA256 string `json:"certificateSHA256"`
}

// Scheme is the eID scheme that made the signature.
type Scheme struct {
	Name  string `json:"name"`
	Level string `json:"level,omitempty"`
	Test  bool   `json:"test,omitempty"`
}

// Reference is one digest of the signature.
type Reference struct {
	Name   string `json:"name,omitempty"`
	Type   string `json:"type"`
	Found  bool   `json:"found"`
	Intact bool   `json:"intact"`
	Digest string `json:"digestAlgorithm,omitempty"`
}

// Scope is what the signature covers.
type Scope struct {
	Name  string `json:"name"`
	Scope string `json:"scope"`
}

// Link is one certificate of a chain.
type Link struct {
	Subject string `json:"subject"`
	SHA256  string `json:"sha256"`
	Anchor  bool   `json:"anchor,omitempty"`
}

// Timestamp is one time-stamp.
type Timestamp struct {
	Type          string    `json:"type"`
	Time          Time      `json:"time"`
	Indication    string    `json:"indication"`
	SubIndication string    `json:"subIndication,omitempty"`
	Qualification string    `json:"qualification"`
	ProducedBy    string    `json:"producedBy,omitempty"`
	Intact        bool      `json:"imprintIntact"`
	SHA256        string    `json:"sha256"`
	Findings      []Finding `json:"findings"`

	judged *JudgedTimestamp // nil of a report that was not built here
}

// Revocation is an answer about a certificate of the chain that was used.
type Revocation struct {
	Type       string `json:"type"`
	About      string `json:"about"`
	ProducedAt Time   `json:"producedAt"`
	ThisUpdate Time   `json:"thisUpdate,omitzero"`
	NextUpdate Time   `json:"nextUpdate,omitzero"`
	Status     string `json:"status"`
	RevokedAt  Time   `json:"revokedAt,omitzero"`
	ProducedBy string `json:"producedBy,omitempty"`
	Embedded   bool   `json:"embedded"`
	SHA256     string `json:"sha256"`
}

// EvidenceRecord is an evidence record of the document.
type EvidenceRecord struct {
	ID            string      `json:"id"`
	Path          string      `json:"path,omitempty"`
	Indication    string      `json:"indication"`
	SubIndication string      `json:"subIndication,omitempty"`
	POE           Time        `json:"poe,omitzero"`
	References    []Reference `json:"references"`
	Timestamps    []Timestamp `json:"timestamps"`
	Findings      []Finding   `json:"findings"`

	judged *JudgedRecord // nil of a report that was not built here
}

// Finding is a rule that did not pass, or something worth knowing.
type Finding struct {
	Rule   string        `json:"rule"`
	Clause string        `json:"clause"`
	Level  string        `json:"level"`
	Says   string        `json:"says"`
	About  *evidence.ID  `json:"about,omitempty"`
	By     []evidence.ID `json:"by,omitempty"`
	At     Time          `json:"at,omitzero"`
}

// JSON writes the report on one line, ending in a newline.
func (r *Report) JSON() ([]byte, error) {
	r.settle()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("writing the report of %q: %w", r.File, err)
	}
	return b.Bytes(), nil
}

// JSONOf writes the report as the program did when it counted so many Voices: members
// that came later are left out. So a bundle of that day replays to its own bytes.
func (r *Report) JSONOf(voices int) ([]byte, error) {
	if voices >= 2 {
		return r.JSON()
	}
	old := *r
	old.Signatures = slices.Clone(r.Signatures)
	for i := range old.Signatures {
		old.Signatures[i].PDF = nil
	}
	return old.JSON()
}

// settle makes absent lists empty ones, so that readers need not ask for null.
func (r *Report) settle() {
	if r.Signatures == nil {
		r.Signatures = []Signature{}
	}
	if r.Timestamps == nil {
		r.Timestamps = []Timestamp{}
	}
	if r.EvidenceRecords == nil {
		r.EvidenceRecords = []EvidenceRecord{}
	}
	if r.Trust != nil && r.Trust.Lists == nil {
		r.Trust.Lists = []List{}
	}
	for i := range r.Signatures {
		s := &r.Signatures[i]
		s.References, s.Scopes, s.Chain = orEmpty(s.References), orEmpty(s.Scopes), orEmpty(s.Chain)
		s.Revocations, s.Findings, s.Timestamps = orEmpty(s.Revocations), orEmpty(s.Findings), orEmpty(s.Timestamps)
		for j := range s.Timestamps {
			s.Timestamps[j].Findings = orEmpty(s.Timestamps[j].Findings)
		}
	}
	for i := range r.EvidenceRecords {
		e := &r.EvidenceRecords[i]
		e.References, e.Timestamps, e.Findings = orEmpty(e.References), orEmpty(e.Timestamps), orEmpty(e.Findings)
		for j := range e.Timestamps {
			e.Timestamps[j].Findings = orEmpty(e.Timestamps[j].Findings)
		}
	}
	for i := range r.Timestamps {
		r.Timestamps[i].Findings = orEmpty(r.Timestamps[i].Findings)
	}
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
