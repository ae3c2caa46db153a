package ers_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// TestCorpus compares what is read with what the reference reads, over all records
// that stand by themselves or in containers.
func TestCorpus(t *testing.T) {
	c := comparison{corpustest.NewTally(t), t}
	for _, one := range corpustest.Cases(t, func(one *corpustest.Case) bool {
		return one.World == "anchored" && (one.Kind == "ER" || len(one.Expect.EvidenceRecords) > 0)
	}) {
		if one.Kind == "ER" || one.Kind == "TST" {
			c.file(&one)
		} else {
			c.container(&one)
		}
	}
	// What is reached. A number that falls is a regression.
	c.Floors(map[string]int{
		"broken time-stamps":    121,
		"container: records":    22,  // of 23: a record that another record covers is listed here too
		"container: references": 21,  // of 22: without a tree, the reference blames the token where we blame the file; the record fails alike
		"imprints":              120, // of 121: a renewal without its document keeps the root of its tree here; its missing document is a reference
		"no record":             12, "number of time-stamps": 121, "read": 99, "references": 99, "told from its octets": 33,
	})
}

type comparison struct {
	*corpustest.Tally
	t *testing.T
}

func (c *comparison) file(one *corpustest.Case) {
	data := corpustest.Read(c.t, one.File)
	doc, err := ers.Open(data, corpustest.Detached[ers.File](c.t, one))
	if len(one.Expect.EvidenceRecords) == 0 {
		// XML that is no record: the reference reads it as XML without signatures.
		var e *signature.ReadError
		c.Count("no record", errors.As(err, &e), "%s: read as a record", one.File)
		return
	}
	c.Count("read", err == nil, "%s: %v", one.File, err)
	if err != nil {
		return
	}
	if bytes.HasPrefix(data, []byte{0x30}) {
		c.Count("told from its octets", ers.Is(data), "%s", one.File)
	}
	r := doc.Records[0]
	c.Count("references", firstFault(r) == wanted(one), "%s: %q, want %q", one.File, firstFault(r), wanted(one))
	c.tokens(one, r)
}

// container reads the records of a container; what it holds is listed here with
// archive/zip, for the reader of containers is another package.
func (c *comparison) container(one *corpustest.Case) {
	data := corpustest.Read(c.t, one.File)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		c.t.Fatal(err)
	}
	var files []ers.File
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			c.t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			c.t.Fatal(err)
		}
		files = append(files, ers.File{Name: f.Name, Data: data})
	}
	records := ers.ReadContainer(signature.Form(one.Expect.Form), strings.HasSuffix(one.Kind, "-XAdES"), files)
	c.Count("container: records", len(records) == len(one.Expect.EvidenceRecords), "%s: %d, want %d", one.File, len(records), len(one.Expect.EvidenceRecords))
	if len(records) != 1 || len(one.Expect.EvidenceRecords) != 1 {
		return
	}
	c.Count("container: references", firstFault(records[0]) == wanted(one), "%s: %q, want %q", one.File, firstFault(records[0]), wanted(one))
	c.tokens(one, records[0])
}

// wanted is what the references of a record come to in the eyes of the reference.
func wanted(one *corpustest.Case) string {
	for _, e := range one.Expect.EvidenceRecords[0].DSSErrors {
		switch {
		case strings.Contains(e, "None of the covered"):
			return "none found"
		case strings.Contains(e, "reference data object is not intact"):
			return "not intact"
		case strings.Contains(e, "reference data object has not been found"):
			return "not found"
		}
	}
	return ""
}

func firstFault(r *signature.EvidenceRecord) string {
	none := "none found"
	for _, ref := range r.References {
		switch {
		case ref.Type == signature.RefOrphan:
			continue
		case !ref.Found:
			return "not found"
		case !ref.Intact:
			return "not intact"
		}
		none = ""
	}
	return none
}

// tokens compares times and imprints, and which tokens are over something else
// than they should be.
func (c *comparison) tokens(one *corpustest.Case, r *signature.EvidenceRecord) {
	var want, got, wantBroken, gotBroken []string
	for _, e := range one.Expect.Timestamps {
		if e.Type != string(signature.EvidenceRecordTimestamp) {
			continue // of a container, or of its signatures
		}
		at, _ := time.Parse(time.RFC3339, e.Time)
		want = append(want, fmt.Sprintf("%s %v", corpustest.Time(at.UTC()), e.ImprintIntact))
		wantBroken = append(wantBroken, fmt.Sprintf("%s %v", corpustest.Time(at.UTC()), e.SubIndication == "HASH_FAILURE" || e.SubIndication == "SIGNED_DATA_NOT_FOUND"))
	}
	for _, t := range r.Tokens {
		token, err := tst.Parse(t.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		sum, ok := t.Imprint(token.HashAlgorithm)
		intact := ok && bytes.Equal(sum, token.Imprint)
		broken := !intact
		for _, ref := range t.References {
			broken = broken || !ref.Found || !ref.Intact
		}
		at := corpustest.Time(token.GenTime)
		got = append(got, fmt.Sprintf("%s %v", at, intact))
		gotBroken = append(gotBroken, fmt.Sprintf("%s %v", at, broken))
	}
	for _, l := range [][]string{want, got, wantBroken, gotBroken} {
		slices.Sort(l)
	}
	c.Count("number of time-stamps", len(want) == len(got), "%s: %d, want %d", one.File, len(got), len(want))
	c.Count("imprints", slices.Equal(want, got), "%s: %q, want %q", one.File, got, want)
	c.Count("broken time-stamps", slices.Equal(wantBroken, gotBroken), "%s: %q, want %q", one.File, gotBroken, wantBroken)
}
