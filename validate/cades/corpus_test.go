package cades_test

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

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// corpusCase is a line of cases.jsonl.
type corpusCase struct {
	ID, World, Kind, File string
	Detached              []string
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
	SignatureIntact, Counter                                              bool
	References                                                            []struct {
		Name, Type    string
		Found, Intact bool
	}
	Timestamps []expectedTimestamp
}

// TestCorpus compares what is read with what the reference reads, over all CMS
// files and lone tokens.
func TestCorpus(t *testing.T) {
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS does not say where the corpus is")
	}
	c := comparison{t: t, total: map[string]int{}, right: map[string]int{}, passed: map[string]bool{}}
	f, err := os.Open(filepath.Join(root, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	var cases []corpusCase
	for lines.Scan() {
		var one corpusCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		if one.Kind != "CAdES" && one.Kind != "TST" || strings.HasSuffix(one.File, ".ers") {
			continue
		}
		for _, s := range one.Expect.Signatures {
			if s.Indication == "TOTAL-PASSED" {
				c.passed[one.File] = true
			}
		}
		if one.World == "anchored" {
			cases = append(cases, one)
		}
	}
	for i := range cases {
		c.file(root, &cases[i])
	}
	// What is reached. A number that falls is a regression.
	floors := map[string]int{
		"claimed signing time": 84, "counter": 84, "document timestamps": 13, "no problem in passed": 8,
		"number of document timestamps": 79, "number of signatures": 79, "number of timestamps": 84, "read": 79,
		"reference names": 84, "references": 84, "refused": 2, "signature intact": 84, "signer": 84,
		"structure: BES": 84, "structure: format": 82, "timestamps": 82,
	}
	for _, k := range sortedKeys(c.total) {
		t.Logf("%-28s %4d of %4d", k, c.right[k], c.total[k])
		if c.right[k] < floors[k] {
			t.Errorf("%s: %d, was %d", k, c.right[k], floors[k])
		}
	}
}

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

type comparison struct {
	t            *testing.T
	total, right map[string]int
	passed       map[string]bool
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
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(root, "files", name))
		if err != nil {
			c.t.Fatal(err)
		}
		return data
	}
	var files []cades.File
	for _, d := range one.Detached {
		files = append(files, cades.File{Name: filepath.Base(d), Data: read(d)})
	}
	doc, err := cades.Open(read(one.File), files)
	if one.Expect.Reject != "" {
		c.count("refused", err != nil, "%s", one.File)
		return
	}
	if err != nil {
		c.count("read", false, "%s: %v", one.File, err)
		return
	}
	c.count("read", true, "")
	want := &one.Expect
	c.count("number of signatures", len(doc.Signatures) == len(want.Signatures), "%s: %d, want %d", one.File, len(doc.Signatures), len(want.Signatures))
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

const milliseconds = "2006-01-02T15:04:05.000Z"

func (c *comparison) timestamps(what, name string, have []*signature.Timestamp, want []expectedTimestamp) {
	var got, expect []string
	for _, ts := range have {
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		sum, _ := ts.Imprint(token.HashAlgorithm)
		got = append(got, fmt.Sprintf("%s %s %v", ts.Type, strings.Replace(token.GenTime.UTC().Format(milliseconds), ".000Z", "Z", 1), bytes.Equal(sum, token.Imprint)))
	}
	for _, w := range want {
		expect = append(expect, fmt.Sprintf("%s %s %v", w.Type, w.Time, w.ImprintIntact))
	}
	slices.Sort(got)
	slices.Sort(expect)
	for i, w := range expect {
		c.count(what, i < len(got) && got[i] == w, "%s: %q, want %q", name, got, expect)
	}
	c.count("number of "+what, len(got) == len(expect), "%s: %d, want %d", name, len(got), len(expect))
}

func (c *comparison) signature(name string, s *signature.Signature, want *expectedSignature, passed bool) {
	claimed := ""
	if !s.ClaimedSigningTime.IsZero() {
		claimed = strings.Replace(s.ClaimedSigningTime.Format(milliseconds), ".000Z", "Z", 1)
	}
	c.count("claimed signing time", claimed == want.ClaimedSigningTime, "%s: %q, want %q", name, claimed, want.ClaimedSigningTime)
	c.count("counter", (s.Master != nil) == want.Counter, "%s: %v", name, s.Master != nil)
	broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact && r.Type != signature.RefManifestEntry })
	signer, intact := signerOf(s)
	c.count("signature intact", intact == want.SignatureIntact || broken && !want.SignatureIntact, "%s: %v, want %v; %s", name, intact, want.SignatureIntact, s.ValueProblem)
	who := ""
	if signer != nil {
		who = signer.SignerName()
	}
	c.count("signer", who == want.SignedBy, "%s: %q, want %q", name, who, want.SignedBy)
	c.structure(name, s, signer, want.Format)
	if passed {
		c.count("no problem in passed", len(s.Problems) == 0, "%s: %v", name, s.Problems)
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
	c.count("structure: BES", x.BES == (format != "CMS-NOT-ETSI"), "%s: %v, %s", name, x.BES, format)
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
		c.count("structure: format", basic == format, "%s: %s, %s", name, basic, format)
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
	c.count("structure: format", ok, "%s: %+v, %s", name, x, format)
}
