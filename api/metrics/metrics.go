// Package metrics tells Prometheus how the service fares. It keeps a registry of its
// own; what it tells of trust it asks for at every scrape, from whoever answers /readyz.
//
// Labels are bounded, whatever clients and lists say: territories are two or three
// letters, states and kinds are of closed sets, and routes are patterns.
package metrics

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Facts are what is true at the moment of a scrape.
type Facts struct {
	Now          time.Time
	Ready        bool
	Reasons      int
	Lists        []List // those in force, and those that are missing
	Certificates int
	Digest       string
	Load         Load
	PullFailures int // in a row, of our own part
	Pending      int // webhooks
	Oldest       time.Time
}

// List is what is true of one list.
type List struct {
	Territory, Role, State string
	Missing                bool // it is pointed to, and is not in force
	Sequence               int
	NextUpdate, LastGood   *time.Time
	Failures               int
}

// Load is how busy the door is.
type Load struct {
	Uploads, MaxUploads, Judgings, MaxJudgings, Queued int
	RefusedUploads, RefusedTurns                       int64
}

// Options say what is told.
type Options struct {
	// Facts is asked at every scrape.
	Facts func() Facts
	Now   func() time.Time
	// The words that labels may hold; others become "other".
	States, Roles, Alerts, ListOutcomes, Webhooks, Indications []string
	Version, Go                                                string
	Log                                                        *slog.Logger
}

// The outcomes of a pull of all lists.
const (
	PullComplete = "complete"
	PullPartial  = "partial"
	PullFailed   = "failed"
	PullError    = "error"
)

// The outcomes of the judging of a file.
const (
	JudgedFile  = "judged"
	RefusedFile = "refused"
	Unready     = "unready"
	FailedFile  = "failed"
)

// other stands for a word that is not in its set, and none for a path that is no route.
const (
	other = "other"
	none  = "none"
)

// maxRoutes bounds the routes that are told apart.
const maxRoutes = 200

// Metrics counts. It is safe for concurrent use.
type Metrics struct {
	options  Options
	registry *prometheus.Registry
	handler  http.Handler

	pulls, listPulls, alerts, attempts, requests, judged, signed *prometheus.CounterVec

	pullTime, judgingTime prometheus.Histogram
	requestTime           *prometheus.HistogramVec

	mu     sync.Mutex
	routes map[string]bool
}

// New returns metrics with a registry of their own.
func New(o Options) (*Metrics, error) {
	if o.Facts == nil || o.Now == nil {
		return nil, errors.New("making metrics: facts and a clock are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	seconds := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}
	m := &Metrics{
		options: o, registry: prometheus.NewRegistry(), routes: map[string]bool{},
		pulls: counter(nPulls), listPulls: counter(nListPulls), alerts: counter(nAlerts), attempts: counter(nAttempts),
		requests: counter(nRequests), judged: counter(nJudged), signed: counter(nSignatures),
		pullTime:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: nPullTime, Help: row(nPullTime).Help, Buckets: []float64{1, 2.5, 5, 10, 20, 40, 80, 160, 320}}),
		judgingTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: nJudgingTime, Help: row(nJudgingTime).Help, Buckets: seconds}),
		requestTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: nRequestTime, Help: row(nRequestTime).Help, Buckets: seconds}, row(nRequestTime).Labels),
	}
	// What has not happened yet is told as 0, so that the first time is seen as a rise.
	for vec, words := range map[*prometheus.CounterVec][]string{
		m.pulls: {PullComplete, PullPartial, PullFailed, PullError}, m.listPulls: o.ListOutcomes, m.alerts: o.Alerts, m.attempts: o.Webhooks,
		m.judged: {JudgedFile, RefusedFile, Unready, FailedFile}, m.signed: o.Indications,
	} {
		for _, w := range words {
			vec.WithLabelValues(w)
		}
	}
	for _, c := range []prometheus.Collector{m.pulls, m.listPulls, m.alerts, m.attempts, m.requests, m.judged, m.signed, m.pullTime, m.judgingTime, m.requestTime,
		&facts{m}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := m.registry.Register(c); err != nil {
			return nil, err
		}
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: logger{o.Log}, ErrorHandling: promhttp.HTTPErrorOnError,
		DisableCompression: true, MaxRequestsInFlight: maxScrapes})
	return m, nil
}

// row is a metric's row in the table.
func row(name string) Metric {
	i := slices.IndexFunc(table, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		panic("metrics: " + name + " is not in the table") // a test makes all of them
	}
	return table[i]
}

func counter(name string) *prometheus.CounterVec {
	r := row(name)
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: r.Help}, r.Labels)
}

// known is a word, or "other" when it is not in the set.
func known(set []string, word string) string {
	if slices.Contains(set, word) {
		return word
	}
	return other
}

// maxScrapes bounds the scrapes at once: each asks the store whether it is there.
const maxScrapes = 4

// ServeHTTP answers GET /metrics.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// logger takes what cannot be told.
type logger struct{ log *slog.Logger }

// Println writes a line into the log.
func (l logger) Println(v ...any) { l.log.Error("metrics could not be told", "cause", v) }

// Request counts a request, when what it returns is called.
func (m *Metrics) Request() func(method, route string, status int) {
	began := m.options.Now()
	return func(method, route string, status int) {
		route = m.route(route)
		m.requests.WithLabelValues(method, route, strconv.Itoa(min(max(status, 0), 999))).Inc()
		m.requestTime.WithLabelValues(route).Observe(m.since(began))
	}
}

// route is a route's pattern; there are few, and more than that are not told apart.
func (m *Metrics) route(pattern string) string {
	if pattern == "" {
		return none
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.routes[pattern] && len(m.routes) >= maxRoutes {
		return other
	}
	m.routes[pattern] = true
	return pattern
}

func (m *Metrics) since(t time.Time) float64 { return max(0, m.options.Now().Sub(t).Seconds()) }

// Judging counts the judging of a file, when what it returns is called with the
// outcome and the indications of its signatures.
func (m *Metrics) Judging() func(outcome string, indications ...string) {
	began := m.options.Now()
	return func(outcome string, indications ...string) {
		m.judged.WithLabelValues(known([]string{JudgedFile, RefusedFile, Unready, FailedFile}, outcome)).Inc()
		m.judgingTime.Observe(m.since(began))
		for _, i := range indications {
			m.signed.WithLabelValues(known(m.options.Indications, i)).Inc()
		}
	}
}

// Pulled counts a pull that came to an end, and the outcomes of its lists.
func (m *Metrics) Pulled(outcome string, took time.Duration, lists []string) {
	m.pulls.WithLabelValues(known([]string{PullComplete, PullPartial, PullFailed, PullError}, outcome)).Inc()
	if outcome != PullError {
		m.pullTime.Observe(took.Seconds())
	}
	for _, l := range lists {
		m.listPulls.WithLabelValues(known(m.options.ListOutcomes, l)).Inc()
	}
}

// Alert counts an alert.
func (m *Metrics) Alert(kind string) { m.alerts.WithLabelValues(known(m.options.Alerts, kind)).Inc() }

// Webhook counts an attempt at a webhook.
func (m *Metrics) Webhook(outcome string) {
	m.attempts.WithLabelValues(known(m.options.Webhooks, outcome)).Inc()
}
