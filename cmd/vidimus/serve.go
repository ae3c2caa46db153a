package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/trace"
)

// ServeCmd is `vidimus serve`: the HTTP interface.
type ServeCmd struct {
	judgeFlags
	networkFlags
	webhookFlags
	jobFlags
	batchFlags
	authFlags
	preservationFlags
	signFlags
	pageFlags
	Refresh          time.Duration `default:"1h" placeholder:"TIME" help:"How often the lists of the cache are fetched anew; 0 is never. Those of a mirror are not fetched."`
	ListsMaxAge      time.Duration `name:"lists-max-age" default:"25h" placeholder:"TIME" help:"Not ready when the list of lists, or more than half of the national lists, were last known to be the published ones longer ago."`
	RequireTerritory []string      `name:"require-territory" placeholder:"CC" help:"Not ready either when the list of this territory is missing, stale or expired (repeatable)."`
	Listen           string        `default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Address and port to listen on. Put a proxy with TLS in front before others may reach it."`
	Store            string        `placeholder:"URL" help:"Keep evidence bundles in dir:PATH or s3://BUCKET/PREFIX?endpoint=…&region=…. Default: a folder in the user's data directory."`
	Retain           string        `placeholder:"PERIOD" help:"Keep each bundle from being deleted for so long from its making on, e.g. 10y or 3650d, at most 30y. The audit log and readiness say whether the store enforces it. Default: as long as the store itself retains, or 'archive retain' says."`
	traceFlags
	UnsafeNow string `name:"unsafe-now" placeholder:"TIME" help:"The clock that the service goes by, RFC 3339; for rehearsals, and said in readiness and in every report."`

	MaxRequest      int64         `default:"104857600" placeholder:"OCTETS" help:"Largest request."`
	MaxConnections  int           `default:"2048" placeholder:"N" help:"Most connections at once. More wait to be accepted; those that ask nothing make room for them."`
	MaxUploads      int           `default:"64" placeholder:"N" help:"Most requests whose files are being received or held at once."`
	MaxJudgings     int           `default:"0" placeholder:"N" help:"Most files judged at once. Default: the number of processors."`
	QueueWait       time.Duration `default:"10s" placeholder:"TIME" help:"How long a file waits for its turn before the client is told to come back."`
	UploadTimeout   time.Duration `default:"2m" placeholder:"TIME" help:"How long the receiving of one request may take."`
	JudgingTimeout  time.Duration `default:"2m" placeholder:"TIME" help:"How long the judging of one file may take."`
	Drain           time.Duration `default:"0s" placeholder:"TIME" help:"How long it is not ready, and still takes requests, after it was told to stop: for a balancer to see it."`
	ShutdownTimeout time.Duration `default:"30s" placeholder:"TIME" help:"How long requests under way may go on after the service was told to stop."`
}

// Help is the example under `--help`.
func (c *ServeCmd) Help() string {
	return `Answers POST /v1/validations and /v1/bundles, GET /v1/bundles (all, or those looked
for), /v1/trust/… (the list browser), /healthz and /readyz; /openapi.json has all of it;
POST /v1/jobs takes many files at once, and judges them also over a restart (--jobs-dir);
and, in the words of SiVa 3, POST /validate, /validateHashcode and /getDataFiles.
At / are pages for people: check files, look through lists and the archive.
Unless --offline or --lists is given, it fetches the trusted lists now and then, and
judges by the ones it has until new ones are verified.
GET /metrics is for Prometheus: whether it is ready, how old each list is, alerts, and
requests. With --webhook alerts about lists are also sent, signed as Standard Webhooks
are, and again until they are taken, for three days at most.
It stops on SIGINT and SIGTERM once the requests under way are answered, and hands back
jobs that are not done; a second signal ends it at once. 'vidimus doctor' takes the same
flags, and says what is wrong with them and the machine.

Example:
  vidimus serve --listen 127.0.0.1:8080 --store dir:proof
  curl -F file=@contract.asice http://127.0.0.1:8080/v1/validations`
}

