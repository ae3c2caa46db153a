package eutest_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// small is a world with one provider, its CA and its TSA.
func small(t *testing.T) (*eutest.World, *eutest.CA, *eutest.TSA) {
	t.Helper()
	w := eutest.New(t)
	tsp := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	return w, tsp.CA("TEST EID-Q", eutest.SmartIDQualifiers()), tsp.TSA("TEST TSA 2025")
}

var contract = []eutest.File{eutest.Text("contract.txt", "I owe you."), eutest.Text("läbi & ümber.txt", "")}

type files []eutest.File

func (f files) External(_ *xmldsig.Reference, uri string, _ bool) ([]byte, string, bool) {
	names := map[string]string{"contract.txt": "contract.txt", "l%C3%A4bi%20%26%20%C3%BCmber.txt": "läbi & ümber.txt"}
	for _, x := range f {
		if x.Name == names[uri] {
			return x.Raw, x.Name, true
		}
	}
	return nil, "", false
}

// judged is what our own readers make of one signature.
type judged struct {
	signature  *xmldsig.Signature
	value      bool // the value verifies with the first KeyInfo certificate
	references []bool
}

// judge reads all signatures of an XML file with xmldom, xmldsig and algo.
func judge(t *testing.T, raw []byte, content []eutest.File, key []byte) []judged {
	t.Helper()
	doc, err := xmldom.Parse(raw, xmldom.DefaultLimits)
	if err != nil {
		t.Fatalf("reading the XML: %v", err)
	}
	var out []judged
	doc.Root.Walk(func(n *xmldom.Node) bool {
		if !n.Is(xmldsig.Space, "Signature") {
			return true
		}
		s, err := xmldsig.Read(n)
		if err != nil {
			t.Fatalf("reading the signature: %v", err)
		}
		j := judged{signature: s}
		octets, err := s.SignedOctets()
		if err != nil {
			t.Fatalf("canonicalising SignedInfo: %v", err)
		}
		public, err := algo.ParsePublicKey(key)
		if err != nil {
			t.Fatalf("reading the key: %v", err)
		}
		j.value = public.Verify(s.Algorithm, octets, s.Value) == nil
		for _, r := range s.References {
			digest, _ := s.DigestOf(doc, r, files(content))
			j.references = append(j.references, digest != nil && bytes.Equal(digest, r.Value))
		}
		out = append(out, j)
		return true
	})
	return out
}

func spki(t *testing.T, c *eutest.Certificate) []byte {
	t.Helper()
	if c.Parsed == nil {
		t.Fatalf("crypto/x509 cannot read the certificate of %v", c.SHA256())
	}
	return c.Parsed.RawSubjectPublicKeyInfo
}

func all(list []bool) bool {
	for _, b := range list {
		if !b {
			return false
		}
	}
	return len(list) > 0
}

// unzip reads a container with archive/zip.
func unzip(t *testing.T, raw []byte) ([]string, map[string][]byte) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatalf("archive/zip refuses the container: %v", err)
	}
	var names []string
	content := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatalf("opening %q: %v", f.Name, err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatalf("unpacking %q: %v", f.Name, err)
		}
		names, content[f.Name] = append(names, f.Name), b
	}
	return names, content
}
