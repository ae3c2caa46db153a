package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// observed keeps what it was told of requests.
type observed struct {
	mu  sync.Mutex
	got []string
}

func (o *observed) Request() func(method, route string, status int) {
	return func(method, route string, status int) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.got = append(o.got, fmt.Sprintf("%s %s %d", method, route, status))
	}
}

// The observer is told of routes, never of paths, and of panics as what they answer.
func TestObserver(t *testing.T) {
	o := &observed{}
	f := newFake()
	h, err := New(Deps{Validator: f, Archive: f, Readiness: f, Now: noonNow, TempDir: t.TempDir(), Observer: o,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics")) })})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][2]string{{"GET", "/healthz"}, {"GET", "/v1/bundles/38001085718"}, {"GET", "/38001085718"}, {"INVENTED", "/v1/bundles"}, {"GET", "/metrics"}} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), x[0], x[1], nil))
		if x[1] == "/metrics" && (w.Body.String() != "metrics" || w.Header().Get("Cache-Control") != "no-store") {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
	if want := []string{"GET /healthz 200", "GET /v1/bundles/:id 404", "GET  404", "other  405"}; !slices.Equal(o.got, want) {
		t.Errorf("%q, want %q", o.got, want)
	}
}

// The load is what is held, waits and was refused.
func TestLoad(t *testing.T) {
	var m LoadMeter
	if m.Load() != (Load{}) {
		t.Error("a load without a door")
	}
	f := newFake()
	open := func(wait time.Duration) Turns {
		if _, err := New(Deps{Validator: f, Readiness: f, Now: noonNow, Meter: &m, Limits: Limits{Uploads: 1, Judgings: 1, QueueWait: wait}}); err != nil {
			t.Fatal(err)
		}
		return Turns{m.of}
	}
	turns := open(time.Hour)
	_, done, ok := turns.Judging(t.Context())
	if !ok {
		t.Fatal("no turn")
	}
	leaving, leave := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { _, _, _ = turns.Judging(leaving) })
	for m.Load().Queued != 1 {
		time.Sleep(time.Millisecond)
	}
	leave()
	wait.Wait()
	if l := m.Load(); l.RefusedTurn > 0 || l.Queued != 0 || l.Judgings != 1 {
		t.Errorf("who has left is counted as refused: %+v", l)
	}
	done()

	turns = open(time.Millisecond)
	free, ok := turns.Upload(t.Context())
	if !ok {
		t.Fatal("no turn")
	}
	if _, ok := turns.Upload(t.Context()); ok {
		t.Error("two uploads of one")
	}
	if _, done, ok = turns.Judging(t.Context()); !ok {
		t.Fatal("no turn")
	}
	if _, _, ok := turns.Judging(t.Context()); ok {
		t.Error("two judgings of one")
	}
	if l := m.Load(); l != (Load{Uploads: 1, MaxUploads: 1, Judgings: 1, MaxJudgings: 1, RefusedUploads: 1, RefusedTurn: 1}) {
		t.Errorf("%+v", l)
	}
	free()
	done()
	if l := m.Load(); l.Uploads != 0 || l.Judgings != 0 {
		t.Errorf("%+v", l)
	}
}
