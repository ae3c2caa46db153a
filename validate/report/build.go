package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eid"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/qualify"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// Judged is one signature with all that was judged of it.
type Judged struct {
	*ades.Result
	Qualification *qualify.Result
	Timestamps    []JudgedTimestamp
}

// JudgedTimestamp is one time-stamp with its qualification.
type JudgedTimestamp struct {
	*ades.TimestampResult
	Qualification *qualify.TimestampResult
}

// AddSignature writes a signature into the report.
func (r *Report) AddSignature(j Judged) {
	s := j.Signature
	out := Signature{
		ID: s.ID, Path: s.Path, Format: j.Format, Indication: string(j.Indication), SubIndication: string(j.SubIndication),
		Qualification: j.Qualification.Level, SignatureIntact: j.Intact, Algorithm: s.AlgorithmName,
		ClaimedSigningTime: Time{s.ClaimedSigningTime}, BestSignatureTime: Time{j.BestSignatureTime}, judged: &j,
	}
	if s.Master != nil {
		out.CounterSignatureOf = s.Master.ID
	}
	if p := s.PDF; p != nil {
		out.PDF = &PDF{Reason: p.Reason, Location: p.Location, ByteRange: p.ByteRange}
	}
	if !j.BestBy.IsZero() {
		out.ProvenBy = j.BestBy.String()
	}
	if c := j.Signer; c != nil {
		out.SignedBy = c.SignerName()
		out.Signer = signer(c)
		if j.Qualification.Reached {
			out.Signer.Qualification = j.Qualification.Final.String()
		}
		if x, ok := eid.Of(c); ok {
			out.Scheme = &Scheme{Name: x.Name, Level: x.Level, Test: x.Test}
		}
	}
	for _, ref := range s.References {
		out.References = append(out.References, Reference{Name: ref.Name, Type: string(ref.Type), Found: ref.Found, Intact: ref.Intact, Digest: digestName(ref)})
		if ref.Scope != signature.ScopeNone && ref.Found && ref.Intact { // what was altered is not covered
			out.Scopes = append(out.Scopes, Scope{Name: ref.Name, Scope: string(ref.Scope)})
		}
	}
	if j.Chain != nil {
		out.Chain = links(j)
	}
	for _, t := range j.Timestamps {
		out.Timestamps = append(out.Timestamps, timestamp(t))
	}
	for _, a := range j.Revocations {
		out.Revocations = append(out.Revocations, revocation(a))
	}
	out.Findings = findings(j.Findings, j.Qualification.Findings)
	r.Signatures = append(r.Signatures, out)
	r.SignaturesCount++
	if j.Indication == verdict.TotalPassed {
		r.ValidSignaturesCount++
	}
}

// AddTimestamp writes a time-stamp of the document itself.
func (r *Report) AddTimestamp(t JudgedTimestamp) { r.Timestamps = append(r.Timestamps, timestamp(t)) }

// JudgedRecord is one evidence record with its time-stamps.
type JudgedRecord struct {
	*ades.RecordResult
	Timestamps []JudgedTimestamp
}

// AddRecord writes an evidence record of the document.
func (r *Report) AddRecord(j JudgedRecord) {
	out := EvidenceRecord{
		ID: j.Record.ID, Path: j.Record.Path, Indication: string(j.Indication), SubIndication: string(j.SubIndication),
		POE: Time{j.POE}, Findings: findings(j.Findings), judged: &j,
	}
	for _, ref := range j.Record.References {
		out.References = append(out.References, Reference{Name: ref.Name, Type: string(ref.Type), Found: ref.Found, Intact: ref.Intact, Digest: digestName(ref)})
	}
	for _, t := range j.Timestamps {
		out.Timestamps = append(out.Timestamps, timestamp(t))
	}
	r.EvidenceRecords = append(r.EvidenceRecords, out)
}

// relied is everything that the verdict relies on, by hash, and since when it is
// proven to have existed.
type relied struct {
	objects *evidence.Set
	proof   func(evidence.ID) evidence.POE
}

// AddEvidence keeps what the verdict relies on for the ETSI report; proof tells the
// earliest proof of existence of an object.
func (r *Report) AddEvidence(set *evidence.Set, proof func(evidence.ID) evidence.POE) {
	r.relied = relied{objects: set, proof: proof}
}

// AddLists writes the lists that the verdict rests on. checked is when a list was last
// known to be the published one, zero where that is not known.
func (r *Report) AddLists(lists []*trustlist.List, checked func(*trustlist.List) time.Time) {
	r.Trust = &Trust{}
	for _, l := range lists {
		x := List{Territory: l.Territory, Sequence: l.Sequence, Issued: Time{l.Issued}, SHA256: l.SHA256.String(), Source: string(l.Source), Checked: Time{checked(l)}}
		if l.NextUpdate != nil {
			x.NextUpdate = Time{*l.NextUpdate}
		}
		if l.MRA != nil {
			x.Agreement = &Agreement{Pointing: l.MRA.Pointing, Pointed: l.MRA.Pointed}
		}
		r.Trust.Lists = append(r.Trust.Lists, x)
	}
}

