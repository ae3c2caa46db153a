package pull

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The lists of the Union and the European Economic Area, and the United Kingdom's.
var states = strings.Fields("AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK UK")

// fetchTime is long, so that a busy machine fails nothing; a fetch from a host that
// stalls ends after stallTime.
const (
	fetchTime = 20 * time.Second
	stallTime = 150 * time.Millisecond
)

// eu is a virtual EU on a network of its own: each list has a host, all hosts lead
// to servers on loopback, and each may be broken.
type eu struct {
	t       *testing.T
	world   *eutest.World
	anchors []lotl.Anchor
	clients []*fetch.Client
	count   int                 // states
	issues  []map[string][]byte // by host+path, what was published, the newest last
	dir     string

	http, https *httptest.Server
	roots       *x509.CertPool

	mu     sync.Mutex
	now    time.Time
	files  map[string]page  // host+path -> what it serves
	faults map[string]fault // host -> what it does instead
	hits   map[string][]int // host+path -> the statuses that it answered
	dialed map[string]int   // host -> connections
	gate   chan struct{}    // closed with the test: ends stalls
}

// page is a file on a host.
type page struct {
	raw      []byte
	tag      string
	noTag    bool // neither an entity tag nor a date
	sha2     bool // a .sha2 file stands beside it
	redirect string
}

// fault answers instead of a host.
type fault func(w http.ResponseWriter, r *http.Request, good page)

func hostOf(state string) string { return "tsl." + strings.ToLower(state) + ".example" }

const lotlHost = "ec.europa.eu"

// newEU makes a Union of so many states, each with a provider and a CA, and publishes it.
func newEU(t *testing.T, n int) *eu {
	t.Helper()
	e := &eu{t: t, world: eutest.New(t), dir: t.TempDir(), files: map[string]page{}, faults: map[string]fault{}, hits: map[string][]int{},
		dialed: map[string]int{}, gate: make(chan struct{})}
	e.now, e.count = e.world.Now(), n
	for _, code := range states[:n] {
		m := e.world.MemberState(code)
		m.Location = "https://" + hostOf(code) + "/" + code + ".xml"
	}
	for _, a := range e.world.Anchors() {
		c, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		e.anchors = append(e.anchors, lotl.Anchor{Fingerprint: c.ID, Certificate: c})
	}
	e.http, e.https = httptest.NewServer(e), httptest.NewUnstartedServer(e)
	e.https.Config.ErrorLog = discardLog()
	e.https.TLS, e.roots = serverCertificate(t)
	e.https.StartTLS()
	t.Cleanup(func() {
		close(e.gate)
		e.http.Close()
		e.https.Close()
	})
	e.publish()
	return e
}

// serverCertificate is for example.com, and of a key with which a server signs fast:
// in the harness each list has a connection of its own.
func serverCertificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"example.com"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// publish puts the world's lists, as they are now, on their hosts.
func (e *eu) publish() {
	e.t.Helper()
	for _, f := range e.world.Lists() {
		key := lotlHost + "/tools/lotl/" + f.Name
		if code, ok := strings.CutSuffix(f.Name, ".xml"); ok && len(code) == 2 {
			key = hostOf(code) + "/" + f.Name
		}
		e.put(key, f.Raw)
	}
}

// put serves octets under HOST/PATH.
func (e *eu) put(key string, raw []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.files[key]
	p.raw, p.tag = raw, fmt.Sprintf(`"%x"`, sha256.Sum256(raw))
	e.files[key] = p
}

func (e *eu) change(key string, change func(*page)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.files[key]
	change(&p)
	e.files[key] = p
}

// setFault lets hosts do f; nil mends them.
func (e *eu) setFault(f fault, hosts ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.clients {
		c.Close() // what a host did before must not help it now: no connection is used again
	}
	for _, h := range hosts {
		if e.faults[h] = f; f == nil {
			delete(e.faults, h)
		}
	}
}

// answered are the statuses that a file was answered with, and forgets them.
func (e *eu) answered(key string) []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.hits[key]
	delete(e.hits, key)
	return out
}

