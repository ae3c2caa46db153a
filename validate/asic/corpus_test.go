package asic_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/xades"
)

// TestCorpus compares what is read with what the reference reads, over all files
// with XML signatures, alone and in containers.
func TestCorpus(t *testing.T) {
	c := newComparison(t)
	for _, one := range corpustest.Cases(t, func(one *corpustest.Case) bool {
		c.passed[one.File] = c.passed[one.File] || one.Passed()
		return one.World == "eu-2023-11" && slices.Contains([]string{"XAdES", "ASiC", "ASiC-empty", "ASiC-E-XAdES", "ASiC-S-XAdES"}, one.Kind)
	}) {
		c.file(&one)
	}
	// What is reached. A number that falls is a regression.
	c.Floors(map[string]int{
		"claimed signing time": 376, "counter": 376, "form": 218, "no problem in passed": 159,
		"number of signatures": 343, // of 344: two signatures in two entries of one name are two to us
		"number of timestamps": 376, "path": 242, "read": 351, "reference names": 944,
		"references": 944, // of 947: entries of manifests whose files are missing are listed here
		"refused":    8, "signature intact": 375, "signer": 371,
		"structure: B, EPES": 169, "structure: BES": 376, "structure: T": 360, "structure: baseline": 191,
		"timestamps": 278,
	})
}

type comparison struct {
	*corpustest.Tally
	t      *testing.T
	passed map[string]bool // a signature in the file is TOTAL-PASSED in some world
}

func newComparison(t *testing.T) *comparison {
	return &comparison{Tally: corpustest.NewTally(t), t: t, passed: map[string]bool{}}
}

func (c *comparison) file(one *corpustest.Case) {
	data := corpustest.Read(c.t, one.File)
	var doc *signature.Document
	var err error
	if bytes.HasPrefix(data, []byte("PK")) {
		doc, err = asic.Open(filepath.Base(one.File), data)
	} else {
		doc, err = xades.Open(data, corpustest.Detached[xades.File](c.t, one))
	}
	if one.Expect.Reject != "" {
		c.Count("refused", err != nil, "%s", one.File)
		return
	}
	if len(one.Expect.Signatures) == 0 && err != nil {
		c.Count("without signatures", true, "")
		return
	}
	if err != nil {
		c.Count("read", false, "%s: %v", one.File, err)
		return
	}
	c.Count("read", true, "")
	if one.Expect.Form != "" {
		c.Count("form", one.Expect.Form == string(doc.Form), "%s: %q, want %q", one.File, doc.Form, one.Expect.Form)
	}
	if c.passed[one.File] {
		c.Count("no problem in passed", len(doc.Problems) == 0, "%s: %v", one.File, doc.Problems)
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
	if strings.HasPrefix(want.Path, "META-INF") {
		c.Count("path", s.Path == want.Path, "%s: %q, want %q", name, s.Path, want.Path)
	}
	got := corpustest.Time(s.ClaimedSigningTime)
	c.Count("claimed signing time", got == want.ClaimedSigningTime, "%s: %q, want %q", name, got, want.ClaimedSigningTime)
	// The reference says false as soon as a reference is missing or broken; what
	// is wanted is the value alone (formats §12.2).
	broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact && r.Type != signature.RefManifestEntry })
	c.Count("signature intact", intact(s) == want.SignatureIntact || broken && !want.SignatureIntact, "%s: want %v %s %s", name, want.SignatureIntact, s.ValueProblem, want.Format)
	c.Count("signer", signer(s) == want.SignedBy, "%s: got %q want %q", name, signer(s), want.SignedBy)
	if file, _, _ := strings.Cut(name, " #"); c.passed[file] {
		n := 0
		for _, p := range s.Problems {
			if p.Code != signature.UnsignedDataFile && p.Code != signature.ManifestMismatch {
				n++
			}
		}
		c.Count("no problem in passed", n == 0, "%s: %v", name, s.Problems)
	}

	st := s.Structure
	c.Count("structure: BES", st.BES == (want.Format != "XML-NOT-ETSI"), "%s: %v, %s", name, st.BES, want.Format)
	if st.BES {
		basic := strings.HasSuffix(want.Format, "-B") || strings.HasSuffix(want.Format, "BES") || strings.HasSuffix(want.Format, "EPES")
		c.Count("structure: T", st.Timestamped == !basic, "%s: %v, %s", name, st.Timestamped, want.Format)
		if basic {
			level := "XAdES-BES"
			if st.BaselineB {
				level = "XAdES-BASELINE-B"
			} else if st.EPES {
				level = "XAdES-EPES"
			}
			c.Count("structure: B, EPES", level == want.Format, "%s: %s, %s", name, level, want.Format)
		} else {
			c.Count("structure: baseline", strings.HasPrefix(want.Format, "XAdES-BASELINE") == (st.BaselineB && st.OneTokenEach && (st.BaselineLTShape || strings.HasSuffix(want.Format, "BASELINE-T"))) || want.Format == "XAdES-ERS", "%s: %+v, %s", name, st, want.Format)
		}
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

func intact(s *signature.Signature) bool {
	for _, c := range candidates(s) {
		if c.Key != nil && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil {
			return true
		}
	}
	if len(candidates(s)) == 0 && s.KeyInfoKey != nil {
		k, err := algo.ParsePublicKey(s.KeyInfoKey)
		return err == nil && k.Verify(s.Algorithm, s.Signed, s.Value) == nil
	}
	return false
}

func signer(s *signature.Signature) string {
	all := candidates(s)
	for _, c := range all {
		if c.Key != nil && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil {
			return c.SignerName()
		}
	}
	if len(all) > 0 {
		return all[0].SignerName()
	}
	return ""
}
