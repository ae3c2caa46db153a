package xmldsig_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// keys are the public keys that may have made s: of the certificates in KeyInfo,
// its bare key, and without KeyInfo of all embedded certificates (formats §1.2).
func keys(s *xmldsig.Signature) []*algo.PublicKey {
	ders := s.Certificates
	if s.KeyInfo == nil {
		s.Node.Top().Walk(func(n *xmldom.Node) bool {
			if n.Local == "EncapsulatedX509Certificate" {
				der, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Content()), ""))
				ders = append(ders, der)
			}
			return true
		})
	}
	var all []*algo.PublicKey
	for _, der := range ders {
		if c, err := certificate.Parse(der); err == nil && c.Key != nil {
			all = append(all, c.Key)
		}
	}
	if s.KeyValueSPKI != nil {
		if k, err := algo.ParsePublicKey(s.KeyValueSPKI); err == nil {
			all = append(all, k)
		}
	}
	return all
}

// valueVerifies says whether one of the keys verifies the signature value.
func valueVerifies(s *xmldsig.Signature) (bool, string) {
	octets, err := s.SignedOctets()
	if err != nil {
		return false, err.Error()
	}
	if s.MethodProblem != "" || s.ValueProblem != "" {
		return false, s.MethodProblem + s.ValueProblem
	}
	why := "no key"
	for _, k := range keys(s) {
		if err := k.Verify(s.Algorithm, octets, s.Value); err != nil {
			why = err.Error()
			continue
		}
		return true, ""
	}
	return false, why
}

// TestCorpusLists: every list's own digest and value verify.
func TestCorpusLists(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpustest.Root(t), "worlds/eu-2023-11/lists/*.xml"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d lists, want at least 30 (%v)", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := xmldom.Parse(raw, xmldom.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := xmldsig.Read(doc.Root.First(xmldsig.Space, "Signature"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ok, why := valueVerifies(s); !ok {
			t.Errorf("%s: the value does not verify: %s", name, why)
		}
		whole := false
		for _, ref := range s.References {
			digest, res := s.DigestOf(doc, ref, nil)
			if !bytes.Equal(digest, ref.Value) {
				t.Errorf("%s: reference %q: %x, want %x (%s)", name, ref.URI, digest, ref.Value, res.Why)
			}
			whole = whole || res.WholeDocument && !res.Partial
		}
		if !whole {
			t.Errorf("%s: no reference covers the whole list", name)
		}
	}
}

// files finds what references mean, by digest, then by decoded name (formats §12.2).
type files map[string][]byte

func (f files) External(ref *xmldsig.Reference, uri string, hasURI bool) ([]byte, string, bool) {
	if len(ref.Transforms) == 0 {
		for name, data := range f {
			if sum, ok := ref.Digest.Sum(data); ok && bytes.Equal(sum, ref.Value) {
				return data, name, true
			}
		}
	}
	if len(f) == 1 {
		for name, data := range f {
			return data, name, true
		}
	}
	decoded, err := url.PathUnescape(uri)
	if err != nil {
		decoded = uri
	}
	data, ok := f[strings.TrimPrefix(decoded, "./")]
	return data, decoded, ok
}

// signatures are the signatures of a document in the order of the witness.
func signatures(n *xmldom.Node) []*xmldom.Node {
	const xades = "http://uri.etsi.org/01903/v1.3.2#"
	var all []*xmldom.Node
	n.Walk(func(m *xmldom.Node) bool {
		if m.Is(xmldsig.Space, "Signature") && m.Parent.Name() != "saml2:Assertion" && (m == n || !m.Parent.Is(xades, "CounterSignature")) {
			all = append(all, m)
			for _, c := range counters(m) {
				all = append(all, signatures(c)...)
			}
		}
		return true
	})
	return all
}

func counters(sig *xmldom.Node) []*xmldom.Node {
	const xades = "http://uri.etsi.org/01903/v1.3.2#"
	var all []*xmldom.Node
	for _, o := range sig.All(xmldsig.Space, "Object") {
		p := o.Path(xades, "QualifyingProperties", "UnsignedProperties", "UnsignedSignatureProperties")
		for _, c := range p.All(xades, "CounterSignature") {
			if s := c.First(xmldsig.Space, "Signature"); s != nil {
				all = append(all, s)
			}
		}
	}
	return all
}

