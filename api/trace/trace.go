// Package trace tells where the time of a request or a job goes, as spans of
// OpenTelemetry, and hides its library.
//
// All that a span says of a request is its route and its status, never a path,
// a query, an address or a name: clients put names and personal codes there, and
// whoever keeps traces must not learn them (attack S6). That is also why the
// instrumentation that the library's makers offer for gin is not used.
//
//	tracer, err := trace.New(trace.Options{Endpoint: "http://collector:4318", Send: client, Version: "v1"})
//	defer tracer.Close(ctx)
//	ctx, end := tracer.Begin(ctx, "job seal")     // a trace of its own
//	ctx, done := trace.Start(ctx, "store.put")    // a part of it
//	done(err)
//	end(err)
package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	spans "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Options say where spans go.
type Options struct {
	// Endpoint is where a collector takes OTLP over HTTP, without the path
	// /v1/traces or with another one.
	Endpoint string
	// Send does the requests to it.
	Send Poster
	// Version is that of the program.
	Version string
	// Log is told when spans could not be sent; nil: nobody is.
	Log *slog.Logger
	// Exporter takes the spans in place of Endpoint, as soon as they end: for tests.
	Exporter sdk.SpanExporter
}

// Poster sends a body; *fetch.Client is one.
type Poster interface {
	Post(ctx context.Context, url, contentType string, header map[string]string, body []byte) (status int, retryAfter string, err error)
}

// Tracer makes spans. nil makes none, and still lets a request keep the trace that its
// client named.
type Tracer struct{ provider *sdk.TracerProvider }

// scope is the name of all our spans' source.
const scope = "github.com/vidimus/vidimus"

// Bounds: spans sent in one request, which Poster's own bound on a body must hold; spans
// that wait, more are dropped; attributes and events of one span.
const (
	batch   = 128
	waiting = 4096
	parts   = 32
)

// New returns a Tracer whose spans go where the options say.
func New(o Options) (*Tracer, error) {
	var process sdk.TracerProviderOption
	if o.Exporter != nil {
		process = sdk.WithSyncer(o.Exporter)
	} else {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			return nil, errors.New("the endpoint for traces is no http or https URL without a user's name")
		}
		if u.Path == "" || u.Path == "/" {
			u.Path = "/v1/traces"
		}
		exporter, err := otlptracehttp.New(context.Background(), otlptracehttp.WithEndpointURL(u.String()),
			otlptracehttp.WithHTTPClient(&http.Client{Transport: transport{o.Send}}))
		if err != nil {
			return nil, fmt.Errorf("preparing to send traces: %w", err)
		}
		process = sdk.WithBatcher(exporter, sdk.WithMaxExportBatchSize(batch), sdk.WithMaxQueueSize(waiting))
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces could not be sent", "cause", err.Error()) })) // the library has one for all
	limits := sdk.NewSpanLimits()
	limits.AttributeCountLimit, limits.EventCountLimit, limits.LinkCountLimit, limits.AttributeValueLengthLimit = parts, parts, parts, 200
	return &Tracer{sdk.NewTracerProvider(process, sdk.WithRawSpanLimits(limits), sdk.WithSampler(sdk.ParentBased(sdk.AlwaysSample())),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "vidimus"), attribute.String("service.version", o.Version))))}, nil
}

// Close sends what waits; ctx bounds that.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("sending the last traces: %w", err)
	}
	return nil
}

// tracer is the library's.
func (t *Tracer) tracer() spans.Tracer {
	if t == nil {
		return noop.NewTracerProvider().Tracer(scope)
	}
	return t.provider.Tracer(scope)
}

// Begin begins a trace, or the part that we have in one that ctx holds.
func (t *Tracer) Begin(ctx context.Context, name string) (context.Context, func(error)) {
	ctx, span := t.tracer().Start(ctx, name)
	return ctx, func(err error) { end(span, err) }
}

// Start begins a part of what is under way in ctx; without a trace there it costs
// nothing. done ends it.
func Start(ctx context.Context, name string, facts ...Fact) (_ context.Context, done func(error)) {
	parent := spans.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func(error) {}
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, spans.WithAttributes(facts...))
	return ctx, func(err error) { end(span, err) }
}

// Fact is an attribute of a span. It holds words of ours and numbers, nothing of a
// client's or a file's.
type Fact = attribute.KeyValue

// Word and Number are facts.
func Word(name, word string) Fact { return attribute.String(name, word) }

// Number is a fact with a number.
func Number(name string, n int) Fact { return attribute.Int(name, n) }

// Tell adds facts to what is under way in ctx.
func Tell(ctx context.Context, facts ...Fact) { spans.SpanFromContext(ctx).SetAttributes(facts...) }

// end ends a span. What an error says stays in the log: it may quote a file.
func end(span spans.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// w3c reads the header traceparent (W3C Trace Context); baggage is not taken.
var w3c = propagation.TraceContext{}

// Request begins the span of a request, in the trace that its client names, if any.
func (t *Tracer) Request(r *http.Request) (context.Context, func(method, route string, status int, code string)) {
	ctx := w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.tracer().Start(ctx, "request", spans.WithSpanKind(spans.SpanKindServer))
	return ctx, func(method, route string, status int, code string) {
		name := method
		if route != "" {
			name += " " + route
		}
		span.SetName(name)
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
		if code != "" {
			span.SetAttributes(attribute.String("vidimus.problem", code))
		}
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// ID is the trace that ctx is part of, as 32 hexadecimal digits; "" for none.
func ID(ctx context.Context) string {
	if c := spans.SpanContextFromContext(ctx); c.HasTraceID() {
		return c.TraceID().String()
	}
	return ""
}
