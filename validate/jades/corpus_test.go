package jades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/jades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// TestCorpus compares what is read with what the reference reads, over all JSON
// signatures.
func TestCorpus(t *testing.T) {
	c := comparison{corpustest.NewTally(t), t}
	seen := map[string]bool{}
	for _, one := range corpustest.Cases(t, func(one *corpustest.Case) bool {
		if one.Kind != "JAdES" || seen[one.ID] {
			return false
		}
		seen[one.ID] = true
		return true
	}) {
		c.file(&one)
	}
	// What is reached. A number that falls is a regression.
	c.Floors(map[string]int{
		"claimed signing time": 42, "counter": 42, "number of references": 42, "number of signatures": 40, "read": 40, "references": 50,
		"signature intact": 42, "signer": 42, "structure: B": 42, "structure: LTA": 34, "structure: T": 34, "timestamps": 42,
	})
}

type comparison struct {
	*corpustest.Tally
	t *testing.T
}

func (c *comparison) file(one *corpustest.Case) {
	doc, err := jades.Open(corpustest.Read(c.t, one.File), corpustest.Detached[jades.File](c.t, one))
	c.Count("read", (err == nil) == (one.Expect.Reject == ""), "%s: %v", one.File, err)
	if err != nil {
		return
	}
	c.Count("number of signatures", len(doc.Signatures) == len(one.Expect.Signatures), "%s: %d, want %d", one.File, len(doc.Signatures), len(one.Expect.Signatures))
	if len(doc.Signatures) != len(one.Expect.Signatures) {
		return
	}
	for i, s := range doc.Signatures {
		c.signature(fmt.Sprintf("%s #%d", one.File, i+1), s, &one.Expect.Signatures[i])
	}
}

func (c *comparison) signature(name string, s *signature.Signature, want *corpustest.Signature) {
	c.Count("counter", (s.Master != nil) == want.Counter, "%s", name)
	claimed := corpustest.Time(s.ClaimedSigningTime)
	c.Count("claimed signing time", claimed == want.ClaimedSigningTime, "%s: %q, want %q", name, claimed, want.ClaimedSigningTime)
	c.Count("signature intact", intact(s) == want.SignatureIntact, "%s: want %v %s", name, want.SignatureIntact, s.ValueProblem)
	c.Count("signer", signer(s) == want.SignedBy, "%s: got %q want %q", name, signer(s), want.SignedBy)
	st := s.Structure
	c.Count("structure: B", st.BES == (want.Format != "JSON-NOT-ETSI"), "%s: %v, %s", name, st.BES, want.Format)
	if st.BES {
		c.Count("structure: T", st.Timestamped == !strings.HasSuffix(want.Format, "-B"), "%s: %v, %s", name, st.Timestamped, want.Format)
		c.Count("structure: LTA", !strings.HasSuffix(want.Format, "-LTA") || st.ArchiveTimestamp && st.BaselineLTShape, "%s: %+v, %s", name, st, want.Format)
	}
	c.Count("number of references", len(s.References) == len(want.References), "%s: %d, want %d", name, len(s.References), len(want.References))
	if len(s.References) == len(want.References) {
		for i, r := range s.References {
			w := want.References[i]
			c.Count("references", string(r.Type) == w.Type && r.Found == w.Found && r.Intact == w.Intact && r.Name == w.Name,
				"%s: %q %s found %v intact %v (%s), want %q %s %v %v", name, r.Name, r.Type, r.Found, r.Intact, r.Why, w.Name, w.Type, w.Found, w.Intact)
		}
	}
	var have []corpustest.Timestamp
	for _, ts := range s.Timestamps {
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		sum, _ := ts.Imprint(token.HashAlgorithm)
		have = append(have, corpustest.Timestamp{Type: string(ts.Type), Time: corpustest.Time(token.GenTime.UTC()), ImprintIntact: bytes.Equal(sum, token.Imprint)})
	}
	got, expect := corpustest.Strings(have), corpustest.Strings(want.Timestamps)
	c.Count("timestamps", slices.Equal(got, expect), "%s: %q, want %q", name, got, expect)
}

// candidates are the certificates that may be the signer's, the named one first.
func candidates(s *signature.Signature) []*certificate.Certificate {
	var out []*certificate.Certificate
	for _, raw := range s.KeyInfo {
		c, err := certificate.Parse(raw)
		if err != nil {
			continue
		}
		if len(s.SigningCertificates) > 0 {
			r := s.SigningCertificates[0]
			if sum, ok := r.Digest.Sum(c.Raw); ok && bytes.Equal(sum, r.Value) {
				return []*certificate.Certificate{c}
			}
		}
		out = append(out, c)
	}
	return out
}

func verifies(s *signature.Signature, c *certificate.Certificate) bool {
	return s.ValueProblem == "" && s.Signed != nil && c.Key != nil && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil
}

func intact(s *signature.Signature) bool {
	return slices.ContainsFunc(candidates(s), func(c *certificate.Certificate) bool { return verifies(s, c) })
}

func signer(s *signature.Signature) string {
	all := candidates(s)
	for _, c := range all {
		if len(all) == 1 || verifies(s, c) {
			return c.SignerName()
		}
	}
	return ""
}
