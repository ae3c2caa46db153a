package index

import (
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/report"
)

// Entry is what the index says of a bundle. Names stand as in the report: they are
// strangers', so quote them before a terminal or a page sees them.
type Entry struct {
	ID      string `json:"id"`
	Hidden  bool   `json:"hidden,omitempty"`  // a delete marker lies over the manifest
	Problem string `json:"problem,omitempty"` // why not all could be read: the bundle is damaged

	File           string      `json:"file,omitempty"` // as the report names it
	Size           int64       `json:"size,omitempty"` // of the document, octets
	SHA256         string      `json:"sha256,omitempty"`
	SHA512         string      `json:"sha512,omitempty"`
	Form           string      `json:"form,omitempty"`
	ValidationTime report.Time `json:"validationTime,omitzero"`
	Policy         string      `json:"policy,omitempty"`
	Territories    []string    `json:"territories,omitempty"` // of the lists that the verdict rests on
	Detached       []File      `json:"detached,omitempty"`

	SignaturesCount      int         `json:"signaturesCount"`
	ValidSignaturesCount int         `json:"validSignaturesCount"`
	Signatures           []Signature `json:"signatures,omitempty"`

	EvidenceRecords int         `json:"evidenceRecords"` // beside the bundle, not in the document
	RenewBy         report.Time `json:"renewBy,omitzero"`
	Ends            report.Time `json:"ends,omitzero"` // the first day on which something that the bundle rests on ends
	RestsOn         []Rest      `json:"restsOn,omitempty"`
	Lock            *Lock       `json:"lock,omitempty"`
}

// File is a detached original.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
}

// Signature is one signature, in the report's words.
type Signature struct {
	ID                 string      `json:"id"`
	Format             string      `json:"format"`
	Indication         string      `json:"indication"`
	SubIndication      string      `json:"subIndication,omitempty"`
	Qualification      string      `json:"qualification"`
	SignedBy           string      `json:"signedBy,omitempty"`
	CommonName         string      `json:"commonName,omitempty"`
	GivenName          string      `json:"givenName,omitempty"`
	Surname            string      `json:"surname,omitempty"`
	Pseudonym          string      `json:"pseudonym,omitempty"`
	Organization       string      `json:"organization,omitempty"`
	SerialNumber       string      `json:"serialNumber,omitempty"`
	Country            string      `json:"country,omitempty"`
	Scheme             string      `json:"scheme,omitempty"`
	Level              string      `json:"level,omitempty"`
	Algorithm          string      `json:"algorithm,omitempty"`
	ClaimedSigningTime report.Time `json:"claimedSigningTime,omitzero"`
	BestSignatureTime  report.Time `json:"bestSignatureTime,omitzero"`
	CertificateSHA256  string      `json:"certificateSHA256,omitempty"`
}

// Rest is one thing that the bundle rests on, see preserve.End.
type Rest struct {
	Ends report.Time `json:"ends"`
	Kind string      `json:"kind"`
	What string      `json:"what"`
}

// Lock is how the store protects the manifest.
type Lock struct {
	Mode      string      `json:"mode,omitempty"`
	Until     report.Time `json:"until,omitzero"`
	LegalHold bool        `json:"legalHold,omitempty"`
}

// originals takes sizes and digests from the manifest.
func (e *Entry) originals(m bundle.Manifest) {
	for _, o := range m.Entries {
		sha512, _ := o.SHA512.MarshalText() // never an error
		switch {
		case o.Role == bundle.Document && e.SHA256 == "":
			e.File, e.Size, e.SHA256, e.SHA512 = o.GivenName(), o.Size, o.SHA256.String(), string(sha512)
		case o.Role == bundle.Document, o.Role == bundle.Detached:
			e.Detached = append(e.Detached, File{o.GivenName(), o.Size, o.SHA256.String(), string(sha512)})
		}
	}
}

// report takes what was judged.
func (e *Entry) report(r *report.Report) {
	if r.File != "" {
		e.File = r.File
	}
	if r.Document != nil {
		e.Form = r.Document.Form
	}
	if r.Policy != nil {
		e.Policy = r.Policy.Name
	}
	e.ValidationTime, e.SignaturesCount, e.ValidSignaturesCount = r.ValidationTime, r.SignaturesCount, r.ValidSignaturesCount
	if r.Trust != nil {
		for _, l := range r.Trust.Lists {
			if !slices.Contains(e.Territories, l.Territory) {
				e.Territories = append(e.Territories, l.Territory)
			}
		}
		slices.Sort(e.Territories)
	}
	for i := range r.Signatures {
		e.Signatures = append(e.Signatures, signature(&r.Signatures[i]))
	}
}

func signature(s *report.Signature) Signature {
	out := Signature{ID: s.ID, Format: s.Format, Indication: s.Indication, SubIndication: s.SubIndication, Qualification: s.Qualification,
		SignedBy: s.SignedBy, Algorithm: s.Algorithm, ClaimedSigningTime: s.ClaimedSigningTime, BestSignatureTime: s.BestSignatureTime}
	if c := s.Signer; c != nil {
		out.CommonName, out.GivenName, out.Surname, out.Pseudonym, out.Organization = c.CommonName, c.GivenName, c.Surname, c.Pseudonym, c.Organization
		out.SerialNumber, out.Country, out.CertificateSHA256 = c.SerialNumber, c.Country, c.CertificateSHA256
	}
	if s.Scheme != nil {
		out.Scheme, out.Level = s.Scheme.Name, s.Scheme.Level
	}
	return out
}

// names are all by which the signer may be looked for.
func (s *Signature) names() string {
	return fold(strings.Join([]string{s.SignedBy, s.CommonName, s.GivenName, s.Surname, s.Pseudonym, s.Organization, s.SerialNumber}, " "), maxNames)
}

// signed are the earliest and the latest best signature time.
func (e *Entry) signed() (first, last time.Time) {
	for _, s := range e.Signatures {
		t := s.BestSignatureTime.Time
		if t.IsZero() {
			continue
		}
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	return first, last
}
