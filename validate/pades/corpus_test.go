package pades_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// TestCorpus compares what is read of the corpus' PDF files with what the
// reference reads.
func TestCorpus(t *testing.T) {
	c := comparison{Tally: corpustest.NewTally(t), t: t, passed: map[string]bool{}}
	cases := corpustest.Cases(t, func(one *corpustest.Case) bool {
		if one.Kind != "PAdES" {
			return false
		}
		c.passed[one.File] = c.passed[one.File] || one.Passed()
		return one.World == "anchored"
	})
	var slowest time.Duration
	for i := range cases {
		start := time.Now()
		c.file(&cases[i])
		if took := time.Since(start); took > slowest {
			slowest = took
			t.Logf("%s took %s", cases[i].File, took)
		}
	}
	// What is reached. A number that falls is a regression.
	c.Floors(map[string]int{
		"EPES": 8, "LT": 44, "LTA": 16, "T": 194, "claimed signing time": 234, "document time-stamps": 44, "family": 234, "form": 234,
		"no problem in passed": 24, "number of document time-stamps": 203, "number of signatures": 203, "number of timestamps": 234, "read": 203,
		"references": 234, "refused": 9, "signature intact": 233, // of 234: P-224 is not computed here
		"signer": 234, "timestamps": 155, "verdict: byte-range-invalid": 234, "verdict: page-count-changed": 234, "verdict: signature-dictionary-changed": 234,
	})
}

type comparison struct {
	*corpustest.Tally
	t      *testing.T
	passed map[string]bool // a signature in the file is TOTAL-PASSED in some world
}

func (c *comparison) file(one *corpustest.Case) {
	data := corpustest.Read(c.t, one.File)
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return // CMS files that the reference counts here
	}
	doc, err := pades.Open(data)
	if one.Expect.Reject != "" {
		c.Count("refused", err != nil, "%s (%s)", one.File, one.Expect.Reject)
		return
	}
	if err != nil {
		c.Count("read", false, "%s: %v", one.File, err)
		return
	}
	c.Count("read", true, "")
	if os.Getenv("VIDIMUS_SHOW") == "all" {
		for _, p := range doc.Problems {
			c.t.Logf("%s: %s: %s", one.File, p.Code, p.Says)
		}
	}
	if c.passed[one.File] {
		c.Count("no problem in passed", len(doc.Problems) == 0, "%s: %v", one.File, doc.Problems)
	}
	c.Count("number of signatures", len(doc.Signatures) == len(one.Expect.Signatures), "%s: %d, want %d %v", one.File, len(doc.Signatures), len(one.Expect.Signatures), doc.Problems)
	var documents []corpustest.Timestamp
	for _, w := range one.Expect.Timestamps {
		if w.Type == "DOCUMENT_TIMESTAMP" {
			documents = append(documents, w)
		}
	}
	c.timestamps("document time-stamps", one.File, doc.Timestamps, documents)
	if len(doc.Signatures) != len(one.Expect.Signatures) {
		return
	}
	for i, s := range doc.Signatures {
		c.signature(fmt.Sprintf("%s #%d", one.File, i+1), s, &one.Expect.Signatures[i])
	}
}

func (c *comparison) signature(name string, s *signature.Signature, want *corpustest.Signature) {
	c.Count("form", s.Form == signature.FormPAdES && s.Master == nil, "%s", name)
	got := corpustest.Time(s.ClaimedSigningTime)
	c.Count("claimed signing time", got == want.ClaimedSigningTime, "%s: %q, want %q", name, got, want.ClaimedSigningTime)
	broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact })
	c.Count("signature intact", intact(s) == want.SignatureIntact || broken && !want.SignatureIntact, "%s: want %v %s %s", name, want.SignatureIntact, s.ValueProblem, want.Format)
	c.Count("signer", signer(s) == want.SignedBy, "%s: got %q want %q", name, signer(s), want.SignedBy)
	if len(s.References) != len(want.References) {
		c.Count("references", false, "%s: %d, want %d", name, len(s.References), len(want.References))
	} else {
		for i, r := range s.References {
			w := want.References[i]
			c.Count("references", string(r.Type) == w.Type && r.Found == w.Found && r.Intact == w.Intact,
				"%s: %s found %v intact %v (%s), want %s %v %v", name, r.Type, r.Found, r.Intact, r.Why, w.Type, w.Found, w.Intact)
		}
	}
	c.timestamps("timestamps", name, s.Timestamps, want.Timestamps)
	c.structure(name, s, want.Format)
	c.verdicts(name, s, want)
}

