package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a resolver and a dialer over names and addresses that we make up: a
// public address leads to a server on loopback, and each dial is written down.
type world struct {
	mu      sync.Mutex
	names   map[string][][]string // name -> answers, one after the other; the last stays
	servers map[string]string     // dialled address -> address of a server on loopback
	dialled []string
	lookups int
}

func (w *world) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lookups++
	answers := w.names[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	answer := answers[0]
	if len(answers) > 1 {
		w.names[host] = answers[1:]
	}
	var out []netip.Addr
	for _, a := range answer {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func (w *world) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	server := w.servers[address]
	w.mu.Unlock()
	if server == "" {
		return nil, errors.New("connection refused by " + address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, server)
}

// serve starts a server that answers as handler does.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// client returns a Client in w with o, closed with the test.
func client(t *testing.T, w *world, o Options) *Client {
	t.Helper()
	o.Resolver, o.Dialer = w, w
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

// public is a world with one public name that leads to handler.
func publicWorld(t *testing.T, handler http.HandlerFunc) *world {
	s := serve(t, handler)
	return &world{
		names:   map[string][][]string{"ocsp.example.com": {{"93.184.216.34"}}},
		servers: map[string]string{"93.184.216.34:80": s.Listener.Addr().String()},
	}
}

func TestOCSPIsPosted(t *testing.T) {
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || string(body) != "request" || r.Header.Get("Content-Type") != TypeOCSPRequest ||
			r.Header.Get("Accept") != TypeOCSPResponse || r.Header.Get("User-Agent") != "vidimus" {
			t.Errorf("asked with %s %q %v", r.Method, body, r.Header)
		}
		rw.Header().Set("Content-Type", TypeOCSPResponse)
		_, _ = rw.Write([]byte("answer"))
	})
	got, err := client(t, w, Options{}).OCSP(t.Context(), "http://ocsp.example.com/x", []byte("request"))
	if err != nil || string(got) != "answer" {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := client(t, w, Options{}).OCSP(t.Context(), "http://ocsp.example.com/x", nil); err == nil {
		t.Error("an empty request was posted")
	}
}

func TestGetters(t *testing.T) {
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("asked with %s", r.Method)
		}
		_, _ = rw.Write([]byte(r.URL.Path + " " + r.Header.Get("Accept")))
	})
	c := client(t, w, Options{})
	crl, err := c.CRL(t.Context(), "http://ocsp.example.com/a.crl")
	if err != nil || !strings.HasPrefix(string(crl), "/a.crl "+TypeCRL) {
		t.Errorf("CRL: %q, %v", crl, err)
	}
	issuer, err := c.Issuers(t.Context(), " http://ocsp.example.com/ca.cer\n")
	if err != nil || !strings.HasPrefix(string(issuer), "/ca.cer "+TypeCertificate) {
		t.Errorf("issuer: %q, %v", issuer, err)
	}
	plain, err := c.Get(t.Context(), "http://ocsp.example.com/list.xml", 0)
	if err != nil || string(plain) != "/list.xml " {
		t.Errorf("get: %q, %v", plain, err)
	}
}

