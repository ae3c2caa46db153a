package jades_test

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

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/jades"
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
	}
}

type expectedSignature struct {
	Format, Indication, SubIndication, SignedBy, ClaimedSigningTime string
	SignatureIntact, Counter                                        bool
	References                                                      []struct {
		Name, Type    string
		Found, Intact bool
	}
	Timestamps []struct {
		Type, Time    string
		ImprintIntact bool
	}
}

const milliseconds = "2006-01-02T15:04:05.000Z"

// TestCorpus compares what is read with what the reference reads, over all JSON
// signatures.
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
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var one corpusCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		if one.Kind == "JAdES" && !seen[one.ID] {
			seen[one.ID] = true
			c.file(root, &one)
		}
	}
	// What is reached. A number that falls is a regression.
	floors := map[string]int{
		"claimed signing time": 42, "counter": 42, "number of references": 42, "number of signatures": 40, "read": 40, "references": 50,
		"signature intact": 42, "signer": 42, "structure: B": 42, "structure: LTA": 34, "structure: T": 34, "timestamps": 42,
	}
	for _, k := range slices.Sorted(func(yield func(string) bool) {
		for k := range c.total {
			if !yield(k) {
				return
			}
		}
	}) {
		t.Logf("%-24s %4d of %4d", k, c.right[k], c.total[k])
		if c.right[k] < floors[k] {
			t.Errorf("%s: %d, was %d", k, c.right[k], floors[k])
		}
	}
}

type comparison struct {
	t            *testing.T
	total, right map[string]int
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
	var files []jades.File
	for _, d := range one.Detached {
		content, err := os.ReadFile(filepath.Join(root, "files", d))
		if err != nil {
			c.t.Fatal(err)
		}
		files = append(files, jades.File{Name: filepath.Base(d), Data: content})
	}
	doc, err := jades.Open(data, files)
	c.count("read", (err == nil) == (one.Expect.Reject == ""), "%s: %v", one.File, err)
	if err != nil {
		return
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
	got := ""
	if !s.ClaimedSigningTime.IsZero() {
		got = strings.Replace(s.ClaimedSigningTime.Format(milliseconds), ".000Z", "Z", 1)
	}
	c.count("claimed signing time", got == want.ClaimedSigningTime, "%s: %q, want %q", name, got, want.ClaimedSigningTime)
	c.count("signature intact", intact(s) == want.SignatureIntact, "%s: want %v %s", name, want.SignatureIntact, s.ValueProblem)
	c.count("signer", signer(s) == want.SignedBy, "%s: got %q want %q", name, signer(s), want.SignedBy)
	st := s.Structure
	c.count("structure: B", st.BES == (want.Format != "JSON-NOT-ETSI"), "%s: %v, %s", name, st.BES, want.Format)
	if st.BES {
		c.count("structure: T", st.Timestamped == !strings.HasSuffix(want.Format, "-B"), "%s: %v, %s", name, st.Timestamped, want.Format)
		c.count("structure: LTA", !strings.HasSuffix(want.Format, "-LTA") || st.ArchiveTimestamp && st.BaselineLTShape, "%s: %+v, %s", name, st, want.Format)
	}
	c.count("number of references", len(s.References) == len(want.References), "%s: %d, want %d", name, len(s.References), len(want.References))
	if len(s.References) == len(want.References) {
		for i, r := range s.References {
			w := want.References[i]
			c.count("references", string(r.Type) == w.Type && r.Found == w.Found && r.Intact == w.Intact && r.Name == w.Name,
				"%s: %q %s found %v intact %v (%s), want %q %s %v %v", name, r.Name, r.Type, r.Found, r.Intact, r.Why, w.Name, w.Type, w.Found, w.Intact)
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
	c.count("timestamps", slices.Equal(have, expect), "%s: %q, want %q", name, have, expect)
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