// structure compares what the level is told from with the level, as far as that
// does not depend on trust.
func (c *comparison) structure(name string, s *signature.Signature, format string) {
	x := s.Structure
	family := "PDF-NOT-ETSI"
	switch {
	case x.PDF.PKCS7:
		family = "PKCS7"
	case x.BaselineB:
		family = "PAdES-BASELINE"
	case x.BES:
		family = "PAdES"
	}
	c.Count("family", strings.HasPrefix(format, family) && (family != "PAdES" || !strings.HasPrefix(format, "PAdES-BASELINE")), "%s: %s, want %s", name, family, format)
	switch {
	case strings.HasSuffix(format, "-B"):
		c.Count("T", !x.Timestamped, "%s: %+v, want %s", name, x, format)
	case strings.HasSuffix(format, "-T"):
		c.Count("T", x.Timestamped, "%s: %+v, want %s", name, x, format)
	case strings.HasSuffix(format, "-LT"):
		c.Count("T", x.Timestamped, "%s: %+v, want %s", name, x, format)
		c.Count("LT", x.PDF.DSSUpdated, "%s: %+v, want %s", name, x.PDF, format)
	case strings.HasSuffix(format, "-LTA"), strings.HasSuffix(format, "-LTV"):
		c.Count("LT", x.PDF.DSSUpdated, "%s: %+v, want %s", name, x.PDF, format)
		c.Count("LTA", len(x.PDF.Archives) > 0, "%s: %+v, want %s", name, x.PDF, format)
	case format == "PAdES-EPES":
		c.Count("EPES", x.EPES, "%s", name)
	case format == "PAdES-BES":
		c.Count("EPES", !x.EPES, "%s", name)
	}
}

// verdicts compares the facts that format checking speaks about with the
// reference's sentences.
func (c *comparison) verdicts(name string, s *signature.Signature, want *corpustest.Signature) {
	for code, says := range map[signature.ProblemCode]string{
		signature.ByteRangeInvalid:           "The /ByteRange dictionary is not consistent!",
		signature.SignatureDictionaryChanged: "The signature dictionary is not consistent between signed and final revisions!",
		signature.PageCountChanged:           "The number of signed pages does not match the number of pages present in the PDF!",
	} {
		has := slices.ContainsFunc(s.Problems, func(p signature.Problem) bool { return p.Code == code })
		if has != slices.Contains(want.DSSErrors, says) {
			c.Count("verdict: "+string(code), false, "%s: %v, want %v: %v", name, has, !has, s.Problems)
		} else {
			c.Count("verdict: "+string(code), true, "")
		}
	}
	if os.Getenv("VIDIMUS_SHOW") == "all" {
		for _, p := range s.Problems {
			c.t.Logf("%s: %s: %s: %s", want.Indication, name, p.Code, p.Says)
		}
		for _, p := range s.Changes {
			c.t.Logf("%s: %s: %s %v: %s", want.Indication, name, p.Kind, p.Allowed, p.Says)
		}
	}
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
		if c.Key != nil && s.ValueProblem == "" && c.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil {
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

// peer is a line of peers.jsonl: what another validator's tests say of a file.
type peer struct {
	ID, Says string
	Expect   struct {
		Valid      *bool
		Signatures int
		Sig1, Sig2 *struct{ Coverage, Modification string }
	}
	Reject bool
}

// TestCorpusChanges compares what changed after signing with what pyHanko's tests
// say of the same files.
func TestCorpusChanges(t *testing.T) {
	root := corpustest.Root(t)
	files := map[string]string{}
	entries, err := filepath.Glob(filepath.Join(root, "files", "*", "*.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files[filepath.Base(filepath.Dir(e))] = e
	}
	// In these two pyHanko objects that an appearance dictionary is also used at
	// another place; but that object (10) is the same in both revisions: the field
	// got another one, and at the other place nothing changed.
	same := map[string]bool{"c91d4fae34b1": true, "87d2ac89fab2": true}
	seen := 0
	for _, p := range corpustest.Lines[peer](t, "peers.jsonl") {
		if p.Says != "pyhanko" || p.Expect.Sig1 == nil || files[p.ID] == "" {
			continue
		}
		data, err := os.ReadFile(files[p.ID])
		if err != nil {
			t.Fatal(err)
		}
		doc, err := pades.Open(data)
		if err != nil || len(doc.Signatures) == 0 {
			if p.Expect.Valid != nil {
				t.Errorf("%s: %v", files[p.ID], err)
			}
			continue
		}
		seen++
		s := doc.Signatures[0]
		if p.Expect.Valid == nil {
			continue
		}
		// What pyHanko takes for invalid must be named here, what it takes for
		// valid must be quiet.
		if same[p.ID] {
			if len(s.Problems) > 0 {
				t.Errorf("%s: %v", files[p.ID], s.Problems)
			}
			continue
		}
		if *p.Expect.Valid != (len(s.Problems) == 0) {
			t.Errorf("%s: valid %v there, here %v; changes %+v", files[p.ID], *p.Expect.Valid, s.Problems, s.Changes)
		}
		for i, want := range []*struct{ Coverage, Modification string }{p.Expect.Sig1, p.Expect.Sig2} {
			if want == nil || i >= len(doc.Signatures) {
				continue
			}
			s := doc.Signatures[i]
			if got := string(s.Structure.PDF.Coverage); want.Coverage != "" && !strings.HasPrefix(want.Coverage, got) {
				t.Errorf("%s: covers %s, there %s", files[p.ID], got, want.Coverage)
			}
			level := "NONE"
			for _, c := range s.Changes {
				switch {
				case c.Kind == signature.ChangeOther || c.Kind == signature.ChangeAnnotation:
					level = "OTHER"
				case c.Kind == signature.ChangeForm && level != "OTHER":
					level = "FORM_FILLING"
				}
			}
			if want.Modification != "" && !strings.HasPrefix(want.Modification, level) {
				t.Errorf("%s: %s, there %s: %+v", files[p.ID], level, want.Modification, s.Changes)
			}
		}
	}
	if seen < 18 {
		t.Errorf("%d files compared", seen)
	}
}