// AddAnchors writes the anchors besides the lists that the verdict rests on, each
// once, in the order of their SHA-256. The lists are added before.
func (r *Report) AddAnchors(anchors []*certificate.Certificate) {
	for _, c := range anchors {
		r.Trust.Anchors = append(r.Trust.Anchors, Anchor{Subject: c.SignerName(), SHA256: c.ID.String(), Source: "trust-anchor"})
	}
	slices.SortFunc(r.Trust.Anchors, func(a, b Anchor) int { return strings.Compare(a.SHA256, b.SHA256) })
	r.Trust.Anchors = slices.Compact(r.Trust.Anchors)
}

func digestName(ref *signature.Reference) string {
	if ref.Digest != "" {
		return string(ref.Digest)
	}
	return ref.DigestName
}

// Attribute types of a subject, ITU-T X.520.
const (
	oidSurname      = "2.5.4.4"
	oidSerialNumber = "2.5.4.5"
	oidCountry      = "2.5.4.6"
	oidOrganization = "2.5.4.10"
	oidGivenName    = "2.5.4.42"
	oidPseudonym    = "2.5.4.65"
)

func signer(c *certificate.Certificate) *Signer {
	return &Signer{
		CommonName: c.Subject.CommonName(), GivenName: c.Subject.Get(oidGivenName), Surname: c.Subject.Get(oidSurname),
		Pseudonym: c.Subject.Get(oidPseudonym), Organization: c.Subject.Get(oidOrganization),
		SerialNumber: c.Subject.Get(oidSerialNumber), Country: c.Subject.Get(oidCountry), Issuer: c.Issuer.CommonName(),
		NotBefore: Time{c.NotBefore}, NotAfter: Time{c.NotAfter}, CertificateSHA256: c.ID.String(),
	}
}

func links(j Judged) []Link {
	var out []Link
	for i, c := range j.Chain.Certificates {
		out = append(out, Link{Subject: c.SignerName(), SHA256: c.ID.String(), Anchor: i == j.Stop})
		if i == j.Stop {
			break
		}
	}
	return out
}

func timestamp(t JudgedTimestamp) Timestamp {
	out := Timestamp{
		Type: string(t.At.Type), Time: Time{t.Token.GenTime}, Indication: string(t.Indication), SubIndication: string(t.SubIndication),
		Qualification: t.Qualification.Level, Intact: t.Intact, SHA256: t.Token.ID.String(), judged: &t,
	}
	if t.Signer != nil {
		out.ProducedBy = t.Signer.SignerName()
	}
	out.Findings = findings(t.Findings, t.Qualification.Findings)
	return out
}

func revocation(a ades.Revocation) Revocation {
	out := Revocation{
		Type: a.Type, About: a.About.SignerName(), ProducedAt: Time{a.ProducedAt}, ThisUpdate: Time{a.ThisUpdate},
		Status: string(a.Status), Embedded: a.Embedded, SHA256: a.ID.String(),
	}
	if a.NextUpdate != nil {
		out.NextUpdate = Time{*a.NextUpdate}
	}
	if !a.RevokedAt.IsZero() && string(a.Status) == "revoked" {
		out.RevokedAt = Time{a.RevokedAt}
	}
	if a.ProducedBy != nil {
		out.ProducedBy = a.ProducedBy.SignerName()
	}
	return out
}

// findings writes what did not pass and what is worth knowing, errors first,
// each thing once. Rules that passed say nothing.
func findings(lists ...[]verdict.Finding) []Finding {
	var out []Finding
	seen := map[string]bool{}
	for _, level := range []verdict.Level{verdict.Error, verdict.Warning, verdict.Info} {
		for _, list := range lists {
			for _, f := range list {
				if f.Passed || f.Level != level {
					continue
				}
				key := f.Rule.ID + "\x00" + f.Says
				if seen[key] {
					continue
				}
				seen[key] = true
				x := Finding{Rule: f.Rule.ID, Clause: f.Rule.Clause.String(), Level: string(f.Level), Says: f.Says, By: nonZero(f.By), At: Time{f.At}}
				if !f.About.IsZero() {
					about := f.About
					x.About = &about
				}
				out = append(out, x)
			}
		}
	}
	return out
}

// Failure is the report of a file that could not be judged.
func Failure(file string, err *signature.ReadError) *Report {
	return &Report{File: file, Error: &Error{Code: string(err.Code), Message: err.Message, Hint: err.Hint}}
}

// day writes a time for people.
func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return fmt.Sprintf("%s UTC", t.UTC().Format("2006-01-02 15:04:05"))
}

func nonZero(ids []evidence.ID) []evidence.ID {
	var out []evidence.ID
	for _, id := range ids {
		if !id.IsZero() {
			out = append(out, id)
		}
	}
	return out
}
