package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
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

// slowBody sends a request with so many octets of its body, and no more.
func slowBody(t *testing.T, s *httptest.Server, octets int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"+strings.Repeat("s", octets)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// post sends a small file and says how it was answered.
func post(t *testing.T, s *httptest.Server) (status int, body string, header http.Header) {
	t.Helper()
	r, err := http.Post(s.URL+"/v1/validations", "application/pdf", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(raw), r.Header
}

// stillOpen fails when the service has ended a connection, or answered on it.
func stillOpen(t *testing.T, conns []net.Conn) {
	t.Helper()
	for i, conn := range conns {
		_ = conn.SetReadDeadline(time.Unix(1, 0)) // what is there already is read, nothing is waited for
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d was not left alone: %v", i, err)
		}
	}
}

// TestS2SlowBodiesTakeNoPlace: many times as many clients as there are places send the
// beginning of a body and nothing more, and a good file is judged at once, while all of
// theirs are still open: nobody had to give way, and nobody was refused.
func TestS2SlowBodiesTakeNoPlace(t *testing.T) {
	const clients = 300
	begun := make(chan struct{}, clients+100)
	f := newFake()
	s := httptest.NewServer(handler(t, f, func(d *Deps) {
		d.Limits, d.Observer = Limits{Uploads: 2, Judgings: 1}, begins(begun)
	}))
	defer s.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var slow []net.Conn
	for range clients {
		slow = append(slow, slowBody(t, s, 100))
	}
	for range clients {
		<-begun // all are being handled
	}
	for i := range 20 {
		if code, body, _ := post(t, s); code != http.StatusOK {
			t.Fatalf("file %d: %d %s", i, code, body)
		}
	}
	stillOpen(t, slow)
	for _, conn := range slow {
		_ = conn.Close() // else the server waits for them
	}
}

// begins is told of requests.
type begins chan struct{}

func (b begins) Request() func(method, route string, status int) {
	b <- struct{}{}
	return func(string, string, int) {}
}

// TestS2SlowBodiesGiveWay: who sends much, then next to nothing, keeps nobody out, and is
// told so. Without others that need the place he may go on.
func TestS2SlowBodiesGiveWay(t *testing.T) {
	var later atomic.Int64
	meter := &LoadMeter{}
	s := httptest.NewServer(handler(t, newFake(), func(d *Deps) {
		d.Limits, d.Meter = Limits{Uploads: 3}, meter
		d.Now = func() time.Time { return noon.Add(time.Duration(later.Load())) }
	}))
	defer s.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var slow []net.Conn
	for range 3 {
		slow = append(slow, slowBody(t, s, early))
	}
	for meter.Load().Uploads < 3 {
		time.Sleep(time.Millisecond)
	}
	if code, body, header := post(t, s); code != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("while all are young: %d %s %v", code, body, header)
	}
	later.Store(int64(time.Minute))
	for i := range 5 {
		if code, body, _ := post(t, s); code != http.StatusOK {
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
}

// TestS2OverloadIsRefusedBeforeItsBody: with all places taken by files that wait for their
// turn, a refusal is answered on the header of a request alone, before any turn is over;
// once the files are judged, the service takes others.
func TestS2OverloadIsRefusedBeforeItsBody(t *testing.T) {
	f, gate, meter := newFake(), make(chan struct{}), &LoadMeter{}
	f.validate = func(context.Context, Upload) ([]byte, error) {
		<-gate
		return []byte("{}"), nil
	}
	s := httptest.NewServer(handler(t, f, func(d *Deps) {
		d.Limits, d.Meter = Limits{Uploads: 4, Judgings: 1, QueueWait: time.Hour}, meter
	}))
	defer s.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var judged sync.WaitGroup
	for range 4 {
		judged.Go(func() {
			r, err := http.Post(s.URL+"/v1/validations", "application/pdf", strings.NewReader("x"))
			if err != nil || r.StatusCode != http.StatusOK {
				t.Errorf("a file that was taken: %v", err)
				return
			}
			_ = r.Body.Close()
		})
	}
	for l := meter.Load(); l.Uploads < 4 || l.Queued < 3; l = meter.Load() {
		time.Sleep(time.Millisecond)
	}
	for range 50 {
		r, err := http.ReadResponse(bufio.NewReader(slowBody(t, s, 0)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !r.Close {
			t.Errorf("%d %v, close %v", r.StatusCode, r.Header, r.Close)
		}
	}
	close(gate)
	judged.Wait()
	if code, body, _ := post(t, s); code != http.StatusOK {
		t.Errorf("afterwards: %d %s", code, body)
	}
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

// TestRefusalsAreNotLost: a client that is refused while it sends can read why. The
// connection is not reset under it, which could take the answer away.
func TestRefusalsAreNotLost(t *testing.T) {
	s := httptest.NewServer(handler(t, newFake(), nil))
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// More than net/http throws away before it gives up.
	if _, err := io.WriteString(conn, "POST /v1/validations?depth=none HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"+strings.Repeat("s", 400<<10)); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(conn) // up to where the service ends its direction
	if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 400 ") || !strings.Contains(string(all), "depth") {
		t.Errorf("%.300s, %v", all, err)
	}
	for range 3 {
		if _, err := io.WriteString(conn, "more"); err != nil {
			t.Errorf("the connection was reset: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
