package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestBundlesAreSearched(t *testing.T) {
	f, h := whole(t)
	f.page = index.Page{Entries: []index.Entry{{ID: f.ids[0], File: "x"}}, Next: "n"}
	for query, want := range map[string]index.Query{
		"signer=j%C3%B5eorg&scheme=Smart-ID":                 {Signer: "jõeorg", Scheme: "Smart-ID"},
		"from=2025-03-01&to=2025-03-31":                      {SignedFrom: day(2025, 3, 1), SignedTo: day(2025, 4, 1)},
		"from=2025-03-01T12:00:00%2b02:00":                   {SignedFrom: day(2025, 3, 1).Add(10 * time.Hour)},
		"to=2025-03-01T12:00:00Z":                            {SignedTo: day(2025, 3, 1).Add(12*time.Hour + time.Second)},
		"validated-from=2025-01-01&validated-to=2025-01-01":  {ValidatedFrom: day(2025, 1, 1), ValidatedTo: day(2025, 1, 2)},
		"expires-before=2031-01-01&territory=EE":             {ExpiresBefore: day(2031, 1, 1), Territory: "EE"},
		"verdict=TOTAL-PASSED&verdict=INDETERMINATE&limit=7": {Verdicts: []string{"TOTAL-PASSED", "INDETERMINATE"}, Limit: 7},
		"digest=00&file=a&qualification=QESig":               {Digest: "00", File: "a", Qualification: "QESig"},
		"sort=expiry&desc=true&cursor=abc":                   {Sort: index.ByExpiry, Desc: true, Cursor: "abc"},
		"cursor=abc":                                         {Cursor: "abc"},
		"desc=true":                                          {Desc: true},
		"sort=id":                                            {Sort: index.ByID},
	} {
		f.asked = nil
		w := do(h, httptest.NewRequest("GET", "/v1/bundles?"+query, nil))
		if want.Limit == 0 {
			want.Limit = 100
		}
		if w.Code != 200 || len(f.asked) != 1 || !reflect.DeepEqual(f.asked[0], want) {
			t.Errorf("%s: %d %+v, want %+v", query, w.Code, f.asked, want)
		}
		if !strings.Contains(w.Body.String(), `"next":"n","complete":true}`) || !strings.Contains(w.Body.String(), `"bundles":[{"id":"aaaa`) {
			t.Errorf("%s", w.Body)
		}
	}
	f.asked = nil
	if w := do(h, httptest.NewRequest("GET", "/v1/bundles?limit=1", nil)); w.Body.String() != `{"bundles":[{"id":"`+f.ids[0]+`"}]}` || f.asked != nil {
		t.Errorf("a list without filters: %s", w.Body)
	}
	for _, bad := range []string{"signer=x&after=" + f.ids[0], "from=yesterday", "to=2025-13-01", "expires-before=1", "sort=name", "desc=perhaps", "limit=1001&signer=x",
		"signer=a&signer=b", "cursor=" + strings.Repeat("x", 5000), "person=x"} {
		wantProblem(t, do(h, httptest.NewRequest("GET", "/v1/bundles?"+bad, nil)), 400, BadParameter)
	}
	for _, one := range []struct {
		err    error
		status int
		code   Code
	}{
		{&index.QueryError{Why: "the signer \"?\" has no letter"}, 400, BadParameter}, {&NoSearch{}, 404, NoIndex}, {&NoSearch{Cause: errors.New("secret path")}, 503, IndexFailed},
		{&Unlogged{Cause: errors.New("secret path")}, 500, NotLogged}, {errors.Join(&NoSearch{}, &Unlogged{Cause: errors.New("x")}), 500, NotLogged}, {errors.New("secret"), 500, Internal},
	} {
		f.search = one.err
		p := wantProblem(t, do(h, httptest.NewRequest("GET", "/v1/bundles?signer=x", nil)), one.status, one.code)
		if strings.Contains(p.Detail, "secret") || one.code == NotLogged && p.Incident == "" {
			t.Errorf("%+v", p)
		}
	}
}