// Run serves until it is told to stop.
func (c *ServeCmd) Run(rt *runtime) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	defer givesRoom()()
	log := slog.New(trace.Log(slog.NewJSONHandler(rt.Stderr, nil)))
	endTraces, err := c.startTraces(rt, log)
	if err != nil {
		return err
	}
	defer endTraces()
	deps, closing, err := serveDeps(ctx, rt, c, log)
	if err != nil {
		return err
	}
	defer closing()
	handler, err := api.New(deps)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening on %q: %w", c.Listen, err)
	}
	if _, err := fmt.Fprintf(rt.Stderr, "vidimus: serving on http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	manager := newNotifier(rt)
	defer manager.close()
	manager.tell("READY=1")
	ctx = c.drained(ctx, deps.Readiness, func() {
		stop()
		manager.tell("STOPPING=1")
	})
	return serveOn(ctx, newLimitedListener(listener, c.MaxConnections), c.server(handler, log), c.ShutdownTimeout)
}

// drained is a context that ends when told has ended and a balancer has had its time to
// see that the service is no longer ready. begins is called at the beginning of that: a
// second signal then ends the process at once.
func (c *ServeCmd) drained(told context.Context, ready api.Readiness, begins func()) context.Context {
	ctx, end := context.WithCancel(context.WithoutCancel(told))
	go func() {
		defer end()
		<-told.Done()
		begins()
		if s, ok := ready.(*service); ok {
			s.draining.Store(true)
		}
		time.Sleep(c.Drain)
	}()
	return ctx
}

// check refuses flags that make no sense together.
func (c *ServeCmd) check() error {
	for _, f := range []struct {
		name string
		n    int64
	}{
		{"--max-request", c.MaxRequest}, {"--max-connections", int64(c.MaxConnections)}, {"--max-uploads", int64(c.MaxUploads)},
		{"--queue-wait", int64(c.QueueWait)}, {"--upload-timeout", int64(c.UploadTimeout)}, {"--judging-timeout", int64(c.JudgingTimeout)},
		{"--shutdown-timeout", int64(c.ShutdownTimeout)},
	} {
		if f.n <= 0 {
			return usage("leave it out for its default", "%s must be more than nothing", f.name)
		}
	}
	if c.Refresh != 0 && c.Refresh < time.Minute {
		return usage("once an hour is plenty: lists change every few days", "--refresh %s is too often, a minute is the least", c.Refresh)
	}
	if c.Drain < 0 || c.Drain > time.Hour {
		return usage("5s suits a balancer that asks every second", "--drain %s: 0 to 1h are possible", c.Drain)
	}
	if c.MaxJudgings < 0 {
		return usage("leave it out for its default", "--max-judgings must not be negative")
	}
	if err := c.checkBatch(); err != nil {
		return err
	}
	return c.webhookFlags.check()
}

// headerTimeout and idleTimeout bound what a connection may take before and
// between requests (slow-loris, attack S2); maxHeaders bounds the header, in octets.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 60 * time.Second
	maxHeaders    = 16 << 10
)

// server is an HTTP server with a bound on everything that a client may take.
func (c *ServeCmd) server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handledOn(handler),
		ConnContext:       withConn,
		ReadHeaderTimeout: min(headerTimeout, c.UploadTimeout),
		ReadTimeout:       c.UploadTimeout,
		// It runs from the end of the header: the upload, the queue, the judging,
		// and as long again as the upload to send the answer.
		WriteTimeout:   2*c.UploadTimeout + c.QueueWait + c.JudgingTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaders,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug), // mostly what clients do wrong
	}
}

// serveOn serves until ctx ends, then lets the requests under way finish, for at
// most grace.
func serveOn(ctx context.Context, listener net.Listener, server *http.Server, grace time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(ending)
	if err != nil {
		err = errors.Join(fmt.Errorf("stopping: some requests were not answered within %s: %w", grace, err), server.Close())
	}
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
