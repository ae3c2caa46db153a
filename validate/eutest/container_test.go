package eutest_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestContainer(t *testing.T) {
	w, ca, _ := small(t)
	a, b := ca.Signer(), ca.Signer(eutest.Natural("LT", "SMITH", "JOHN", "30303039914"))
	raw := w.Container(contract...).Sign(a, eutest.SignOptions{}).SignBeside(a, eutest.SignOptions{Level: eutest.B}).Sign(b, eutest.SignOptions{}).Bytes()
	names, content := unzip(t, raw)
	if got, want := fmt.Sprint(names), "[mimetype contract.txt läbi & ümber.txt META-INF/manifest.xml META-INF/signatures0.xml META-INF/signatures1.xml]"; got != want {
		t.Errorf("entries %s, want %s", got, want)
	}
	if string(raw[30:38]) != "mimetype" || string(raw[38:38+len(eutest.ASiCE)]) != eutest.ASiCE {
		t.Error("the mimetype is not stored first, without extra field")
	}
	if m := string(content["META-INF/manifest.xml"]); strings.Count(m, "<manifest:file-entry ") != 3 || !strings.Contains(m, "läbi &amp; ümber.txt") {
		t.Errorf("manifest: %s", m)
	}
	got := judge(t, content["META-INF/signatures0.xml"], contract, spki(t, a.Certificate))
	got = append(got, judge(t, content["META-INF/signatures1.xml"], contract, spki(t, b.Certificate))...)
	if len(got) != 3 {
		t.Fatalf("%d signatures, want 3", len(got))
	}
	for i, j := range got {
		if want := fmt.Sprintf("S%d", i); !j.value || !all(j.references) || j.signature.ID != want {
			t.Errorf("signature %d: id %s, value %t, references %v; want %s and all good", i, j.signature.ID, j.value, j.references, want)
		}
	}
}

func TestContainerAfterSigning(t *testing.T) {
	w, ca, _ := small(t)
	s := ca.Signer()
	c := w.Container(contract...).Sign(s, eutest.SignOptions{})
	c.Replace("contract.txt", []byte("You owe me.")).Add(eutest.Text("late.txt", "x"))
	_, content := unzip(t, c.Bytes())
	if string(content["contract.txt"]) != "You owe me." || content["late.txt"] == nil || !strings.Contains(string(content["META-INF/manifest.xml"]), "late.txt") {
		t.Errorf("after signing: %q", content)
	}
	if j := judge(t, c.Signatures[0].Raw, c.Files, spki(t, s.Certificate)); !j[0].value || j[0].references[0] || !j[0].references[1] {
		t.Errorf("after Replace: value %t, references %v; want the first alone broken", j[0].value, j[0].references)
	}
	c.Remove("contract.txt").NoManifest = true
	names, _ := unzip(t, c.Bytes())
	if got, want := fmt.Sprint(names), "[mimetype läbi & ümber.txt late.txt META-INF/signatures0.xml]"; got != want {
		t.Errorf("entries %s, want %s", got, want)
	}
	if contract[0].Raw[0] != 'I' || len(contract) != 2 {
		t.Error("changing a container changes the caller's files")
	}
}

func TestArchiveLies(t *testing.T) {
	good := eutest.Entry{Name: "a.txt", Data: []byte("aaaa"), Deflate: true}
	central := func(raw []byte) []*zip.File {
		r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		return r.File
	}
	twice := eutest.Archive{Entries: []eutest.Entry{good, {Name: "a.txt", Data: []byte("bbbb")}}}
	if f := central(twice.Bytes()); len(f) != 2 || f[0].Name != f[1].Name {
		t.Error("no two entries of one name")
	}
	other := eutest.Archive{Entries: []eutest.Entry{{Name: "a.txt", LocalName: "b.txt", Data: []byte("aaaa")}}}
	if raw := other.Bytes(); central(raw)[0].Name != "a.txt" || string(raw[30:35]) != "b.txt" {
		t.Error("no other name in the local header")
	}
	hidden := eutest.Archive{Entries: []eutest.Entry{good, {Name: "hidden.txt", Data: []byte("x"), NoCentral: true}}}
	if raw := hidden.Bytes(); len(central(raw)) != 1 || !bytes.Contains(raw, []byte("hidden.txt")) {
		t.Error("no entry without central directory record")
	}
	around := eutest.Archive{Entries: []eutest.Entry{good}, Prepend: []byte("#!/bin/sh\n"), Append: []byte("tail"), Comment: "c"}
	if raw := around.Bytes(); !bytes.HasPrefix(raw, []byte("#!")) || !bytes.HasSuffix(raw, []byte("ctail")) {
		t.Error("nothing before or after")
	}
	described := eutest.Archive{Entries: []eutest.Entry{{Name: "a.txt", Data: []byte("aaaa"), Descriptor: true, Deflate: true}}}
	if _, content := unzip(t, described.Bytes()); string(content["a.txt"]) != "aaaa" {
		t.Error("an entry with a data descriptor cannot be read")
	}
	crc := eutest.Archive{Entries: []eutest.Entry{{Name: "a.txt", Data: []byte("aaaa"), WrongCRC: true}}}
	in, err := central(crc.Bytes())[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Read(make([]byte, 64)); err == nil {
		if _, err = in.Read(make([]byte, 64)); !errors.Is(err, zip.ErrChecksum) {
			t.Errorf("a wrong CRC is read as %v", err)
		}
	}
}
