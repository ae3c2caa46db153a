package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
)

// rawly sends octets to the service as it listens, and returns all that it answers.
func rawly(t *testing.T, address, octets string) (answers []*http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // what a broken test may take
	_, _ = io.WriteString(conn, octets)                    // it may be cut off before the end
	_ = conn.(*net.TCPConn).CloseWrite()
	for from := bufio.NewReader(conn); ; {
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			return answers
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body = io.NopCloser(bytes.NewReader(body))
		answers = append(answers, answer)
	}
}

// TestS2HTTPIsNotAbused: what makes two servers read one connection differently is
// refused or ends the connection, and what is absurd is refused.
func TestS2HTTPIsNotAbused(t *testing.T) {
	_, handler := doorOf(t, nil)
	c := serveDefaults()
	c.MaxConnections = 100
	address, _, _ := served(t, c, handler.ServeHTTP)
	const post, smuggled = "POST /v1/validations HTTP/1.1\r\nHost: x\r\n", "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, tt := range map[string]struct {
		octets string
		want   int
	}{
		"two lengths":                 {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx" + smuggled, 400},
		"a list of lengths":           {post + "Content-Length: 1, 2\r\n\r\nx" + smuggled, 400},
		"a signed length":             {post + "Content-Length: +1\r\n\r\nx" + smuggled, 400},
		"a negative length":           {post + "Content-Length: -1\r\n\r\nx" + smuggled, 400},
		"length and chunks":           {post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + smuggled, 422},
		"chunks":                      {post + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" + smuggled, 422},
		"two encodings":               {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled, 501},
		"an encoding in disguise":     {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, 501},
		"a space before the colon":    {post + "Content-Length : 1\r\n\r\nx" + smuggled, 400},
		"a folded header":             {post + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", 422}, // RFC 9112 §5.2 allows to read it as spaces
		"a bad chunk":                 {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n" + smuggled, 400},
		"two hosts":                   {"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + smuggled, 400},
		"no host":                     {"GET /healthz HTTP/1.1\r\n\r\n" + smuggled, 400},
		"a NUL in a header":           {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n" + smuggled, 400},
		"HTTP/2 without TLS":          {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404},
		"no version":                  {"GET /healthz\r\n\r\n", 400},
		"HTTP/1.0":                    {"GET /healthz HTTP/1.0\r\n\r\n" + smuggled, 200},
		"another's address":           {"GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		"a tunnel":                    {"CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		"a long path":                 {"GET /" + strings.Repeat("x", 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		"many headers":                {"GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 20_000) + "\r\n", 431},
		"many cookies":                {"GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("Cookie: "+strings.Repeat("a=b;", 500)+"\r\n", 50) + "\r\n", 431},
		"an endless chunk extension":  {post + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 100_000) + "\r\nx\r\n0\r\n\r\n", 400},
		"a trailer":                   {post + "Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n1\r\nx\r\n0\r\nAuthorization: Bearer x\r\n\r\n", 422},
		"a compressed body":           {post + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415},
		"a form that is none":         {post + "Content-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx", 400},
		"an URL-encoded form":         {post + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1\r\n\r\nx", 415},
		"a type that cannot be read":  {post + "Content-Type: ;;\r\nContent-Length: 1\r\n\r\nx", 415},
		"an upload that has no end":   {post + "Content-Length: 9223372036854775807\r\n\r\nx", 413},
		"a path that climbs":          {"GET /v1/bundles/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		"an encoded path that climbs": {"GET /v1/bundles/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
	} {
		answers := rawly(t, address, tt.octets)
		if len(answers) == 0 {
			t.Errorf("%s: no answer", name)
			continue
		}
		body, _ := io.ReadAll(answers[0].Body)
		if answers[0].StatusCode != tt.want {
			t.Errorf("%s: %d, want %d: %s", name, answers[0].StatusCode, tt.want, body)
		}
		if len(answers) > 1 {
			t.Errorf("%s: what came behind was taken for a request: %d answers", name, len(answers))
		}
		if bytes.Contains(body, []byte("root:")) {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// TestS2RangesAreNotMultiplied: whoever asks for one bundle in a thousand overlapping
// parts gets it once.
func TestS2RangesAreNotMultiplied(t *testing.T) {
	server := serviceOf(t, nil)
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	made, err := http.Post(server.URL+"/v1/bundles", "application/octet-stream", bytes.NewReader(contract))
	if err != nil {
		t.Fatal(err)
	}
	_ = made.Body.Close()
	sizes := map[int]bool{}
	for _, ranges := range []string{"", "bytes=0-" + strings.Repeat(",0-", 1000), "bytes=-1,-2", "bytes=18446744073709551616-", "lines=1-2"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+made.Header.Get("Location"), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Range", ranges)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%.20q: %d", ranges, answer.StatusCode)
		}
		sizes[len(body)] = true
	}
	if len(sizes) != 1 {
		t.Errorf("sizes %v", sizes)
	}
}

// TestS2HostileJSON: a request in SiVa's words that is absurdly deep, wide or long is
// refused for a small part of the memory that it asks for.
func TestS2HostileJSON(t *testing.T) {
	server := serviceOf(t, func(c *ServeCmd) { c.MaxRequest = 4 << 20 })
	for name, body := range map[string]string{
		"depth":     strings.Repeat(`{"a":`, 500_000),
		"brackets":  strings.Repeat("[", 3<<20),
		"keys":      `{` + strings.Repeat(`"a":1,`, 400_000) + `"b":1}`,
		"size":      `{"document":"` + strings.Repeat("A", 8<<20) + `"}`,
		"number":    `{"document":` + strings.Repeat("9", 3<<20) + `}`,
		"surrogate": `{"document":"QQ==","filename":"\ud800` + strings.Repeat(`\u0000`, 100_000) + `"}`,
	} {
		for _, path := range []string{"/validate", "/validateHashcode", "/getDataFiles"} {
			var before, after goruntime.MemStats
			goruntime.ReadMemStats(&before)
			answer, err := http.Post(server.URL+path, "application/json", strings.NewReader(body))
			if err != nil {
				if name != "size" { // the connection may end before all of that was sent
					t.Errorf("%s %s: %v", path, name, err)
				}
				continue
			}
			text, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			goruntime.ReadMemStats(&after)
			if answer.StatusCode/100 != 4 || len(text) > 10_000 {
				t.Errorf("%s %s: %d %.200s", path, name, answer.StatusCode, text)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20 {
				t.Errorf("%s %s: %d octets were allocated for %d", path, name, took, len(body))
			}
		}
	}
}

// TestS2NothingIsLeft: after a storm of refused, broken and good requests no goroutine
// and no file is left, and the service judges as before.
func TestS2NothingIsLeft(t *testing.T) {
	folder := t.TempDir()
	deps, _ := doorOf(t, nil)
	deps.TempDir = folder
	handler := rebuilt(t, deps)
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	before := goruntime.NumGoroutine()
	c := serveDefaults()
	c.MaxConnections, c.MaxRequest = 50, 10<<20
	address, stop, ended := served(t, c, handler.ServeHTTP)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	good := func() {
		t.Helper()
		answer, err := client.Post("http://"+address+"/v1/validations?name=c.asice", "application/octet-stream", bytes.NewReader(contract))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"TOTAL-PASSED"`)) {
			t.Errorf("%d %.200s", answer.StatusCode, body)
		}
	}
	good()
	for range 20 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"+strings.Repeat("x", 2<<20))
		_ = conn.Close()
		rawly(t, address, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nx")
		rawly(t, address, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz")
	}
	good()
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	eventually(t, "goroutines to end", func() bool { return goruntime.NumGoroutine() <= before })
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

// rebuilt is the door over deps that a test changed.
func rebuilt(t *testing.T, deps api.Deps) http.Handler {
	t.Helper()
	handler, err := api.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}
