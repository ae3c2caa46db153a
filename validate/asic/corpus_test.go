package asic_test

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

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/xades"
)

// corpusCase is a line of cases.jsonl.
type corpusCase struct {
	ID, World, Kind, File string
	Detached              []string
	Expect                struct {
		Form       string
		Reject     string
		Signatures []expectedSignature
	}
}

type expectedSignature struct {
	Path, Format, Indication, SubIndication, SignedBy, ClaimedSigningTime string
	SignatureIntact, Counter                                              bool
	References                                                            []struct {
		Name, Type    string
		Found, Intact bool
	}
	Timestamps []struct {
		Type, Time    string
		ImprintIntact bool
	}
}

const milliseconds = "2006-01-02T15:04:05.000Z"

// TestCorpus compares what is read with what the reference reads, over all files
// with XML signatures, alone and in containers.
func TestCorpus(t *testing.T) {
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS does not say where the corpus is")
	}
	f, err := os.Open(filepath.Join(root, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := comparison{t: t, total: map[string]int{}, right: map[string]int{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	var cases []corpusCase
	c.passed = map[string]bool{}
	for lines.Scan() {
		var one corpusCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		for _, s := range one.Expect.Signatures {
			if s.Indication == "TOTAL-PASSED" {
				c.passed[one.File] = true
			}
		}
		if one.World != "eu-2023-11" || one.Kind != "XAdES" && one.Kind != "ASiC" && one.Kind != "ASiC-empty" && one.Kind != "ASiC-E-XAdES" && one.Kind != "ASiC-S-XAdES" {
			continue
		}
		cases = append(cases, one)
	}
	for i := range cases {
		c.file(root, &cases[i])
	}
	// What is reached. A number that falls is a regression.
	floors := map[string]int{
		"claimed signing time": 376, "counter": 376, "form": 218, "no problem in passed": 159,
		"number of signatures": 343, // of 344: two signatures in two entries of one name are two to us
		"number of timestamps": 376, "path": 242, "read": 344, "reference names": 944,
		"references": 944, // of 947: entries of manifests whose files are missing are listed here
		"refused":    8, "signature intact": 375, "signer": 371,
		"structure: B, EPES": 169, "structure: BES": 376, "structure: T": 360, "structure: baseline": 191,
		"timestamps": 278, "without signatures": 7,
	}
	for _, k := range slices.Sorted(maps(c.total)) {
		t.Logf("%-24s %4d of %4d", k, c.right[k], c.total[k])
		if c.right[k] < floors[k] {
			t.Errorf("%s: %d, was %d", k, c.right[k], floors[k])
		}
	}
}

func maps(m map[string]int) func(func(string) bool) {
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
	var doc *signature.Document
	if bytes.HasPrefix(data, []byte("PK")) {
		doc, err = asic.Open(filepath.Base(one.File), data)
	} else {
		var files []xades.File
		for _, d := range one.Detached {
			content, err := os.ReadFile(filepath.Join(root, "files", d))
			if err != nil {
				c.t.Fatal(err)
			}
			files = append(files, xades.File{Name: filepath.Base(d), Data: content})
		}
		doc, err = xades.Open(data, files)
	}
	if one.Expect.Reject != "" {
		c.count("refused", err != nil, "%s", one.File)
		return
	}
	if len(one.Expect.Signatures) == 0 && err != nil {
		c.count("without signatures", true, "")
		return
	}
	if err != nil {
		c.count("read", false, "%s: %v", one.File, err)
		return
	}
	c.count("read", true, "")
	if one.Expect.Form != "" {
		c.count("form", one.Expect.Form == string(doc.Form), "%s: %q, want %q", one.File, doc.Form, one.Expect.Form)
	}
	if c.passed[one.File] {
		c.count("no problem in passed", len(doc.Problems) == 0, "%s: %v", one.File, doc.Problems)
	}
	c.count("number of signatures", len(doc.Signatures) == len(one.Expect.Signatures), "%s: %d, want %d", one.File, len(doc.Signatures), len(one.Expect.Signatures))
	if len(doc.Signatures) != len(one.Expect.Signatures) {
		return
	}
	for i, s := range doc.Signatures {
		c.signature(fmt.Sprintf("%s #%d", one.File, i+1), s, &one.Expect.Signatures[i])
	}
}

func (c *comparison) signature(name string, s *signature.Signature, want *expectedSignature) {
	c.count("counter", (s.Master != nil) == want.Counter, "%s", name)
	if strings.HasPrefix(want.Path, "META-INF") {
		c.count("path", s.Path == want.Path, "%s: %q, want %q", name, s.Path, want.Path)
	}
	got := ""
	if !s.ClaimedSigningTime.IsZero() {
		got = strings.Replace(s.ClaimedSigningTime.Format(milliseconds), ".000Z", "Z", 1)
	}
	c.count("claimed signing time", got == want.ClaimedSigningTime, "%s: %q, want %q", name, got, want.ClaimedSigningTime)
	// The reference says false as soon as a reference is missing or broken; what
	// is wanted is the value alone (formats §12.2).
	broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact && r.Type != signature.RefManifestEntry })
	c.count("signature intact", intact(s) == want.SignatureIntact || broken && !want.SignatureIntact, "%s: want %v %s %s", name, want.SignatureIntact, s.ValueProblem, want.Format)
	c.count("signer", signer(s) == want.SignedBy, "%s: got %q want %q", name, signer(s), want.SignedBy)
	if file, _, _ := strings.Cut(name, " #"); c.passed[file] {
		n := 0
		for _, p := range s.Problems {
			if p.Code != signature.UnsignedDataFile && p.Code != signature.ManifestMismatch {
				n++
			}
		}
		c.count("no problem in passed", n == 0, "%s: %v", name, s.Problems)
	}

	st := s.Structure
	c.count("structure: BES", st.BES == (want.Format != "XML-NOT-ETSI"), "%s: %v, %s", name, st.BES, want.Format)
	if st.BES {
		basic := strings.HasSuffix(want.Format, "-B") || strings.HasSuffix(want.Format, "BES") || strings.HasSuffix(want.Format, "EPES")
		c.count("structure: T", st.Timestamped == !basic, "%s: %v, %s", name, st.Timestamped, want.Format)
		if basic {
			level := "XAdES-BES"
			if st.BaselineB {
				level = "XAdES-BASELINE-B"
			} else if st.EPES {
				level = "XAdES-EPES"
			}
			c.count("structure: B, EPES", level == want.Format, "%s: %s, %s", name, level, want.Format)
		} else {
			c.count("structure: baseline", strings.HasPrefix(want.Format, "XAdES-BASELINE") == (st.BaselineB && st.OneTokenEach && (st.BaselineLTShape || strings.HasSuffix(want.Format, "BASELINE-T"))) || want.Format == "XAdES-ERS", "%s: %+v, %s", name, st, want.Format)
		}
	}

	if len(s.References) != len(want.References) {
		c.count("references", false, "%s: %d, want %d", name, len(s.References), len(want.References))
	} else {
		for i, r := range s.References {
			w := want.References[i]
			c.count("references", string(r.Type) == w.Type && r.Found == w.Found && r.Intact == w.Intact,
				"%s: %q %s found %v intact %v (%s), want %q %s %v %v", name, r.Name, r.Type, r.Found, r.Intact, r.Why, w.Name, w.Type, w.Found, w.Intact)
			c.count("reference names", r.Name == w.Name, "%s: %q, want %q", name, r.Name, w.Name)
		}
	}
	var have, expect []string
	for _, ts := range s.Timestamps {
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		sum, _ := ts.Imprint(token.HashAlgorithm)
		have = append(have, fmt.Sprintf("%s %s %v", ts.Type, strings.Replace(token.GenTime.UTC().Format(milliseconds), ".000Z", "Z", 1), bytes.Equal(sum, token.Imprint)))
	}
	for _, w := range want.Timestamps {
		expect = append(expect, fmt.Sprintf("%s %s %v", w.Type, w.Time, w.ImprintIntact))
	}
	slices.Sort(have)
	slices.Sort(expect)
	for i, w := range expect {
		c.count("timestamps", i < len(have) && have[i] == w, "%s: %q, want %q", name, have, expect)
	}
	c.count("number of timestamps", len(have) == len(expect), "%s: %d, want %d", name, len(have), len(expect))
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
