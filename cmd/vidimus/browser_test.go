package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vidimus/vidimus/api/pages/browsertest"
	"github.com/vidimus/vidimus/validate/eutest"
)

// looked is a browser over the real service.
func looked(t *testing.T, change func(*ServeCmd)) (*browsertest.Browser, *httptest.Server) {
	t.Helper()
	server := serviceOf(t, change)
	return browsertest.Open(t, server.URL), server
}

// fileOf writes a file that a browser can choose.
func fileOf(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	goodFile    = "../../testdata/contract.asice"
	alteredFile = "../../testdata/contract-altered.asice"
)

// absolute is a path as the browser needs it.
func absolute(t *testing.T, path string) string {
	t.Helper()
	out, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// check chooses files on the start page, sends them, and waits for the last verdict.
func check(b *browsertest.Browser, files ...string) {
	b.Helper()
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", files), chromedp.Click("form#checks button"))
	if len(files) == 1 {
		b.Do(chromedp.WaitVisible("p.verdict, #all"))
		return
	}
	b.Do(chromedp.WaitVisible("#all"))
}

// says asks that an element says all of this.
func says(b *browsertest.Browser, selector string, want ...string) {
	b.Helper()
	got := b.Text(selector)
	for _, x := range want {
		if !strings.Contains(got, x) {
			b.Errorf("%s: %s does not say %q: %.1500s", browsertest.Eval[string](b, "location.pathname"), selector, x, got)
		}
	}
}

// fine looks at a page: it is accessible, and holds nothing foreign.
func fine(b *browsertest.Browser, path, name string) {
	b.Helper()
	if path != "" {
		b.Go(path)
	}
	b.Picture(name)
	b.Intact()
	b.Accessible()
}

// zipBomb unpacks to 512 MB.
func zipBomb(t *testing.T) []byte {
	t.Helper()
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	to, err := z.Create("META-INF/signatures0.xml")
	if err == nil {
		_, err = io.Copy(to, io.LimitReader(blanks{}, 512<<20))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return bomb.Bytes()
}

// TestBrowserEveryPage: an auditor checks a contract and an altered one, archives, and
// looks everywhere; each page is accessible, in light and dark, at a desk and on a
// phone, and says what it must.
func TestBrowserEveryPage(t *testing.T) {
	b, _ := looked(t, nil)
	fine(b, "/", "home")

	check(b, absolute(t, goodFile))
	b.Do(chromedp.WaitVisible("p.verdict"))
	says(b, "p.verdict", "Valid", "Qualified electronic signature, by TESTNUMBER,OK.")
	says(b, "main", "contract.txt", "Archive this", "PDF: one page", "Trusted lists")
	fine(b, "", "good")
	good := browsertest.Eval[string](b, "location.pathname")
	saved := browsertest.Await[string](b, `fetch(document.querySelector("a[href$='/contents/1']").href).then(r => r.text())`)
	if saved == "" || strings.Contains(saved, "<html") {
		t.Errorf("the signed content is %.200q", saved)
	}
	for _, lang := range []string{"et", "lv", "lt", "fi", "sv"} {
		b.Go(good + "?lang=" + lang)
		if got := browsertest.Eval[string](b, "document.querySelector('.vr').parentElement.lang"); got != lang {
			t.Errorf("the report is in %q, want %q", got, lang)
		}
	}
	says(b, "main", "giltig")

	b.Go(good)
	b.Do(chromedp.Click("form[action$='/archive'] button"), chromedp.WaitVisible("a[href^='/archive/bundles/']"))
	says(b, "main", "Archived")
	fine(b, "", "archived")
	bundle := browsertest.Eval[string](b, "document.querySelector(\"a[href^='/archive/bundles/']\").getAttribute('href')")
	fine(b, bundle, "bundle")
	says(b, "main", "contract.asice", "no retention", "none yet", "vidimus replay")
	fine(b, "/archive", "archive")
	says(b, "main", "contract.asice", "Valid", "TESTNUMBER,OK")
	b.Do(chromedp.SendKeys("#signer", "testnumber"), chromedp.Click("form.search button"), chromedp.WaitVisible("#signer[value=testnumber]"))
	says(b, "table", "contract.asice")
	b.Go("/archive?verdict=TOTAL-FAILED")
	says(b, "main", "Nothing was found")
	fine(b, "/archive/forecast", "forecast")
	says(b, "main", "1 bundle, 1 of them without an evidence record", "Renew before")
	fine(b, "/archive/deleted", "deleted")
	says(b, "main", "Nothing was deleted")

	check(b, absolute(t, goodFile), absolute(t, alteredFile), fileOf(t, "letter.docx", []byte("no signature")))
	says(b, "#rows", "Valid", "Not valid", "What was signed was changed afterwards", "Not judged")
	fine(b, "", "progress")
	b.Do(chromedp.Click("#all"), chromedp.WaitVisible(".tally"))
	fine(b, "", "many")
	many := browsertest.Eval[string](b, "location.pathname")
	b.Do(chromedp.Click("tbody tr:nth-child(2) a"), chromedp.WaitVisible("p.verdict"))
	says(b, "p.verdict", "Not valid", "HASH_FAILURE")
	fine(b, "", "bad")
	fine(b, many+"/3", "unjudged")

	fine(b, "/status", "status")
	fine(b, "/trust", "trust")
	fine(b, "/trust/changes", "changes")
	fine(b, "/trust/search?q=EE", "search")
	fine(b, "/trust/territory/EE", "territory")
	fine(b, browsertest.Eval[string](b, "document.querySelector(\"a[href^='/trust/service/']\").getAttribute('href')"), "service")
	fine(b, browsertest.Eval[string](b, "document.querySelector(\"a[href^='/trust/provider/']\").getAttribute('href')"), "provider")
	fine(b, "/checks/none", "gone")
}

// TestBrowserHostileFiles: what is sent to break the service gets words, and the rest
// of the batch its verdicts.
func TestBrowserHostileFiles(t *testing.T) {
	w := eutest.New(t)
	sk := w.MemberState("EE").Provider("SK", "VATEE-100687640")
	sk.TSA("TSA")
	signer := sk.CA("CA", eutest.EC(256), eutest.SmartIDQualifiers()).Signer(eutest.SmartID())
	large := eutest.File{Name: "large.bin", Raw: make([]byte, 60<<20)}
	_, _ = rand.NewChaCha8([32]byte{}).Read(large.Raw) // never fails; what can be compressed so much would be a bomb
	huge := w.Sign(signer, []eutest.File{large}, eutest.SignOptions{})
	b, _ := looked(t, func(c *ServeCmd) {
		lists, anchors := worldOn(t, w)
		c.Lists, c.LotlAnchors, c.MaxRequest, c.UnsafeNow = lists, anchors, 80<<20, "2025-03-10T12:00:00Z"
	})
	xml := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "` + strings.Repeat("a", 1000) + `"><!ENTITY b "` + strings.Repeat("&a;", 1000) + `">]><x>` + strings.Repeat("&b;", 1000) + `</x>`
	contract, err := os.ReadFile(fileOf(t, "c.asice", w.Sign(signer, []eutest.File{eutest.Text("a.txt", "A")}, eutest.SignOptions{})))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"<script>document.title='pwned'<\u200bscript>.asice", "\u202excod.exe.asice", "two\nlines.asice", `"quoted' & <img src=x onerror=alert(1)>.asice`, "javascript:alert(1).asice"}
	files := []string{fileOf(t, "bomb.asice", zipBomb(t)), fileOf(t, "bomb.xml", []byte(xml)), fileOf(t, "depth.xml", []byte(strings.Repeat("<x>", 200_000))),
		fileOf(t, "photo.jpg", []byte("\xff\xd8\xff\xe0 not signed")), fileOf(t, "empty.pdf", nil), fileOf(t, "60MB.asice", huge), fileOf(t, "over.asice", make([]byte, 81<<20))}
	for _, n := range names {
		files = append(files, fileOf(t, n, contract))
	}
	for i := range 20 {
		files = append(files, fileOf(t, fmt.Sprintf("contract-%02d.asice", i), contract))
	}
	check(b, files...)
	rows := browsertest.Eval[[][]string](b, `[...document.querySelectorAll("#rows tr")].map(tr => [...tr.children].map(td => td.textContent))`)
	if len(rows) != len(files) {
		t.Fatalf("%d rows for %d files", len(rows), len(files))
	}
	for i, row := range rows {
		want := "Not judged"
		if i == 5 || i > 6 {
			want = "Valid"
		}
		if !strings.Contains(row[1], want) || row[2] == "" {
			t.Errorf("%q: %q", filepath.Base(files[i]), row)
		}
	}
	if !strings.Contains(rows[6][2], "larger than the") {
		t.Errorf("of the one that is too large it says %q", rows[6][2])
	}
	b.Picture("hostile")
	b.Intact()
	b.Do(chromedp.Click("#all"), chromedp.WaitVisible(".tally"))
	says(b, ".tally", "Valid 26", "Not judged 5")
	b.Intact()
	at := browsertest.Eval[string](b, "location.pathname")
	for n := range 6 {
		b.Go(fmt.Sprintf("%s/%d", at, 6+n))
		says(b, "p.verdict", "Valid")
		b.Intact()
	}

	b.Script(false) // the browser sends all of it, and shows what the service says
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", []string{files[6]}), chromedp.Click("form#checks button"), chromedp.WaitVisible("p.verdict"))
	says(b, "main", "larger than the 83.9 MB", "vidimus validate")
}

// worldOn writes a world's lists into a folder.
func worldOn(t *testing.T, w *eutest.World) (lists, anchors string) {
	t.Helper()
	lists = t.TempDir()
	for _, f := range w.Lists() {
		if err := os.WriteFile(filepath.Join(lists, f.Name), f.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var sums strings.Builder
	for _, a := range w.Anchors() {
		sums.WriteString(a.SHA256 + "\n")
	}
	return lists, fileOf(t, "anchors.txt", []byte(sums.String()))
}

// TestBrowserHostileNames: a script in any name that a list, a certificate or a file
// can carry stays a name, on every page that shows it.
func TestBrowserHostileNames(t *testing.T) {
	evil := func(where string) string {
		return where + `"><img src=x onerror=alert('` + where + `')><script>alert('` + where + `')</script>{{.}}` + "\u202e"
	}
	w := eutest.New(t)
	tsp := w.MemberState("EE").Provider(evil("provider"), evil("trade"))
	tsp.TSA(evil("TSA"))
	ca := tsp.CA(evil("CA"), eutest.EC(256), eutest.SmartIDQualifiers(), eutest.ServiceName(evil("service")))
	signer := ca.Signer(eutest.SmartID(), eutest.Natural("EE", evil("surname"), evil("given"), evil("serial")))
	file := w.Sign(signer, []eutest.File{eutest.Text(`<img src=x onerror=alert(2)>.txt`, "I owe you.")}, eutest.SignOptions{})
	lists, anchors := worldOn(t, w)
	b, _ := looked(t, func(c *ServeCmd) { c.Lists, c.LotlAnchors, c.UnsafeNow = lists, anchors, "2025-03-10T12:00:00Z" })
	check(b, fileOf(t, evil("file")[:4]+`<img src=x onerror=alert(3)>.asice`, file))
	b.Do(chromedp.WaitVisible("p.verdict"))
	says(b, "main", "<img src=x onerror=alert('surname')>")
	fine(b, "", "verdict")
	b.Do(chromedp.Click("form[action$='/archive'] button"), chromedp.WaitVisible("a[href^='/archive/bundles/']"))
	pages := []string{browsertest.Eval[string](b, "document.querySelector(\"a[href^='/archive/bundles/']\").getAttribute('href')"),
		"/archive", "/archive/forecast", "/trust", "/trust/territory/EE", "/trust/search?q=provider", "/status", "/trust/search?q=%3Cimg%20src%3Dx%20onerror%3Dalert(4)%3E",
		"/archive?signer=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(5)%3E", "/trust/search?q=x&territory=%22%3E%3Cscript%3Ealert(6)%3C/script%3E"}
	b.Go("/trust/territory/EE")
	pages = append(pages, browsertest.Eval[[]string](b, `[...document.querySelectorAll("main a[href^='/trust/service/'], main a[href^='/trust/provider/']")].map(a => a.getAttribute("href"))`)...)
	b.Go(pages[len(pages)-1])
	pages = append(pages, browsertest.Eval[[]string](b, `[...document.querySelectorAll("main a[href^='/trust/certificate/']")].map(a => a.getAttribute("href"))`)...)
	for _, p := range pages {
		b.Go(p)
		b.Intact()
	}
	b.Go(pages[0])
	b.Picture("bundle")
	says(b, "main", "<img src=x onerror=alert('surname')>")
	if len(pages) < 14 {
		t.Errorf("only %d pages were looked at: %q", len(pages), pages)
	}
}

// TestBrowserWithoutScript: the whole way without JavaScript: check, archive, find,
// and the browser's own keyboard.
func TestBrowserWithoutScript(t *testing.T) {
	b, _ := looked(t, nil)
	b.Script(false)
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", []string{absolute(t, goodFile), absolute(t, alteredFile)}), chromedp.Click("form#checks button"), chromedp.WaitVisible(".tally"))
	says(b, ".tally", "Valid 1", "Not valid 1")
	b.Do(chromedp.Click("tbody tr:nth-child(1) a"), chromedp.WaitVisible("p.verdict"), chromedp.Click("form[action$='/archive'] button"),
		chromedp.WaitVisible("a[href^='/archive/bundles/']"), chromedp.Click("a[href^='/archive/bundles/']"), chromedp.WaitVisible("dl.facts"))
	says(b, "main", "no retention")
	b.Go("/archive")
	says(b, "main", "contract.asice")
}

// TestBrowserKeyboard: from the top of the page, by keyboard alone, to a verdict, into
// the archive and to its bundle.
func TestBrowserKeyboard(t *testing.T) {
	b, _ := looked(t, nil)
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", []string{absolute(t, goodFile)})) // the system's own dialogue is not the page's
	press := func(key, until string) {
		t.Helper()
		for range 80 {
			b.Do(chromedp.KeyEvent(kb.Tab))
			if !browsertest.Eval[bool](b, until) {
				continue
			}
			if browsertest.Eval[string](b, "getComputedStyle(document.activeElement).outlineStyle") == "none" {
				t.Errorf("where the focus is cannot be seen: %s", until)
			}
			b.Do(chromedp.KeyEvent(key))
			return
		}
		t.Fatalf("after 80 tabs it is not so that %s", until)
	}
	press(kb.Enter, "document.activeElement.form?.id === 'checks' && document.activeElement.type === 'submit'")
	b.Do(chromedp.WaitVisible("p.verdict"))
	press(kb.Enter, "document.activeElement.textContent === 'Archive this'")
	b.Do(chromedp.WaitVisible("a[href^='/archive/bundles/']"))
	press(kb.Enter, "(document.activeElement.getAttribute('href') || '').startsWith('/archive/bundles/')")
	b.Do(chromedp.WaitVisible("dl.facts"))
	says(b, "main", "vidimus replay")
}

// TestBrowserSignIn: with API keys a visitor signs in first; a revoked key ends it.
func TestBrowserSignIn(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys.jsonl")
	key := newKey(t, keys, "acme")
	b, _ := looked(t, func(c *ServeCmd) { c.APIKeys = keys })
	b.Go("/archive")
	says(b, "main", "API key")
	fine(b, "", "login")
	b.Do(chromedp.SendKeys("#key", "vidimus_nobody"), chromedp.Click("main button"), chromedp.WaitVisible("#wrong"))
	says(b, "#wrong", "This key does not count")
	fine(b, "", "wrong")
	b.Do(chromedp.SendKeys("#key", key), chromedp.Click("main button"), chromedp.WaitVisible("form.search"))
	says(b, "header", "acme", "Sign out")
	fine(b, "", "in")
	if cookie := browsertest.Eval[string](b, "document.cookie"); cookie != "" {
		t.Errorf("a script sees %q", cookie)
	}
	b.Do(chromedp.Click("header button"), chromedp.WaitVisible("#key"))
	b.Go("/archive")
	says(b, "main", "API key")
}
