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

	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

type expectedStamp struct {
	Type, Time, SubIndication string
	ImprintIntact             bool
}

// detachedCase is a line of cases.jsonl with what concerns containers with CAdES
// signatures and time-stamp tokens.
type detachedCase struct {
	World, Kind, File string
	Expect            struct {
		Form, Reject string
		Signatures   []struct {
			Path, Format, Indication, SignedBy, ClaimedSigningTime string
			SignatureIntact, Counter                               bool
			References                                             []struct {
				Name, Type    string
				Found, Intact bool
			}
			Timestamps []expectedStamp
		}
		Timestamps []expectedStamp
	}
}

// TestCorpusCAdES compares what is read with what the reference reads, over all
// containers with CAdES signatures and time-stamps.
func TestCorpusCAdES(t *testing.T) {
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS does not say where the corpus is")
	}
	f, err := os.Open(filepath.Join(root, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := comparison{t: t, total: map[string]int{}, right: map[string]int{}, passed: map[string]bool{}}
	var cases []detachedCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var one detachedCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		switch one.Kind {
		case "ASiC-E-CAdES", "ASiC-S-CAdES", "ASiC-E-TST", "ASiC-S-TST", "ASiC-E-ER", "ASiC-S-ER":
		default:
			continue
		}
		for _, s := range one.Expect.Signatures {
			c.passed[one.File] = c.passed[one.File] || s.Indication == "TOTAL-PASSED"
		}
		if one.World == "anchored" {
			cases = append(cases, one)
		}
	}
	for i := range cases {
		c.detached(root, &cases[i])
	}
	// What is reached. A number that falls is a regression.
	floors := map[string]int{
		"claimed signing time": 43, "counter": 43, "coverage of timestamps": 391, "document timestamps": 398, "form": 120,
		"no problem in passed": 38, "number of document timestamps": 120, "number of signatures": 120, "number of timestamps": 43,
		"path": 43, "read": 120, "references": 101, "signature intact": 43, "signer": 43,
		"structure: BES": 43, "structure: LTA": 43, "timestamps": 52,
	}
	for _, k := range slices.Sorted(maps(c.total)) {
		t.Logf("%-28s %4d of %4d", k, c.right[k], c.total[k])
		if c.right[k] < floors[k] {
			t.Errorf("%s: %d, was %d", k, c.right[k], floors[k])
		}
	}
}

