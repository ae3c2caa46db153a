package replay

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/report"
)

// A bundle of before holds the JSON report alone, and one of another version holds the
// other reports in the dress of its day: both replay by their JSON.
func TestBundlesOfOtherVersions(t *testing.T) {
	sc := newScene(t)
	s := tell(t, sc.trust(sc.input()), practice(t), sc.signed(eutest.SignOptions{}))
	now := fmt.Appendf(nil, `,
 "voices": %d`, report.Voices)
	if !bytes.Contains(s.content.Input, now) || len(s.content.ETSI) == 0 || len(s.content.HTML) == 0 {
		t.Fatalf("the bundle holds %d and %d octets of ETSI and HTML reports; its input is\n%s", len(s.content.ETSI), len(s.content.HTML), s.content.Input)
	}
	for name, edit := range map[string]func(*bundle.Content){
		"before": func(c *bundle.Content) {
			c.ETSI, c.HTML, c.Input = nil, nil, bytes.Replace(c.Input, now, nil, 1)
		},
		"another version": func(c *bundle.Content) {
			c.HTML, c.Input = []byte("<!DOCTYPE html>"), bytes.Replace(c.Input, now, fmt.Appendf(nil, `,
 "voices": %d`, report.Voices+1), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.content
			edit(&c)
			b := repack(t, c)
			v, err := Judge(b)
			if err != nil {
				t.Fatal(err)
			}
			if same, _, err := Same(b, v); err != nil || !same {
				t.Errorf("the same: %v (%v)", same, err)
			}
			c.Report = bytes.Replace(c.Report, []byte("QESig"), []byte("QESeal"), 1)
			if same, _, err := Same(repack(t, c), v); err != nil || same {
				t.Errorf("with another JSON, the same: %v (%v)", same, err)
			}
		})
	}
}

// A bundle of a PDF of before reports had the signature dictionary's words replays to
// its own bytes, and is seen when these are altered.
func TestBundlesBeforeMembers(t *testing.T) {
	sc := newScene(t)
	pdf := sc.w.SignPDF(sc.s, eutest.PDFOptions{Entries: "/Reason(I agree)"})
	s := tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "contract.pdf", Data: pdf})
	s.replays(t)
	c := s.content
	c.Input = bytes.Replace(c.Input, fmt.Appendf(nil, `"voices": %d`, report.Voices), []byte(`"voices": 1`), 1)
	b := repack(t, c)
	v, err := Judge(b)
	if err != nil {
		t.Fatal(err)
	}
	if same, _, err := Same(b, v); err != nil || same {
		t.Errorf("a report of today in a bundle of before is the same: %v (%v)", same, err)
	}
	if c.Report, err = s.verdict.Report.JSONOf(1); err != nil || bytes.Contains(c.Report, []byte("I agree")) {
		t.Fatalf("%s (%v)", c.Report, err)
	}
	if same, got, err := Same(repack(t, c), v); err != nil || !same {
		t.Errorf("the report of before is not the same (%v): %s", err, got)
	}
}

// The README tells how to look at the evidence with openssl: so it is.
func TestREADMECommands(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	sc := newScene(t)
	crls := eutest.SignOptions{CRLs: [][]byte{sc.ca.CRL(eutest.DefaultTime, eutest.CRLOptions{})}}
	found := map[evidence.Kind]int{}
	for _, o := range []eutest.SignOptions{{}, crls} {
		looked(t, openssl, tell(t, sc.trust(sc.input()), practice(t), sc.signed(o)), found)
	}
	for _, kind := range []evidence.Kind{evidence.Certificate, evidence.OCSP, evidence.CRL, evidence.Timestamp} {
		if found[kind] == 0 {
			t.Errorf("the bundles hold no %s", kind)
		}
	}
}

// looked runs the README's commands over the evidence of a bundle, and counts it.
func looked(t *testing.T, openssl string, s *story, found map[evidence.Kind]int) {
	t.Helper()
	dir, readme := t.TempDir(), ""
	for e, data := range s.bundle.Objects {
		name := filepath.Join(dir, filepath.FromSlash(e.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if e.Path == "README.txt" {
			readme = string(data)
		}
	}
	for kind, ending := range map[evidence.Kind]string{evidence.Certificate: ".cer", evidence.OCSP: ".ors", evidence.CRL: ".crl", evidence.Timestamp: ".tst"} {
		_, line, ok := strings.Cut(readme, ending+"\n")
		if !ok {
			t.Errorf("the README says nothing of %s", ending)
		}
		before := strings.TrimSuffix(readme, ending+"\n"+line)
		command := strings.Fields(before[strings.LastIndex(before, "openssl ")+len("openssl "):] + ending)
		for _, o := range s.content.Evidence {
			if o.Kind != kind {
				continue
			}
			found[kind]++
			args := append([]string{}, command...)
			args[len(args)-1] = "evidence/" + o.ID.String() + ending
			cmd := exec.CommandContext(t.Context(), openssl, args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil || len(out) < 100 {
				t.Errorf("openssl %v: %v\n%s", args, err, out)
			}
		}
	}
}
