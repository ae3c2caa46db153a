package lotl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// listCase is a line of the corpus's lists/cases.jsonl.
type listCase struct {
	ID      string   `json:"id"`
	Files   []string `json:"files"`
	Anchors *string  `json:"anchors"`
	Note    string   `json:"note"`
	Expect  struct {
		Reject            bool            `json:"reject"`
		Version           *int            `json:"version"`
		Seq               *int            `json:"seq"`
		Territory         string          `json:"territory"`
		TSP               *int            `json:"tsp"`
		Services          map[string]int  `json:"services"`
		ServicesTotal     *int            `json:"servicesTotal"`
		StructureMessages *int            `json:"structureMessages"`
		StructureError    string          `json:"structureError"`
		LOTLPointers      *int            `json:"lotlPointers"`
		TLPointers        *int            `json:"tlPointers"`
		LOTLPointerCerts  *int            `json:"lotlPointerCerts"`
		Pivots            *int            `json:"pivots"`
		Certificates      *int            `json:"certificates"`
		MRA               bool            `json:"mra"`
		Signature         json.RawMessage `json:"signature"`
	} `json:"expect"`
}

// TestCorpusListCases holds every odd list of the corpus against what is known
// of it. The last file of a case is the one that is asked about.
func TestCorpusListCases(t *testing.T) {
	raw, err := os.ReadFile(corpus(t, "lists", "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		var c listCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, func(t *testing.T) { c.check(t) })
	}
}

func (c *listCase) check(t *testing.T) {
	in := Input{At: at2023}
	for _, name := range c.Files {
		raw, err := os.ReadFile(corpus(t, "lists", "files", name))
		if err != nil {
			t.Fatal(err)
		}
		in.Files = append(in.Files, File{Name: name, Raw: raw})
	}
	if c.Anchors != nil {
		in.Anchors = pemAnchors(t, corpus(t, "lists", "anchors", *c.Anchors))
		in.Journal = NoticeOf(in.Anchors)
	}
	switch c.ID {
	case "dss-tl-pivots-wronganchor":
		in.Anchors, in.Journal = DefaultAnchors() // "wrong keystore": the case names the right one
	case "dss-tl-cz":
		in.Extra = []Extra{{Name: c.Files[0], Raw: in.Files[0].Raw,
			Signers: pemCertificates(t, corpus(t, "lists", "anchors", "tl-signers", "Ing_Radomír_Šimek-bfc77533.pem"))}}
		in.Files = nil
	}
	_, reports := Twice(t, in)
	r, e := reports[len(reports)-1], c.Expect
	problems := strings.Join(r.Problems, "\n")
	number := func(what string, want *int, got int) {
		if want != nil && *want != got {
			t.Errorf("%s is %d, want %d", what, got, *want)
		}
	}
	if rejected := r.Kind == "unreadable"; rejected != e.Reject {
		t.Fatalf("unreadable %v, want %v: %s", rejected, e.Reject, problems)
	}
	if e.Reject {
		if r.Used || problems == "" {
			t.Errorf("an unreadable file: used %v, %q", r.Used, problems)
		}
		return
	}
	number("version", e.Version, r.Version)
	number("sequence", e.Seq, r.Sequence)
	number("providers", e.TSP, r.Providers)
	number("services", e.ServicesTotal, r.Services)
	number("LOTL pointers", e.LOTLPointers, r.LOTLPointers)
	number("LOTL pointer certificates", e.LOTLPointerCerts, r.LOTLPointerCertificates)
	pointers := r.TLPointers
	if e.LOTLPointers == nil && e.MRA {
		pointers += r.LOTLPointers // there the reference counts all that are machine-readable
	}
	number("TL pointers", e.TLPointers, pointers)
	if e.Pivots != nil && r.Pivots != nil {
		number("pivots", e.Pivots, *r.Pivots)
	}
	if e.Territory != "" && e.Territory != r.Territory {
		t.Errorf("territory %q, want %q", r.Territory, e.Territory)
	}
	c.checkContent(t, in, problems)
	c.checkSignature(t, r)
}

func (c *listCase) checkContent(t *testing.T, in Input, problems string) {
	e := c.Expect
	if len(in.Files) == 0 {
		return
	}
	l, err := readList(in.Files[len(in.Files)-1].Raw)
	if err != nil {
		t.Fatal(err)
	}
	if e.StructureMessages != nil && *e.StructureMessages != len(l.Problems) {
		t.Errorf("%d problems of the structure, want %d: %v", len(l.Problems), *e.StructureMessages, l.Problems)
	}
	// The reference's words differ from ours for what is missing.
	switch want := e.StructureError; want {
	case "":
	case "No TLVersion has been found!":
		want = "SchemeInformation is missing"
		fallthrough
	default:
		if !strings.Contains(problems, want) {
			t.Errorf("no problem says %q: %s", want, problems)
		}
	}
	for name, want := range e.Services {
		name = orElse(map[string]string{"NSA": "National Security Authority", "MIL": "Ministry of Defence"}[name], name)
		got := -1
		for _, p := range l.Providers {
			if strings.Contains(strings.Join(append(p.TradeNames, p.Names...), "|"), name) {
				got = len(p.Services)
				break
			}
		}
		if got != want {
			t.Errorf("%d services of %q, want %d", got, name, want)
		}
	}
	if e.Certificates != nil {
		seen := map[string]bool{}
		for _, p := range l.Providers {
			for _, s := range p.Services {
				for _, x := range s.Certificates {
					seen[x.ID.String()] = true
				}
			}
		}
		if len(seen) != *e.Certificates {
			t.Errorf("%d certificates, want %d", len(seen), *e.Certificates)
		}
	}
	if e.MRA {
		last := l.Pointers[len(l.Pointers)-1]
		for i := range l.Pointers {
			if l.Pointers[i].MRA != nil {
				last = l.Pointers[i]
			}
		}
		if last.MRA == nil {
			t.Error("no pointer carries mutual recognition information")
		}
	}
}

func (c *listCase) checkSignature(t *testing.T, r FileReport) {
	var want string
	if len(c.Expect.Signature) == 0 || json.Unmarshal(c.Expect.Signature, &want) != nil {
		return
	}
	want, _, _ = strings.Cut(want, " ")
	if want == "ERROR" {
		if r.Signature != nil || r.Used {
			t.Errorf("an unsigned list: signature %+v, used %v", r.Signature, r.Used)
		}
		return
	}
	got := "none"
	if r.Signature != nil {
		got = strings.ReplaceAll(r.Signature.Indication, "-", "_")
		if r.Signature.SubIndication != "" {
			got += "/" + r.Signature.SubIndication
		}
	}
	if got != want {
		t.Errorf("signature %s, want %s: %v", got, want, r.Problems)
	}
	if used := want == "TOTAL_PASSED"; r.Used != used {
		t.Errorf("used %v, want %v", r.Used, used)
	}
}
