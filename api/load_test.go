package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestS2JudgingsAreBounded: no more files are judged at once than allowed, those
// that wait too long are told when to come back, and the service goes on.
func TestS2JudgingsAreBounded(t *testing.T) {
	f := newFake()
	var now, most atomic.Int32
	gate := make(chan struct{})
	f.validate = func(context.Context, Upload) ([]byte, error) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		<-gate
		now.Add(-1)
		return []byte("{}"), nil
	}
	s := httptest.NewServer(handler(t, f, func(d *Deps) { d.Limits = Limits{Judgings: 2, Uploads: 6, QueueWait: 50 * time.Millisecond} }))
	defer s.Close()
	var all sync.WaitGroup
	var ok, busy atomic.Int32
	for range 20 {
		all.Go(func() {
			r, err := http.Post(s.URL+"/v1/validations", "application/pdf", strings.NewReader("x"))
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Body.Close()
			body, _ := io.ReadAll(r.Body)
			switch {
			case r.StatusCode == 200:
				ok.Add(1)
			case r.StatusCode == 503 && r.Header.Get("Retry-After") != "" && strings.Contains(string(body), `"busy"`):
				busy.Add(1)
			default:
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
	for busy.Load() < 18 {
		time.Sleep(time.Millisecond)
	}
	if r, err := http.Get(s.URL + "/healthz"); err != nil || r.StatusCode != 200 {
		t.Errorf("a busy service must still say that it lives: %v", err)
	} else {
		_ = r.Body.Close()
	}
	close(gate)
	all.Wait()
	if ok.Load() != 2 || most.Load() != 2 {
		t.Errorf("%d judged, %d at once; want 2 and 2", ok.Load(), most.Load())
	}
	if r, err := http.Post(s.URL+"/v1/validations", "application/pdf", strings.NewReader("x")); err != nil || r.StatusCode != 200 {
		t.Errorf("afterwards: %v", err)
	} else {
		_ = r.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestJudgingTimeIsBounded(t *testing.T) {
	f := newFake()
	f.validate = func(ctx context.Context, _ Upload) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	h := handler(t, f, func(d *Deps) { d.Limits = Limits{JudgingTime: 10 * time.Millisecond} })
	wantProblem(t, do(h, raw("/v1/validations", "x")), 503, OutOfTime)
}

func TestAClientThatLeavesIsNoIncident(t *testing.T) {
	f := newFake()
	ctx, cancel := context.WithCancel(t.Context())
	f.validate = func(ctx context.Context, _ Upload) ([]byte, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w := do(handler(t, f, nil), raw("/v1/validations", "x").WithContext(ctx))
	if w.Code != statusClientGone || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestS2SlowUploadsAreEnded: the server's read deadline becomes a problem, and the
// slot comes back.
func TestS2SlowUploadsAreEnded(t *testing.T) {
	s := httptest.NewUnstartedServer(handler(t, newFake(), func(d *Deps) { d.Limits = Limits{Uploads: 1} }))
	s.Config.ReadTimeout = 200 * time.Millisecond
	s.Start()
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), string(TooSlow)) {
		t.Errorf("got %s", answer)
	}
	r, err := http.Post(s.URL+"/v1/validations", "application/pdf", strings.NewReader("x"))
	if err != nil || r.StatusCode != 200 {
		t.Fatalf("the slot did not come back: %v", err)
	}
	_ = r.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}
