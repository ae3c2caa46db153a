// Package api is the HTTP door: it takes uploads within bounds, calls what the
// command has wired, and answers. It decides nothing about signatures.
//
// The interfaces it needs are declared here, by their user; errors become HTTP
// in problem.go and nowhere else.
package api

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/api/trace"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/validate/report/lang"
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
	// Digests stand in place of detached contents that the client keeps to himself.
	Digests []Digest
	// At, when set, is the validation time that the client asks for; nil: now.
	At *time.Time
	// Format of the report: a name of Formats; empty is "json". Depth is "full" or
	// "summary"; empty is full.
	Format, Depth string
	// Lang is the language of a report in text, html or pdf; empty: English. Raw asks for
	// certificates, answers and tokens in full in an ETSI report.
	Lang lang.Lang
	Raw  bool
}

// Voice says how a report is written: the members of Upload of the same names.
type Voice struct {
	Format, Depth string
	Lang          lang.Lang
	Raw           bool
}

// Voice is how the report of an upload is written.
func (u Upload) Voice() Voice {
	return Voice{Format: u.Format, Depth: u.Depth, Lang: u.Lang, Raw: u.Raw}
}

// Digest is what a client says of a detached content instead of sending it.
type Digest struct {
	Name      string // made harmless by CleanName
	Algorithm string // "SHA-256", "SHA-384" or "SHA-512"
	Sum       []byte // as long as the algorithm's
	Encoded   bool   // it is of the base64url text of the content, as JAdES hashes
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
	// Validate returns the report in the format and depth asked for. A file that
	// cannot be judged is a *Refused; no usable trust is a *NotReady; a policy or time
	// that cannot be is a *BadPolicy or *BadTime; anything else is our failure.
	// Invalid signatures are reported, never an error. It is called concurrently.
	Validate(ctx context.Context, upload Upload) (report []byte, err error)
}

// Archive keeps evidence bundles. Who calls stands in the context: see CallerIn. Any
// method may fail with an *Unlogged: then nothing else of its answer is given.
type Archive interface {
	// Put judges the file, packs and stores the bundle, and returns once it is
	// durable. Errors are those of Validator.Validate and those of the store.
	// The same upload at the same time gives the same ID.
	Put(ctx context.Context, upload Upload) (id string, report []byte, err error)
	// Get opens a bundle, checked; *archive.NotFoundError and *archive.DamagedError are
	// told apart from other failures.
	Get(ctx context.Context, id string) (Octets, error)
	// List gives the IDs of all bundles in ascending order; an error ends it.
	List(ctx context.Context) iter.Seq2[string, error]
	// Search finds bundles by what their reports say. complete is false while bundles may
	// be missing from the index. Errors: *index.QueryError, *NoSearch.
	Search(ctx context.Context, q index.Query) (page index.Page, complete bool, err error)
	// Report gives the report that a bundle holds. In a voice that the bundle does not
	// hold, it is written anew from the evidence: *ReportDiffers when that gives another.
	// Other errors are those of Get.
	Report(ctx context.Context, id string, in Voice) ([]byte, error)
	// Records tells of the evidence records of a bundle, by their numbers; Record gives one,
	// unchecked. Errors are those of Get.
	Records(ctx context.Context, id string) ([]Record, error)
	Record(ctx context.Context, id string, n int) ([]byte, error)
}

// Octets are those of a bundle whose hashes were compared. They need not be in memory.
type Octets interface {
	// Size is how many Write writes.
	Size() int64
	// Write writes them. That something was altered since they were compared is an error
	// after some of them.
	Write(ctx context.Context, w io.Writer) error
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
	Missing []ListState
	// Store is what the store enforces; nil: it is not known.
	Store        *StoreState
	Digest       string // of the snapshot in force
	Certificates int    // distinct ones, of all services in force
}

