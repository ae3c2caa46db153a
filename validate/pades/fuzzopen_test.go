package pades_test

import (
	"errors"
	"testing"

	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// FuzzOpen: whole files. No input may crash the reader or keep it long, and what it
// reads must hang together.
func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	f.Add(newPDF(base()).data)
	p := w.signed()
	f.Add(p.data)
	p.update(objects{4: stream("", "(other) Tj"), 8: "<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]>>", 1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Certs[4 0 R]/VRI<</A<<>>>>>>>>"})
	f.Add(p.data)
	p.sign(objects{7: "<</Subtype/Widget/FT/Sig/T(Second)/V 20 0 R/Lock<</Action/All>>>>"}, 20, stampEntries, w.token)
	f.Add(p.data)
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := pades.Open(data)
		var e *signature.ReadError
		if err != nil && !errors.As(err, &e) || (doc == nil) != (err != nil) {
			t.Fatalf("document %v, error %v", doc, err)
		}
		if doc == nil {
			return
		}
		for _, s := range doc.Signatures {
			for _, r := range s.References {
				if r.Intact && (!r.Found || s.Structure.PDF.Coverage == signature.CoversUnclear) {
					t.Fatalf("intact without a valid ByteRange: %+v", r)
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