func TestConditionalGet(t *testing.T) {
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"7"`)
		if r.Header.Get("If-None-Match") == `"7"` {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = rw.Write([]byte("list"))
	})
	c := client(t, w, Options{})
	first, err := c.Do(t.Context(), Request{URL: "http://ocsp.example.com/"})
	if err != nil || first.ETag != `"7"` || first.NotModified {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := c.Do(t.Context(), Request{URL: "http://ocsp.example.com/", IfNoneMatch: first.ETag})
	if err != nil || !second.NotModified || len(second.Body) != 0 {
		t.Fatalf("%+v, %v", second, err)
	}
}

func TestS1HostileURLsAreRefusedBeforeTheNetwork(t *testing.T) {
	w := &world{}
	c := client(t, w, Options{})
	for _, raw := range []string{
		"", "ocsp.example.com", "file:///etc/passwd", "ldap://ldap.example.com/cn=CA", "ftp://example.com/ca.crl", "gopher://example.com:70/x",
		"data:text/plain,x", "http:", "http:///x", "http://", "http:opaque", "http://user:secret@example.com/", "http://example.com:22/",
		"http://example.com:8080/", "http://example.com:080/", "https://example.com:80443/", "http://[::1]/", "http://127.0.0.1/", "http://127.0.0.1:443/",
		"http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25eth0]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/",
		"http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://0.0.0.0/", "http://[::]/",
		"http://100.64.0.1/", "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://255.255.255.255/", "http://224.0.0.1/",
		"http://exa mple.com/", "http://example.com\\@127.0.0.1/", "http://[::1", "http://example.com/\x00", "http://" + strings.Repeat("a", 3000) + "/",
	} {
		_, err := c.Get(t.Context(), raw, 0)
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%q: got %v, want it refused", raw, err)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || len(err.Error()) > 300) {
			t.Errorf("%q: the error says too much: %v", raw, err)
		}
	}
	if w.lookups != 0 || len(w.dialled) != 0 {
		t.Errorf("the network was touched: %d look-ups, dialled %v", w.lookups, w.dialled)
	}
}

func TestS1NamesThatLeadInsideAreNotDialled(t *testing.T) {
	for _, inside := range []string{
		"127.0.0.1", "127.8.9.10", "::1", "10.0.0.5", "172.31.255.254", "192.168.0.10", "169.254.169.254", "fe80::1", "fd12:3456::1", "fc00::1",
		"100.100.100.100", "0.0.0.0", "::", "::ffff:192.168.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:1::1", "2001:db8::1",
		"192.0.2.7", "198.18.0.1", "198.51.100.2", "203.0.113.9", "240.0.0.1", "255.255.255.255", "224.0.0.251", "ff02::1", "fec0::1", "::127.0.0.1", "192.88.99.1",
	} {
		w := &world{names: map[string][][]string{"inside.example.com": {{inside}}}}
		_, err := client(t, w, Options{}).Get(t.Context(), "http://inside.example.com/", 0)
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v, want it not available", inside, err)
		}
		if len(w.dialled) != 0 {
			t.Errorf("%s was dialled: %v", inside, w.dialled)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, a := range []string{"93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1", "2606:2800::1", "::ffff:93.184.216.34"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
	if public(netip.Addr{}) || public(netip.MustParseAddr("2a00::1%eth0")) {
		t.Error("no address, and an address with a zone, are not public")
	}
}

// TestS1RebindingDialsOnlyWhatWasChecked: the name leads outside when first
// asked, inside from then on; one look-up is made and its answer dialled.
func TestS1RebindingDialsOnlyWhatWasChecked(t *testing.T) {
	s := serve(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("ok")) })
	w := &world{
		names:   map[string][][]string{"rebind.example.com": {{"10.0.0.1", "93.184.216.34"}, {"127.0.0.1"}}},
		servers: map[string]string{"93.184.216.34:80": s.Listener.Addr().String()},
	}
	c := client(t, w, Options{})
	if got, err := c.Get(t.Context(), "http://rebind.example.com/", 0); err != nil || string(got) != "ok" {
		t.Fatalf("got %q, %v", got, err)
	}
	if w.lookups != 1 || len(w.dialled) != 1 || w.dialled[0] != "93.184.216.34:80" {
		t.Errorf("%d look-ups, dialled %v", w.lookups, w.dialled)
	}
	c.Close() // so that a new connection is needed
	if _, err := c.Get(t.Context(), "http://rebind.example.com/", 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after rebinding: %v", err)
	}
	if len(w.dialled) != 1 {
		t.Errorf("the inside was dialled: %v", w.dialled)
	}
}

func TestS1Redirects(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(rw, r, "http://ocsp.example.com/final", http.StatusFound)
			return
		}
		_, _ = rw.Write([]byte("secure"))
	}))
	t.Cleanup(secure.Close)
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" {
			t.Errorf("the earlier URL was told: %s", r.Header.Get("Referer"))
		}
		switch r.URL.Path {
		case "/final":
			body, _ := io.ReadAll(r.Body)
			_, _ = rw.Write(append([]byte("final "), body...))
		case "/to":
			status, _ := strconv.Atoi(r.URL.Query().Get("status"))
			http.Redirect(rw, r, r.URL.Query().Get("url"), status)
		case "/hops":
			n, _ := strconv.Atoi(r.URL.Query().Get("n"))
			if n == 0 {
				http.Redirect(rw, r, "/final", http.StatusFound)
				return
			}
			http.Redirect(rw, r, "/hops?n="+strconv.Itoa(n-1), http.StatusFound)
		}
	})
	w.names["inside.example.com"] = [][]string{{"192.168.0.1"}}
	w.servers["93.184.216.34:443"] = secure.Listener.Addr().String()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	c := client(t, w, Options{TLS: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}})

	to := func(status int, where string) string {
		return "http://ocsp.example.com/to?status=" + strconv.Itoa(status) + "&url=" + url.QueryEscape(where)
	}
	tests := []struct {
		name, url string
		post      bool
		want      string // "" = not available
	}{
		{"followed", to(302, "/final"), false, "final "},
		{"three hops", "http://ocsp.example.com/hops?n=2", false, "final "},
		{"four hops", "http://ocsp.example.com/hops?n=3", false, ""},
		{"for ever", "http://ocsp.example.com/hops?n=1000000", false, ""},
		{"up to https", to(301, "https://ocsp.example.com/x"), false, "secure"},
		{"down from https", "https://ocsp.example.com/down", false, ""},
		{"to the metadata service", to(302, "http://169.254.169.254/"), false, ""},
		{"to a name inside", to(302, "http://inside.example.com/"), false, ""},
		{"to a file", to(302, "file:///etc/passwd"), false, ""},
		{"to another port", to(302, "http://ocsp.example.com:22/"), false, ""},
		{"post kept", to(307, "/final"), true, "final request"},
		{"post kept for good", to(308, "/final"), true, "final request"},
		{"post turned into get", to(302, "/final"), true, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []byte
			var err error
			if test.post {
				got, err = c.OCSP(t.Context(), test.url, []byte("request"))
			} else {
				got, err = c.Get(t.Context(), test.url, 0)
			}
			if test.want == "" {
				if !errors.Is(err, ErrUnavailable) {
					t.Fatalf("got %q, %v", got, err)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Fatalf("got %q, %v", got, err)
			}
		})
	}
	for _, d := range w.dialled {
		if !strings.HasPrefix(d, "93.184.216.34:") {
			t.Errorf("dialled %s", d)
		}
	}
	if _, err := client(t, w, Options{MaxRedirects: -1}).Get(t.Context(), to(302, "/final"), 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a redirect was followed where none is allowed: %v", err)
	}
}

func TestSizeIsBounded(t *testing.T) {
	for _, declared := range []bool{true, false} {
		var sent atomic.Int64
		w := publicWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			if declared {
				rw.Header().Set("Content-Length", "10000000")
			}
			block := make([]byte, 10_000)
			for range 1000 {
				n, err := rw.Write(block)
				if sent.Add(int64(n)); err != nil {
					return
				}
				_ = http.NewResponseController(rw).Flush()
			}
		})
		c := client(t, w, Options{})
		if _, err := c.Get(t.Context(), "http://ocsp.example.com/", 1000); !errors.Is(err, ErrTooLarge) {
			t.Errorf("declared %v: %v", declared, err)
		}
		c.Close()
	}
	w := publicWorld(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(make([]byte, 1000)) })
	if got, err := client(t, w, Options{}).Get(t.Context(), "http://ocsp.example.com/", 1000); err != nil || len(got) != 1000 {
		t.Errorf("exactly the bound: %d octets, %v", len(got), err)
	}
	if _, err := client(t, w, Options{}).OCSP(t.Context(), "http://ocsp.example.com/", make([]byte, 100_000)); !errors.Is(err, ErrRefused) {
		t.Errorf("a request of 100 000 octets: %v", err)
	}
}

func TestTimeIsBounded(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler func(http.ResponseWriter, *http.Request)
	}{
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"drip", func(rw http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := rw.Write([]byte("x")); err != nil {
					return
				}
				_ = http.NewResponseController(rw).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, publicWorld(t, test.handler), Options{Timeout: 100 * time.Millisecond})
			begun := time.Now()
			if _, err := c.Get(t.Context(), "http://ocsp.example.com/", 0); !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	var now, most atomic.Int32
	w := publicWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		_, _ = rw.Write([]byte("ok"))
	})
	c := client(t, w, Options{Concurrent: 2})
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if _, err := c.Get(t.Context(), "http://ocsp.example.com/", 0); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 2 {
		t.Errorf("%d fetches at once, at most 2 are allowed", most.Load())
	}
}

// TestS1ErrorsAreNoOracle: what the network did cannot be read from the error.
func TestS1ErrorsAreNoOracle(t *testing.T) {
	w := publicWorld(t, func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "secret words", http.StatusForbidden) })
	w.names["inside.example.com"] = [][]string{{"10.0.0.1"}}
	w.names["closed.example.com"] = [][]string{{"93.184.216.35"}}
	c := client(t, w, Options{})
	for _, host := range []string{"ocsp", "inside", "closed", "nowhere"} {
		_, err := c.Get(t.Context(), "http://"+host+".example.com/path?query", 0)
		want := `fetching "http://` + host + `.example.com": not available`
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		var e *Error
		if !errors.As(err, &e) || e.Cause() == nil {
			t.Errorf("%s: the operator learns no cause", host)
		}
		if errors.Unwrap(err) != nil {
			t.Errorf("%s: the cause stands in the chain", host)
		}
	}
}

func TestAllowedPrivateAddressesAndPorts(t *testing.T) {
	s := serve(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("inside")) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	c := New(Options{UnsafeAllowPrivate: true, Ports: []uint16{uint16(number)}})
	t.Cleanup(c.Close)
	if got, err := c.Get(t.Context(), s.URL, 0); err != nil || string(got) != "inside" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := c.Get(t.Context(), "http://127.0.0.1/", 0); !errors.Is(err, ErrRefused) {
		t.Errorf("port 80 is not in the list: %v", err)
	}
}

func TestAddressesOfOneNameAreBounded(t *testing.T) {
	w := &world{names: map[string][][]string{"many.example.com": {{}}}}
	for i := range 50 {
		w.names["many.example.com"][0] = append(w.names["many.example.com"][0], "93.184.216."+strconv.Itoa(i+1))
	}
	if _, err := client(t, w, Options{}).Get(t.Context(), "http://many.example.com/", 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if len(w.dialled) != maxAddresses {
		t.Errorf("dialled %d addresses, at most %d are tried", len(w.dialled), maxAddresses)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	c := client(t, &world{}, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, "http://ocsp.example.com/", 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"http://ocsp.example.com/", "https://[2a00::1]:443/x", "http://127.0.0.1/", "http://a@b/", "file:///x", "http://[fe80::1%25a]/", "http://%31%32%37.0.0.1/"} {
		f.Add(s)
	}
	c := New(Options{})
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := c.checkURL(raw)
		if err != nil {
			return
		}
		if a, err := netip.ParseAddr(target.Hostname()); err == nil && !public(a) {
			t.Errorf("%q would be dialled at %s", raw, a)
		}
		if p := portOf(target); p != "80" && p != "443" {
			t.Errorf("%q would be dialled at port %s", raw, p)
		}
	})
}
