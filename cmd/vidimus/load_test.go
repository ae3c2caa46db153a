package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// asks sends a request over a connection of its own. It must be answered while what
// held the service up is still there; the time is only what a broken test may take.
func asks(t *testing.T, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Errorf("nobody else is served: %v", err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// TestS2IdleConnectionsMakeRoom: whoever holds all connections and asks nothing, or
// does not read what he asked for, keeps nobody out. All the times that would end
// these connections are longer than the test waits.
func TestS2IdleConnectionsMakeRoom(t *testing.T) {
	for name, begin := range map[string]string{
		"kept alive":     "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"unread answers": "GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
		"unsent bodies":  "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := serveDefaults()
			c.MaxConnections, c.UploadTimeout = 10, time.Hour
			large := make([]byte, 16<<20)
			address, _, _ := served(t, c, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/large":
					_, _ = w.Write(large)
				case "/refused":
					w.Header().Set("Connection", "close")
					w.WriteHeader(http.StatusServiceUnavailable)
				default:
					_, _ = io.WriteString(w, "ok")
				}
			})
			for range 3 * c.MaxConnections {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := io.WriteString(conn, begin); err != nil {
					t.Fatal(err)
				}
			}
			if got := asks(t, address); got != "ok" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestS2RequestsAreNotCutForRoom: a request that is handled is answered whoever waits,
// and a connection that asks in time is kept.
func TestS2RequestsAreNotCutForRoom(t *testing.T) {
	c := serveDefaults()
	c.MaxConnections, c.UploadTimeout = 4, time.Hour
	begun, gate := make(chan struct{}), make(chan struct{})
	address, _, _ := served(t, c, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			close(begun)
			<-gate
		}
		_, _ = io.WriteString(w, "ok")
	})
	long, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer long.Close()
	if _, err := io.WriteString(long, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	for range 5 {
		idle, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer idle.Close()
	}
	if got := asks(t, address); got != "ok" { // all idle ones had to make room before
		t.Errorf("got %q", got)
	}
	close(gate)
	answer, err := bufio.NewReader(long).ReadString('\n')
	if err != nil || !strings.Contains(answer, "200") {
		t.Errorf("the long request got %q %v", answer, err)
	}
}
