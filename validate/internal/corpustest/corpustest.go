// Package corpustest is support for the tests that compare our readers with the
// external conformance corpus; imported only by tests. What the corpus expects of a
// file is what a reference validator, EU DSS, says of it.
//
// VIDIMUS_CORPUS names the folder of the corpus; without it those tests are
// skipped. With VIDIMUS_SHOW set, each difference is logged.
package corpustest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// passed is the indication of a valid signature (EN 319 102-1 §5.1.2).
const passed = "TOTAL-PASSED"

// Case is a line of cases.jsonl: a file, and what the reference validator says of it.
type Case struct {
	ID, World, Kind, File string
	Detached              []string // the files that it signs, where they are not in it
	Expect                Expect
}

// Expect is what the reference validator reads in a file and says of it.
type Expect struct {
	Form            string
	Reject          string // why the reference validator refuses the file
	Signatures      []Signature
	Timestamps      []Timestamp
	EvidenceRecords []EvidenceRecord
}

// Signature is what the reference validator says of a signature.
type Signature struct {
	Path, Format, Indication, SubIndication, SignedBy, ClaimedSigningTime string
	SignatureIntact, Counter                                              bool
	References                                                            []Reference
	Timestamps                                                            []Timestamp
	DSSErrors                                                             []string
}

// Reference is what the reference validator says of a reference to signed data.
type Reference struct {
	Name, Type    string
	Found, Intact bool
}

// Timestamp is what the reference validator says of a time-stamp.
type Timestamp struct {
	Type, Time, Indication, SubIndication string
	ImprintIntact                         bool
}

// String tells type, time and whether the imprint is intact.
func (w Timestamp) String() string {
	return fmt.Sprintf("%s %s %v", w.Type, w.Time, w.ImprintIntact)
}

// Strings are the time-stamps as String tells them.
func Strings(all []Timestamp) []string {
	var out []string
	for _, w := range all {
		out = append(out, w.String())
	}
	return out
}

// EvidenceRecord is what the reference validator says of an evidence record.
type EvidenceRecord struct {
	Indication, SubIndication string
	DSSErrors                 []string
}

// Passed says whether a signature of the case is TOTAL-PASSED.
func (c *Case) Passed() bool {
	for _, s := range c.Expect.Signatures {
		if s.Indication == passed {
			return true
		}
	}
	return false
}

// Time writes a time, in UTC, as the reference validator does: with milliseconds if
// there are any. The zero time is "".
func Time(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return strings.Replace(at.Format("2006-01-02T15:04:05.000Z"), ".000Z", "Z", 1)
}

// Root is the folder of the corpus. Without VIDIMUS_CORPUS it skips the test.
func Root(t testing.TB) string {
	t.Helper()
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS does not say where the corpus is")
	}
	return root
}

// Lines reads a file of the corpus that has a JSON value in each line.
func Lines[T any](t testing.TB, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(Root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	var out []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Cases are the cases of cases.jsonl that keep wants. It is asked once for every
// line, in their order.
func Cases(t testing.TB, keep func(*Case) bool) []Case {
	t.Helper()
	var out []Case
	all := Lines[Case](t, "cases.jsonl")
	for i := range all {
		if keep(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// Read reads a file that a case names.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(Root(t), "files", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Detached reads the detached files of a case, as files of the reader's own type F.
func Detached[F ~struct {
	Name string
	Data []byte
}](t testing.TB, c *Case) []F {
	t.Helper()
	var out []F
	for _, d := range c.Detached {
		out = append(out, F{Name: filepath.Base(d), Data: Read(t, d)})
	}
	return out
}