// clock is the time that the puller goes by.
func (e *eu) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *eu) pass(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

func osDir(dir string) fs.FS { return os.DirFS(dir) }

// ServeHTTP is every host at once.
func (e *eu) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Host + r.URL.Path
	e.mu.Lock()
	p, ok := e.files[key]
	f := e.faults[r.Host]
	if base, isSha2 := strings.CutSuffix(key, ".sha2"); isSha2 && !ok {
		if p, ok = e.files[base+".xml"]; ok && p.sha2 {
			sum := sha256.Sum256(p.raw)
			p = page{raw: sum[:], noTag: true}
		} else {
			ok = false
		}
	}
	e.mu.Unlock()
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		e.mu.Lock()
		e.hits[key] = append(e.hits[key], rec.status)
		e.mu.Unlock()
	}()
	switch {
	case f != nil:
		f(rec, r, p)
	case !ok:
		http.NotFound(rec, r)
	case p.redirect != "":
		http.Redirect(rec, r, p.redirect, http.StatusFound)
	default:
		if !p.noTag {
			rec.Header().Set("ETag", p.tag)
			if r.Header.Get("If-None-Match") == p.tag {
				rec.WriteHeader(http.StatusNotModified)
				return
			}
		}
		_, _ = rec.Write(p.raw)
	}
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// LookupNetIP gives every host a public address of its own, by which Dial knows it.
func (e *eu) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host == lotlHost {
		return []netip.Addr{netip.MustParseAddr("93.184.216.1")}, nil
	}
	for i, code := range states {
		if hostOf(code) == host {
			return []netip.Addr{netip.AddrFrom4([4]byte{93, 184, 217, byte(i)})}, nil
		}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func hostAt(address string) string {
	a := netip.MustParseAddrPort(address).Addr().As4()
	if a[2] == 216 {
		return lotlHost
	}
	return hostOf(states[a[3]])
}

// refuses marks hosts whose connections are refused, noTLS those that speak no TLS.
var (
	refuses = fault(func(http.ResponseWriter, *http.Request, page) {})
	errDial = errors.New("connection refused")
)

// DialContext leads to the servers on loopback.
func (e *eu) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host := hostAt(address)
	e.mu.Lock()
	e.dialed[host]++
	closed := e.faults["dial "+host] != nil
	plain := e.faults["plain "+host] != nil
	e.mu.Unlock()
	if closed {
		return nil, errDial
	}
	server := e.https
	if strings.HasSuffix(address, ":80") || plain {
		server = e.http
	}
	return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
}

// client fetches in this world; its servers' certificate is for example.com.
func (e *eu) client() Getter {
	c := fetch.New(fetch.Options{Resolver: e, Dialer: e, Timeout: fetchTime, Concurrent: 64, PerHost: 4,
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: e.roots, ServerName: "example.com"}})
	e.t.Cleanup(c.Close)
	e.clients = append(e.clients, c)
	return impatient{c, e}
}

// impatient ends the fetches from hosts that stall, and no others, early.
type impatient struct {
	Getter
	e *eu
}

func (i impatient) IfChanged(ctx context.Context, location, etag, modified string, maxSize int64) ([]byte, string, string, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, "", "", err
	}
	i.e.mu.Lock()
	stalls := i.e.faults["stall "+u.Host] != nil
	i.e.mu.Unlock()
	if stalls {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, stallTime)
		defer cancel()
	}
	return i.Getter.IfChanged(ctx, location, etag, modified, maxSize)
}

// puller pulls in this world, without waiting between tries.
func (e *eu) puller(change func(*Options)) *Puller {
	e.t.Helper()
	o := Options{Dir: e.dir, Anchors: e.anchors, Getter: e.client(), Now: e.clock, Workers: 2, Random: func() float64 { return 0.5 },
		Wait:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Limits: Limits{Attempts: 2, MaxList: 1 << 20}, Disk: stored.Disk{UnsafeNoSync: true}}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	if err != nil {
		e.t.Fatal(err)
	}
	return p
}

func (e *eu) pull(p *Puller) *Result {
	e.t.Helper()
	r, err := p.Pull(e.t.Context(), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

// outcomes are the lists by outcome, as a word and names.
func outcomes(r *Result) map[string][]string {
	out := map[string][]string{}
	for _, l := range r.Lists {
		out[l.Outcome] = append(out[l.Outcome], l.String())
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out
}

// result of one territory.
func (r *Result) of(territory string) ListResult {
	i := slices.IndexFunc(r.Lists, func(l ListResult) bool { return l.Territory == territory && l.Role != "pivot" })
	if i < 0 {
		return ListResult{}
	}
	return r.Lists[i]
}
