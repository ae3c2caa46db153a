package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/fetch"
)

// inside is a network in which every address that is dialled leads to one server, the
// canary, and every dial is written down. Names resolve as a hostile DNS has it.
type inside struct {
	mu      sync.Mutex
	canary  *httptest.Server
	dialled []string
	asked   map[string]int
}

func newInside(t *testing.T) *inside {
	n := &inside{asked: map[string]int{}}
	n.canary = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "redirect.example" {
			w.Header().Set("Location", "http://169.254.169.254/latest/meta-data/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(n.canary.Close)
	return n
}

// LookupNetIP answers as whoever owns the names likes: first with a public address,
// then with ours, or with ours at once. Names that are numbers resolve as the C library
// of many systems reads them.
func (n *inside) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[host]++
	public := netip.MustParseAddr("93.184.216.34")
	switch {
	case host == "public.example", host == "redirect.example", host == "rebinding.example" && n.asked[host] == 1:
		return []netip.Addr{public}, nil
	case strings.HasPrefix(host, "v6"):
		return []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("fc00::1"), netip.MustParseAddr("::ffff:10.0.0.1"), netip.MustParseAddr("64:ff9b::7f00:1")}, nil
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1")}, nil
}

func (n *inside) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	n.mu.Unlock()
	return (&net.Dialer{}).DialContext(ctx, network, n.canary.Listener.Addr().String())
}

// dials are those since the last call.
func (n *inside) dials() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.dialled
	n.dialled = nil
	return out
}

