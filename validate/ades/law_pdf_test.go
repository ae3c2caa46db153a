package ades_test

import (
	"fmt"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// 5.2.2 format checking of PDF: EN 319 142-1, ISO 32000-2 §12.8.
func TestLaw5_2_2PDF(t *testing.T) { hold(t, lawsPDF) }

const (
	goodPDF   = "a PDF signed as EN 319 142-1 asks"
	certified = "a certification that lets forms be filled in"
	notOurs   = "a later revision that fills in a field"
	twice     = "a PDF with two signatures: the first"
	pdfBasic  = "SignatureConstraints/BasicSignatureConstraints/"
)

// pdf is a PDF that an ordinary signer signed, and what came after.
func pdf(o eutest.PDFOptions, later ...func(s *scene, p *eutest.PDF)) func(*scene) []byte {
	return func(s *scene) []byte {
		p := s.PDF().Sign(s.issuer().Signer(), o)
		for _, f := range later {
			f(s, p)
		}
		return p.Bytes()
	}
}

// revision is a later revision that changes one place of one object.
func revision(object int, old, with string) func(*scene, *eutest.PDF) {
	return func(_ *scene, p *eutest.PDF) { p.Update(eutest.Objects{object: p.With(object, old, with)}) }
}

// filled is a later revision in which the text field has another text, and shows it.
func filled(_ *scene, p *eutest.PDF) {
	p.Update(eutest.Objects{eutest.PDFText: p.With(eutest.PDFText, "/V(Mari)", "/V(Jaan)"),
		eutest.PDFAppearance: p.With(eutest.PDFAppearance, "Mari", "Jaan")})
}

// annotated: a later revision lays an annotation at a place of the page.
func annotated(rect string) func(*scene, *eutest.PDF) {
	return func(_ *scene, p *eutest.PDF) {
		p.Update(eutest.Objects{eutest.PDFPage: p.With(eutest.PDFPage, "/Annots[", "/Annots[40 0 R "), 40: "<</Type/Annot/Subtype/Stamp/Rect[" + rect + "]>>"})
	}
}

// dictionary changes the signature dictionary of the field "First" in a later revision.
func dictionary(edit func(body string) string) func(*scene, *eutest.PDF) {
	return func(_ *scene, p *eutest.PDF) {
		_, value := p.Field("First")
		p.Update(eutest.Objects{value: edit(p.Body(value))})
	}
}

// again signs in the empty field.
func again(o eutest.PDFOptions) func(*scene, *eutest.PDF) {
	return func(s *scene, p *eutest.PDF) {
		o.Field = "Second"
		p.Sign(s.issuer().Signer(), o)
	}
}

// colliding has the first signature's octets reach over those of the second.
func colliding(s *scene) []byte {
	ca := s.issuer()
	p := s.PDF().Sign(ca.Signer(), eutest.PDFOptions{})
	_, first := p.Field("First")
	p.Sign(ca.Signer(), eutest.PDFOptions{Field: "Second", Before: func(file []byte) {
		eutest.PatchRange(file, first, func(r [4]int) [4]int { return [4]int{r[0], r[1], r[2], len(file) - r[2]} })
	}})
	return p.Bytes()
}

// deciding lets a constraint of PDF decide.
func deciding(name string) map[string]policy.Level {
	return map[string]policy.Level{pdfBasic + name: policy.Fail}
}

var lawsPDF = []law{
	{name: goodPDF, made: pdf(eutest.PDFOptions{}), want: passed, level: "PAdES-BASELINE-LT"},
	{name: twice, made: pdf(eutest.PDFOptions{}, again(eutest.PDFOptions{})), want: passed},
	{name: "a PDF with two signatures: the second", made: pdf(eutest.PDFOptions{}, again(eutest.PDFOptions{})), sig: 1, want: passed},
	{name: "F3: an octet of the signed revision changed", good: goodPDF, made: func(s *scene) []byte {
		file := pdf(eutest.PDFOptions{})(s)
		return []byte(replace("I owe you 100", "I owe you 900")(string(file)))
	}, want: changed, fires: []string{"CV-DATA-INTACT"}},

	{name: "F8: two SignerInfos in one signature", good: goodPDF, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.SignPDF(ca.Signer(), eutest.PDFOptions{Also: ca.Signer()})
	}, want: misshapen, fires: []string{"FC-SIGNER-INFOS"}},
	{name: "F8: a CMS that signs content of its own", good: goodPDF, made: pdf(eutest.PDFOptions{CMSContent: []byte("something else")}), want: failed + "HASH_FAILURE"},
	{name: "F1: a ByteRange that leaves out more than the value", good: goodPDF, made: pdf(eutest.PDFOptions{Range: func(r [4]int) [4]int {
		return [4]int{r[0], r[1], r[2] + 20, r[3] - 20}
	}}), want: misshapen, fires: []string{"FC-BYTE-RANGE"}},
	{name: "F1: a ByteRange that does not begin with the file", good: goodPDF, made: pdf(eutest.PDFOptions{Range: func(r [4]int) [4]int {
		return [4]int{10, r[1] - 10, r[2], r[3]}
	}}), want: misshapen, fires: []string{"FC-BYTE-RANGE"}},
	{name: "F1: a ByteRange that goes on after the file", good: goodPDF, made: pdf(eutest.PDFOptions{Range: func(r [4]int) [4]int {
		return [4]int{r[0], r[1], r[2], r[3] + 1000000}
	}}), want: misshapen, fires: []string{"FC-BYTE-RANGE"}},
	{name: "octets of two signatures that overlap are told of", good: twice, made: colliding, sig: 1, want: passed, fires: []string{"FC-BYTE-RANGE-COLLISION"}},
	{name: "of two signatures whose octets overlap one at most is whole", good: twice, made: colliding, want: changed, fires: []string{"CV-DATA-INTACT"}},
	{name: "octets that overlap decide where the policy says so", good: twice, made: colliding, sig: 1, levels: deciding("ByteRangeCollision"), want: misshapen,
		fires: []string{"FC-BYTE-RANGE-COLLISION"}},

	{name: "F4: the signature dictionary shows another reason later", good: goodPDF,
		made: pdf(eutest.PDFOptions{}, dictionary(replace("/Type/Sig/", "/Type/Sig/Reason(I agree to everything)/"))), want: misshapen, fires: []string{"FC-SIGNATURE-DICTIONARY"}},
	{name: "F6: the signature dictionary stands twice", good: goodPDF,
		made: pdf(eutest.PDFOptions{}, dictionary(func(body string) string { return body })), want: misshapen, bst: stamped, fires: []string{"FC-AMBIGUOUS-FILE"}},
	{name: "F6: two fields show one signature", good: goodPDF, made: pdf(eutest.PDFOptions{}, func(_ *scene, p *eutest.PDF) {
		_, value := p.Field("First")
		p.Update(eutest.Objects{eutest.PDFSecond: p.With(eutest.PDFSecond, "/T(Second)", fmt.Sprintf("/T(Second)/V %d 0 R", value))})
	}), want: misshapen, bst: stamped, fires: []string{"FC-AMBIGUOUS-FILE"}},
	{name: "a page that was put in", good: goodPDF, made: pdf(eutest.PDFOptions{}, func(_ *scene, p *eutest.PDF) {
		p.Update(eutest.Objects{eutest.PDFPages: p.With(eutest.PDFPages, "[3 0 R]/Count 1", "[3 0 R 40 0 R]/Count 2"), 40: "<</Type/Page/Parent 2 0 R>>"})
	}), want: misshapen, fires: []string{"FC-PAGES"}},
	{name: "a page that was taken out", good: goodPDF, made: pdf(eutest.PDFOptions{}, revision(eutest.PDFPages, "[3 0 R]/Count 1", "[]/Count 0")), want: misshapen, fires: []string{"FC-PAGES"}},

	{name: notOurs, made: pdf(eutest.PDFOptions{}, filled), want: passed},
	{name: "F4: the content of a page was replaced", good: goodPDF, made: pdf(eutest.PDFOptions{}, revision(eutest.PDFContent, "100", "900")), want: passed, fires: []string{"FC-UNDEFINED-CHANGE"}},
	{name: "F4: it decides where the policy says so", good: goodPDF, made: pdf(eutest.PDFOptions{}, revision(eutest.PDFContent, "100", "900")),
		levels: deciding("UndefinedChanges"), want: misshapen, fires: []string{"FC-UNDEFINED-CHANGE"}},
	{name: "F4: a field shows what nobody filled in", good: notOurs, made: pdf(eutest.PDFOptions{}, revision(eutest.PDFAppearance, "Mari", "Jaan")),
		levels: deciding("UndefinedChanges"), want: misshapen, fires: []string{"FC-UNDEFINED-CHANGE"}},
	{name: "F4: a font that was replaced", good: notOurs, made: pdf(eutest.PDFOptions{}, revision(eutest.PDFFont, "Helvetica", "Evil")),
		levels: deciding("UndefinedChanges"), want: misshapen, fires: []string{"FC-UNDEFINED-CHANGE"}},
	{name: "F9: a script that came later", good: notOurs, made: pdf(eutest.PDFOptions{}, revision(eutest.PDFCatalog, "/Type/Catalog", "/Type/Catalog/OpenAction<</S/JavaScript/JS(x)>>")),
		levels: deciding("UndefinedChanges"), want: misshapen, fires: []string{"FC-UNDEFINED-CHANGE"}},
	{name: "F5: an annotation beside others is told of", good: goodPDF, made: pdf(eutest.PDFOptions{}, annotated("200 200 280 220")), want: passed, fires: []string{"FC-ANNOTATION-CHANGE"}},
	{name: "F5: an annotation over another is told of", good: goodPDF, made: pdf(eutest.PDFOptions{}, annotated("140 140 180 180")), want: passed,
		fires: []string{"FC-ANNOTATION-CHANGE", "FC-ANNOTATION-OVERLAP"}},
	{name: "F5: and decides where the policy says so", good: goodPDF, made: pdf(eutest.PDFOptions{}, annotated("140 140 180 180")), levels: deciding("PdfAnnotationOverlap"),
		want: misshapen, fires: []string{"FC-ANNOTATION-OVERLAP"}},

	{name: certified, made: pdf(eutest.PDFOptions{Certify: 2}, filled), want: passed},
	{name: "a certification that lets nothing change, and evidence after it", made: pdf(eutest.PDFOptions{Certify: 1}), want: passed},
	{name: "F5: a certification that lets nothing change, and a field filled in", good: certified, made: pdf(eutest.PDFOptions{Certify: 1}, filled), want: misshapen, bst: stamped, fires: []string{"FC-DOC-MDP"}},
	{name: "a certification that the catalogue does not name is told of", good: certified, made: pdf(eutest.PDFOptions{Certify: 2, NoPerms: true}), want: passed, fires: []string{"FC-DOC-MDP"}},
	{name: "F5: it decides where the policy lets the certification", good: certified, made: pdf(eutest.PDFOptions{Certify: 1}, filled), levels: deciding("DocMDP"), want: misshapen,
		fires: []string{"FC-DOC-MDP"}},
	{name: "F5: a certification that lets notes come", made: pdf(eutest.PDFOptions{Certify: 3}, annotated("200 200 280 220")), levels: deciding("DocMDP"), want: passed},
	{name: "F5: one that does not, and a note", good: certified, made: pdf(eutest.PDFOptions{Certify: 2}, annotated("200 200 280 220")), levels: deciding("DocMDP"), want: misshapen,
		fires: []string{"FC-DOC-MDP"}},
	{name: "a certification that the catalogue does not name", good: certified, made: pdf(eutest.PDFOptions{Certify: 2, NoPerms: true}), levels: deciding("DocMDP"), want: misshapen,
		fires: []string{"FC-DOC-MDP"}},
	{name: "a certification after another signature", good: certified, made: pdf(eutest.PDFOptions{}, again(eutest.PDFOptions{Certify: 2})), sig: 1, levels: deciding("DocMDP"), want: misshapen,
		fires: []string{"FC-DOC-MDP"}},
	{name: "a transform that locks another field", made: pdf(eutest.PDFOptions{FieldMDP: "/Action/Include/Fields[(Second)]"}, filled), want: passed},
	{name: "F5: a transform that locks the field filled in", good: "a transform that locks another field",
		made: pdf(eutest.PDFOptions{FieldMDP: "/Action/Include/Fields[(Name)]"}, filled), want: misshapen, bst: stamped, fires: []string{"FC-FIELD-MDP"}},
	{name: "F5: what a transform locks decides, whatever the policy", good: "a transform that locks another field", levels: map[string]policy.Level{pdfBasic + "FieldMDP": policy.Warn},
		made: pdf(eutest.PDFOptions{FieldMDP: "/Action/All"}, filled), want: misshapen, bst: stamped, fires: []string{"FC-FIELD-MDP"}},
	{name: "a signature field that locks another field", made: pdf(eutest.PDFOptions{Lock: "/Action/Exclude/Fields[(Name)]"}, filled), want: passed},
	{name: "F5: a signature field that locks the field filled in", good: "a signature field that locks another field",
		made: pdf(eutest.PDFOptions{Lock: "/Action/Include/Fields[(Name)]"}, filled), want: misshapen, bst: stamped, fires: []string{"FC-FIELD-LOCK"}},
	{name: "F5: what a field locks decides, whatever the policy", good: "a signature field that locks another field", levels: map[string]policy.Level{pdfBasic + "SigFieldLock": policy.Ignore},
		made: pdf(eutest.PDFOptions{Lock: "/Action/All"}, filled), want: misshapen, bst: stamped, fires: []string{"FC-FIELD-LOCK"}},

	{name: "F2: octets behind what was signed last", good: goodPDF, made: func(s *scene) []byte {
		signer := s.issuer().Signer()
		p := s.PDF().Sign(signer, eutest.PDFOptions{}).Sign(signer, eutest.PDFOptions{Field: "Second", SignOptions: eutest.SignOptions{Level: eutest.T}})
		return p.Append("4 0 obj\n<</Length 1>>stream\nx\nendstream\nendobj\n").Bytes()
	}, sig: 1, want: passed, fires: []string{"FC-REVISION"}},
	{name: "F2: the octets end within the revision", good: goodPDF, made: pdf(eutest.PDFOptions{Range: func(r [4]int) [4]int {
		return [4]int{r[0], r[1], r[2], r[3] - 10}
	}}), want: passed, fires: []string{"FC-REVISION"}},
	{name: "F4: a signature that was taken away is told of", good: goodPDF, made: pdf(eutest.PDFOptions{}, again(eutest.PDFOptions{}),
		func(_ *scene, p *eutest.PDF) {
			field, value := p.Field("Second")
			p.Update(eutest.Objects{field: p.With(field, fmt.Sprintf("/V %d 0 R", value), "")})
		}), want: passed, fires: []string{"FC-REVISION"}},
}