// StoreState is what the store enforces, whatever was asked for. It names no place.
type StoreState struct {
	WORM          bool   `json:"worm"`                    // a probe has proven that nothing can be deleted or written over
	LockMode      string `json:"lockMode,omitempty"`      // COMPLIANCE, GOVERNANCE, or NOTE: noted, and enforced by nobody
	RetentionDays int    `json:"retentionDays,omitempty"` // for which each new bundle is retained; 0: as 'archive retain' says
	Statement     string `json:"statement"`               // one sentence
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

// Gate says who calls.
type Gate interface {
	// Caller is whose credential it is, at a time. Errors are an *auth.Refused, or an
	// *auth.Unavailable. It is called concurrently.
	Caller(ctx context.Context, credential string, at time.Time) (auth.Caller, error)
}

// Deps is what the door hangs on. Validator, Readiness and Now are needed; Archive
// may be nil: then the bundles' resources answer 404.
type Deps struct {
	Validator Validator
	// Archive is that of a service open to all; Tenants gives each tenant's, which
	// shows nothing of any other's. With a Gate only Tenants is asked.
	Archive   Archive
	Tenants   func(tenant string) (Archive, error)
	Readiness Readiness
	Limits    Limits
	// Gate says who calls; nil lets everybody in.
	Gate Gate
	// TenantLimits are those of each tenant whose caller has none of its own.
	TenantLimits auth.Limits
	// Now is the clock by which credentials expire and rates are counted: the real
	// one, also in a rehearsal.
	Now func() time.Time
	// TrustedProxies are the networks (CIDR) of proxies that are believed who a client
	// is, and that it came over TLS.
	TrustedProxies []string
	// Formats that the validator writes beside "json": names of the table in answer.go.
	Formats []string
	// Policies that requests may name.
	Policies []Policy
	// Jobs keeps batch jobs; nil: their resources answer 404.
	Jobs Jobs
	// Lists lets clients look through the trusted lists; nil: as if none were in force.
	Lists Lists
	// Audit is told every request to /v1 that got in; nil: nobody is.
	Audit Auditor
	// Map maps a file of that many octets into memory, so that a large upload costs
	// none; done ends that. Nil reads it.
	Map func(f *os.File, size int64) (data []byte, done func(), err error)
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
	// Crowded is told when all places for uploads are taken, so that more are refused, and
	// when half of them are free again. It must return at once. Nil: nobody is told.
	Crowded func(yes bool)
	// Tracer makes the spans of requests; nil makes none.
	Tracer *trace.Tracer
	// TempDir holds what is uploaded until it is judged; empty means the system's.
	TempDir string
	// Log gets one line a request, and what went wrong inside. It never gets
	// names of files or people (attack S6). Nil discards.
	Log *slog.Logger
}

// server is the handlers' common ground.
type server struct {
	Deps
	uploads   *slots
	judgings  *slots
	tenants   *tenants
	receiving *receiving
	failures  *failures
	proxies   []netip.Prefix
	answers   []format
	huma      huma.API
}

// New returns the handler of the HTTP interface of contract.md §3.
func New(deps Deps) (http.Handler, error) {
	if deps.Validator == nil || deps.Readiness == nil || deps.Now == nil {
		return nil, errors.New("building the HTTP interface: a validator, a readiness and a clock are needed")
	}
	if deps.Gate != nil && deps.Archive != nil && deps.Tenants == nil {
		return nil, errors.New("building the HTTP interface: callers are told apart, and there is one archive for all of them")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	deps.Limits = deps.Limits.withDefaults()
	s := &server{
		Deps:      deps,
		uploads:   newSlots(deps.Limits.Uploads, 0),
		judgings:  newSlots(deps.Limits.Judgings, deps.Limits.QueueWait),
		tenants:   newTenants(),
		failures:  newFailures(),
		receiving: &receiving{all: map[*incoming]struct{}{}},
	}
	s.uploads.crowded = deps.Crowded
	var err error
	if s.answers, err = formatsNamed(deps.Formats); err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode) // the debug mode prints routes and warnings to standard output
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false
	g.RedirectFixedPath = false
	if s.proxies, err = prefixesOf(deps.TrustedProxies); err != nil {
		return nil, err
	}
	if err := g.SetTrustedProxies(deps.TrustedProxies); err != nil { // another client's X-Forwarded-For is a claim
		return nil, err
	}
	if deps.Meter != nil {
		deps.Meter.of = s
	}
	if deps.Metrics != nil {
		g.GET("/metrics", s.headers, gin.WrapH(deps.Metrics))
	}
	g.Use(s.trace, s.observe, s.log, s.headers, s.recover)
	g.NoRoute(func(c *gin.Context) { s.fail(c, problem(NotFound, "Nothing is served under this path.")) })
	g.NoMethod(func(c *gin.Context) {
		s.fail(c, problem(MethodNotAllowed, "This path allows "+c.Writer.Header().Get("Allow")+"."))
	})
	for _, m := range []string{http.MethodGet, http.MethodHead} {
		g.Handle(m, "/healthz", s.healthz)
		g.Handle(m, "/readyz", s.readyz)
	}
	g.GET("/problems/:code", s.problemPage)
	if err := s.describe(g); err != nil {
		return nil, err
	}
	s.mount(g, deps.Faces)
	return g, nil
}
