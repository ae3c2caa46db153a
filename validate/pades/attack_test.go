package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

// TestChangesF4F5 makes one update after another kind, and holds what is said of
// it: the codes, and what the sentence names.
func TestChangesF4F5(t *testing.T) {
	w := newWorld(t)
	page := func(rest string) string {
		return "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 9 0 R>>>>" + rest + ">>"
	}
	const annots = "/Annots[6 0 R 7 0 R 8 0 R 11 0 R]"
	form := func(fields string) string {
		return "<</Fields[" + fields + "]/SigFlags 3/DA(/F1 12 Tf)/DR<</Font<</F1 9 0 R>>>>>>"
	}
	for name, c := range map[string]struct {
		update objects
		codes  string
		says   string
	}{
		"nothing changed, written again": {objects{3: page(annots), 4: base()[4]}, "", ""},
		"DSS":                            {objects{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Certs[]>>/Extensions<</ESIC<<>>>>>>"}, "", "security store"},
		"form filled": {objects{6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Jaan)/Rect[10 10 100 30]/P 3 0 R/AP<</N 20 0 R>>>>",
			20: stream("/Type/XObject/Subtype/Form/BBox[0 0 90 20]", "(Jaan) Tj")}, "", `filled form field "Name"`},
		"F4 replace: appearance without value": {objects{10: stream("/Type/XObject/Subtype/Form/BBox[0 0 90 20]", "(Jaan) Tj")}, "undefined-change", `appearance of form field "Name"`},
		"F4 hide: content replaced":            {objects{4: stream("", "BT (I owe you 900 euro.) Tj ET")}, "undefined-change", "changed object 4 (a stream): the content of page 1"},
		"F4 font replaced":                     {objects{9: "<</Type/Font/Subtype/Type1/BaseFont/Evil>>"}, "undefined-change", "object 9"},
		"F4 object deleted":                    {objects{4: ""}, "undefined-change", "the content of page 1"},
		"F4 media box":                         {objects{2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 100]>>"}, "undefined-change", "MediaBox of page 1"},
		"page added":                           {objects{2: "<</Type/Pages/Kids[3 0 R 20 0 R]/Count 2/MediaBox[0 0 300 300]>>", 20: "<</Type/Page/Parent 2 0 R>>"}, "page-count-changed undefined-change", "page 2 (object 20)"},
		"page removed":                         {objects{2: "<</Type/Pages/Kids[]/Count 0/MediaBox[0 0 300 300]>>"}, "page-count-changed undefined-change", "former page 1"},
		"F5 annotation": {objects{3: page("/Annots[6 0 R 7 0 R 8 0 R 11 0 R 20 0 R]"), 20: "<</Type/Annot/Subtype/FreeText/Contents(900 euro)/Rect[200 200 280 220]>>"},
			"annotation-change", "FreeText annotation (object 20) on page 1"},
		"F5 annotation over another": {objects{3: page("/Annots[6 0 R 7 0 R 8 0 R 11 0 R 20 0 R]"), 20: "<</Type/Annot/Subtype/Stamp/Rect[140 140 180 180]>>"},
			"annotation-change annotation-overlap", "Stamp annotation (object 20)"},
		"F5 annotation changed": {objects{8: "<</Type/Annot/Subtype/Text/Contents(another note)/Rect[150 150 170 170]/P 3 0 R>>"}, "annotation-change", "changed the Text annotation (object 8)"},
		"annotation deleted":    {objects{3: page("/Annots[6 0 R 7 0 R 11 0 R]")}, "annotation-change", "deleted the Text annotation (object 8)"},
		"field moved":           {objects{6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Mari)/Rect[10 100 100 130]/P 3 0 R/AP<</N 10 0 R>>>>"}, "undefined-change", `moved form field "Name"`},
		"field added":           {objects{5: form("6 0 R 7 0 R 11 0 R 20 0 R"), 20: "<</FT/Tx/T(New)/V(text)>>"}, "undefined-change", `added form field "New"`},
		"signature field added": {objects{5: form("6 0 R 7 0 R 11 0 R 20 0 R"), 20: "<</FT/Sig/T(New)>>"}, "", `added signature field "New"`},
		"F9 JavaScript":         {objects{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"}, "undefined-change", "OpenAction of the catalog"},
		"F9 names":              {objects{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Names<</JavaScript<</Names[(a) 20 0 R]>>>>>>", 20: "<</S/JavaScript/JS(x)>>"}, "undefined-change", "JavaScript"},
		"page action":           {objects{3: page(annots + "/AA<</O<</S/Launch/F(cmd.exe)>>>>")}, "undefined-change", "AA of page 1"},
		"signature removed":     {objects{11: "<</Type/Annot/Subtype/Widget/FT/Sig/T(First)/Rect[0 0 0 0]/P 3 0 R>>"}, "-", ""},
		"F4 value removed":      {objects{12: ""}, "-", ""},
	} {
		p := w.signed()
		p.update(c.update)
		doc := open(t, p.data)
		if c.codes == "-" {
			if len(doc.Signatures) > 0 || !slices.Contains(codes(doc.Problems), "signature-removed") {
				t.Errorf("%s: %+v %v", name, doc.Signatures, doc.Problems)
			}
			continue
		}
		s := doc.Signatures[0]
		if got := strings.Join(codes(s.Problems), " "); got != c.codes {
			t.Errorf("%s: %q, want %q: %v %+v", name, got, c.codes, s.Problems, s.Changes)
		}
		if !s.References[0].Intact || s.Structure.PDF.Coverage != signature.CoversRevision {
			t.Errorf("%s: %+v", name, s.References[0])
		}
		if !slices.ContainsFunc(s.Changes, func(ch signature.Change) bool { return strings.Contains(ch.Says, c.says) && ch.Revision == 3 }) && c.says != "" {
			t.Errorf("%s: nothing says %q: %+v", name, c.says, s.Changes)
		}
		if c.codes != "" && len(s.Changes) == 0 {
			t.Errorf("%s: no changes", name)
		}
	}
}

// TestDanglingF4: the signed revision points behind its own end, where nothing is;
// later an object is put there. It was not part of what was signed.
func TestDanglingF4(t *testing.T) {
	w := newWorld(t)
	o := base()
	o[3] = "<</Type/Page/Parent 2 0 R/Contents[4 0 R 30 0 R]/Resources<</Font<</F1 9 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R]>>"
	o[30] = "null"
	p := newPDF(o)
	// The entry of object 30 will point to where the next update begins.
	entry := bytes.LastIndex(p.data, []byte(" 00000 n \n")) - 10
	s := signing(12)
	s[3] = strings.Replace(o[3], "8 0 R]", "8 0 R 11 0 R]", 1)
	p.sign(s, 12, sigEntries, func(signed []byte) []byte {
		end := len(signed) + 2*room + 2
		copy(p.data[entry:], fmt.Sprintf("%010d", end))
		return w.cms(append(bytes.Clone(p.data[:bytes.Index(p.data, []byte("<0000000000"))]), signed[bytes.Index(signed, []byte(">>\nendobj\nxref\n0 1\n0000000000 65535 f \n3 1")):]...))
	})
	before := only(t, p.data)
	p.data = append(p.data, "30 0 obj\n"+stream("", "(900 euro) Tj")+"\nendobj\n"...)
	p.update(objects{40: "null"})
	after := only(t, p.data)
	if !before.References[0].Intact || !after.References[0].Intact {
		t.Fatalf("the test's signature is not intact: %+v", before.References[0])
	}
	if got := codes(after.Problems); !slices.Contains(got, "undefined-change") {
		t.Errorf("%v %+v", after.Problems, after.Changes)
	}
}

// TestSpoofedDictionary: the final revision shows another Reason, another M or
// another value than the signed one.
func TestSpoofedDictionary(t *testing.T) {
	w := newWorld(t)
	p := w.signed()
	at := bytes.Index(p.data, []byte("12 0 obj\n")) + len("12 0 obj\n")
	dictionary := string(p.data[at : at+bytes.Index(p.data[at:], []byte("\nendobj"))])
	p.update(objects{12: strings.Replace(dictionary, "<</Type/Sig", "<</Reason(I agree to everything)/Type/Sig", 1)})
	s := only(t, p.data)
	if got := codes(s.Problems); !slices.Contains(got, "signature-dictionary-changed") {
		t.Errorf("%v", s.Problems)
	}
	again := w.signed()
	again.update(objects{12: dictionary})
	s = only(t, again.data)
	if got := codes(s.Problems); slices.Contains(got, "signature-dictionary-changed") || !slices.Contains(got, "pdf-ambiguous") {
		t.Errorf("written again without change: %v", s.Problems)
	}
}

// TestCertificationF5: what DocMDP and locks let be.
func TestCertificationF5(t *testing.T) {
	w := newWorld(t)
	filled := objects{6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Jaan)/Rect[10 10 100 30]/P 3 0 R/AP<</N 10 0 R>>>>"}
	annotated := objects{8: "<</Type/Annot/Subtype/Text/Contents(other)/Rect[150 150 170 170]/P 3 0 R>>"}
	dss := objects{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms<</DocMDP 12 0 R>>/DSS<</Certs[]>>>>"}
	mdp := func(p int) string {
		return fmt.Sprintf("/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</P %d/V/1.2>>>>]", p)
	}
	fields := func(rest string) string {
		return "/Reference[<</TransformMethod/FieldMDP/TransformParams<<" + rest + ">>>>]"
	}
	for name, c := range map[string]struct {
		entries, lock string
		update        objects
		codes         string
	}{
		"P1, DSS":             {mdp(1), "", dss, ""},
		"P1, form":            {mdp(1), "", filled, "doc-mdp-violation"},
		"P2, form":            {mdp(2), "", filled, ""},
		"P2, annotation":      {mdp(2), "", annotated, "doc-mdp-violation"},
		"P3, annotation":      {mdp(3), "", annotated, ""},
		"P3, content":         {mdp(3), "", objects{4: stream("", "x")}, "doc-mdp-violation undefined-change"},
		"FieldMDP all":        {fields("/Action/All"), "", filled, "field-mdp-violation"},
		"FieldMDP include":    {fields("/Action/Include/Fields[(Name)]"), "", filled, "field-mdp-violation"},
		"FieldMDP other":      {fields("/Action/Include/Fields[(Nam)]"), "", filled, ""},
		"FieldMDP exclude":    {fields("/Action/Exclude/Fields[(Name)]"), "", filled, ""},
		"FieldMDP not exempt": {fields("/Action/Exclude/Fields[(Other)]"), "", filled, "field-mdp-violation"},
		"lock":                {"", "/Lock<</Action/Include/Fields[(Name)]>>", filled, "field-lock-violation"},
		"lock, P1":            {"", "/Lock<</Action/Exclude/Fields[(Name)]/P 1>>", filled, "field-lock-violation"},
		"lock elsewhere":      {"", "/Lock<</Action/Include/Fields[(Second)]>>", filled, ""},
	} {
		p := newPDF(base())
		o := signing(12)
		if strings.Contains(c.entries, "DocMDP") {
			o[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms<</DocMDP 12 0 R>>>>"
		}
		o[11] = strings.Replace(o[11], "/T(First)", "/T(First)"+c.lock, 1)
		p.sign(o, 12, sigEntries+c.entries, w.cms)
		p.update(c.update)
		s := only(t, p.data)
		if got := strings.Join(codes(s.Problems), " "); got != c.codes {
			t.Errorf("%s: %q, want %q: %v", name, got, c.codes, s.Problems)
		}
	}
	// A certification after another signature (smart case 121).
	p := w.signed()
	p.sign(objects{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms<</DocMDP 20 0 R>>>>",
		7: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/Rect[10 200 100 220]/P 3 0 R/V 20 0 R>>"}, 20, sigEntries+mdp(2), w.cms)
	doc := open(t, p.data)
	if len(doc.Signatures) != 2 || len(doc.Signatures[0].Problems) != 0 || !slices.Contains(codes(doc.Signatures[1].Problems), "certification-misuse") {
		t.Errorf("%+v", doc.Signatures)
	}
}

// TestIncrementalF2: updates that are no updates: octets after the end, and a file
// that does not build on the signed revision.
func TestIncrementalF2(t *testing.T) {
	w := newWorld(t)
	p := w.signed()
	junk := append(bytes.Clone(p.data), "4 0 obj\n<</Length 1>>stream\nx\nendstream\nendobj\n"...)
	s := only(t, junk)
	if got := codes(s.Problems); !slices.Contains(got, "revision-incomplete") {
		t.Errorf("objects without cross-reference: %v", s.Problems)
	}
	// The new section leads past the signed revision, to the one before it.
	other := w.signed()
	first := newPDF(base())
	other.prev = first.prev
	o := signing(12)
	o[4] = stream("", "(900 euro) Tj")
	at := bytes.Index(other.data, []byte("12 0 obj\n")) + len("12 0 obj\n")
	o[12] = string(other.data[at : at+bytes.Index(other.data[at:], []byte("\nendobj"))])
	other.update(o)
	s = only(t, other.data)
	if got := codes(s.Problems); !slices.Contains(got, "revision-incomplete") || !slices.Contains(got, "undefined-change") {
		t.Errorf("a file that leaves out the signed revision: %v %+v", s.Problems, s.Changes)
	}
	// Signed octets that end within a revision.
	p = newPDF(base())
	short := func(signed []byte) []byte { return w.cms(signed[:len(signed)-10]) }
	p.sign(signing(12), 12, sigEntries, short)
	from := bytes.LastIndex(p.data, []byte("/ByteRange ["))
	var a, b, c, d int
	if _, err := fmt.Sscanf(string(p.data[from:from+60]), "/ByteRange [%d %d %d %d", &a, &b, &c, &d); err != nil {
		t.Fatal(err)
	}
	copy(p.data[from:], fmt.Sprintf("/ByteRange [0 %-10d %-10d %-10d]", b, c, d-10))
	s = only(t, p.data)
	if got := codes(s.Problems); !slices.Contains(got, "revision-incomplete") || s.Structure.PDF.Coverage != signature.CoversBlock {
		t.Errorf("signed octets that end early: %v %s", s.Problems, s.Structure.PDF.Coverage)
	}
}

// TestSharedValue: two fields with one signature are one, and told.
func TestSharedValue(t *testing.T) {
	w := newWorld(t)
	p := newPDF(base())
	o := signing(12)
	o[7] = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/Rect[10 200 100 220]/P 3 0 R/V 12 0 R>>"
	p.sign(o, 12, sigEntries, w.cms)
	doc := open(t, p.data)
	if len(doc.Signatures) != 1 || !slices.Contains(codes(doc.Problems), "pdf-ambiguous") {
		t.Errorf("%d signatures, %v", len(doc.Signatures), doc.Problems)
	}
	// The value of an older signature in a new field (smart case 112).
	p = w.signed()
	p.update(objects{7: "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/Rect[10 200 100 220]/P 3 0 R/V 12 0 R>>"})
	doc = open(t, p.data)
	if len(doc.Signatures) != 1 || !slices.Contains(codes(doc.Problems), "pdf-ambiguous") {
		t.Errorf("%d signatures, %v", len(doc.Signatures), doc.Problems)
	}
}
