package pades_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

func TestReadsASignature(t *testing.T) {
	w := newWorld(t)
	s := only(t, w.signed().data)
	if len(s.Problems) > 0 || len(s.Changes) > 0 {
		t.Errorf("problems %v changes %v", s.Problems, s.Changes)
	}
	if s.Path != "First" || s.Form != signature.FormPAdES || !s.ClaimedSigningTime.Equal(time.Date(2025, 3, 10, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("path %q form %s claimed %s", s.Path, s.Form, s.ClaimedSigningTime)
	}
	if len(s.References) != 1 || s.References[0].Type != signature.RefMessageDigest || !s.References[0].Intact || s.References[0].Scope != signature.ScopeFull {
		t.Errorf("references %+v", s.References)
	}
	if !intact(s) {
		t.Error("the value does not verify")
	}
	x := s.Structure
	if !x.BES || !x.BaselineB || x.EPES || x.Timestamped || x.PDF.Revision != 2 || x.PDF.Revisions != 2 || x.PDF.Coverage != signature.CoversFile || x.PDF.DSSUpdated {
		t.Errorf("%+v %+v", x, x.PDF)
	}
}

// TestLongTerm: a signature with time-stamp, DSS with VRI, and a document
// time-stamp over all of it.
func TestLongTerm(t *testing.T) {
	w := newWorld(t)
	p := newPDF(base())
	var contents []byte
	p.sign(signing(12), 12, sigEntries, func(b []byte) []byte { contents = w.cmsT(b); return contents })
	padded := append(bytes.Clone(contents), make([]byte, room-len(contents))...)
	own := w.tsa.Token(only(t, p.data).Value, tokenAt(w.Now().Add(2*time.Second)))
	p.update(objects{
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS 13 0 R>>",
		13: fmt.Sprintf("<</Certs[14 0 R]/OCSPs[15 0 R]/CRLs 17 0 R/VRI<</%X<</TS 16 0 R/OCSP[15 0 R]>>>>>>", sha1.Sum(padded)),
		14: stream("", "certificate"), 15: stream("", "ocsp"), 16: stream("", string(own)),
		17: "[18 0 R]", 18: stream("", "crl"),
	})
	o := signing(12)
	o[5] = "<</Fields[6 0 R 7 0 R 11 0 R 19 0 R]/SigFlags 3/DA(/F1 12 Tf)/DR<</Font<</F1 9 0 R>>>>>>"
	o[19] = "<</FT/Sig/T(Stamp)/V 20 0 R>>"
	delete(o, 3)
	delete(o, 11)
	p.sign(o, 20, stampEntries, w.token)
	doc := open(t, p.data)
	s := doc.Signatures[0]
	if len(doc.Problems)+len(s.Problems)+len(doc.Timestamps[0].Problems) > 0 {
		t.Errorf("problems %v %v", doc.Problems, s.Problems)
	}
	var types []string
	for _, ts := range s.Timestamps {
		types = append(types, string(ts.Type))
		token, err := tst.Parse(ts.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if sum, ok := ts.Imprint(token.HashAlgorithm); !ok || !bytes.Equal(sum, token.Imprint) || !ts.CoversSignature {
			t.Errorf("%s: imprint %x %v, token has %x", ts.Type, sum, ok, token.Imprint)
		}
	}
	if got := strings.Join(types, " "); got != "SIGNATURE_TIMESTAMP VRI_TIMESTAMP DOCUMENT_TIMESTAMP" {
		t.Errorf("time-stamps %s", got)
	}
	if len(doc.Timestamps) != 1 || doc.Timestamps[0] != s.Timestamps[2] || len(doc.Timestamps[0].CoversTokens) != 2 {
		t.Fatalf("document time-stamps %+v", doc.Timestamps)
	}
	has := func(list [][]byte, what string) bool {
		return slices.ContainsFunc(list, func(b []byte) bool { return string(b) == what })
	}
	for name, m := range map[string]signature.Material{"signature": s.Embedded, "time-stamp": doc.Timestamps[0].Covers, "archive": s.Structure.PDF.Archives[0].DSS} {
		if !has(m.Certificates, "certificate") || !has(m.OCSPs, "ocsp") || !has(m.CRLs, "crl") {
			t.Errorf("%s: %q %q", name, m.OCSPs, m.CRLs)
		}
	}
	x := s.Structure
	if !x.Timestamped || !x.PDF.DSSUpdated || len(x.PDF.Archives) != 1 || x.PDF.Coverage != signature.CoversRevision || s.References[0].Scope != signature.ScopePartial {
		t.Errorf("%+v %+v", x, x.PDF)
	}
	for _, c := range s.Changes {
		if c.Kind != signature.ChangeLongTerm || !c.Allowed {
			t.Errorf("change %+v", c)
		}
	}
	// An octet changed in the first revision breaks all that cover it.
	p.data[40] ^= 1
	if doc, err := pades.Open(p.data); err == nil && len(doc.Signatures) == 1 && doc.Signatures[0].References[0].Intact {
		t.Error("intact though an octet changed")
	}
}

func TestNotSigned(t *testing.T) {
	doc := open(t, newPDF(base()).data)
	if len(doc.Signatures)+len(doc.Timestamps)+len(doc.Problems) > 0 || doc.Form != signature.FormPAdES {
		t.Errorf("%+v", doc)
	}
	// F7: an appearance that says "Signed by" without a signature is none.
	o := base()
	o[4] = stream("", "(Digitally signed by MARI MAASIKAS) Tj")
	if doc := open(t, newPDF(o).data); len(doc.Signatures) > 0 {
		t.Errorf("%+v", doc.Signatures)
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t)
	whole := w.signed().data
	protected := newPDF(base())
	protected.trailer = "/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O(" + strings.Repeat("o", 32) + ")/U(" + strings.Repeat("u", 32) + ")>>/ID[(a)(b)]"
	protected.update(objects{30: "null"})
	recipients := newPDF(base())
	recipients.trailer = "/Encrypt<</Filter/Adobe.PubSec/V 4>>"
	recipients.update(objects{30: "null"})
	for name, c := range map[string]struct {
		data []byte
		code signature.ErrorCode
		says string
	}{
		"empty":         {nil, signature.Malformed, "%PDF-"},
		"other":         {[]byte("<a/>"), signature.Malformed, "%PDF-"},
		"only header":   {[]byte("%PDF-1.7\n"), signature.Malformed, "page tree"},
		"no pages":      {newPDF(objects{1: "<</Type/Catalog>>"}).data, signature.Malformed, "page tree"},
		"cut":           {whole[:60], signature.Malformed, "page tree"},
		"password":      {protected.data, signature.Encrypted, "password"},
		"for recipient": {recipients.data, signature.Encrypted, "recipients"},
	} {
		_, err := pades.Open(c.data)
		var e *signature.ReadError
		if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestByteRangesF1F3: universal forgery, signature wrapping and games with
// ByteRange. None is intact, and each says why.
func TestByteRangesF1F3(t *testing.T) {
	w := newWorld(t)
	whole := w.signed().data
	at := bytes.Index(whole, []byte("/ByteRange ["))
	end := at + bytes.IndexByte(whole[at:], ']') + 1
	var a, b, c, d int
	if _, err := fmt.Sscanf(string(whole[at:end]), "/ByteRange [%d %d %d %d", &a, &b, &c, &d); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]string{
		"not from 0":       fmt.Sprintf("10 %d %d %d", b-10, c, d),
		"past the end":     fmt.Sprintf("0 %d %d %d", b, c, d+1),
		"huge":             fmt.Sprintf("0 %d 999999999999 1", b),
		"negative":         fmt.Sprintf("0 %d %d -5", b, c),
		"gap too large":    fmt.Sprintf("0 %d %d %d", b-20, c, d),
		"gap too large, 2": fmt.Sprintf("0 %d %d %d", b, c+20, d-20),
		"gap too small":    fmt.Sprintf("0 %d %d %d", b+1, c, d),
		"overlap":          fmt.Sprintf("0 %d %d %d", b, b-10, d),
		"only a part":      fmt.Sprintf("0 %d %d %d", 10, 20, 30),
		"nothing":          "0 0 0 0",
		"gap elsewhere":    fmt.Sprintf("0 %d %d %d", 100, 100+c-b, d),
	} {
		data := bytes.Clone(whole)
		text := "/ByteRange [" + r + "]"
		copy(data[at:end], text+strings.Repeat(" ", end-at-len(text)))
		s := only(t, data)
		if got := codes(s.Problems); !slices.Contains(got, string(signature.ByteRangeInvalid)) || s.References[0].Intact || !s.References[0].Found || s.References[0].Why == "" {
			t.Errorf("%s: problems %v, reference %+v", name, got, s.References[0])
		}
	}
	for name, r := range map[string]string{"missing": "", "three numbers": "/ByteRange [0 1 2]", "six numbers": "/ByteRange [0 1 2 3 4 5]", "names": "/ByteRange [/a /b /c /d]"} {
		data := bytes.Clone(whole)
		copy(data[at:end], r+strings.Repeat(" ", end-at-len(r)))
		doc := open(t, data)
		if len(doc.Signatures) != 0 || !slices.Contains(codes(doc.Problems), string(signature.SignatureNotCounted)) {
			t.Errorf("%s: %d signatures, %v", name, len(doc.Signatures), doc.Problems)
		}
	}
	// Contents moved into the gap of another place: SWA needs octets that are not signed.
	moved := bytes.Clone(whole)
	copy(moved[b:], "<00>")
	if doc := open(t, moved); len(doc.Signatures) > 0 && doc.Signatures[0].References[0].Intact && len(doc.Signatures[0].Problems) == 0 {
		t.Error("a changed gap is not told")
	}
}

// TestCMSF8: two SignerInfos, trailing data, other content.
func TestCMSF8(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		edit func(cms []byte) []byte
		code signature.ProblemCode
	}{
		"trailing octets": {func(b []byte) []byte { return append(bytes.Clone(b), 1, 2, 3) }, signature.BadStructure},
		"zeros":           {func(b []byte) []byte { return b }, ""},
	} {
		p := newPDF(base())
		p.sign(signing(12), 12, sigEntries, func(signed []byte) []byte { return c.edit(w.cms(signed)) })
		s := only(t, p.data)
		if got := codes(s.Problems); c.code == "" && len(got) > 0 || c.code != "" && !slices.Contains(got, string(c.code)) {
			t.Errorf("%s: %v", name, got)
		}
	}
	p := newPDF(base())
	p.sign(signing(12), 12, sigEntries, func([]byte) []byte { return []byte{0x30, 0x80, 0, 0} })
	if doc := open(t, p.data); len(doc.Signatures) != 0 || len(doc.Problems) == 0 {
		t.Errorf("%+v", doc)
	}
}
