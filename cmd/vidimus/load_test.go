package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
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
		"slow bodies":    "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow",
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
				case "/read":
					_, _ = io.Copy(io.Discard, r.Body)
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

// TestS2DrippingBodiesMakeRoom: an octet now and then does not make a client one that
// sends, and a poor line is not ended.
func TestS2DrippingBodiesMakeRoom(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, ok := newLimitedListener(inner, 10).(*limitedListener)
	if !ok {
		t.Fatal("it is another listener")
	}
	defer l.Close()
	accepted := func() *limitedConn {
		client, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c, ok := conn.(*limitedConn)
		if !ok {
			t.Fatal("it is another connection")
		}
		c.handles(true)
		return c
	}
	dripping, poor, judged := accepted(), accepted(), accepted()
	judged.receives(true, 0)
	judged.receives(false, 1) // whole: from here on it is ours to answer
	for range 10 {
		for c, n := range map[*limitedConn]int{dripping: 1, poor: bodyPace} {
			c.receives(true, 0)
			c.receives(false, n)
			c.receives(true, 0)
		}
		l.makeRoom()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, want := range map[*limitedConn]bool{dripping: false, poor: true, judged: true} {
		if _, open := l.all[c]; open != want {
			t.Errorf("of the connections dripping, poor and judged (%v, %v, %v) one is open: %v", c == dripping, c == poor, c == judged, open)
		}
	}
}

// TestS2IdleConnectionsChangeNothing: beside a thousand connections that are idle, a
// quarter of them after an answer, requests are served, and none that was answered is ended for that.
func TestS2IdleConnectionsChangeNothing(t *testing.T) {
	const idle = 1000
	c := serveDefaults()
	c.MaxConnections, c.UploadTimeout = 2048, time.Hour
	address, _, _ := served(t, c, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	var open []net.Conn
	for i := range idle {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		open = append(open, conn)
		if i%4 != 0 {
			continue
		}
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	for range 10 {
		if got := asks(t, address); got != "ok" {
			t.Errorf("got %q", got)
		}
	}
	for i, conn := range open {
		if i%4 != 0 {
			continue // without a request it is ended in headerTimeout, which a slow machine may take
		}
		_ = conn.SetReadDeadline(time.Unix(1, 0)) // nothing is waited for
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d was not left alone: %v", i, err)
		}
	}
}

// TestRefusalsAreNotLost: what api promises to a client that is refused while it sends
// holds through the limits on connections.
func TestRefusalsAreNotLost(t *testing.T) {
	address, _, _ := served(t, serveDefaults(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"+strings.Repeat("s", 400<<10)); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 503 ") {
		t.Errorf("%.300s, %v", all, err)
	}
	for range 3 {
		if _, err := io.WriteString(conn, "more"); err != nil {
			t.Errorf("the connection was reset: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
