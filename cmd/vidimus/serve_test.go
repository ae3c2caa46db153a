package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// served starts handler as serve would, and returns its address, how to stop it,
// and how it ended.
func served(t *testing.T, c *ServeCmd, handler http.HandlerFunc) (address string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	log := slog.New(slog.DiscardHandler)
	go func() {
		result <- serveOn(ctx, newLimitedListener(listener, c.MaxConnections), c.server(handler, log), c.ShutdownTimeout)
	}()
	t.Cleanup(cancel)
	return listener.Addr().String(), cancel, result
}

func serveDefaults() *ServeCmd {
	return &ServeCmd{Listen: "127.0.0.1:0", MaxRequest: 1000, MaxConnections: 10, MaxUploads: 4, QueueWait: time.Second, UploadTimeout: time.Second, JudgingTimeout: time.Second, ShutdownTimeout: 5 * time.Second}
}

func TestServeAnswersAndSaysNothingOfItself(t *testing.T) {
	address, stop, ended := served(t, serveDefaults(), func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	answer, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if string(body) != "ok" || answer.Header.Get("Server") != "" || answer.Header.Get("X-Powered-By") != "" {
		t.Errorf("%q %v", body, answer.Header)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeLetsRequestsFinish(t *testing.T) {
	begun, gate := make(chan struct{}), make(chan struct{})
	address, stop, ended := served(t, serveDefaults(), func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-gate
		_, _ = io.WriteString(w, "finished")
	})
	answers := make(chan string, 1)
	go func() {
		answer, err := http.Get("http://" + address)
		if err != nil {
			answers <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		answers <- string(body)
	}()
	<-begun
	stop()
	select {
	case err := <-ended:
		t.Fatalf("it ended with a request under way: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(gate)
	if got := <-answers; got != "finished" {
		t.Errorf("got %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeEndsThoughARequestHangs(t *testing.T) {
	c := serveDefaults()
	c.ShutdownTimeout = 20 * time.Millisecond
	begun := make(chan struct{})
	address, stop, ended := served(t, c, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	go func() {
		if answer, err := http.Get("http://" + address); err == nil {
			_ = answer.Body.Close()
		}
	}()
	<-begun
	stop()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "20ms") {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it did not end")
	}
}

// TestS2SlowLoris: a header that drips, and a body that drips, end with the time
// that they may take.
func TestS2SlowLoris(t *testing.T) {
	c := serveDefaults()
	c.UploadTimeout = 150 * time.Millisecond
	read := make(chan error, 2)
	address, _, _ := served(t, c, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})
	for name, begin := range map[string]string{
		"header": "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"body":   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for time.Since(begun) < 10*time.Second {
			if _, err := io.WriteString(conn, "x"); err != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(begun); took > 8*time.Second {
			t.Errorf("%s: the connection lived %v", name, took)
		}
		_ = conn.Close()
	}
	if err := <-read; err == nil {
		t.Error("a body that dripped was read whole")
	}
}

func TestS2HeadersAreBounded(t *testing.T) {
	address, _, _ := served(t, serveDefaults(), func(http.ResponseWriter, *http.Request) { t.Error("a huge header was served") })
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 100_000))
	line, _ := bufio.NewReader(conn).ReadString('\n')
	if !strings.Contains(line, "431") {
		t.Errorf("got %q", line)
	}
}

func TestS2ConnectionsAreBounded(t *testing.T) {
	c := serveDefaults()
	c.MaxConnections = 3
	c.UploadTimeout = 5 * time.Second
	var now, most atomic.Int32
	gate := make(chan struct{})
	address, stop, ended := served(t, c, func(http.ResponseWriter, *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		<-gate
		now.Add(-1)
	})
	done := make(chan error, 12)
	for range 12 {
		go func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			answer, err := client.Get("http://" + address)
			if err == nil {
				err = answer.Body.Close()
			}
			done <- err
		}()
	}
	for now.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	close(gate)
	for range 12 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 3 {
		t.Errorf("%d connections were served at once, want 3", most.Load())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeRefusesFlagsThatMakeNoSense(t *testing.T) {
	for name, change := range map[string]func(*ServeCmd){
		"--max-request":      func(c *ServeCmd) { c.MaxRequest = 0 },
		"--max-connections":  func(c *ServeCmd) { c.MaxConnections = -1 },
		"--upload-timeout":   func(c *ServeCmd) { c.UploadTimeout = 0 },
		"--max-judgings":     func(c *ServeCmd) { c.MaxJudgings = -1 },
		"--shutdown-timeout": func(c *ServeCmd) { c.ShutdownTimeout = 0 },
	} {
		c := serveDefaults()
		change(c)
		if err := c.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := serveDefaults().check(); err != nil {
		t.Error(err)
	}
}
