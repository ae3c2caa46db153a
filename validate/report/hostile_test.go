package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"golang.org/x/net/html"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// evils are names that a file or a certificate can carry.
func evils() []string {
	return []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "'--></style></svg><script>alert(1)</script>", "]]></Value><MainIndication>x",
		"x\nTOTAL-PASSED", "x\r\nContent-Type: x", "\u202eDESSAP-LATOT", "\u2066x\u2069", "x\x00y", "x\x1b[2J", "\xff\xfe\x80", "\ufffe\uffff", "a\u2028b", "\U0001f600 漢字 ا",
		"javascript:alert(1)", "{{.}} ${x} {pages} %s %d %00", "http://[::1]:x/%zz#a#b", strings.Repeat("<&\"õ", 25_000), strings.Repeat("A", 100_000), "",
	}
}

// spoil puts a text into every string of a report.
func spoil(v reflect.Value, evil string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			spoil(v.Elem(), evil)
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i), evil)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			spoil(v.Field(i), evil)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(evil)
		}
	}
}

// whole is a report with something everywhere, and every string of it evil.
func whole(evil string) *report.Report {
	r := full()
	r.Notes = []string{"x"}
	r.Trust.Lists = append(r.Trust.Lists, report.List{Territory: "ZZ", Agreement: &report.Agreement{Pointing: "x", Pointed: "x"}})
	spoil(reflect.ValueOf(r), evil)
	return r
}

// firstDifference tells where two lists part.
func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%s, want %s, after %v", got[i], want[i], got[max(0, i-4):i])
		}
	}
	return fmt.Sprintf("%d, want %d", len(got), len(want))
}

// Whatever names say, the XML is well formed, and no element comes of them.
func TestHostileETSI(t *testing.T) {
	elements := func(raw []byte) (names []string) {
		for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return names
			}
			if err != nil {
				t.Fatalf("%v in\n%.2000s", err, raw)
			}
			if s, ok := token.(xml.StartElement); ok {
				names = append(names, s.Name.Local)
			}
		}
	}
	honest := elements(written(t, whole("honest"), "xml"))
	for _, evil := range evils() {
		got := elements(written(t, whole(evil), "xml"))
		if evil != "" && !reflect.DeepEqual(got, honest) {
			t.Errorf("%.40q gives other elements: %s", evil, firstDifference(got, honest))
		}
	}
}

// Whatever names say, the page has the elements of an honest one: no script, no
// request, no handler, and nothing that steers a terminal or turns a direction.
func TestHostileHTML(t *testing.T) {
	elements := func(raw []byte) (names []string) {
		for z := html.NewTokenizer(bytes.NewReader(raw)); ; {
			switch z.Next() {
			case html.ErrorToken:
				return names
			case html.StartTagToken, html.SelfClosingTagToken:
				tag := z.Token()
				names = append(names, tag.Data)
				for _, a := range tag.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
						t.Errorf("<%s %s=%.60q>", tag.Data, a.Key, a.Val)
					}
				}
			}
		}
	}
	for _, l := range lang.All() {
		write := func(r *report.Report) []byte {
			raw, err := r.HTML(l)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		honest := elements(write(whole("honest")))
		for _, evil := range evils() {
			raw := write(whole(evil))
			if got := elements(raw); evil != "" && !reflect.DeepEqual(got, honest) {
				t.Errorf("%.40q gives other elements: %s", evil, firstDifference(got, honest))
			}
			for _, c := range string(raw) {
				if c != '\n' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) {
					t.Errorf("%.40q: %U stands in the page", evil, c)
				}
			}
			if len(raw) > 1<<20 {
				t.Errorf("%.40q gives %d octets", evil, len(raw))
			}
		}
	}
}

// Whatever names say, the PDF opens.
func TestHostilePDF(t *testing.T) {
	for _, evil := range evils() {
		raw := written(t, whole(evil), "pdf")
		if err := api.Validate(bytes.NewReader(raw), model.NewDefaultConfiguration()); err != nil {
			t.Errorf("%.40q: %v", evil, err)
		}
	}
}

func FuzzVoices(f *testing.F) {
	for _, evil := range evils() {
		if len(evil) < 1000 {
			f.Add(evil)
		}
	}
	f.Fuzz(func(t *testing.T, evil string) {
		r := whole(evil)
		for d := xml.NewDecoder(bytes.NewReader(written(t, r, "xml"))); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if page := written(t, r, "html"); bytes.Contains(page, []byte("<script")) {
			t.Fatal("a script stands in the page")
		}
		if len(evil) < 32 {
			written(t, r, "pdf")
		}
	})
}
