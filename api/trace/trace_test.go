package trace_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vidimus/vidimus/api/trace"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func request(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/validations?name=Jane-Doe.asice", nil)
	r.Header.Set("Traceparent", parent)
	return r
}

// Spans stand in the trace that the client named, below each other.
func TestSpans(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	tracer, err := trace.New(trace.Options{Exporter: memory})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := tracer.Request(request(t))
	inner, done := trace.Start(ctx, "queue", trace.Word("kind", "ocsp"), trace.Number("n", 3))
	if trace.ID(inner) != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("the trace is %q", trace.ID(inner))
	}
	done(errors.New("contract of Jane Doe"))
	end("POST", "/v1/validations", 503, "busy")
	all := memory.GetSpans()
	if len(all) != 2 || all[0].Name != "queue" || all[1].Name != "POST /v1/validations" || all[0].Parent.SpanID() != all[1].SpanContext.SpanID() ||
		all[1].Parent.SpanID().String() != "00f067aa0ba902b7" {
		t.Errorf("%+v", all)
	}
	for _, s := range all {
		if raw, err := json.Marshal(s); err != nil || strings.Contains(string(raw), "Jane") {
			t.Errorf("%s, %v", raw, err)
		}
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// Without a tracer there are no spans, and the client's trace goes into the log.
func TestNone(t *testing.T) {
	var none *trace.Tracer
	ctx, end := none.Request(request(t))
	ctx, done := trace.Start(ctx, "queue")
	var out bytes.Buffer
	slog.New(trace.Log(slog.NewJSONHandler(&out, nil))).With("a", 1).WithGroup("g").InfoContext(ctx, "x")
	if !strings.Contains(out.String(), `"trace":"4bf92f3577b34da6a3ce929d0e0e4736"`) {
		t.Error(out.String())
	}
	out.Reset()
	slog.New(trace.Log(slog.NewJSONHandler(&out, nil))).Info("x")
	if strings.Contains(out.String(), "trace") {
		t.Error(out.String())
	}
	done(nil)
	end("POST", "", 404, "")
	_, ended := none.Begin(t.Context(), "job")
	ended(nil)
	if err := none.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// collector keeps what was sent.
type collector struct {
	url, contentType string
	body             []byte
	fails            bool
}

func (c *collector) Post(_ context.Context, url, contentType string, _ map[string]string, body []byte) (int, string, error) {
	if c.fails {
		return 0, "", errors.New("nobody listens")
	}
	c.url, c.contentType, c.body = url, contentType, body
	return http.StatusOK, "", nil
}

func TestSends(t *testing.T) {
	c := &collector{}
	tracer, err := trace.New(trace.Options{Endpoint: "http://127.0.0.1:4318", Send: c, Version: "v7.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, end := tracer.Begin(t.Context(), "job seal")
	end(nil)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.url != "http://127.0.0.1:4318/v1/traces" || c.contentType != "application/x-protobuf" || !bytes.Contains(c.body, []byte("job seal")) || !bytes.Contains(c.body, []byte("v7.1")) {
		t.Errorf("%s %s %q", c.url, c.contentType, c.body)
	}
	for _, bad := range []string{"", "collector:4318", "ftp://x", "http://me:pw@x"} {
		if _, err := trace.New(trace.Options{Endpoint: bad, Send: c}); err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// That nobody takes spans is told to the log, and stops nothing.
func TestNobodyListens(t *testing.T) {
	var out bytes.Buffer
	tracer, err := trace.New(trace.Options{Endpoint: "http://127.0.0.1:4318", Send: &collector{fails: true}, Log: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, end := tracer.Begin(t.Context(), "job seal")
	end(nil)
	err = tracer.Close(t.Context())
	if says := out.String(); err == nil && !strings.Contains(says, "nobody listens") {
		t.Errorf("%v, %s", err, says)
	}
}
