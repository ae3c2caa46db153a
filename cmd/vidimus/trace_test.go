package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/trace"
	"github.com/vidimus/vidimus/archive/jobs"
)

// A request is a span with its parts below it, in the trace that the client named; no
// name of a file or person stands in any, and the log's line has trace and request.
func TestServeTraces(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(trace.Options{Exporter: memory})
	if err != nil {
		t.Fatal(err)
	}
	deps, _ := doorOf(t, func(c *ServeCmd) { c.tracer = tracer })
	var log bytes.Buffer
	deps.Log = slog.New(trace.Log(slog.NewJSONHandler(&log, nil)))
	handler, err := api.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, handler)
	raw, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/bundles?name=38001085718.asice", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	r.Header.Set("User-Agent", "38001085718")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	server.Close() // the span ends after its answer
	var names []string
	for _, s := range memory.GetSpans() {
		names = append(names, s.Name)
		all, err := json.Marshal(s)
		if err != nil || s.SpanContext.TraceID().String() != id || bytes.Contains(all, []byte("38001085718")) {
			t.Errorf("%s, %v", all, err)
		}
	}
	slices.Sort(names)
	if got := strings.Join(names, ", "); got != "POST /v1/bundles, gather, judge, queue, receive, store.put" {
		t.Errorf("the spans are %s", got)
	}
	if says := log.String(); !strings.Contains(says, `"trace":"`+id+`"`) || !strings.Contains(says, `"request":"`+answer.Header.Get("X-Request-Id")+`"`) {
		t.Errorf("the log says %s", says)
	}
}

// oneAnswer is a source that answers OCSP only.
type oneAnswer struct{ tracedNone }

type tracedNone struct{}

var errNone = errors.New("none at http://names.example/38001085718")

func (tracedNone) CRL(context.Context, string) ([]byte, error)     { return nil, errNone }
func (tracedNone) Issuers(context.Context, string) ([]byte, error) { return nil, errNone }
func (oneAnswer) OCSP(context.Context, string, []byte) ([]byte, error) {
	return []byte("answer"), nil
}

// Each fetch is a span of its kind, and says nothing of where it went.
func TestTracedFetches(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(trace.Options{Exporter: memory})
	if err != nil {
		t.Fatal(err)
	}
	if traced(nil) != nil {
		t.Error("a source of nothing is one")
	}
	src := traced(oneAnswer{})
	ctx, end := tracer.Begin(t.Context(), "job seal")
	if got, err := src.OCSP(ctx, "http://names.example/38001085718", nil); err != nil || string(got) != "answer" {
		t.Errorf("%q, %v", got, err)
	}
	for _, ask := range []func(context.Context, string) ([]byte, error){src.CRL, src.Issuers} {
		if _, err := ask(ctx, "http://names.example/38001085718"); !errors.Is(err, errNone) {
			t.Error(err)
		}
	}
	end(nil)
	raw, err := json.Marshal(memory.GetSpans())
	if err != nil || bytes.Contains(raw, []byte("names.example")) || bytes.Contains(raw, []byte("38001085718")) {
		t.Errorf("%s, %v", raw, err)
	}
	for _, kind := range []string{"ocsp", "crl", "issuers"} {
		if !bytes.Contains(raw, []byte(`"`+kind+`"`)) {
			t.Errorf("no span of kind %s in %s", kind, raw)
		}
	}
}