// worldServed is a service over the lists of a world, at its time, and what judges in it.
func worldServed(t *testing.T, w *eutest.World) (url string, house *service) {
	t.Helper()
	w.LOTL().NoPivots()
	dir := t.TempDir()
	var anchors []byte
	for _, a := range w.Anchors() {
		anchors = append(anchors, a.Certificate.PEM()...)
	}
	if err := os.WriteFile(filepath.Join(dir, "anchors.pem"), anchors, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "lists"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range w.Lists() {
		if err := os.WriteFile(filepath.Join(dir, "lists", f.Name), f.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	deps, handler := doorOf(t, func(c *ServeCmd) {
		c.Lists, c.LotlAnchors, c.UnsafeNow = filepath.Join(dir, "lists"), filepath.Join(dir, "anchors.pem"), w.Now().Format(time.RFC3339)
	})
	return newServer(t, handler).URL, deps.Validator.(*service)
}

// insideURLs lead inside, each in its way.
var insideURLs = []string{
	"http://127.0.0.1/x", "http://127.0.0.1:8080/x", "https://127.0.0.1/x", "http://localhost/x", "http://0.0.0.0/x", "http://0/x",
	"http://[::1]/x", "http://[fc00::1]/x", "http://[fe80::1%25eth0]/x", "http://[::]/x", "http://[::ffff:127.0.0.1]/x", "http://[64:ff9b::7f00:1]/x",
	"http://[2002:7f00:1::]/x", "http://169.254.169.254/latest/meta-data/", "http://10.1.2.3/x", "http://172.16.0.1/x", "http://192.168.1.1/x", "http://100.64.0.1/x",
	"http://2130706433/x", "http://017700000001/x", "http://0x7f000001/x", "http://0177.0.0.1/x", "http://0x7f.1/x", "http://127.1/x", "http://127.0.0.1./x",
	"http://intern.example/x", "http://v6.example/x", "http://user:password@127.0.0.1/x", "http://public.example@127.0.0.1/x", "http://public.example:80@127.0.0.1/x",
	"http://127.0.0.1#@public.example/", `http://127.0.0.1\@public.example/`, "http://public.example:22/x", "http://public.example:6379/x",
	"file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ldap://127.0.0.1/cn=x", "ftp://127.0.0.1/x", "//127.0.0.1/x", "http:127.0.0.1", "http:///x", "jar:http://127.0.0.1!/x",
	"http://public.example/" + strings.Repeat("x", 5000),
}

// TestS1CertificatesLeadNowhereInside: whatever the URLs of a signer's certificate are,
// the service dials no address inside, answers as ever, and the report says that
// nothing came of them. A public address is dialled: the test could fail.
func TestS1CertificatesLeadNowhereInside(t *testing.T) {
	w, n := eutest.New(t), newInside(t)
	sk := w.MemberState("EE").Provider("SK", "VATEE-100687640")
	sk.TSA("TSA")
	ca := sk.CA("CA", eutest.EC(256), eutest.SmartIDQualifiers())
	url, house := worldServed(t, w)
	network := fetch.Options{Resolver: n, Dialer: n}
	judge := func(at, leads string) string {
		t.Helper()
		options := map[string]eutest.Option{"OCSP": eutest.URLs(leads, ""), "CRL": eutest.URLs("", leads), "issuer": eutest.Several(eutest.URLs("", ""), eutest.IssuerURL(leads))}
		signer := ca.Signer(options[at])
		raw := w.Sign(signer, []eutest.File{eutest.Text("a.txt", leads)}, eutest.SignOptions{Level: eutest.T})
		source := fetch.New(network)
		defer source.Close()
		house.source = source
		code, body := exchange(t, http.MethodPost, url+"/v1/validations", raw)
		if code != http.StatusOK {
			t.Errorf("%s %.60s: %d %.300s", at, leads, code, body)
		}
		return string(body)
	}
	for _, at := range []string{"OCSP", "CRL", "issuer"} {
		for _, url := range insideURLs {
			report := judge(at, url)
			if d := n.dials(); len(d) > 0 {
				t.Errorf("%s %.60s: %v was dialled", at, url, d)
			}
			if strings.Contains(report, `"TOTAL-PASSED"`) {
				t.Errorf("%s %.60s: passed without any revocation data", at, url)
			}
			if at != "issuer" && !strings.Contains(report, "gave no") && !strings.Contains(report, "Nothing was asked about") {
				t.Errorf("%s %.60s: the report does not say why nothing was fetched: %s", at, url, report)
			}
		}
	}
	for _, url := range []string{"http://public.example/x", "http://rebinding.example/x", "http://redirect.example/x"} {
		judge("OCSP", url)
		if d := n.dials(); len(d) == 0 || strings.Trim(strings.ReplaceAll(strings.Join(d, ""), "93.184.216.34:80", ""), " ") != "" {
			t.Errorf("%s: dialled %v", url, d)
		}
	}
}

// TestS1PointersLeadNowhereInside: a genuine list of lists that points at addresses
// inside is not followed there, and is told.
func TestS1PointersLeadNowhereInside(t *testing.T) {
	for _, url := range []string{"http://169.254.169.254/EE.xml", "http://[::1]/EE.xml", "file:///etc/passwd", "http://127.0.0.1:8080/EE.xml"} {
		u := newUnion(t, "EE", "LV")
		u.world.MemberState("EE").Location = url
		u.publish()
		var mu sync.Mutex
		var hit []string
		before := u.server.Config.Handler
		u.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			hit = append(hit, r.Host+r.URL.Path)
			mu.Unlock()
			before.ServeHTTP(w, r)
		})
		s := refreshing(t, u, t.TempDir(), nil)
		code, body := s.ready()
		if !strings.Contains(body, `"territory":"LV"`) {
			t.Errorf("%s: the other list is not there: %d %s", url, code, body)
		}
		mu.Lock()
		for _, h := range hit {
			if strings.Contains(h, "EE.xml") {
				t.Errorf("%s: %s was asked", url, h)
			}
		}
		mu.Unlock()
		if !strings.Contains(body, "EE") {
			t.Errorf("%s: readiness does not tell that the list of EE is missing: %s", url, body)
		}
	}
}

// TestS1NothingElseIsFetched: what is named inside of a file and is no certificate's
// address (DTDs, jku, x5u, policies' documents, references) is never asked for.
func TestS1NothingElseIsFetched(t *testing.T) {
	n := newInside(t)
	deps, handler := doorOf(t, nil)
	source := fetch.New(fetch.Options{Resolver: n, Dialer: n})
	defer source.Close()
	deps.Validator.(*service).source = source
	server := newServer(t, handler)
	const at = "http://public.example/"
	for name, raw := range map[string]string{
		"DTD":       `<?xml version="1.0"?><!DOCTYPE x SYSTEM "` + at + `"><x/>`,
		"entity":    `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "` + at + `">]><x>&e;</x>`,
		"reference": `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:Reference URI="` + at + `"/></ds:SignedInfo></ds:Signature>`,
		"retrieval": `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/><ds:KeyInfo><ds:RetrievalMethod URI="` + at + `"/></ds:KeyInfo></ds:Signature>`,
		"jku":       `{"payload":"YQ","protected":"eyJhbGciOiJFUzI1NiIsImprdSI6Imh0dHA6Ly9wdWJsaWMuZXhhbXBsZS8iLCJ4NXUiOiJodHRwOi8vcHVibGljLmV4YW1wbGUvIn0","signature":"YQ"}`,
		"PDF":       "%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(" + at + ")>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
	} {
		answer, err := http.Post(server.URL+"/v1/validations", "application/octet-stream", strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode >= 500 {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
		if strings.Contains(string(body), `"TOTAL-PASSED"`) {
			t.Errorf("%s: passed", name)
		}
		if d := n.dials(); len(d) > 0 {
			t.Errorf("%s: %v was dialled", name, d)
		}
	}
}
