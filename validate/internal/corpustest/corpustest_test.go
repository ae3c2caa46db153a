package corpustest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/internal/corpustest"
)

// listener hears what a tally would fail with.
type listener struct {
	testing.TB
	errors []string
}

func (l *listener) Helper()             {}
func (l *listener) Logf(string, ...any) {}
func (l *listener) Errorf(format string, args ...any) {
	l.errors = append(l.errors, fmt.Sprintf(format, args...))
}

func TestFloors(t *testing.T) {
	for _, x := range []struct {
		name   string
		floors map[string]int
		want   []string
	}{
		{"reached", map[string]int{"a": 2, "b": 0}, nil},
		{"without a floor", nil, nil},
		{"fallen", map[string]int{"a": 3}, []string{"a: 2, was 3"}},
		{"never compared", map[string]int{"a": 2, "c": 0}, []string{"c: never compared, was 0"}},
		{"all of it", map[string]int{"b": 1, "c": 4}, []string{"b: 0, was 1", "c: never compared, was 4"}},
	} {
		l := &listener{TB: t}
		c := corpustest.NewTally(l)
		c.Count("a", true, "")
		c.Count("a", true, "")
		c.Count("a", false, "%d", 1)
		c.Count("b", false, "%d", 2)
		c.Floors(x.floors)
		if !slices.Equal(l.errors, x.want) {
			t.Errorf("%s: %q, want %q", x.name, l.errors, x.want)
		}
	}
}

func TestTimestamps(t *testing.T) {
	a := corpustest.Timestamp{Type: "A", Time: corpustest.Time(time.Unix(0, 0).UTC()), ImprintIntact: true}
	b := corpustest.Timestamp{Type: "B", Time: corpustest.Time(time.Unix(0, 5e6).UTC())}
	if want := []string{"A 1970-01-01T00:00:00Z true", "B 1970-01-01T00:00:00.005Z false"}; !slices.Equal(corpustest.Strings([]corpustest.Timestamp{a, b}), want) {
		t.Errorf("%q, want %q", corpustest.Strings([]corpustest.Timestamp{a, b}), want)
	}
	if got := corpustest.Time(time.Time{}); got != "" {
		t.Errorf("no time is %q", got)
	}
	l := &listener{TB: t}
	c := corpustest.NewTally(l)
	c.Timestamps("x", "in another order", []corpustest.Timestamp{b, a}, []corpustest.Timestamp{a, b})
	c.Timestamps("x", "one missing", []corpustest.Timestamp{a}, []corpustest.Timestamp{a, b})
	c.Floors(map[string]int{"x": 4, "number of x": 2})
	if want := []string{"number of x: 1, was 2", "x: 3, was 4"}; !slices.Equal(l.errors, want) {
		t.Errorf("%q, want %q", l.errors, want)
	}
}

// TestCases reads a small corpus of its own.
func TestCases(t *testing.T) {
	root := t.TempDir()
	t.Setenv("VIDIMUS_CORPUS", root)
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("cases.jsonl", `{"id": "1", "kind": "ER", "file": "1/a", "detached": ["1/b"], "expect": {"form": null, "evidenceRecords": [{"dssErrors": ["e"]}]}}
{"id": "2", "kind": "PAdES", "file": "2/c", "expect": {"signatures": [{"indication": "TOTAL-PASSED", "dssErrors": ["f"]}]}}
`)
	write("files/1/b", "content")
	var asked []string
	cases := corpustest.Cases(t, func(one *corpustest.Case) bool {
		asked = append(asked, one.ID)
		if one.Passed() != (one.ID == "2") {
			t.Errorf("%s: passed is %v", one.ID, one.Passed())
		}
		return one.ID == "1"
	})
	if !slices.Equal(asked, []string{"1", "2"}) || len(cases) != 1 || !slices.Equal(cases[0].Expect.EvidenceRecords[0].DSSErrors, []string{"e"}) {
		t.Fatalf("asked for %q, kept %+v", asked, cases)
	}
	type file struct {
		Name string
		Data []byte
	}
	if files := corpustest.Detached[file](t, &cases[0]); len(files) != 1 || files[0].Name != "b" || string(files[0].Data) != "content" {
		t.Errorf("detached files %q", files)
	}
}

func TestRootSkips(t *testing.T) {
	t.Setenv("VIDIMUS_CORPUS", "")
	skipped := false
	t.Run("without a corpus", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		corpustest.Root(t)
	})
	if !skipped {
		t.Error("without VIDIMUS_CORPUS the test is not skipped")
	}
}