// readersWork are the files whose references the witness does not find for reasons
// that this package does not judge.
var readersWork = map[string]string{
	"7c56c4e8201f": "the manifest is outside this signature (wrapping, formats §1.2): the XAdES reader's rule",
	"34a13993f34a": "the object is outside this signature (wrapping)",
	"7541de394401": "the object is outside this signature (wrapping)",
	"b91291cc1a3c": "the ZIP has no central directory: the container reader's work",
}

// TestCorpusSignatures compares every signature value and reference of the real
// XML signatures with the witness.
func TestCorpusSignatures(t *testing.T) {
	seen := map[string]bool{}
	var values, refs, verified int
	for _, w := range corpustest.Cases(t, func(w *corpustest.Case) bool {
		if w.Kind != "XAdES" && !strings.HasSuffix(w.Kind, "-XAdES") || seen[w.ID] {
			return false
		}
		seen[w.ID] = true
		return true
	}) {
		docs, external := open(t, &w)
		got := map[string][]*xmldom.Node{}
		parsed := map[string]*xmldom.Document{}
		for path, raw := range docs {
			doc, err := xmldom.Parse(raw, xmldom.Limits{})
			if err != nil {
				if w.Expect.Reject == "" {
					t.Errorf("%s %s: %v", w.ID, path, err)
				}
				continue
			}
			parsed[path], got[path] = doc, signatures(doc.Node)
		}
		index := map[string]int{}
		for _, e := range w.Expect.Signatures {
			i := index[e.Path]
			index[e.Path]++
			if i >= len(got[e.Path]) && readersWork[w.ID] != "" {
				continue
			}
			if i >= len(got[e.Path]) {
				t.Errorf("%s %s: signature %d expected, there are %d", w.ID, e.Path, i, len(got[e.Path]))
				continue
			}
			s, err := xmldsig.Read(got[e.Path][i])
			if err != nil {
				t.Errorf("%s %s: %v", w.ID, e.Path, err)
				continue
			}
			values++
			ok, why := valueVerifies(s)
			if ok {
				verified++
			}
			// The witness calls an XML signature intact when its value verifies and
			// so do all its references; wrapping it finds elsewhere.
			all := ok
			for _, ref := range s.References {
				digest, _ := s.DigestOf(parsed[e.Path], ref, external)
				all = all && digest != nil && bytes.Equal(digest, ref.Value)
			}
			if all != e.SignatureIntact {
				t.Errorf("%s %s signature %d (%s, %s): value verifies %v (%s), with references %v, want %v", w.ID, e.Path, i, s.Method, s.CanonicalizationMethod, ok, why, all, e.SignatureIntact)
			}
			k := 0
			for _, x := range e.References {
				if strings.HasSuffix(x.Type, "_ENTRY") || x.Type == "COUNTER_SIGNED_SIGNATURE_VALUE" || k >= len(s.References) {
					continue
				}
				ref := s.References[k]
				k++
				refs++
				digest, res := s.DigestOf(parsed[e.Path], ref, external)
				intact := digest != nil && bytes.Equal(digest, ref.Value)
				if (res.Found != x.Found || intact != x.Intact) && readersWork[w.ID] == "" {
					t.Errorf("%s %s signature %d reference %q %s: found %v intact %v (%s), want %v %v", w.ID, e.Path, i, ref.URI, x.Type, res.Found, intact, res.Why, x.Found, x.Intact)
				}
			}
		}
	}
	t.Logf("%d files, %d signature values (%d verify), %d references", len(seen), values, verified, refs)
}

// open returns the signature files of a case by path, and what references may mean.
func open(t *testing.T, w *corpustest.Case) (docs map[string][]byte, external files) {
	raw := corpustest.Read(t, w.File)
	docs, external = map[string][]byte{}, files{}
	if !strings.HasSuffix(w.Kind, "-XAdES") {
		docs[filepath.Base(w.File)] = raw
		for _, d := range w.Detached {
			external[filepath.Base(d)] = corpustest.Read(t, d)
		}
		return docs, external
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return docs, external
	}
	for _, f := range z.File {
		if f.UncompressedSize64 > 64<<20 || strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(r, 64<<20))
		r.Close()
		if err != nil {
			continue
		}
		if strings.HasPrefix(w.Kind, "ASiC-E") || !strings.HasPrefix(f.Name, "META-INF/") && f.Name != "mimetype" {
			external[f.Name] = data
		}
		if strings.HasPrefix(f.Name, "META-INF/") && strings.Contains(f.Name, "ignature") && strings.HasSuffix(f.Name, ".xml") {
			docs[f.Name] = data
		}
	}
	return docs, external
}
