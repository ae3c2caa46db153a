package api

import (
	"bufio"
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

// slowBody sends the beginning of a request, and returns what is answered.
func slowBody(t *testing.T, s *httptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestS2SlowBodiesGiveWay: who sends next to nothing keeps nobody out, and is told so.
// Without others that need the place he may go on.
func TestS2SlowBodiesGiveWay(t *testing.T) {
	var later atomic.Int64
	reading := make(chan struct{}, 100)
	s := httptest.NewServer(handler(t, newFake(), func(d *Deps) {
		d.Limits = Limits{Uploads: 3}
		d.Now = func() time.Time {
			select {
			case reading <- struct{}{}:
			default:
			}
			return noon.Add(time.Duration(later.Load()))
		}
	}))
	defer s.Close()
	var slow []net.Conn
	for range 3 {
		slow = append(slow, slowBody(t, s))
	}
	for range 2 * 3 { // each request asks for the time when it is admitted, and when its body begins
		<-reading
	}
	ask := func() (int, string, http.Header) {
		t.Helper()
		r, err := http.Post(s.URL+"/v1/validations", "application/pdf", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(body), r.Header
	}
	if code, body, header := ask(); code != 503 || header.Get("Retry-After") == "" {
		t.Errorf("while all are young: %d %s %v", code, body, header)
	}
	later.Store(int64(time.Minute))
	for i := range 5 {
		if code, body, _ := ask(); code != 200 {
			t.Errorf("request %d: %d %s", i, code, body)
		}
	}
	cut, told := 0, make(chan string, 3)
	for _, conn := range slow {
		go func() {
			answer, _ := io.ReadAll(conn)
			told <- string(answer)
		}()
	}
	first := <-told
	if !strings.HasPrefix(first, "HTTP/1.1 408 ") || !strings.Contains(first, string(TooSlow)) {
		t.Errorf("who gave way was told %s", first)
	}
	for _, conn := range slow {
		_ = conn.Close()
	}
	for range 2 {
		if strings.HasPrefix(<-told, "HTTP/1.1 408 ") {
			cut++
		}
	}
	if cut != 0 {
		t.Errorf("%d more had to give way than was needed", cut)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestS2RefusalsDoNotWaitForBodies: whoever is refused is told so before his body has
// come, and the connection ends: nothing that he sends later is taken for a request.
func TestS2RefusalsDoNotWaitForBodies(t *testing.T) {
	s := httptest.NewServer(handler(t, newFake(), nil))
	defer s.Close()
	for name, begin := range map[string]string{
		"no such path":   "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"bad parameter":  "POST /v1/validations?depth=none HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"compressed":     "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n",
		"form unbounded": "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nTransfer-Encoding: chunked\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // what a broken test may take
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: no answer: %v", name, err)
		} else if r.StatusCode/100 != 4 || !r.Close {
			t.Errorf("%s: %d, close %v", name, r.StatusCode, r.Close)
		}
		_ = conn.Close()
	}
	const form = "--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\nx\r\n--b--\r\n"
	for name, body := range map[string]io.Reader{"whole": strings.NewReader("x"), "chunked": io.MultiReader(strings.NewReader("x")),
		"form": strings.NewReader(form), "chunked form": io.MultiReader(strings.NewReader(form))} {
		media := "application/pdf"
		if strings.Contains(name, "form") {
			media = "multipart/form-data; boundary=b"
		}
		r, err := http.Post(s.URL+"/v1/validations", media, body)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != 200 || r.Close != strings.HasPrefix(name, "chunked") {
			t.Errorf("%s: a body of a known length that was read leaves the connection to the next request, and no other: %d, close %v", name, r.StatusCode, r.Close)
		}
		_ = r.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
}
