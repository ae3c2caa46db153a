package asic_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// TestCorpusCAdES compares what is read with what the reference reads, over all
// containers with CAdES signatures and time-stamps.
func TestCorpusCAdES(t *testing.T) {
	c := newComparison(t)
	for _, one := range corpustest.Cases(t, func(one *corpustest.Case) bool {
		switch one.Kind {
		case "ASiC-E-CAdES", "ASiC-S-CAdES", "ASiC-E-TST", "ASiC-S-TST", "ASiC-E-ER", "ASiC-S-ER":
		default:
			return false
		}
		c.passed[one.File] = c.passed[one.File] || one.Passed()
		return one.World == "anchored"
	}) {
		c.detached(&one)
	}
	// What is reached. A number that falls is a regression.
	c.Floors(map[string]int{
		"claimed signing time": 43, "counter": 43, "coverage of timestamps": 391, "document timestamps": 398, "form": 120,
		"no problem in passed": 38, "number of document timestamps": 120, "number of signatures": 120, "number of timestamps": 43,
		"path": 43, "read": 120, "references": 101, "signature intact": 43, "signer": 43,
		"structure: BES": 43, "structure: LTA": 43, "timestamps": 52,
	})
}

func (c *comparison) detached(one *corpustest.Case) {
	data := corpustest.Read(c.t, one.File)
	want := &one.Expect
	doc, err := asic.Open(filepath.Base(one.File), data)
	if want.Reject != "" {
		c.Count("refused", err != nil, "%s", one.File)
		return
	}
	c.Count("read", err == nil, "%s: %v", one.File, err)
	if err != nil {
		return
	}
	c.Count("form", want.Form == string(doc.Form), "%s: %q, want %q", one.File, doc.Form, want.Form)
	if c.passed[one.File] {
		c.Count("no problem in passed", len(doc.Problems) == 0, "%s: %v", one.File, doc.Problems)
	}
	c.Count("number of signatures", len(doc.Signatures) == len(want.Signatures), "%s: %d, want %d", one.File, len(doc.Signatures), len(want.Signatures))
	all := slices.Clone(doc.Timestamps)
	for _, s := range doc.Signatures {
		for _, t := range s.Timestamps {
			if t.Type.IsContent() || t.Type == signature.ValidationDataRefsTimestamp {
				all = append(all, t)
			}
		}
	}
	c.timestamps("document timestamps", one.File, all, withoutRecords(want.Timestamps))
	c.coverage(one.File, doc, want.Timestamps)
	if len(doc.Signatures) != len(want.Signatures) {
		return
	}
	for i, s := range doc.Signatures {
		w, name := &want.Signatures[i], fmt.Sprintf("%s #%d", one.File, i+1)
		c.Count("path", s.Path == w.Path, "%s: %q, want %q", name, s.Path, w.Path)
		c.Count("counter", (s.Master != nil) == w.Counter, "%s", name)
		claimed := corpustest.Time(s.ClaimedSigningTime)
		c.Count("claimed signing time", claimed == w.ClaimedSigningTime, "%s: %q, want %q", name, claimed, w.ClaimedSigningTime)
		broken := slices.ContainsFunc(s.References, func(r *signature.Reference) bool { return !r.Intact && r.Type != signature.RefManifestEntry })
		c.Count("signature intact", (s.ValueProblem == "" && intact(s)) == w.SignatureIntact || broken && !w.SignatureIntact, "%s: want %v; %s", name, w.SignatureIntact, s.ValueProblem)
		c.Count("signer", signer(s) == w.SignedBy, "%s: %q, want %q", name, signer(s), w.SignedBy)
		c.Count("structure: LTA", s.Structure.ArchiveTimestamp == strings.HasSuffix(w.Format, "A") || strings.HasSuffix(w.Format, "-T"), "%s: %+v, %s", name, s.Structure, w.Format)
		c.Count("structure: BES", s.Structure.BES == (w.Format != "CMS-NOT-ETSI"), "%s: %+v, %s", name, s.Structure, w.Format)
		if len(s.References) != len(w.References) {
			c.Count("references", false, "%s: %d, want %d", name, len(s.References), len(w.References))
		} else {
			for i, r := range s.References {
				x := w.References[i]
				c.Count("references", string(r.Type) == x.Type && r.Found == x.Found && r.Intact == x.Intact && r.Name == x.Name,
					"%s: %q %s found %v intact %v (%s), want %q %s %v %v", name, r.Name, r.Type, r.Found, r.Intact, r.Why, x.Name, x.Type, x.Found, x.Intact)
			}
		}
		if c.passed[one.File] {
			c.Count("no problem in passed", len(s.Problems) == 0, "%s: %v", name, s.Problems)
		}
		c.timestamps("timestamps", name, s.Timestamps, withoutRecords(w.Timestamps))
	}
}

// withoutRecords are the time-stamps without those of evidence records, which are
// listed with their records here.
func withoutRecords(all []corpustest.Timestamp) []corpustest.Timestamp {
	return slices.DeleteFunc(slices.Clone(all), func(w corpustest.Timestamp) bool { return w.Type == string(signature.EvidenceRecordTimestamp) })
}

// coverage compares which time-stamps fail by what their manifest lists, and by
// files that are not as listed.
func (c *comparison) coverage(name string, doc *signature.Document, want []corpustest.Timestamp) {
	made := map[*signature.Timestamp]string{}
	for _, ts := range doc.Timestamps {
		if token, err := tst.Parse(ts.Raw); err == nil {
			made[ts] = corpustest.Time(token.GenTime.UTC())
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
			c.Count("coverage of timestamps", got == expect, "%s: %q, want %q; %v", name, got, expect, ts.Problems)
			break
		}
	}
}
