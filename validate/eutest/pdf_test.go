package eutest_test

import (
	"bytes"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
)

func readPDF(t *testing.T, raw []byte) *signature.Document {
	t.Helper()
	doc, err := pades.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// A PDF of each level is read as one, with nothing to complain of, and is made the
// same at each run.
func TestPDF(t *testing.T) {
	for level, want := range map[eutest.Level]struct{ revisions, stamps int }{eutest.B: {2, 0}, eutest.T: {2, 1}, eutest.LT: {3, 1}, eutest.LTA: {4, 2}} {
		make := func() []byte {
			w := eutest.New(t)
			p := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
			ca := p.CA("TEST EID-Q")
			p.TSA("TEST TSA 2025")
			return w.SignPDF(ca.Signer(), eutest.PDFOptions{SignOptions: eutest.SignOptions{Level: level}})
		}
		raw := make()
		if !bytes.Equal(raw, make()) {
			t.Errorf("level %d: two runs differ", level)
		}
		doc := readPDF(t, raw)
		if len(doc.Signatures) != 1 || len(doc.Problems) > 0 {
			t.Fatalf("level %d: %d signatures, problems %v", level, len(doc.Signatures), doc.Problems)
		}
		s := doc.Signatures[0]
		if len(s.Problems) > 0 || !s.References[0].Intact || !s.Structure.BaselineB || !s.ClaimedSigningTime.Equal(eutest.DefaultTime) {
			t.Errorf("level %d: %v %+v", level, s.Problems, s.Structure)
		}
		if s.Structure.PDF.Revisions != want.revisions || len(s.Timestamps) != want.stamps || s.Structure.PDF.DSSUpdated != (want.revisions > 2) {
			t.Errorf("level %d: %+v, %d time-stamps", level, s.Structure.PDF, len(s.Timestamps))
		}
	}
}

// Later revisions leave what was signed as it was.
func TestPDFUpdate(t *testing.T) {
	w := eutest.New(t)
	p := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	ca := p.CA("TEST EID-Q")
	tsa := p.TSA("TEST TSA 2025")
	pdf := w.PDF().Sign(ca.Signer(), eutest.PDFOptions{Certify: 2, Lock: "/Action/Include/Fields[(Other)]"})
	before := pdf.Bytes()
	pdf.Update(eutest.Objects{eutest.PDFText: pdf.With(eutest.PDFText, "Mari", "Jaan"), eutest.PDFNote: ""})
	pdf.Sign(ca.Signer(), eutest.PDFOptions{Field: "Second"}).Timestamp(tsa, eutest.TokenOptions{})
	if !bytes.HasPrefix(pdf.Bytes(), before) {
		t.Error("an update is none: what was there before changed")
	}
	doc := readPDF(t, pdf.Bytes())
	if len(doc.Signatures) != 2 || len(doc.Timestamps) != 1 || len(doc.Problems) > 0 {
		t.Fatalf("%d signatures, %d time-stamps, problems %v", len(doc.Signatures), len(doc.Timestamps), doc.Problems)
	}
	for _, s := range doc.Signatures {
		if !s.References[0].Intact {
			t.Errorf("%s is not intact", s.Path)
		}
	}
	if field, value := pdf.Field("Second"); field != eutest.PDFSecond || value == 0 {
		t.Errorf("field %d, value %d", field, value)
	}
}
