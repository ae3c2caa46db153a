package report_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
	"github.com/vidimus/vidimus/validate/verdict"
)

// The same report gives the same bytes, in every voice and language.
func TestVoicesAreDeterministic(t *testing.T) {
	r := judged(t, frozen(t), "strict", "contract.asice")
	again := judged(t, frozen(t), "strict", "contract.asice")
	for _, kind := range []string{"json", "txt", "xml"} {
		if !bytes.Equal(written(t, r, kind), written(t, again, kind)) {
			t.Errorf("%s differs between two runs", kind)
		}
	}
	for _, l := range lang.All() {
		for name, write := range map[string]func(*report.Report) ([]byte, error){
			"html": func(r *report.Report) ([]byte, error) { return r.HTML(l) },
			"pdf":  func(r *report.Report) ([]byte, error) { return r.PDF(l) },
		} {
			a, err := write(r)
			if err != nil {
				t.Fatal(err)
			}
			b, err := write(again)
			if err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s in %s differs between two runs (%v)", name, l, err)
			}
		}
	}
}

// HTML tells, in each language, the verdict, the qualification in the terms of law, and
// each finding twice: its rule's question in the language, and the English sentence.
func TestHTMLTells(t *testing.T) {
	r := judged(t, frozen(t), "strict", "contract.asice")
	s := r.Signatures[0]
	for _, l := range lang.All() {
		raw, err := r.HTML(l)
		if err != nil {
			t.Fatal(err)
		}
		page := strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&#43;", "+").Replace(string(raw))
		tells := []string{`<html lang="` + string(l) + `">`, l.Indication(s.Indication), l.Reason(s.SubIndication), s.Qualification, r.Document.SHA256, r.Policy.SHA256, "TESTNUMBER,OK", l.Say(lang.Authoritative)}
		for _, f := range s.Findings {
			question := l.Rule(f.Rule)
			if l == lang.English {
				rule, _ := verdict.RuleByID(f.Rule)
				question = rule.Asks
			}
			tells = append(tells, question, f.Says, f.Rule+", "+f.Clause)
		}
		for _, x := range r.Trust.Lists {
			tells = append(tells, x.SHA256)
		}
		for _, want := range tells {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is not told", l, want)
			}
		}
	}
}

// What WCAG 2.2 asks of the markup: a language, one h1 and no level left out, landmarks,
// headings of columns, names for pictures and for regions that scroll.
func TestHTMLIsAccessible(t *testing.T) {
	page := string(written(t, judged(t, frozen(t), "strict", "contract.asice"), "html"))
	level := 0
	for _, m := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page, -1) {
		n := int(m[1][0] - '0')
		if n > level+1 || n == 1 && level > 0 {
			t.Errorf("a heading of level %d follows one of level %d", n, level)
		}
		level = n
	}
	if strings.Count(page, "<main>") != 1 || strings.Count(page, "<h1>") != 1 || !strings.Contains(page, `class="vr-skip"`) {
		t.Error("the page lacks its landmark, its title or its skip link")
	}
	for _, m := range regexp.MustCompile(`<th[^>]*>`).FindAllString(page, -1) {
		if strings.HasPrefix(m, "<thead") {
			continue
		}
		if !strings.Contains(m, "scope=") {
			t.Errorf("%s has no scope", m)
		}
	}
	for _, m := range regexp.MustCompile(`<svg[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(m, `role="img"`) || !strings.Contains(m, "aria-label=") {
			t.Errorf("%s has no name", m)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:href="#|aria-labelledby=")([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("%s is referred to and not there", m[1])
		}
	}
	if regexp.MustCompile(`<(script|link|img|iframe|form)|https?://|url\(`).MatchString(page) {
		t.Error("the page asks for something, or may")
	}
}

func TestHTMLFragment(t *testing.T) {
	f, err := report.HTMLFragment(full(), lang.Swedish)
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"<html", "<head", "<h1", "<main", "<style"} {
		if strings.Contains(string(f), no) {
			t.Errorf("the fragment holds %s", no)
		}
	}
	if !strings.Contains(string(f), "Kontrasignering 1") || report.HTMLStyle() == "" {
		t.Errorf("the fragment is %s", f)
	}
	if _, err := report.HTMLFragment(full(), "xx"); err == nil {
		t.Error("a fragment in no language")
	}
}

// The PDF opens, and its first page is followed by the details.
func TestPDF(t *testing.T) {
	trust := frozen(t)
	for _, name := range []string{"contract.asice", "contract-altered.asice", "README.md"} {
		raw := written(t, judged(t, trust, "practice", name), "pdf")
		if err := api.Validate(bytes.NewReader(raw), model.NewDefaultConfiguration()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		pages, err := api.PageCount(bytes.NewReader(raw), model.NewDefaultConfiguration())
		if want := name != "README.md"; err != nil || pages > 1 != want {
			t.Errorf("%s: %d pages (%v)", name, pages, err)
		}
		if !bytes.Contains(raw, []byte("/CreationDate (D:20250601120000")) {
			t.Errorf("%s is not dated by its validation time", name)
		}
	}
}

func TestTimeline(t *testing.T) {
	r := judged(t, frozen(t), "practice", "contract.asice")
	var kinds []string
	moments := report.Timeline(r, &r.Signatures[0])
	for i, m := range moments {
		kinds = append(kinds, string(m.Kind))
		if i > 0 && m.At.Before(moments[i-1].At) || m.Says(lang.Finnish) == "" {
			t.Errorf("moment %d: %+v", i, m)
		}
	}
	if got, want := strings.Join(kinds, " "), "certificate-begins claimed stamped answered validated certificate-ends"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Objects stand by digest; in full where that is asked for.
func TestETSIRaw(t *testing.T) {
	r := judged(t, frozen(t), "practice", "contract.asice")
	raw, err := r.ETSI(report.ETSIOptions{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	if short := written(t, r, "xml"); bytes.Contains(short, []byte("<base64>")) || bytes.Count(raw, []byte("<base64>")) < 5 {
		t.Errorf("%d objects in full where asked for, %d where not", bytes.Count(raw, []byte("<base64>")), bytes.Count(short, []byte("<base64>")))
	}
}
