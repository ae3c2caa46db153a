package ers_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// corpusCase is a line of cases.jsonl.
type corpusCase struct {
	ID, World, Kind, File string
	Detached              []string
	Expect                struct {
		Form, Reject    string
		EvidenceRecords []struct {
			Indication, SubIndication string
			DSSErrors                 []string `json:"dssErrors"`
		}
		Timestamps []struct {
			Type, Time, Indication, SubIndication string
			ImprintIntact                         bool
		}
	}
}

const milliseconds = "2006-01-02T15:04:05.000Z"

// TestCorpus compares what is read with what the reference reads, over all records
// that stand by themselves or in containers.
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
	for lines.Scan() {
		var one corpusCase
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		switch {
		case one.World != "anchored":
		case one.Kind == "ER" || one.Kind == "TST" && len(one.Expect.EvidenceRecords) > 0:
			c.file(root, &one)
		case len(one.Expect.EvidenceRecords) > 0:
			c.container(root, &one)
		}
	}
	// What is reached. A number that falls is a regression.
	floors := map[string]int{
		"broken time-stamps":    121,
		"container: records":    22,  // of 23: a record that another record covers is listed here too
		"container: references": 21,  // of 22: without a tree, the reference blames the token where we blame the file; the record fails alike
		"imprints":              120, // of 121: a renewal without its document keeps the root of its tree here; its missing document is a reference
		"no record":             12, "number of time-stamps": 121, "read": 99, "references": 99, "told from its octets": 33,
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
	var files []ers.File
	for _, d := range one.Detached {
		content, err := os.ReadFile(filepath.Join(root, "files", d))
		if err != nil {
			c.t.Fatal(err)
		}
		files = append(files, ers.File{Name: filepath.Base(d), Data: content})
	}
	doc, err := ers.Open(data, files)
	if len(one.Expect.EvidenceRecords) == 0 {
		// XML that is no record: the reference reads it as XML without signatures.
		var e *signature.ReadError
		c.count("no record", errors.As(err, &e), "%s: read as a record", one.File)
		return
	}
	c.count("read", err == nil, "%s: %v", one.File, err)
	if err != nil {
		return
	}
	if bytes.HasPrefix(data, []byte{0x30}) {
		c.count("told from its octets", ers.Is(data), "%s", one.File)
	}
	r := doc.Records[0]
	c.count("references", firstFault(r) == wanted(one), "%s: %q, want %q", one.File, firstFault(r), wanted(one))
	c.tokens(one, r)
}

// container reads the records of a container; what it holds is listed here with
// archive/zip, for the reader of containers is another package.
func (c *comparison) container(root string, one *corpusCase) {
	z, err := zip.OpenReader(filepath.Join(root, "files", one.File))
	if err != nil {
		c.t.Fatal(err)
	}
	defer z.Close()
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
	c.count("container: records", len(records) == len(one.Expect.EvidenceRecords), "%s: %d, want %d", one.File, len(records), len(one.Expect.EvidenceRecords))
	if len(records) != 1 || len(one.Expect.EvidenceRecords) != 1 {
		return
	}
	c.count("container: references", firstFault(records[0]) == wanted(one), "%s: %q, want %q", one.File, firstFault(records[0]), wanted(one))
	c.tokens(one, records[0])
}

// wanted is what the references of a record come to in the eyes of the reference.
func wanted(one *corpusCase) string {
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
func (c *comparison) tokens(one *corpusCase, r *signature.EvidenceRecord) {
	var want, got, wantBroken, gotBroken []string
	for _, e := range one.Expect.Timestamps {
		if e.Type != string(signature.EvidenceRecordTimestamp) {
			continue // of a container, or of its signatures
		}
		at, _ := time.Parse(time.RFC3339, e.Time)
		want = append(want, fmt.Sprintf("%s %v", at.UTC().Format(milliseconds), e.ImprintIntact))
		wantBroken = append(wantBroken, fmt.Sprintf("%s %v", at.UTC().Format(milliseconds), e.SubIndication == "HASH_FAILURE" || e.SubIndication == "SIGNED_DATA_NOT_FOUND"))
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
		at := token.GenTime.Format(milliseconds)
		got = append(got, fmt.Sprintf("%s %v", at, intact))
		gotBroken = append(gotBroken, fmt.Sprintf("%s %v", at, broken))
	}
	for _, l := range [][]string{want, got, wantBroken, gotBroken} {
		slices.Sort(l)
	}
	c.count("number of time-stamps", len(want) == len(got), "%s: %d, want %d", one.File, len(got), len(want))
	c.count("imprints", slices.Equal(want, got), "%s: %q, want %q", one.File, got, want)
	c.count("broken time-stamps", slices.Equal(wantBroken, gotBroken), "%s: %q, want %q", one.File, gotBroken, wantBroken)
}
