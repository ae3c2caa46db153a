package cades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// TestCorpus compares what is read with what the reference reads, over all CMS
// files and lone tokens.
func TestCorpus(t *testing.T) {
	c := comparison{Tally: corpustest.NewTally(t), t: t, passed: map[string]bool{}}
	for _, one := range corpustest.Cases(t, func(one *corpustest.Case) bool {
		if one.Kind != "CAdES" && one.Kind != "TST" || strings.HasSuffix(one.File, ".ers") {
			return false
		}
		c.passed[one.File] = c.passed[one.File] || one.Passed()
		return one.World == "anchored"
	}) {
		c.file(&one)
	}
	// What is reached. A number that falls is a regression.
	c.Floors(map[string]int{
		"claimed signing time": 84, "counter": 84, "document timestamps": 13, "no problem in passed": 8,
		"number of document timestamps": 79, "number of signatures": 79, "number of timestamps": 84, "read": 79,
		"reference names": 84, "references": 84, "refused": 2, "signature intact": 84, "signer": 84,
		"structure: BES": 84, "structure: format": 82, "timestamps": 82,
	})
}

type comparison struct {
	*corpustest.Tally
	t      *testing.T
	passed map[string]bool // a signature in the file is TOTAL-PASSED in some world
}

func (c *comparison) file(one *corpustest.Case) {
	doc, err := cades.Open(corpustest.Read(c.t, one.File), corpustest.Detached[cades.File](c.t, one))
	if one.Expect.Reject != "" {
		c.Count("refused", err != nil, "%s", one.File)
		return
	}
	if err != nil {
		c.Count("read", false, "%s: %v", one.File, err)
		return
	}
	c.Count("read", true, "")
	want := &one.Expect
	c.Count("number of signatures", len(doc.Signatures) == len(want.Signatures), "%s: %d, want %d", one.File, len(doc.Signatures), len(want.Signatures))
	c.timestamps("document timestamps", one.File, documentTimestamps(doc), want.Timestamps)
	if len(doc.Signatures) != len(want.Signatures) {
		return
	}
	for i, s := range doc.Signatures {
		c.signature(fmt.Sprintf("%s #%d", one.File, i+1), s, &want.Signatures[i], c.passed[one.File])
	}
}

// documentTimestamps are those that the reference lists for the document: its own
// and those that cover no signature (formats §12.3).
func documentTimestamps(doc *signature.Document) []*signature.Timestamp {
	out := slices.Clone(doc.Timestamps)
	for _, s := range doc.Signatures {
		for _, t := range s.Timestamps {
			if t.Type.IsContent() || t.Type == signature.ValidationDataRefsTimestamp {
				out = append(out, t)
			}
		}
	}
	return out
}

func (c *comparison) timestamps(what, name string, read []*signature.Timestamp, want []corpustest.Timestamp) {
	var have []corpustest.Timestamp
	for _, ts := range read {
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		sum, _ := ts.Imprint(token.HashAlgorithm)
		have = append(have, corpustest.Timestamp{Type: string(ts.Type), Time: corpustest.Time(token.GenTime.UTC()), ImprintIntact: bytes.Equal(sum, token.Imprint)})
	}
	c.Timestamps(what, name, have, want)
}

