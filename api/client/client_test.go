package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/api/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// asked is a service that answers by a script, one step a request.
func asked(t *testing.T, credential string, steps ...http.HandlerFunc) (*client.Client, *atomic.Int32, *[]time.Duration) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		if i >= len(steps) {
			t.Errorf("request %d was not expected", i+1)
			return
		}
		steps[i](w, r)
	}))
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Close() })
	var waits []time.Duration
	c, err := client.New(client.Options{URL: s.URL + "/", Credential: credential, HTTP: &http.Client{Transport: transport},
		Wait: func(ctx context.Context, d time.Duration) error { waits = append(waits, d); return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return c, &n, &waits
}

func says(status int, code, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("X-Request-Id", "4bf92f3577b34da6a3ce929d0e0e4736")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%q,"detail":"D.","hint":"H.","status":%d}`, code, status)
	}
}

func fine(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, body)
	}
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestRetriesOnlyWhatIsSafe(t *testing.T) {
	file := client.Request{File: client.Bytes("a", []byte("x"))}
	stream := client.Request{File: client.Stream("a", strings.NewReader("x"))}
	validate := func(r client.Request) func(*client.Client) error {
		return func(c *client.Client) error { _, err := c.Validate(t.Context(), r); return err }
	}
	put := func(c *client.Client) error { _, _, err := c.Put(t.Context(), file); return err }
	trust := func(c *client.Client) error { _, err := c.Trust(t.Context()); return err }
	for _, one := range []struct {
		name  string
		do    func(*client.Client) error
		steps []http.HandlerFunc
		ok    bool
		waits string
	}{
		{"busy, then not", validate(file), []http.HandlerFunc{says(503, "busy", "2"), says(429, "rate-limited", "1"), fine("{}")}, true, "[2s 1s]"},
		{"a stream is sent once", validate(stream), []http.HandlerFunc{says(503, "busy", "2")}, false, "[]"},
		{"judging cut off", validate(file), []http.HandlerFunc{cut}, false, "[]"},
		{"archiving cut off", put, []http.HandlerFunc{cut}, false, "[]"},
		{"archiving, bad gateway", put, []http.HandlerFunc{says(502, "", "")}, false, "[]"},
		{"archiving, busy", put, []http.HandlerFunc{says(503, "busy", "1"), fine(`{"id":"x"}`)}, true, "[1s]"},
		{"not ready, without a time", validate(file), []http.HandlerFunc{says(503, "not-ready", "")}, false, "[]"},
		{"reading, bad gateway", trust, []http.HandlerFunc{says(502, "", ""), says(504, "", ""), fine("{}")}, true, "[1s 2s]"},
		{"reading, cut off", trust, []http.HandlerFunc{cut, fine("{}")}, true, ""},
		{"reading, refused", trust, []http.HandlerFunc{says(401, "unauthorized", "")}, false, "[]"},
		{"reading, tries end", trust, []http.HandlerFunc{says(503, "busy", "1"), says(503, "busy", "1"), says(503, "busy", "1"), says(503, "busy", "1")}, false, "[1s 1s 1s]"},
		{"too long a wait", trust, []http.HandlerFunc{says(429, "quota-exhausted", "43200")}, false, "[]"},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, n, waits := asked(t, "", one.steps...)
			err := one.do(c)
			if (err == nil) != one.ok || one.waits != "" && (int(n.Load()) != len(one.steps) || fmt.Sprint(*waits) != one.waits) {
				t.Errorf("%d requests, %v, %v", n.Load(), *waits, err)
			}
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	c, _, _ := asked(t, "secret", func(w http.ResponseWriter, r *http.Request) {
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		var got []string
		for {
			p, err := form.NextPart()
			if err != nil {
				break
			}
			data, _ := io.ReadAll(p)
			got = append(got, p.FormName()+" "+p.FileName()+" "+string(data))
		}
		if want := "[file a%22%0D%0A.xml x detached b.txt bb digest c.txt sha-256:0102]"; fmt.Sprint(got) != want {
			t.Errorf("got %q", got)
		}
		if r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != "/v1/validations" || r.URL.RawQuery != "at=2025-06-01T12%3A00%3A00Z&format=json&policy=strict&policy-set=A%2FB%3DWARN" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		_, _ = io.WriteString(w, `{"file":"a","signatures":[{"indication":"TOTAL-PASSED","bestSignatureTime":"2025-06-01T12:00:00Z"}]}`)
	})
	r, err := c.Validate(t.Context(), client.Request{
		File: client.Bytes("a\"\r\n.xml", []byte("x")), Detached: []client.File{client.Bytes("b.txt", []byte("bb"))},
		Digests: []client.Digest{{Name: "c.txt", Algorithm: "SHA-256", Sum: []byte{1, 2}}},
		Policy:  "strict", PolicySet: map[string]string{"A/B": "WARN"}, At: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC),
	})
	if err != nil || r.Signatures[0].Indication != "TOTAL-PASSED" || r.Signatures[0].BestSignatureTime.Year() != 2025 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestProblems(t *testing.T) {
	c, _, _ := asked(t, "", says(422, "unsupported-format", ""), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<html>a proxy's page")
	}, func(w http.ResponseWriter, _ *http.Request) {
		http.Redirect(w, &http.Request{}, "http://evil.example/", http.StatusSeeOther)
	})
	var p *client.Problem
	_, err := c.Validate(t.Context(), client.Request{File: client.Bytes("a", []byte("x"))})
	if !errors.As(err, &p) || p.Code != "unsupported-format" || p.Status != 422 || p.RequestID == "" || !strings.Contains(err.Error(), "D. (H.)") {
		t.Errorf("%+v %v", p, err)
	}
	if _, err = c.Trust(t.Context()); !errors.As(err, &p) || p.Status != 403 || p.Code != "" || strings.Contains(err.Error(), "html") {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := client.New(client.Options{URL: "ftp://x"}); err == nil {
		t.Error("a client of a URL that is none")
	}
	if _, _, err := c.Put(t.Context(), client.Request{File: client.Bytes("a", nil), Digests: []client.Digest{{}}}); err == nil {
		t.Error("digests in a bundle")
	}
	if _, err := c.Validate(t.Context(), client.Request{}); err == nil {
		t.Error("nothing was sent")
	}
}

func TestUploadsEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, _, _ := asked(t, "", func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		_, _ = io.Copy(io.Discard, r.Body)
	}, fine("{}"))
	if _, err := c.Validate(ctx, client.Request{File: client.Path("client_test.go"), Detached: []client.File{client.Stream("endless", zeros{})}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := c.Validate(t.Context(), client.Request{File: client.Path("none")}); err == nil || !strings.Contains(err.Error(), `opening "none"`) {
		t.Errorf("%v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
