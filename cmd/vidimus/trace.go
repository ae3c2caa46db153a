package main

import (
	"context"
	"errors"
	"log/slog"
	"math/bits"
	"net/url"
	"slices"
	"time"

	"github.com/vidimus/vidimus/api/metrics"
	"github.com/vidimus/vidimus/api/trace"
	"github.com/vidimus/vidimus/archive/jobs"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/validate/fetch"
	"github.com/vidimus/vidimus/validate/gather"
)

// traceFlags say who is told where the time of requests and jobs goes. What is not a
// flag is set once, before the service is built.
type traceFlags struct {
	OTLPEndpoint string `name:"otlp-endpoint" placeholder:"URL" help:"Send traces to this collector, OTLP over HTTP, e.g. http://127.0.0.1:4318. They hold no names of files or people. Default: none are made."`

	tracer *trace.Tracer
}

// Bounds on sending traces: one request, and what waits when the service stops.
const (
	traceTimeout = 10 * time.Second
	traceFlush   = 5 * time.Second
)

// startTraces makes the tracer; the function that it returns sends what waits.
func (f *traceFlags) startTraces(rt *runtime, log *slog.Logger) (func(), error) {
	if f.OTLPEndpoint == "" {
		return func() {}, nil
	}
	u, err := url.Parse(f.OTLPEndpoint)
	if err != nil || u.Host == "" {
		return nil, usage("write it as http://127.0.0.1:4318", "--otlp-endpoint is no URL")
	}
	network := rt.Network
	network.Trusted, network.Timeout = append(slices.Clone(network.Trusted), u.Host), traceTimeout
	client := fetch.New(network)
	if f.tracer, err = trace.New(trace.Options{Endpoint: f.OTLPEndpoint, Send: client, Version: version(), Log: log}); err != nil {
		client.Close()
		return nil, usage("write it as http://127.0.0.1:4318", "--otlp-endpoint: %v", err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), traceFlush)
		defer cancel()
		if err := f.tracer.Close(ctx); err != nil {
			log.Warn("traces could not be sent", "cause", err.Error())
		}
		client.Close()
	}, nil
}

// tracing makes each attempt at a job a trace.
func (w *archiveJobs) tracing(do jobs.Worker) jobs.Worker {
	return func(ctx context.Context, run *jobs.Run) error {
		ctx, end := w.s.tracer.Begin(ctx, "job "+run.Kind)
		err := do(ctx, run)
		end(err)
		return err
	}
}

// pulling makes each refresh of the trusted lists a trace, which tells what became of
// the lists: how many are new, unchanged, refused or failed; each fetch is a part of it. It names no list and no host.
func pulling(tracer *trace.Tracer) func(context.Context) (context.Context, func(*pull.Result, error)) {
	return func(ctx context.Context) (context.Context, func(*pull.Result, error)) {
		ctx, end := tracer.Begin(ctx, "trust pull")
		return ctx, func(r *pull.Result, err error) {
			if r != nil {
				outcome, counts := outcomeOf(r)
				trace.Tell(ctx, trace.Word("outcome", outcome), trace.Number("alerts", len(r.Alerts)))
				for _, o := range []string{pull.OutcomeNew, pull.OutcomeUnchanged, pull.OutcomeRefused, pull.OutcomeFailed} {
					trace.Tell(ctx, trace.Number("lists."+o, counts[o]))
				}
				if outcome == metrics.PullFailed && err == nil {
					err = errPullFailed
				}
			}
			end(err)
		}
	}
}

// errPullFailed ends the span of a pull that brought no lists.
var errPullFailed = errors.New("the trusted lists could not be refreshed")

// tracedGetter is a getter of lists whose fetches are spans.
type tracedGetter struct{ pull.Getter }

func (g tracedGetter) IfChanged(ctx context.Context, url, etag, modified string, maxSize int64) ([]byte, string, string, error) {
	ctx, done := trace.Start(ctx, "fetch", trace.Word("kind", "list"))
	body, newETag, newModified, err := g.Getter.IfChanged(ctx, url, etag, modified, maxSize)
	if body != nil { // else it is as it was
		trace.Tell(ctx, trace.Number("octets.log2", bits.Len(uint(len(body)))))
	}
	done(err)
	return body, newETag, newModified, err
}

// traced is a source whose fetches are spans. They name no host: whoever made a file
// chose it.
func traced(src gather.Source) gather.Source {
	if src == nil {
		return nil
	}
	return tracedSource{src}
}

type tracedSource struct{ gather.Source }

func (s tracedSource) OCSP(ctx context.Context, url string, request []byte) ([]byte, error) {
	ctx, done := trace.Start(ctx, "fetch", trace.Word("kind", "ocsp"))
	answer, err := s.Source.OCSP(ctx, url, request)
	done(err)
	return answer, err
}

func (s tracedSource) CRL(ctx context.Context, url string) ([]byte, error) {
	ctx, done := trace.Start(ctx, "fetch", trace.Word("kind", "crl"))
	answer, err := s.Source.CRL(ctx, url)
	done(err)
	return answer, err
}

func (s tracedSource) Issuers(ctx context.Context, url string) ([]byte, error) {
	ctx, done := trace.Start(ctx, "fetch", trace.Word("kind", "issuers"))
	answer, err := s.Source.Issuers(ctx, url)
	done(err)
	return answer, err
}
