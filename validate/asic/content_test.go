package asic

import "testing"

// TestContent: what is handed out is what the judge saw, by the order of DataFiles.
func TestContent(t *testing.T) {
	raw := build(part{name: "mimetype", data: mimeASiCE}, part{name: "sub/"}, fileA, fileB, part{name: "c.txt", data: "c", method: 99}, sigAB)
	doc, err := Open("x", raw)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{fileA.data, fileB.data} {
		if got, err := Content(raw, i); err != nil || string(got) != want {
			t.Errorf("data file %d, %s: %q, %v", i, doc.Container.DataFiles[i], got, err)
		}
	}
	for name, bad := range map[string]func() ([]byte, error){
		"an entry that cannot be unpacked": func() ([]byte, error) { return Content(raw, 2) },
		"one too many":                     func() ([]byte, error) { return Content(raw, 3) },
		"no container":                     func() ([]byte, error) { return Content([]byte("PK"), 0) },
	} {
		if got, err := bad(); err == nil {
			t.Errorf("%s gave %q", name, got)
		}
	}
}
