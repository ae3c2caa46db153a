// Package validate judges signed files. The story of a file is told in Validate:
// it is opened, its evidence gathered, each signature judged by EN 319 102-1 and
// qualified by TS 119 615, and the whole written down.
package validate

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/qualify"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
)

// File is a file by name and content.
type File struct {
	Name string
	Data []byte
}

// Digested is a detached content of which only a digest is at hand.
type Digested struct {
	Name   string
	Digest algo.Digest
	Sum    []byte
	// Encoded: Sum is not of the content but of its base64url text, which JAdES hashes
	// in sigD unless the header b64 is false (TS 119 182-1 §5.2.8.3).
	Encoded bool
}

// Request is what is to be judged. There is no default time.
type Request struct {
	File     File
	Detached []File // signed content that the file does not hold
	// Digests stand in place of Detached where that content is not at hand. XAdES,
	// CAdES, JAdES and time-stamp tokens can be judged by them; other files that come
	// with them are refused. A content may have several, by several algorithms. Where
	// another digest than those, or the octets, are needed, it is not found.
	Digests []Digested
	At      time.Time
	Fetched Fetched // by Gather, or from a bundle; nothing: the file must speak for itself
}

// Fetched is evidence that a file does not hold, and what was asked for in vain.
type Fetched struct {
	Material signature.Material
	Notes    []string
}

// Gather asks a source for what a file lacks: issuers, OCSP answers, CRLs. It
// returns the request with what was found; Validate, which touches nothing,
// judges by it.
func (v *Validator) Gather(ctx context.Context, req Request, src gather.Source) Request {
	doc, readErr := req.open()
	if readErr != nil || src == nil {
		return req
	}
	periods := v.policy.Level("eIDAS/TrustAnchorPeriod") != policy.Ignore
	got := gather.Close(ctx, doc, v.trust, periods, req.At.UTC().Truncate(time.Second), src)
	req.Fetched = Fetched{Material: got.Material}
	for _, n := range got.Notes {
		req.Fetched.Notes = append(req.Fetched.Notes, n.Says)
	}
	return req
}

// Verdict is what was found, and all that it rests on.
type Verdict struct {
	Report   *report.Report
	Judged   *Judged           // what the report says, for other voices; nil where the file was refused
	Evidence *evidence.Set     // certificates, OCSP answers, CRLs and tokens, raw
	Lists    []*trustlist.List // national lists that stand above any certificate that was met
	met      map[trustlist.Key]bool
}

// Judged holds the facts and results that a report is written from.
type Judged struct {
	Document   *signature.Document
	Signatures []report.Judged
	Timestamps []report.JudgedTimestamp // those of the container or document
}

// Uses says whether a certificate, or another of its name and key, stands in any
// chain that was built.
func (v *Verdict) Uses(c *certificate.Certificate) bool { return v.met[trustlist.KeyOf(c)] }

// Validator judges files under one policy and one set of trust. It is safe for
// concurrent use.
type Validator struct {
	trust  *path.Trust
	policy *policy.Policy
}

// New returns a validator. There is no default trust and no default policy.
func New(trust *path.Trust, p *policy.Policy) (*Validator, error) {
	if trust == nil || p == nil {
		return nil, errors.New("making a validator: trust and policy must both be given; there is no default for either")
	}
	return &Validator{trust: trust, policy: p}, nil
}

// Policy is the policy in force.
func (v *Validator) Policy() *policy.Policy { return v.policy }

// Trust is the trust in force.
func (v *Validator) Trust() *path.Trust { return v.trust }

// ErrNoTime is returned for a request without a validation time.
var ErrNoTime = errors.New("validating: the request names no validation time")

