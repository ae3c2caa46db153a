package pages

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vidimus/vidimus/api/pages/browsertest"
)

// looked opens a browser over the pages of a world.
func looked(t *testing.T) (*world, *browsertest.Browser) {
	t.Helper()
	w := newWorld(t, ShelfLimits{})
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return w, browsertest.Open(t, server.URL)
}

// file writes a file that the clerk judges by its content.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPagesAreAccessible asks axe-core about each kind of page.
func TestPagesAreAccessible(t *testing.T) {
	w, b := looked(t)
	one := w.checked(`long-`+strings.Repeat("name-", 40)+`.asice`, "TOTAL-PASSED")
	many := w.checked("a.pdf", "TOTAL-PASSED", "b.pdf", "TOTAL-FAILED", "c.pdf", "INDETERMINATE", "<img src=x onerror=alert(1)>.pdf", "unreadable")
	service := links(w.get("/trust/search?q=eid-q").Body.String(), "/trust/service/")[0]
	certificate := links(w.get(service).Body.String(), "/trust/certificate/")[0]
	for name, path := range map[string]string{"trust": "/trust", "search": "/trust/search?q=e", "territory": "/trust/territory/EE", "service": service, "certificate": certificate,
		"changes": "/trust/changes", "home": "/", "one": one + "/1", "many": many, "unreadable": many + "/4", "status": "/status", "gone": "/checks/none"} {
		b.Go(path)
		b.Picture(name)
		b.Accessible()
	}
}

// TestUploadInABrowser: files are chosen and sent; verdicts show as they come.
func TestUploadInABrowser(t *testing.T) {
	_, b := looked(t)
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", []string{file(t, "good.asice", "TOTAL-PASSED"), file(t, "bad.asice", "TOTAL-FAILED"), file(t, "fire.asice", "broken")}),
		chromedp.Click("button[type=submit]"), chromedp.WaitVisible("#all"))
	b.Picture("progress")
	if got := b.Text("#rows"); !strings.Contains(got, "Valid") || !strings.Contains(got, "Not valid") || !strings.Contains(got, "Something went wrong inside") {
		t.Errorf("the rows say %q", got)
	}
	b.Accessible()
	b.Do(chromedp.Click("#all"), chromedp.WaitVisible(".tally"))
	if got := b.Text("main"); !strings.Contains(got, "good.asice") || !strings.Contains(got, "bad.asice") || strings.Contains(got, "fire") {
		t.Errorf("the check says %q", got)
	}
}

// TestDropInABrowser: files are dropped on the page.
func TestDropInABrowser(t *testing.T) {
	_, b := looked(t)
	b.Go("/")
	browsertest.Eval[bool](b, `(() => {
		const d = new DataTransfer();
		d.items.add(new File(["TOTAL-PASSED"], "a.asice"));
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: d, bubbles: true, cancelable: true}));
		return true;
	})()`)
	b.Do(chromedp.WaitVisible(".verdict"))
	if got := b.Text("main"); !strings.Contains(got, "a.asice") || !strings.Contains(got, "Valid") {
		t.Errorf("the page says %q", got)
	}
}

// TestWithoutScriptInABrowser: the same, with JavaScript switched off.
func TestWithoutScriptInABrowser(t *testing.T) {
	_, b := looked(t)
	b.Script(false)
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", []string{file(t, "good.asice", "TOTAL-PASSED")}), chromedp.Click("button[type=submit]"), chromedp.WaitVisible(".verdict"))
	if got := b.Text("main"); !strings.Contains(got, "Valid") {
		t.Errorf("the page says %q", got)
	}
}

// TestKeyboardOnly: from the top of the page, with the keyboard alone, a chosen file
// is sent and its verdict's report reached. Where the focus is can be seen.
func TestKeyboardOnly(t *testing.T) {
	_, b := looked(t)
	b.Go("/")
	b.Do(chromedp.SetUploadFiles("#file", []string{file(t, "good.asice", "TOTAL-PASSED")})) // the system's own dialogue is not the page's
	tabTo(b, "document.activeElement.className == 'skip'")
	tabTo(b, "document.activeElement.type == 'submit'")
	if outline := browsertest.Eval[string](b, "getComputedStyle(document.activeElement).outlineStyle"); outline == "none" {
		t.Error("where the focus is cannot be seen")
	}
	b.Do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".verdict"))
	tabTo(b, "(document.activeElement.href || '').endsWith('/report.pdf?lang=en')")
}

// tabTo presses Tab until a condition holds.
func tabTo(b *browsertest.Browser, condition string) {
	b.Helper()
	for range 60 {
		b.Do(chromedp.KeyEvent(kb.Tab))
		if browsertest.Eval[bool](b, condition) {
			return
		}
	}
	b.Fatalf("after 60 tabs it is not so that %s", condition)
}
