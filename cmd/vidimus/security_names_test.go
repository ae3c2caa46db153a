package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/eutest"
)

// evilNames are what people, companies, services and files may be called.
var evilNames = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><iframe src=javascript:alert(1)>`, `' onmouseover='alert(1)`, `</title><svg/onload=alert(1)>`,
	`<a href="javascript:alert(1)">x</a>`, `{{constructor.constructor('alert(1)')()}}`, "&lt;script&gt;alert(1)&lt;/script&gt;", `<!--`, `]]><x/>`, `<base href=//evil.example>`,
	"\u202etxt.exe", "a\u2028b\u2029c", "=cmd|'/c calc'!A1",
}

// forbiddenElements run something or ask for something; the page draws its time line as SVG.
var forbiddenElements = []string{"script", "iframe", "object", "embed", "img", "form", "base", "link", "video", "audio", "math", "input", "button", "frame"}

// harmlessPage fails for a page in which anything runs, asks or leads elsewhere.
func harmlessPage(t *testing.T, evil string, page []byte) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		n++
		if slices.Contains(forbiddenElements, node.Data) {
			t.Errorf("%q: the page has <%s>", evil, node.Data)
		}
		if node.Data == "meta" && slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == "http-equiv" && strings.EqualFold(a.Val, "refresh") }) {
			t.Errorf("%q: the page leads elsewhere", evil)
		}
		for _, a := range node.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") ||
				(a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(value, "#") {
				t.Errorf("%q: <%s %s=%.80q>", evil, node.Data, a.Key, a.Val)
			}
		}
	}
	if n < 10 {
		t.Errorf("%q: the page has %d elements", evil, n)
	}
}

// TestS3NamesOfCertificatesAndFiles: every name that a certificate, a list, a signature
// or a file carries is evil; the page that the service answers with runs nothing, and no
// other voice carries what steers a terminal.
func TestS3NamesOfCertificatesAndFiles(t *testing.T) {
	evils := evilNames
	if testing.Short() {
		evils = evils[:4]
	}
	for _, evil := range evils {
		w := eutest.New(t)
		provider := w.MemberState("EE").Provider(evil, evil)
		provider.TSA(evil)
		ca := provider.CA(evil, eutest.ServiceName(strings.NewReplacer("<", "&lt;", "&", "&amp;", ">", "&gt;").Replace(evil)))
		signer := ca.Signer(eutest.Natural("EE", evil, evil, evil), eutest.URLs("http://"+url.PathEscape(evil)+".example/", evil))
		at, _ := worldServed(t, w)
		for what, raw := range map[string][]byte{
			"a container": w.Container(eutest.Text(strings.NewReplacer("/", "_", `\`, "_").Replace(evil)+".txt", "x")).Sign(signer, eutest.SignOptions{Roles: []string{"x"}}).Bytes(),
			"a PDF":       w.SignPDF(signer, eutest.PDFOptions{Entries: "/Reason(" + strings.NewReplacer("(", "[", ")", "]", `\`, "/").Replace(evil) + ")/Location(x)"}),
		} {
			for _, format := range []string{"html", "text", "json", "etsi"} {
				answer, err := http.Post(at+"/v1/validations?format="+format+"&name="+url.QueryEscape(evil), "application/octet-stream", bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				page, _ := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					t.Errorf("%q, %s as %s: %d %.200s", evil, what, format, answer.StatusCode, page)
					continue
				}
				if csp := answer.Header.Get("Content-Security-Policy"); answer.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") {
					t.Errorf("%v", answer.Header)
				}
				if format == "html" {
					harmlessPage(t, evil, page)
				}
				if format == "html" || format == "text" {
					for _, r := range string(page) {
						if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)) {
							t.Errorf("%q, %s as %s carries %U", evil, what, format, r)
							break
						}
					}
				}
			}
		}
	}
}

// TestS3NothingIsInjected: whatever stands in names, ids, paths, queries and headers,
// each request leaves one line of the log, which is JSON and holds none of it, and no
// header of the answer holds it.
func TestS3NothingIsInjected(t *testing.T) {
	deps, _ := doorOf(t, nil)
	log := &lockedBuffer{}
	deps.Log = slog.New(slog.NewJSONHandler(log, nil))
	handler, err := api.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, handler)
	const mark = "38001085718" // a personal code, as it stands in names of files
	requests := 0
	send := func(method, path, media, body string, header http.Header) {
		t.Helper()
		requests++
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header
		r.Header.Set("Content-Type", media)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		for name, values := range answer.Header {
			for _, v := range values {
				if name == "X-Evil" || strings.Contains(v, mark) || strings.ContainsAny(v, "\r\n\x1b<>") {
					t.Errorf("%s: %s: %q", path, name, v)
				}
			}
		}
	}
	for _, evil := range []string{mark + "\r\nX-Evil: 1", mark + "\n{\"level\":\"ERROR\"}", mark + "\x1b[2J<script>", mark + "\u2028\u202e", mark + `","status":200,"x":"`} {
		q := url.QueryEscape(evil)
		send("POST", "/v1/validations?name="+q, "application/octet-stream", "x", http.Header{})
		send("POST", "/v1/validations?"+q+"=1", "application/octet-stream", "x", http.Header{})
		send("POST", "/v1/validations?policy="+q, "application/octet-stream", "x", http.Header{})
		send("POST", "/v1/validations?policy-set="+q, "application/octet-stream", "x", http.Header{})
		send("POST", "/v1/validations?format="+q, "application/octet-stream", "x", http.Header{})
		send("GET", "/v1/bundles/"+url.PathEscape(evil), "text/plain", "", http.Header{})
		send("GET", "/"+url.PathEscape(evil), "text/plain", "", http.Header{})
		send("GET", "/problems/"+url.PathEscape(evil), "text/plain", "", http.Header{})
		send("POST", "/v1/validations", "multipart/form-data; boundary=b",
			"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''"+url.PathEscape(evil)+"\r\n\r\nx\r\n--b--\r\n", http.Header{})
		send("POST", "/v1/validations", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name*=UTF-8''"+url.PathEscape(evil)+"\r\n\r\nx\r\n--b--\r\n", http.Header{})
		line := strings.Map(func(r rune) rune {
			if r < ' ' {
				return -1 // net/http sends no others
			}
			return r
		}, evil)
		send("GET", "/healthz", "text/plain", "", http.Header{"User-Agent": {line}, "X-Request-Id": {line}, "Referer": {line}, "X-Forwarded-For": {line}, "Authorization": {"Bearer " + line}, "Accept": {line}})
	}
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if len(lines) != requests {
		t.Errorf("%d requests left %d lines", requests, len(lines))
	}
	for _, l := range lines {
		if !json.Valid([]byte(l)) || strings.Contains(l, mark) || strings.Contains(l, "script") {
			t.Errorf("the log has %s", l)
		}
	}
}