// Validate judges one file. A file that cannot be judged gives a report with an
// error in it, not an error: that is what we learned of it.
func (v *Validator) Validate(req Request) (*Verdict, error) {
	if req.At.IsZero() {
		return nil, ErrNoTime
	}
	at := req.At.UTC().Truncate(time.Second)
	doc, readErr := req.open()
	if readErr != nil {
		return &Verdict{Report: v.refused(req, at, readErr), Evidence: evidence.NewSet()}, nil
	}
	c := ades.NewCase(ades.Facts{Document: doc, Trust: v.trust, Policy: v.policy, Now: at, Fetched: req.Fetched.Material})
	results := c.Judge()
	rep := v.head(req, at)
	rep.Document.Form = string(doc.Form)
	judged := &Judged{Document: doc}
	rep.Notes = req.Fetched.Notes
	for _, r := range results {
		judged.Signatures = append(judged.Signatures, v.qualify(r, at))
		rep.AddSignature(judged.Signatures[len(judged.Signatures)-1])
	}
	for _, t := range c.DocumentTimestamps() {
		judged.Timestamps = append(judged.Timestamps, v.qualifyTimestamp(t, at))
		rep.AddTimestamp(judged.Timestamps[len(judged.Timestamps)-1])
	}
	for _, e := range c.DocumentRecords() {
		j := report.JudgedRecord{RecordResult: e}
		for _, t := range e.Timestamps {
			j.Timestamps = append(j.Timestamps, v.qualifyTimestamp(t, at))
		}
		rep.AddRecord(j)
	}
	rep.AddEvidence(c.Evidence, c.Proof)
	lists := v.reliedOn(c)
	rep.AddLists(withLOTL(lists), v.trust.Snapshot().Checked)
	met := map[trustlist.Key]bool{}
	for _, x := range c.ChainCertificates() {
		met[trustlist.KeyOf(x)] = true
	}
	verdict := &Verdict{Report: rep, Judged: judged, Evidence: c.Evidence, Lists: lists, met: met}
	rep.AddAnchors(slices.DeleteFunc(slices.Clone(v.trust.Plain()), func(x *certificate.Certificate) bool { return !verdict.Uses(x) }))
	return verdict, nil
}

func (v *Validator) head(req Request, at time.Time) *report.Report {
	return &report.Report{
		File: req.File.Name, ValidationTime: report.Time{Time: at},
		Document: &report.Document{Size: int64(len(req.File.Data)), SHA256: evidence.Of(req.File.Data).String()},
		Policy:   &report.Policy{Name: v.policy.Name, SHA256: v.policy.SHA256()},
	}
}

func (v *Validator) refused(req Request, at time.Time, err *signature.ReadError) *report.Report {
	rep := v.head(req, at)
	rep.Error = &report.Error{Code: string(err.Code), Message: err.Message, Hint: err.Hint}
	return rep
}

// qualify adds what signature and time-stamps are worth under Regulation 910/2014.
func (v *Validator) qualify(r *ades.Result, at time.Time) report.Judged {
	j := report.Judged{Result: r}
	in := qualify.Input{Services: v.trust.Services, Checked: v.trust.Snapshot().Checked, Indication: r.Indication, SignedAt: r.BestSignatureTime, Now: at, Policy: v.policy}
	if r.Chain != nil {
		in.Chain = r.Chain.Certificates
	}
	j.Qualification = qualify.Signature(in)
	for _, t := range r.Timestamps {
		j.Timestamps = append(j.Timestamps, v.qualifyTimestamp(t, at))
	}
	return j
}

func (v *Validator) qualifyTimestamp(t *ades.TimestampResult, at time.Time) report.JudgedTimestamp {
	var chain []*certificate.Certificate
	if t.Chain != nil {
		chain = t.Chain.Certificates
	}
	return report.JudgedTimestamp{
		TimestampResult: t,
		Qualification:   qualify.Timestamp(chain, v.trust.Services, v.trust.Snapshot().Checked, t.Token.GenTime, t.LowestPOE, at, v.policy),
	}
}

// reliedOn are the lists that hold a service for any certificate of any chain
// that was built: the verdict may rest on each of them.
func (v *Validator) reliedOn(c *ades.Case) []*trustlist.List {
	met := map[*trustlist.List]bool{}
	for _, x := range c.ChainCertificates() {
		for _, s := range v.trust.Services(x) {
			met[s.Provider.List] = true
		}
	}
	var out []*trustlist.List
	if snap := v.trust.Snapshot(); snap != nil {
		for _, l := range snap.Lists {
			if met[l] {
				out = append(out, l)
			}
		}
	}
	return out
}

// withLOTL puts the lists of lists that name the lists before them.
func withLOTL(lists []*trustlist.List) []*trustlist.List {
	var out []*trustlist.List
	seen := map[*trustlist.List]bool{}
	for _, l := range lists {
		if l.LOTL != nil && !seen[l.LOTL] {
			seen[l.LOTL] = true
			out = append(out, l.LOTL)
		}
	}
	return append(out, lists...)
}
