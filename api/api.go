// Package api is the HTTP door: it takes uploads within bounds, calls what the
// command has wired, and answers. It decides nothing about signatures.
//
// The interfaces it needs are declared here, by their user; errors become HTTP
// in problem.go and nowhere else.
package api

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Upload is a signed file as a client sent it, whole.
type Upload struct {
	File
	// Detached holds the contents of a detached signature, in the client's order.
	Detached []File
	// Policy is what the client asks to be judged by: ?policy= names a built-in policy
	// (empty: that of the service), and each ?policy-set=CONSTRAINT=LEVEL changes it.
	Policy    string
	PolicySet []string
}

// File is one uploaded file.
type File struct {
	// Name is what the client called it, made harmless by CleanName: a name to
	// show and to compare, never one to open or write.
	Name string
	Data []byte
}

// Validator judges a file.
type Validator interface {
	// Validate returns the JSON report, UTF-8. A file that cannot be judged is a
	// *Refused; no usable trust is a *NotReady; anything else is our failure.
	// Invalid signatures are reported, never an error. It is called concurrently.
	Validate(ctx context.Context, upload Upload) (report []byte, err error)
}

// Archive keeps evidence bundles.
type Archive interface {
	// Put judges the file, packs and stores the bundle, and returns once it is
	// durable. Errors are those of Validator.Validate and those of the store.
	// The same upload at the same time gives the same ID.
	Put(ctx context.Context, upload Upload) (id string, report []byte, err error)
	// Get returns a bundle's octets, checked; *archive.NotFoundError and
	// *archive.DamagedError are told apart from other failures.
	Get(ctx context.Context, id string) ([]byte, error)
	// List gives the IDs of all bundles in ascending order; an error ends it.
	List(ctx context.Context) iter.Seq2[string, error]
}

// Readiness says whether verdicts given now can be trusted.
type Readiness interface {
	// Trust tells what is loaded. It is cheap: readiness is asked every second.
	Trust() TrustState
	// Store is nil when the store can be reached and holds what it promises.
	Store(ctx context.Context) error
}

// TrustState is what is trusted now.
type TrustState struct {
	// Lists holds the authenticated lists; none makes the service not ready.
	Lists []ListState
	// Reasons, if any, make the service not ready: one sentence each.
	Reasons []string
	// Warnings are told and change nothing.
	Warnings []string
	// Missing are lists that are pointed to, and of which no genuine copy was ever had.
	Missing      []ListState
	Digest       string // of the snapshot in force
	Certificates int    // distinct ones, of all services in force
}

// ListState is one authenticated list.
type ListState struct {
	Territory  string     `json:"territory"`
	Sequence   int        `json:"sequence"`
	NextUpdate *time.Time `json:"nextUpdate,omitempty"` // nil: the list was closed
	// State is fresh, stale, expired, missing, or unpulled: not fetched by the service.
	State     string     `json:"state,omitempty"`
	LastGood  *time.Time `json:"lastGood,omitempty"`  // when it was last known to be the published one
	LastError string     `json:"lastError,omitempty"` // why the last fetch failed; absent when it did not
	Says      string     `json:"says,omitempty"`      // all of it in one sentence
	Role      string     `json:"role,omitempty"`      // LOTL, TL, third-country, or extra: the operator's own
	Failures  int        `json:"failures,omitempty"`  // fetches in a row that failed
}

// Deps is what the door hangs on. Validator and Readiness are needed; Archive
// may be nil: then the bundles' resources answer 404.
type Deps struct {
	Validator Validator
	Archive   Archive
	Readiness Readiness
	Limits    Limits
	// Faces are the APIs of other products that stand beside /v1.
	Faces []Face
	// UnsafeNow, when set, is the clock that the service goes by, for rehearsals;
	// readiness says so.
	UnsafeNow *time.Time
	// Metrics answers GET /metrics, Observer is told of every request, and Meter gives the
	// load; each may be nil.
	Metrics  http.Handler
	Observer Observer
	Meter    *LoadMeter
	// TempDir holds what is uploaded until it is judged; empty means the system's.
	TempDir string
	// Log gets one line a request, and what went wrong inside. It never gets
	// names of files or people (attack S6). Nil discards.
	Log *slog.Logger
}

// server is the handlers' common ground.
type server struct {
	Deps
	uploads  *slots
	judgings *slots
}

// New returns the handler of the HTTP interface of contract.md §3.
func New(deps Deps) (http.Handler, error) {
	if deps.Validator == nil || deps.Readiness == nil {
		return nil, errors.New("building the HTTP interface: a validator and a readiness are needed")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	deps.Limits = deps.Limits.withDefaults()
	s := &server{
		Deps:     deps,
		uploads:  newSlots(deps.Limits.Uploads, 0),
		judgings: newSlots(deps.Limits.Judgings, deps.Limits.QueueWait),
	}
	gin.SetMode(gin.ReleaseMode) // the debug mode prints routes and warnings to standard output
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false
	g.RedirectFixedPath = false
	if err := g.SetTrustedProxies(nil); err != nil { // a client's X-Forwarded-For is a claim
		return nil, err
	}
	if deps.Meter != nil {
		deps.Meter.of = s
	}
	if deps.Metrics != nil {
		g.GET("/metrics", headers, gin.WrapH(deps.Metrics))
	}
	g.Use(s.observe, s.log, headers, s.recover)
	g.NoRoute(func(c *gin.Context) { s.fail(c, problem(NotFound, "Nothing is served under this path.")) })
	g.NoMethod(func(c *gin.Context) {
		s.fail(c, problem(MethodNotAllowed, "This path allows "+c.Writer.Header().Get("Allow")+"."))
	})
	for _, m := range []string{http.MethodGet, http.MethodHead} {
		g.Handle(m, "/healthz", s.healthz)
		g.Handle(m, "/readyz", s.readyz)
	}
	g.GET("/problems/:code", s.problemPage)
	g.POST("/v1/validations", s.postValidation)
	g.POST("/v1/bundles", s.needArchive, s.postBundle)
	g.GET("/v1/bundles", s.needArchive, s.listBundles)
	g.GET("/v1/bundles/:id", s.needArchive, s.getBundle)
	s.mount(g, deps.Faces)
	return g, nil
}