func (c *comparison) signature(name string, s *signature.Signature, want *corpustest.Signature, passed bool) {
	claimed := corpustest.Time(s.ClaimedSigningTime)
	c.Count("claimed signing time", claimed == want.ClaimedSigningTime, "%s: %q, want %q", name, claimed, want.ClaimedSigningTime)
	c.Count("counter", (s.Master != nil) == want.Counter, "%s: %v", name, s.Master != nil)
	broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact && r.Type != signature.RefManifestEntry })
	signer, intact := signerOf(s)
	c.Count("signature intact", intact == want.SignatureIntact || broken && !want.SignatureIntact, "%s: %v, want %v; %s", name, intact, want.SignatureIntact, s.ValueProblem)
	who := ""
	if signer != nil {
		who = signer.SignerName()
	}
	c.Count("signer", who == want.SignedBy, "%s: %q, want %q", name, who, want.SignedBy)
	c.structure(name, s, signer, want.Format)
	if passed {
		c.Count("no problem in passed", len(s.Problems) == 0, "%s: %v", name, s.Problems)
	}
	if len(s.References) != len(want.References) {
		c.Count("references", false, "%s: %d, want %d", name, len(s.References), len(want.References))
	} else {
		for i, r := range s.References {
			w := want.References[i]
			c.Count("references", string(r.Type) == w.Type && r.Found == w.Found && r.Intact == w.Intact,
				"%s: %q %s found %v intact %v (%s), want %q %s %v %v", name, r.Name, r.Type, r.Found, r.Intact, r.Why, w.Name, w.Type, w.Found, w.Intact)
			c.Count("reference names", r.Name == w.Name, "%s: %q, want %q", name, r.Name, w.Name)
		}
	}
	c.timestamps("timestamps", name, s.Timestamps, want.Timestamps)
}

// signerOf is the certificate that the signature is likely to be of, and whether
// its key verifies the value.
func signerOf(s *signature.Signature) (*certificate.Certificate, bool) {
	var named, any *certificate.Certificate
	for _, raw := range s.KeyInfo {
		c, err := certificate.Parse(raw)
		if err != nil {
			continue
		}
		if s.ValueProblem == "" && c.Key != nil && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil {
			return c, true
		}
		for _, r := range s.SigningCertificates {
			if sum, ok := r.Digest.Sum(c.Raw); ok && bytes.Equal(sum, r.Value) && named == nil {
				named = c
			}
		}
		if any == nil {
			any = c
		}
	}
	if named != nil {
		return named, false
	}
	return any, false
}

// structure asks whether what was read of the structure leads to the format that
// the reference names. Whether data for LT are there is not asked here.
func (c *comparison) structure(name string, s *signature.Signature, signer *certificate.Certificate, format string) {
	x := s.Structure
	c.Count("structure: BES", x.BES == (format != "CMS-NOT-ETSI"), "%s: %v, %s", name, x.BES, format)
	if !x.BES || format == "CMS-NOT-ETSI" {
		return
	}
	stamped := x.Timestamped
	for _, t := range s.Timestamps {
		if token, err := tst.Parse(t.Raw); err == nil && t.Type == signature.SignatureTimestamp && signer != nil && !token.GenTime.Before(signer.NotAfter) {
			stamped = false
		}
	}
	basic := "CAdES-BES"
	switch {
	case x.BaselineB:
		basic = "CAdES-BASELINE-B"
	case x.EPES:
		basic = "CAdES-EPES"
	}
	if !stamped {
		c.Count("structure: format", basic == format, "%s: %s, %s", name, basic, format)
		return
	}
	baseline := x.BaselineB && x.OneTokenEach
	long := baseline && x.BaselineLTShape
	ok := false
	switch format {
	case "CAdES-BASELINE-LTA":
		ok = long && x.ArchiveTimestamp
	case "CAdES-BASELINE-LT":
		ok = long && !x.ArchiveTimestamp
	case "CAdES-ERS":
		ok = x.SealedRecords
	case "CAdES-BASELINE-T":
		ok = baseline
	case "CAdES-A":
		ok = !long && x.ArchiveTimestamp
	case "CAdES-XL":
		ok = x.CompleteRefs && x.ExtendedTimestamp && !x.ArchiveTimestamp
	case "CAdES-X":
		ok = x.CompleteRefs && x.ExtendedTimestamp
	case "CAdES-C":
		ok = x.CompleteRefs && !x.ExtendedTimestamp
	case "CAdES-LT", "CAdES-T":
		ok = !baseline
	}
	c.Count("structure: format", ok, "%s: %+v, %s", name, x, format)
}
