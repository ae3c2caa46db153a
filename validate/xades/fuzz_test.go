package xades

import (
	"errors"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// FuzzOpen: no input may crash the reader or keep it long; and what it reads must
// hang together.
func FuzzOpen(f *testing.F) {
	m := honest()
	f.Add([]byte(m.xml(f)))
	m.unsigned = `<x:SignatureTimeStamp>` + token(f, testTime) + `</x:SignatureTimeStamp><y:ArchiveTimeStamp>` + token(f, testTime) + `</y:ArchiveTimeStamp>`
	m.objects = object + `<ds:Object><ds:Manifest Id="m1">` + fileReference("e0", "b.txt") + `</ds:Manifest></ds:Object>`
	m.references += reference(typeManifAt+`URI="#m1"`, "") + reference(typeObjectAt+`URI="#o1"`, "") + reference(`URI=""`, enveloped)
	f.Add([]byte(m.xml(f)))
	f.Add([]byte(strings.Replace(honest().xml(f), "S0-sp", "S0", 2)))
	files := []File{{"a.txt", []byte("content")}, {"b.txt", []byte("other")}}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Open(data, files)
		var e *signature.ReadError
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if (doc == nil) != (err != nil) {
			t.Fatalf("document %v, error %v", doc, err)
		}
		if err != nil {
			return
		}
		for _, s := range doc.Signatures {
			for _, r := range s.References {
				if r.Intact && (!r.Found || r.Ambiguous || r.Computed == nil) {
					t.Fatalf("intact without being found: %+v", r)
				}
			}
			for _, ts := range s.Timestamps {
				token, err := tst.Parse(ts.Raw)
				if err != nil {
					t.Fatal(err)
				}
				ts.Imprint(token.HashAlgorithm)
			}
		}
	})
}

// BenchmarkOpen reads a detached signature with a time-stamp, without hashing what
// it signs.
func BenchmarkOpen(b *testing.B) {
	m := honest()
	m.unsigned = `<x:SignatureTimeStamp>` + token(b, testTime) + `</x:SignatureTimeStamp>`
	xml := []byte(m.xml(b))
	b.SetBytes(int64(len(xml)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(xml, m.files); err != nil {
			b.Fatal(err)
		}
	}
}
