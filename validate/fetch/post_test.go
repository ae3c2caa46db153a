package fetch

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A POST gives the status as it is, follows no redirect, and reaches no private address.
func TestPost(t *testing.T) {
	var bodies []string
	w := publicWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("X-Mine")+" "+string(body))
		switch r.URL.Path {
		case "/moved":
			http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
		case "/busy":
			rw.Header().Set("Retry-After", "7")
			rw.WriteHeader(http.StatusServiceUnavailable)
		case "/huge":
			block := make([]byte, 1<<16)
			for range 1 << 12 {
				if _, err := rw.Write(block); err != nil {
					return
				}
			}
		}
	})
	c := client(t, w, Options{})
	post := func(url, body string) (int, string, error) {
		return c.Post(t.Context(), url, "application/json", map[string]string{"X-Mine": "yes"}, []byte(body))
	}
	for path, want := range map[string]int{"/ok": 200, "/moved": 307, "/busy": 503, "/huge": 200} {
		code, retry, err := post("http://ocsp.example.com"+path, "{}")
		if err != nil || code != want || (retry == "7") != (path == "/busy") {
			t.Errorf("%s: %d %q %v", path, code, retry, err)
		}
	}
	if len(bodies) != 4 {
		t.Errorf("%d requests: %q", len(bodies), bodies)
	}
	for _, b := range bodies {
		if !strings.HasPrefix(b, "POST ") || !strings.HasSuffix(b, " application/json yes {}") {
			t.Errorf("%q", b)
		}
	}
	for _, url := range []string{"http://127.0.0.1/", "http://169.254.169.254/latest", "ftp://ocsp.example.com/", "http://ocsp.example.com:22/", "http://u:p@ocsp.example.com/"} {
		if _, _, err := post(url, "{}"); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, _, err := post("http://ocsp.example.com/", strings.Repeat("x", maxPost+1)); !errors.Is(err, ErrRefused) {
		t.Errorf("a huge body: %v", err)
	}
	if code, _, err := c.Post(t.Context(), "http://ocsp.example.com/empty", "", nil, nil); err != nil || code != 200 || !strings.HasPrefix(bodies[4], "POST /empty") {
		t.Errorf("an empty body: %d %v %q", code, err, bodies)
	}
}
