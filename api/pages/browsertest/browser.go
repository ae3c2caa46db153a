// Package browsertest drives a real browser in tests: headless Chromium, found by
// VIDIMUS_CHROMIUM, with axe-core, found by VIDIMUS_AXE (its axe.min.js), as judge of
// accessibility. Without them its tests are skipped, saying so.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one test may wait for its browser altogether.
const patience = 8 * time.Minute

// Browser is one browser with one page.
type Browser struct {
	testing.TB
	context.Context
	axe string

	mu        sync.Mutex
	complaint []string // what the page wrote to the console as an error
	foreign   []string // addresses elsewhere that a page asked for
	host      string
}

// Open starts a browser; host is the only one that its pages may ask for anything.
// When the test ends, no page may have complained to the console or asked elsewhere.
func Open(t testing.TB, host string) *Browser {
	t.Helper()
	chromium, axe := os.Getenv("VIDIMUS_CHROMIUM"), os.Getenv("VIDIMUS_AXE")
	if chromium == "" || axe == "" {
		t.Skip("VIDIMUS_CHROMIUM and VIDIMUS_AXE are not set: no page is looked at with a browser")
	}
	script, err := os.ReadFile(axe)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, // a test's own pages, often as root
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900))
	allocated, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocated)
	timed, cancel := context.WithTimeout(ctx, patience)
	b := &Browser{TB: t, Context: timed, axe: string(script), host: host}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits until it has ended, and writes no more
			t.Errorf("ending the browser: %v", err)
		}
		cancel()
		stop()
		free()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, c := range b.complaint {
			t.Errorf("the console says: %s", c)
		}
		for _, f := range b.foreign {
			t.Errorf("a page asked for %s", f)
		}
	})
	chromedp.ListenTarget(timed, b.hear)
	b.Do(log.Enable(), network.Enable())
	return b
}

// hear collects complaints and requests.
func (b *Browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		// That a page answers 4xx is what a test asks for by itself.
		if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
			b.complaint = append(b.complaint, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complaint = append(b.complaint, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			b.complaint = append(b.complaint, fmt.Sprint(e.Args))
		}
	case *page.EventJavascriptDialogOpening:
		b.complaint = append(b.complaint, "a dialog opened: "+e.Message)
		go func() { _ = chromedp.Run(b.Context, page.HandleJavaScriptDialog(false)) }() // else the page waits for ever
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, b.host) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "about:") && !strings.HasPrefix(u, "blob:") {
			b.foreign = append(b.foreign, u)
		}
	}
}

// Do runs actions; a failure ends the test.
func (b *Browser) Do(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.Context, actions...); err != nil {
		b.Picture("failed")
		b.Fatal(err)
	}
}

// Go opens a page of the host.
func (b *Browser) Go(path string) {
	b.Helper()
	b.Do(chromedp.Navigate(b.host+path), chromedp.WaitReady("main"))
}

// Text is what a reader sees of an element.
func (b *Browser) Text(selector string) string {
	b.Helper()
	var s string
	b.Do(chromedp.Text(selector, &s, chromedp.ByQuery))
	return s
}

// Eval asks the page.
func Eval[T any](b *Browser, expression string) T {
	b.Helper()
	var v T
	b.Do(chromedp.Evaluate(expression, &v))
	return v
}

// Await asks the page and waits for its promise.
func Await[T any](b *Browser, expression string) T {
	b.Helper()
	var v T
	b.Do(chromedp.Evaluate(expression, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// Phone makes the window that of a phone; Desk that of a desk.
func (b *Browser) Phone() {
	b.Helper()
	b.Do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
}

// Desk is the window of a desk.
func (b *Browser) Desk() { b.Helper(); b.Do(chromedp.EmulateViewport(1280, 900)) }

// Dark asks for dark or light pages.
func (b *Browser) Dark(dark bool) {
	b.Helper()
	value := "light"
	if dark {
		value = "dark"
	}
	b.Do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}))
}

// Script switches JavaScript on or off, from the next page on.
func (b *Browser) Script(on bool) {
	b.Helper()
	b.Do(emulation.SetScriptExecutionDisabled(!on))
}

// Picture keeps a screenshot in the folder that VIDIMUS_SCREENSHOTS names.
func (b *Browser) Picture(name string) {
	dir := os.Getenv("VIDIMUS_SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(b.Context, chromedp.FullScreenshot(&png, 100)); err != nil {
		b.Logf("no picture %s: %v", name, err)
		return
	}
	name = strings.ReplaceAll(b.Name()+"-"+name, "/", "-") + ".png"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Error(err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o600); err != nil {
		b.Error(err)
	}
}

// Intact says that a page holds nothing that a name could have brought into it: no
// script but ours, no handler, no frame, no foreign element.
func (b *Browser) Intact() {
	b.Helper()
	const foreign = `[...document.querySelectorAll("*")].filter(e =>
		["IMG", "IFRAME", "OBJECT", "EMBED", "BASE", "VIDEO", "AUDIO", "STYLE", "MARQUEE"].includes(e.tagName) ||
		e.tagName === "SCRIPT" && !(e.getAttribute("src") || "").startsWith("/static/") ||
		[...e.attributes].some(a => a.name.startsWith("on") || /^\s*(javascript|data):/i.test(a.value))
	).map(e => e.outerHTML.slice(0, 200))`
	for _, e := range Eval[[]string](b, foreign) {
		b.Errorf("%s holds %s", Eval[string](b, "location.pathname"), e)
	}
}

// violation is one rule of axe-core that a page breaks.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML string `json:"html"`
	} `json:"nodes"`
}

// Accessible asks axe-core for breaches of WCAG 2.2 AA, in light and dark, at a desk
// and on a phone, and whether the page fits the phone's width (1.4.10).
func (b *Browser) Accessible() {
	b.Helper()
	for _, dark := range []bool{false, true} {
		for _, phone := range []bool{false, true} {
			b.Dark(dark)
			if phone {
				b.Phone()
			} else {
				b.Desk()
			}
			rules := looks
			if !dark && !phone {
				rules = allRules
			}
			b.axeSays(fmt.Sprintf("dark %v, phone %v", dark, phone), rules)
			if wide := Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 1 {
				b.Errorf("dark %v, phone %v: %s is %d pixels wider than the window", dark, phone, Eval[string](b, "location.pathname"), wide)
			}
		}
	}
	b.Dark(false)
	b.Desk()
}

// What axe-core is asked: everything once, and then what depends on colours and on the
// window, since the document stays the same.
const (
	allRules = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	looks    = `{type: "rule", values: ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable", "meta-viewport", "css-orientation-lock"]}`
)

func (b *Browser) axeSays(where, rules string) {
	b.Helper()
	var raw string
	if !Eval[bool](b, "'axe' in window") {
		b.Do(chromedp.Evaluate(b.axe+";0", nil))
	}
	b.Do(chromedp.Evaluate(
		`axe.run(document, {runOnly: `+rules+`}).then(r => JSON.stringify(r.violations))`,
		&raw, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	var found []violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		b.Fatalf("axe-core said %q: %v", raw, err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			b.Errorf("%s, %s: %s: %s: %s", Eval[string](b, "location.pathname"), where, v.ID, v.Help, n.HTML)
		}
	}
}
