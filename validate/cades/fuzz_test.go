package cades

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// FuzzOpen: no input may crash the reader or keep it long; and what it reads must
// hang together.
func FuzzOpen(f *testing.F) {
	s := newStage(f)
	at := eutest.DefaultTime
	f.Add(s.SignCAdES(s.signer, content, false, eutest.SignOptions{}), content)
	f.Add(s.SignCAdES(s.signer, content, true, eutest.SignOptions{Level: eutest.T}), content)
	f.Add(s.token(content, at), content)
	f.Add(append([]byte("\x30\x80"), oidOf("1.2.840.113549.1.7.2")...), []byte{})
	p := takeApart(f, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	s.archiveV2(p, nil, at.Add(time.Hour), false)
	s.archiveV3(p, content, at.Add(2*time.Hour), 3, hashIndexOf(p, 3, true, nil), nil)
	f.Add(p.bytes(), []byte{})
	f.Fuzz(func(t *testing.T, data, content []byte) {
		doc, err := Open(data, []File{{"a", content}})
		var e *signature.ReadError
		if (doc == nil) != (err != nil) || err != nil && !errors.As(err, &e) {
			t.Fatalf("document %v, error %v", doc, err)
		}
		if err != nil {
			return
		}
		for _, s := range doc.Signatures {
			for _, r := range s.References {
				if r.Intact && !r.Found {
					t.Fatalf("intact without being found: %+v", r)
				}
			}
			for _, ts := range s.Timestamps {
				if sum, ok := ts.Imprint(algo.SHA256); ok != (sum != nil) {
					t.Fatal("an imprint that is there and is not")
				}
			}
		}
	})
}

// BenchmarkOpen reads an attached LT signature of a megabyte.
func BenchmarkOpen(b *testing.B) {
	s := newStage(b)
	data := s.SignCAdES(s.signer, make([]byte, 1<<20), false, eutest.SignOptions{})
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(data, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenDetached1GB reads a detached signature over a gigabyte, as it lies
// mapped in memory: what is allocated must not grow with the content. The whole
// command, with the peak that the kernel counts, is BenchmarkValidateLarge of
// cmd/vidimus.
func BenchmarkOpenDetached1GB(b *testing.B) {
	s := newStage(b)
	large := make([]byte, 1e9) // never written, so that it takes no memory
	data := s.SignCAdES(s.signer, large, true, eutest.SignOptions{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.SetBytes(int64(len(large)))
	rounds := 0
	for b.Loop() {
		rounds++
		doc, err := Open(data, []File{{"large", large}})
		if err != nil || !doc.Signatures[0].References[0].Intact {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/1e6/float64(rounds), "MB-allocated/op")
}

// BenchmarkHostileArchive reads a message with a thousand archive time-stamps and
// asks for all their imprints.
func BenchmarkHostileArchive(b *testing.B) {
	s := newStage(b)
	p := takeApart(b, s.SignCAdES(s.signer, make([]byte, 1<<20), false, eutest.SignOptions{Level: eutest.B}))
	token := s.token(content, eutest.DefaultTime)
	for range 1000 {
		p.unsigned = append(p.unsigned, attributeOf(oidArchiveTimestampV2, token))
	}
	data := p.bytes()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		doc, err := Open(data, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, ts := range doc.Signatures[0].Timestamps {
			ts.Imprint(algo.SHA256)
		}
	}
}
