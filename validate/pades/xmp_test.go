package pades_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/vidimus/vidimus/validate/signature"
)

// TestMetadataAfterSigning: metadata may change (formats §5.3), as long as it is XMP.
func TestMetadataAfterSigning(t *testing.T) {
	w := newWorld(t)
	const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><a>é &amp; &#233;</a></x:xmpmeta><?xpacket end="w"?>`
	utf16BE := func(s string) string {
		out := []byte{0xfe, 0xff}
		for _, u := range utf16.Encode([]rune(s)) {
			out = append(out, byte(u>>8), byte(u))
		}
		return string(out)
	}
	for name, c := range map[string]struct{ metadata, says string }{
		"XMP":             {xmp, ""},
		"XMP in UTF-16":   {utf16BE(xmp), ""},
		"byte order mark": {"\xef\xbb\xbf" + xmp, ""},
		"document type":   {`<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`, "has a document type"},
		"UTF-16 type":     {utf16BE(`<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`), "has a document type"},
		"entity":          {`<a>&e;</a>`, "is not well-formed"},
		"no end":          {`<a><b></b>`, "an element has no end"},
		"no beginning":    {`<a></a></b>`, "has no beginning"},
		"no XML":          {"<a", "is not well-formed"},
	} {
		t.Run(name, func(t *testing.T) {
			o := base()
			o[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 30 0 R>>"
			o[30] = stream("/Type/Metadata/Subtype/XML", "<x/>")
			p := newPDF(o)
			p.sign(signing(12), 12, sigEntries, w.cms)
			p.update(objects{30: stream("/Type/Metadata/Subtype/XML", c.metadata)})
			s := only(t, p.data)
			told := slices.ContainsFunc(s.Problems, func(p signature.Problem) bool {
				return p.Code == signature.UndefinedChange && strings.Contains(p.Says, "the metadata, which ") && strings.Contains(p.Says, c.says)
			})
			if told != (c.says != "") || !told && len(s.Problems) > 0 {
				t.Errorf("problems %v, want %q", s.Problems, c.says)
			}
		})
	}
}

// TestChangedAndRebuilt: where the cross-references of the newest revision are broken,
// the history of the file is what a search finds, and a change is found all the same.
func TestChangedAndRebuilt(t *testing.T) {
	w := newWorld(t)
	for name, broken := range map[string]string{"startxref": "startxref\n9", "xref": "xrex\n0 1"} {
		t.Run(name, func(t *testing.T) {
			p := w.signed()
			p.update(objects{4: stream("", "BT /F1 12 Tf (I owe you 900 euro.) Tj ET")})
			old := map[string]string{"startxref": "startxref\n", "xref": "xref\n0 1"}[name]
			at := strings.LastIndex(string(p.data), old)
			s := only(t, []byte(string(p.data[:at])+broken+string(p.data[at+len(old):])))
			t.Logf("%v", s.Problems)
			if !slices.ContainsFunc(s.Problems, func(p signature.Problem) bool {
				return p.Code == signature.UndefinedChange && strings.Contains(p.Says, "the content of page 1")
			}) {
				t.Errorf("the change is not told: %v", s.Problems)
			}
		})
	}
}