func (c *comparison) detached(root string, one *detachedCase) {
	data, err := os.ReadFile(filepath.Join(root, "files", one.File))
	if err != nil {
		c.t.Fatal(err)
	}
	want := &one.Expect
	doc, err := asic.Open(filepath.Base(one.File), data)
	if want.Reject != "" {
		c.count("refused", err != nil, "%s", one.File)
		return
	}
	c.count("read", err == nil, "%s: %v", one.File, err)
	if err != nil {
		return
	}
	c.count("form", want.Form == string(doc.Form), "%s: %q, want %q", one.File, doc.Form, want.Form)
	if c.passed[one.File] {
		c.count("no problem in passed", len(doc.Problems) == 0, "%s: %v", one.File, doc.Problems)
	}
	c.count("number of signatures", len(doc.Signatures) == len(want.Signatures), "%s: %d, want %d", one.File, len(doc.Signatures), len(want.Signatures))
	all := slices.Clone(doc.Timestamps)
	for _, s := range doc.Signatures {
		for _, t := range s.Timestamps {
			if t.Type.IsContent() || t.Type == signature.ValidationDataRefsTimestamp {
				all = append(all, t)
			}
		}
	}
	c.stamps("document timestamps", one.File, all, want.Timestamps)
	c.coverage(one.File, doc, want.Timestamps)
	if len(doc.Signatures) != len(want.Signatures) {
		return
	}
	for i, s := range doc.Signatures {
		w, name := &want.Signatures[i], fmt.Sprintf("%s #%d", one.File, i+1)
		c.count("path", s.Path == w.Path, "%s: %q, want %q", name, s.Path, w.Path)
		c.count("counter", (s.Master != nil) == w.Counter, "%s", name)
		claimed := ""
		if !s.ClaimedSigningTime.IsZero() {
			claimed = strings.Replace(s.ClaimedSigningTime.Format(milliseconds), ".000Z", "Z", 1)
		}
		c.count("claimed signing time", claimed == w.ClaimedSigningTime, "%s: %q, want %q", name, claimed, w.ClaimedSigningTime)
		broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact && r.Type != signature.RefManifestEntry })
		c.count("signature intact", (s.ValueProblem == "" && intact(s)) == w.SignatureIntact || broken && !w.SignatureIntact, "%s: want %v; %s", name, w.SignatureIntact, s.ValueProblem)
		c.count("signer", signer(s) == w.SignedBy, "%s: %q, want %q", name, signer(s), w.SignedBy)
		c.count("structure: LTA", s.Structure.ArchiveTimestamp == strings.HasSuffix(w.Format, "A") || strings.HasSuffix(w.Format, "-T"), "%s: %+v, %s", name, s.Structure, w.Format)
		c.count("structure: BES", s.Structure.BES == (w.Format != "CMS-NOT-ETSI"), "%s: %+v, %s", name, s.Structure, w.Format)
		if len(s.References) != len(w.References) {
			c.count("references", false, "%s: %d, want %d", name, len(s.References), len(w.References))
		} else {
			for i, r := range s.References {
				x := w.References[i]
				c.count("references", string(r.Type) == x.Type && r.Found == x.Found && r.Intact == x.Intact && r.Name == x.Name,
					"%s: %q %s found %v intact %v (%s), want %q %s %v %v", name, r.Name, r.Type, r.Found, r.Intact, r.Why, x.Name, x.Type, x.Found, x.Intact)
			}
		}
		if c.passed[one.File] {
			c.count("no problem in passed", len(s.Problems) == 0, "%s: %v", name, s.Problems)
		}
		c.stamps("timestamps", name, s.Timestamps, w.Timestamps)
	}
}

func (c *comparison) stamps(what, name string, have []*signature.Timestamp, want []expectedStamp) {
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
		if w.Type != "EVIDENCE_RECORD_TIMESTAMP" {
			expect = append(expect, fmt.Sprintf("%s %s %v", w.Type, w.Time, w.ImprintIntact))
		}
	}
	slices.Sort(got)
	slices.Sort(expect)
	for i, w := range expect {
		c.count(what, i < len(got) && got[i] == w, "%s: %q, want %q", name, got, expect)
	}
	c.count("number of "+what, len(got) == len(expect), "%s: %d, want %d", name, len(got), len(expect))
}

// coverage compares which time-stamps fail by what their manifest lists, and by
// files that are not as listed.
func (c *comparison) coverage(name string, doc *signature.Document, want []expectedStamp) {
	made := map[*signature.Timestamp]string{}
	for _, ts := range doc.Timestamps {
		if token, err := tst.Parse(ts.Raw); err == nil {
			made[ts] = strings.Replace(token.GenTime.UTC().Format(milliseconds), ".000Z", "Z", 1)
		}
	}
	for _, w := range want {
		if w.Type != string(signature.ContainerTimestamp) {
			continue
		}
		for _, ts := range doc.Timestamps {
			if made[ts] != w.Time {
				continue
			}
			lacks := slices.ContainsFunc(ts.Problems, func(p signature.Problem) bool { return p.Code == signature.TimestampCoverage })
			broken := slices.ContainsFunc(ts.References, func(r *signature.Reference) bool { return !r.Found || !r.Intact })
			got := ""
			if lacks {
				got = "FORMAT_FAILURE"
			} else if broken {
				got = "HASH_FAILURE"
			}
			expect := w.SubIndication
			if expect != "FORMAT_FAILURE" && expect != "HASH_FAILURE" {
				expect = ""
			}
			c.count("coverage of timestamps", got == expect, "%s: %q, want %q; %v", name, got, expect, ts.Problems)
			break
		}
	}
}
