package fetch

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A list is fetched again only when it changed, by what its server said of it.
func TestIfChanged(t *testing.T) {
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Last-Modified", "Mon, 06 Nov 2023 10:00:00 GMT")
		if r.URL.Path == "/tagged" {
			rw.Header().Set("ETag", `"7"`)
		}
		if r.Header.Get("If-None-Match") == `"7"` || r.Header.Get("If-Modified-Since") == "Mon, 06 Nov 2023 10:00:00 GMT" {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = rw.Write([]byte("list"))
	})
	c := client(t, w, Options{})
	for _, path := range []string{"/tagged", "/dated"} {
		url := "http://ocsp.example.com" + path
		body, etag, modified, err := c.IfChanged(t.Context(), url, "", "", 0)
		if err != nil || string(body) != "list" || modified == "" || (etag != "") != (path == "/tagged") {
			t.Fatalf("%s: got %q %q %q, %v", path, body, etag, modified, err)
		}
		if etag != "" {
			modified = ""
		}
		if body, _, _, err = c.IfChanged(t.Context(), url, etag, modified, 0); err != nil || body != nil {
			t.Errorf("%s, asked again: got %q, %v", path, body, err)
		}
	}
}

// What the operator names may be at a private address and an unusual port; what
// others name may not, and that nothing else becomes allowed by it.
func TestTrustedHosts(t *testing.T) {
	s := serve(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("list")) })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{names: map[string][][]string{"mirror.example": {{"10.0.0.1"}}, "other.example": {{"10.0.0.1"}}},
		servers: map[string]string{"10.0.0.1:" + port: s.Listener.Addr().String(), "10.0.0.1:80": s.Listener.Addr().String()}}
	c := client(t, w, Options{Trusted: []string{"Mirror.example:" + port}})
	if body, err := c.Get(t.Context(), "http://mirror.example:"+port+"/x", 0); err != nil || string(body) != "list" {
		t.Errorf("the operator's mirror: %q, %v", body, err)
	}
	for _, url := range []string{"http://mirror.example/x", "http://other.example:" + port + "/x", "http://other.example/x", "http://10.0.0.1:" + port + "/x"} {
		if _, err := c.Get(t.Context(), url, 0); err == nil {
			t.Errorf("%s is fetched", url)
		}
	}
	c = client(t, w, Options{Trusted: []string{"mirror.example"}})
	if _, err := c.Get(t.Context(), "http://mirror.example/x", 0); err != nil {
		t.Errorf("a mirror named without a port: %v", err)
	}
}

func TestTemporary(t *testing.T) {
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(map[string]int{"/gone": 404, "/busy": 503, "/slow": 429}[r.URL.Path])
	})
	c := client(t, w, Options{})
	for url, want := range map[string]bool{
		"http://ocsp.example.com/gone": false, "http://ocsp.example.com/busy": true, "http://ocsp.example.com/slow": true,
		"http://nowhere.example.com/": true, "ftp://ocsp.example.com/": false,
	} {
		_, err := c.Get(t.Context(), url, 0)
		var e *Error
		if !errors.As(err, &e) || e.Temporary() != want {
			t.Errorf("%s: %v, temporary: want %t", url, err, want)
		}
	}
}

// PerHost bounds the connections to one host; another host is not kept waiting.
func TestPerHost(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	gate := make(chan struct{})
	slow := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		<-gate
		mu.Lock()
		now--
		mu.Unlock()
		_, _ = rw.Write([]byte("late"))
	})
	quick := serve(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("soon")) })
	w := &world{names: map[string][][]string{"slow.example": {{"93.184.216.34"}}, "quick.example": {{"93.184.216.35"}}},
		servers: map[string]string{"93.184.216.34:80": slow.Listener.Addr().String(), "93.184.216.35:80": quick.Listener.Addr().String()}}
	c := client(t, w, Options{PerHost: 2})
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if _, err := c.Get(t.Context(), "http://slow.example/", 0); err != nil {
				t.Error(err)
			}
		})
	}
	if body, err := c.Get(t.Context(), "http://quick.example/", 0); err != nil || string(body) != "soon" {
		t.Errorf("%q, %v", body, err)
	}
	close(gate)
	wait.Wait()
	if most > 2 {
		t.Errorf("%d connections at once to one host, want 2 at most", most)
	}
}