func TestReportsOfBundles(t *testing.T) {
	f, h := whole(t)
	at := "/v1/bundles/" + f.ids[0] + "/report"
	for query, want := range map[string]Upload{
		"":                     {Format: "json"},
		"?depth=summary":       {Format: "json", Depth: "summary"},
		"?format=text&lang=sv": {Format: "text", Lang: lang.Swedish},
		"?format=text":         {Format: "text", Lang: lang.English},
		"?format=json&lang=sv": {Format: "json"},
	} {
		f.got = nil
		if w := do(h, httptest.NewRequest("GET", at+query, nil)); w.Code != 200 || !reflect.DeepEqual(f.got, []Upload{want}) {
			t.Errorf("%s: %d %+v", query, w.Code, f.got)
		}
	}
	wantProblem(t, do(h, httptest.NewRequest("GET", "/v1/bundles/"+strings.Repeat("0", 64)+"/report", nil)), 404, NoSuchBundle)
	wantProblem(t, do(h, httptest.NewRequest("GET", "/v1/bundles/x/report", nil)), 404, NoSuchBundle)
	for _, bad := range []string{"?lang=de", "?lang=", "?format=pdf", "?raw=true", "?raw=perhaps", "?format=text&depth=summary"} {
		w := do(h, httptest.NewRequest("GET", at+bad, nil))
		if bad == "?lang=" && w.Code == 200 {
			continue // left empty is left out
		}
		wantProblem(t, w, 400, BadParameter)
	}
	f.bundles[f.ids[0]] = nil
	wantProblem(t, do(h, httptest.NewRequest("GET", at, nil)), 500, Damaged)
	if p := problemOf(&ReportDiffers{}); p.Status != http.StatusConflict || p.Code != OtherReport {
		t.Errorf("%+v", p)
	}
}

// The language is the parameter's, else the one that Accept-Language likes best of ours.
func TestLanguages(t *testing.T) {
	f := newFake()
	h := handler(t, f, func(d *Deps) { d.Formats = []string{"text", "html", "pdf", "etsi"} })
	for _, one := range []struct {
		query, accept string
		want          lang.Lang
	}{
		{"format=html", "", "en"}, {"format=html", "et", "et"}, {"format=html", "et-EE,en;q=0.5", "et"}, {"format=html", "de, fi;q=0.3", "fi"}, {"format=html", "de", "en"},
		{"format=html", "ru,nb;q=0.9", "en"}, {"format=html", "*", "en"}, {"format=html", "lv;q=0.2, lt;q=0.8", "lt"}, {"format=pdf", "sv-FI", "sv"},
		{"format=text&lang=lv", "et", "lv"}, {"format=html", "%%%;;;", "en"}, {"format=html", strings.Repeat("et-", 4000), "en"}, {"format=html", "et;q=0, sv;q=0.1", "sv"},
		{"format=json", "et", ""}, {"format=etsi&raw=true", "et", ""},
	} {
		r := raw("/v1/validations?"+one.query, "x")
		r.Header.Set("Accept-Language", one.accept)
		w := do(h, r)
		if got := f.got[len(f.got)-1]; w.Code != 200 || got.Lang != one.want || got.Raw != strings.Contains(one.query, "raw") || w.Header().Get("Content-Language") != string(one.want) {
			t.Errorf("%+v: %d %+v %v", one, w.Code, got, w.Header())
		}
		if varies := slices.Contains(w.Header().Values("Vary"), "Accept-Language"); varies != (one.want != "" && !strings.Contains(one.query, "lang=")) {
			t.Errorf("%+v: Vary is %v", one, w.Header().Values("Vary"))
		}
	}
	all := []string{}
	for _, l := range lang.All() {
		all = append(all, string(l))
		if w := do(h, raw("/v1/validations?"+url.Values{"format": {"text"}, "lang": {string(l)}}.Encode(), "x")); w.Code != 200 {
			t.Errorf("%s: %d", l, w.Code)
		}
	}
	if field, _ := reflect.TypeFor[Spoken]().FieldByName("Lang"); field.Tag.Get("enum") != strings.Join(all, ",") {
		t.Errorf("the document names %s, there are %v", field.Tag.Get("enum"), all)
	}
}

// A report in HTML may have its own style, by its hash; it stays in a sandbox, and
// nothing else may be had. Every other answer has nothing at all.
func TestPolicyOfReports(t *testing.T) {
	h := handler(t, newFake(), func(d *Deps) { d.Formats = []string{"html", "text"} })
	w := do(h, raw("/v1/validations?format=html", "x"))
	csp := w.Header().Get("Content-Security-Policy")
	html, err := (&report.Report{}).HTML(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.TrimSuffix(strings.TrimPrefix(csp[strings.Index(csp, "style-src "):], "style-src "), csp[strings.Index(csp, "; base-uri"):])
	if !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || !strings.HasSuffix(csp, "frame-ancestors 'none'; sandbox") || strings.Contains(csp, "unsafe") ||
		!strings.Contains(string(html), strings.ReplaceAll(strings.Trim(hash, "'"), "+", "&#43;")) && !strings.Contains(string(html), hash) {
		t.Errorf("%s, not that of the page's own policy", csp)
	}
	if csp := do(h, raw("/v1/validations?format=text", "x")).Header().Get("Content-Security-Policy"); csp != "default-src 'none'; frame-ancestors 'none'; sandbox" {
		t.Errorf("%s", csp)
	}
}
