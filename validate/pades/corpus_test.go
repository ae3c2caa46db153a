package pades_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// corpusCase is a line of cases.jsonl.
type corpusCase struct {
	ID, World, Kind, File string
	Expect                struct {
		Reject     string
		Signatures []expectedSignature
		Timestamps []expectedTimestamp
	}
}

type expectedTimestamp struct {
	Type, Time    string
	ImprintIntact bool
}

type expectedSignature struct {
	Path, Format, Indication, SubIndication, SignedBy, ClaimedSigningTime string
	SignatureIntact                                                       bool
	References                                                            []struct {
		Type          string
		Found, Intact bool
	}
	Timestamps []expectedTimestamp
	DSSErrors  []string
}

const milliseconds = "2006-01-02T15:04:05.000Z"

func corpusRoot(t *testing.T) string {
	t.Helper()
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS does not say where the corpus is")
	}
	return root
}

func readLines(t *testing.T, name string, each func([]byte)) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		each(lines.Bytes())
	}
}

// TestCorpus compares what is read of the corpus' PDF files with what the
// reference reads.
func TestCorpus(t *testing.T) {
	root := corpusRoot(t)
	c := comparison{t: t, total: map[string]int{}, right: map[string]int{}, passed: map[string]bool{}}
	var cases []corpusCase
	readLines(t, filepath.Join(root, "cases.jsonl"), func(line []byte) {
		var one corpusCase
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		if one.Kind != "PAdES" {
			return
		}
		for _, s := range one.Expect.Signatures {
			c.passed[one.File] = c.passed[one.File] || s.Indication == "TOTAL-PASSED"
		}
		if one.World == "anchored" {
			cases = append(cases, one)
		}
	})
	var slowest time.Duration
	for i := range cases {
		start := time.Now()
		c.file(root, &cases[i])
		if took := time.Since(start); took > slowest {
			slowest = took
			t.Logf("%s took %s", cases[i].File, took)
		}
	}
	// What is reached. A number that falls is a regression.
	floors := map[string]int{
		"EPES": 8, "LT": 44, "LTA": 16, "T": 194, "claimed signing time": 234, "document time-stamps": 44, "family": 234, "form": 234,
		"no problem in passed": 24, "number of document time-stamps": 203, "number of signatures": 203, "number of timestamps": 234, "read": 203,
		"references": 234, "refused": 9, "signature intact": 233, // of 234: P-224 is not computed here
		"signer": 234, "timestamps": 155, "verdict: byte-range-invalid": 234, "verdict: page-count-changed": 234, "verdict: signature-dictionary-changed": 234,
	}
	for _, k := range slices.Sorted(keys(c.total)) {
		t.Logf("%-24s %4d of %4d", k, c.right[k], c.total[k])
		if c.right[k] < floors[k] {
			t.Errorf("%s: %d, was %d", k, c.right[k], floors[k])
		}
	}
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

type comparison struct {
	t            *testing.T
	total, right map[string]int
	passed       map[string]bool // a signature in the file is TOTAL-PASSED in some world
}

func (c *comparison) count(what string, ok bool, format string, args ...any) {
	c.total[what]++
	if ok {
		c.right[what]++
	} else if os.Getenv("VIDIMUS_SHOW") != "" {
		c.t.Logf("%s: %s", what, fmt.Sprintf(format, args...))
	}
}

func (c *comparison) file(root string, one *corpusCase) {
	data, err := os.ReadFile(filepath.Join(root, "files", one.File))
	if err != nil {
		c.t.Fatal(err)
	}
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return // CMS files that the reference counts here
	}
	doc, err := pades.Open(data)
	if one.Expect.Reject != "" {
		c.count("refused", err != nil, "%s (%s)", one.File, one.Expect.Reject)
		return
	}
	if err != nil {
		c.count("read", false, "%s: %v", one.File, err)
		return
	}
	c.count("read", true, "")
	if os.Getenv("VIDIMUS_SHOW") == "all" {
		for _, p := range doc.Problems {
			c.t.Logf("%s: %s: %s", one.File, p.Code, p.Says)
		}
	}
	if c.passed[one.File] {
		c.count("no problem in passed", len(doc.Problems) == 0, "%s: %v", one.File, doc.Problems)
	}
	c.count("number of signatures", len(doc.Signatures) == len(one.Expect.Signatures), "%s: %d, want %d %v", one.File, len(doc.Signatures), len(one.Expect.Signatures), doc.Problems)
	var documents []expectedTimestamp
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

func (c *comparison) signature(name string, s *signature.Signature, want *expectedSignature) {
	c.count("form", s.Form == signature.FormPAdES && s.Master == nil, "%s", name)
	got := ""
	if !s.ClaimedSigningTime.IsZero() {
		got = strings.Replace(s.ClaimedSigningTime.Format(milliseconds), ".000Z", "Z", 1)
	}
	c.count("claimed signing time", got == want.ClaimedSigningTime, "%s: %q, want %q", name, got, want.ClaimedSigningTime)
	broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact })
	c.count("signature intact", intact(s) == want.SignatureIntact || broken && !want.SignatureIntact, "%s: want %v %s %s", name, want.SignatureIntact, s.ValueProblem, want.Format)
	c.count("signer", signer(s) == want.SignedBy, "%s: got %q want %q", name, signer(s), want.SignedBy)
	if len(s.References) != len(want.References) {
		c.count("references", false, "%s: %d, want %d", name, len(s.References), len(want.References))
	} else {
		for i, r := range s.References {
			w := want.References[i]
			c.count("references", string(r.Type) == w.Type && r.Found == w.Found && r.Intact == w.Intact,
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
	c.count("family", strings.HasPrefix(format, family) && (family != "PAdES" || !strings.HasPrefix(format, "PAdES-BASELINE")), "%s: %s, want %s", name, family, format)
	switch {
	case strings.HasSuffix(format, "-B"):
		c.count("T", !x.Timestamped, "%s: %+v, want %s", name, x, format)
	case strings.HasSuffix(format, "-T"):
		c.count("T", x.Timestamped, "%s: %+v, want %s", name, x, format)
	case strings.HasSuffix(format, "-LT"):
		c.count("T", x.Timestamped, "%s: %+v, want %s", name, x, format)
		c.count("LT", x.PDF.DSSUpdated, "%s: %+v, want %s", name, x.PDF, format)
	case strings.HasSuffix(format, "-LTA"), strings.HasSuffix(format, "-LTV"):
		c.count("LT", x.PDF.DSSUpdated, "%s: %+v, want %s", name, x.PDF, format)
		c.count("LTA", len(x.PDF.Archives) > 0, "%s: %+v, want %s", name, x.PDF, format)
	case format == "PAdES-EPES":
		c.count("EPES", x.EPES, "%s", name)
	case format == "PAdES-BES":
		c.count("EPES", !x.EPES, "%s", name)
	}
}

// verdicts compares the facts that format checking speaks about with the
// reference's sentences.
func (c *comparison) verdicts(name string, s *signature.Signature, want *expectedSignature) {
	for code, says := range map[signature.ProblemCode]string{
		signature.ByteRangeInvalid:           "The /ByteRange dictionary is not consistent!",
		signature.SignatureDictionaryChanged: "The signature dictionary is not consistent between signed and final revisions!",
		signature.PageCountChanged:           "The number of signed pages does not match the number of pages present in the PDF!",
	} {
		has := slices.ContainsFunc(s.Problems, func(p signature.Problem) bool { return p.Code == code })
		if has != slices.Contains(want.DSSErrors, says) {
			c.count("verdict: "+string(code), false, "%s: %v, want %v: %v", name, has, !has, s.Problems)
		} else {
			c.count("verdict: "+string(code), true, "")
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

func (c *comparison) timestamps(what, name string, got []*signature.Timestamp, want []expectedTimestamp) {
	var have, expect []string
	for _, ts := range got {
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		sum, _ := ts.Imprint(token.HashAlgorithm)
		have = append(have, fmt.Sprintf("%s %s %v", ts.Type, strings.Replace(token.GenTime.UTC().Format(milliseconds), ".000Z", "Z", 1), bytes.Equal(sum, token.Imprint)))
	}
	for _, w := range want {
		expect = append(expect, fmt.Sprintf("%s %s %v", w.Type, w.Time, w.ImprintIntact))
	}
	slices.Sort(have)
	slices.Sort(expect)
	for i, w := range expect {
		c.count(what, i < len(have) && have[i] == w, "%s: %q, want %q", name, have, expect)
	}
	c.count("number of "+what, len(have) == len(expect), "%s: %d, want %d", name, len(have), len(expect))
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
	root := corpusRoot(t)
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
	readLines(t, filepath.Join(root, "peers.jsonl"), func(line []byte) {
		var p peer
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		if p.Says != "pyhanko" || p.Expect.Sig1 == nil || files[p.ID] == "" {
			return
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
			return
		}
		seen++
		s := doc.Signatures[0]
		if p.Expect.Valid == nil {
			return
		}
		// What pyHanko takes for invalid must be named here, what it takes for
		// valid must be quiet.
		if same[p.ID] {
			if len(s.Problems) > 0 {
				t.Errorf("%s: %v", files[p.ID], s.Problems)
			}
			return
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
	})
	if seen < 18 {
		t.Errorf("%d files compared", seen)
	}
}
