package siva

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// TestZ1DataFilesAreBounded: of a container only the file that was judged is looked
// into, and none that unpacks to more than a request may hold.
func TestZ1DataFilesAreBounded(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, content := range []string{"other", "inner"} { // two of one name
		w, err := z.Create("a")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(content))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	of := func(e signature.Entry) string {
		return string(dataFile(b.Bytes(), "a", &signature.Container{Entries: []signature.Entry{e}}))
	}
	right := signature.Entry{Name: "a", Size: 5, SHA256: evidence.Of([]byte("inner"))}
	huge, changed, missing := right, right, right
	huge.Size, changed.SHA256, missing.Name = maxRequest+1, evidence.Of(nil), "b"
	if got := of(right); got != "inner" {
		t.Errorf("got %q", got)
	}
	for name, e := range map[string]signature.Entry{"huge": huge, "changed": changed, "missing": missing} {
		if got := of(e); got != "" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if dataFile([]byte("no container"), "a", &signature.Container{Entries: []signature.Entry{right}}) != nil {
		t.Error("something was found in no container")
	}
}