// With --otlp-endpoint a service sends to the collector when it stops, jobs too.
func TestServeSendsTraces(t *testing.T) {
	got := make(chan []byte, 10)
	collector := newServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- body
	}))
	c := &ServeCmd{}
	c.OTLPEndpoint = collector.URL
	rt := &runtime{Now: time.Now, CacheDir: func() (string, error) { return filepath.Join(t.TempDir()), nil }}
	end, err := c.startTraces(rt, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, done := c.tracer.Begin(t.Context(), "job seal")
	done(nil)
	end()
	if raw := <-got; !bytes.Contains(raw, []byte("job seal")) {
		t.Errorf("%q", raw)
	}
	for _, bad := range []string{"collector", "ftp://x"} {
		c.OTLPEndpoint = bad
		if _, err := c.startTraces(rt, slog.New(slog.DiscardHandler)); archiveExit(err) != exitUsage {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Each attempt at a job is a trace of its own, and says whether it failed, not why.
func TestTracedJobs(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(trace.Options{Exporter: memory})
	if err != nil {
		t.Fatal(err)
	}
	w := &archiveJobs{s: &service{tracer: tracer}}
	do := w.tracing(func(ctx context.Context, _ *jobs.Run) error {
		_, done := trace.Start(ctx, "fetch")
		done(nil)
		return errNone
	})
	if err := do(t.Context(), &jobs.Run{Kind: jobSeal}); !errors.Is(err, errNone) {
		t.Error(err)
	}
	all := memory.GetSpans()
	if len(all) != 2 || all[1].Name != "job seal" || all[1].Parent.IsValid() || all[0].Parent.SpanID() != all[1].SpanContext.SpanID() ||
		all[1].Status.Code != codes.Error || all[1].Status.Description != "" {
		t.Errorf("%+v", all)
	}
}

// Each refresh of the trusted lists is a trace: its span tells what became of the lists,
// its parts are the fetches, and neither names a list, a host or a person.
func TestTracedPulls(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(trace.Options{Exporter: memory})
	if err != nil {
		t.Fatal(err)
	}
	u := newUnion(t, "EE", "LV")
	pass := u.movingClock()
	r := refreshing(t, u, t.TempDir(), func(c *ServeCmd) { c.tracer = tracer })
	pulled := func(want map[string]any, fetches int, status codes.Code) {
		t.Helper()
		spans := memory.GetSpans()
		memory.Reset()
		raw, err := json.Marshal(spans)
		if err != nil || bytes.Contains(raw, []byte("example")) || bytes.Contains(raw, []byte(".xml")) || bytes.Contains(raw, []byte(u.anchors)) {
			t.Errorf("%s, %v", raw, err)
		}
		root := spans[len(spans)-1]
		if root.Name != "trust pull" || root.Status.Code != status || root.Parent.IsValid() || root.EndTime.Before(root.StartTime) || len(root.Attributes) != len(want) {
			t.Fatalf("the root is %s, %v, %v", root.Name, root.Status, root.Attributes)
		}
		for _, a := range root.Attributes {
			if want[string(a.Key)] != a.Value.AsInterface() {
				t.Errorf("%s is %v, want %v", a.Key, a.Value.AsInterface(), want[string(a.Key)])
			}
		}
		for _, s := range spans[:len(spans)-1] {
			if s.Name != "fetch" || s.SpanContext.TraceID() != root.SpanContext.TraceID() || s.Parent.SpanID() != root.SpanContext.SpanID() {
				t.Errorf("a part is %s", s.Name)
			}
		}
		if len(spans)-1 < fetches { // some are asked for again
			t.Errorf("%d fetches, want %d or more", len(spans)-1, fetches)
		}
	}
	pulled(map[string]any{"outcome": "complete", "alerts": int64(0), "lists.new": int64(3), "lists.unchanged": int64(0), "lists.refused": int64(0), "lists.failed": int64(0)}, 3, codes.Unset)
	pass(time.Hour)
	u.mu.Lock()
	u.files["/LV.xml"] = bytes.Replace(u.files["/LV.xml"], []byte("TSLSequenceNumber>1<"), []byte("TSLSequenceNumber>2<"), 1) // which nobody signed
	u.mu.Unlock()
	r.pull()
	pulled(map[string]any{"outcome": "partial", "alerts": int64(1), "lists.new": int64(0), "lists.unchanged": int64(2), "lists.refused": int64(1), "lists.failed": int64(0)}, 3, codes.Unset)
	pass(time.Hour)
	u.mu.Lock()
	clear(u.files)
	u.mu.Unlock()
	r.pull()
	pulled(map[string]any{"outcome": "failed", "alerts": int64(0), "lists.new": int64(0), "lists.unchanged": int64(0), "lists.refused": int64(0), "lists.failed": int64(3)}, 3, codes.Error)
}
