package gather_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/fetch"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xades"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The one client that reaches the network fits without an adapter.
var _ gather.Source = (*fetch.Client)(nil)

const (
	ocspURL = "http://aia.example/ocsp"
	crlURL  = "http://crl.example/ca.crl"
	caURL   = "http://c.example/ca.der"
)

// server answers by kind and address: "ocsp http://aia.example/ocsp". What has no
// answer is not available. It writes down what it was asked.
type server struct {
	mu      sync.Mutex
	answers map[string]func(ctx context.Context, request []byte) ([]byte, error)
	asked   map[string]int
	now     int // under way
	most    int
	delay   func(n int) time.Duration
	n       int
}

func serve() *server {
	return &server{answers: map[string]func(context.Context, []byte) ([]byte, error){}, asked: map[string]int{}}
}

func (s *server) raw(question string, raw []byte) *server {
	s.answers[question] = func(context.Context, []byte) ([]byte, error) { return raw, nil }
	return s
}

// ocsp answers for the certificates of a CA as the responder knows them.
func (s *server) ocsp(url string, r *eutest.Responder, o eutest.OCSPOptions, about ...*eutest.Certificate) *server {
	answers := map[string][]byte{}
	for _, c := range about {
		answers[string(c.Parsed.SerialNumber.Bytes())] = r.Response(c, o)
	}
	s.answers["ocsp "+url] = func(_ context.Context, request []byte) ([]byte, error) {
		for serial, raw := range answers {
			if strings.Contains(string(request), serial) {
				return raw, nil
			}
		}
		return nil, errors.New("unauthorized")
	}
	return s
}

func (s *server) ask(ctx context.Context, question string, request []byte) ([]byte, error) {
	s.mu.Lock()
	s.asked[fmt.Sprintf("%s %x", question, sha256.Sum256(request))]++
	s.now++
	s.n++
	s.most = max(s.most, s.now)
	answer, delay := s.answers[question], time.Duration(0)
	if s.delay != nil {
		delay = s.delay(s.n)
	}
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.now--; s.mu.Unlock() }()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if answer == nil {
		_, url, _ := strings.Cut(question, " ")
		return nil, fmt.Errorf("fetching %q: not available", strings.Join(strings.SplitN(url, "/", 4)[:3], "/"))
	}
	return answer(ctx, request)
}

func (s *server) OCSP(ctx context.Context, url string, request []byte) ([]byte, error) {
	return s.ask(ctx, "ocsp "+url, request)
}
func (s *server) CRL(ctx context.Context, url string) ([]byte, error) {
	return s.ask(ctx, "crl "+url, nil)
}
func (s *server) Issuers(ctx context.Context, url string) ([]byte, error) {
	return s.ask(ctx, "issuers "+url, nil)
}

// questions are what was asked, in order, each with how often.
func (s *server) questions() []string {
	var out []string
	for q, n := range s.asked {
		kind, rest, _ := strings.Cut(q, " ")
		url, _, _ := strings.Cut(rest, " ")
		out = append(out, fmt.Sprintf("%s %s %d", kind, url, n))
	}
	sort.Strings(out)
	return out
}

// world is a provider with a CA and a TSA.
type world struct {
	*eutest.World
	tb  testing.TB
	sk  *eutest.Provider
	ca  *eutest.CA
	tsa *eutest.TSA
}

var (
	judged   = eutest.Day(2025, 3, 20)
	contract = []eutest.File{eutest.Text("contract.txt", "I owe you.")}
)

func begin(tb testing.TB) *world {
	tb.Helper()
	w := &world{World: eutest.New(tb), tb: tb}
	w.sk = w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	w.ca, w.tsa = w.sk.CA("TEST EID-Q"), w.sk.TSA("TEST TSA 2025")
	return w
}

func read(tb testing.TB, raw []byte) *certificate.Certificate {
	tb.Helper()
	c, err := certificate.Parse(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// trust is the world's CA and TSA, and more, without lists.
func (w *world) trust(more ...*eutest.Certificate) *path.Trust {
	var plain []*certificate.Certificate
	for _, c := range append(more, w.ca.Certificate, w.tsa.Certificate) {
		plain = append(plain, read(w.tb, c.Raw))
	}
	return path.NewTrust(nil, plain)
}

// lists is the world's lists.
func (w *world) lists() *path.Trust {
	w.tb.Helper()
	w.At(judged)
	in := lotl.Input{At: judged}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	for _, a := range w.Anchors() {
		in.Anchors = append(in.Anchors, lotl.Anchor{Certificate: read(w.tb, a.Certificate.Raw)})
	}
	s, reports := lotl.Authenticate(in)
	if !lotl.Authenticated(s, reports) {
		w.tb.Fatalf("the lists are not authentic: %+v", reports)
	}
	return path.NewTrust(s, nil)
}

// sign makes a document with one XAdES signature, level T unless o says another.
func (w *world) sign(s *eutest.Signer, o eutest.SignOptions) *signature.Document {
	w.tb.Helper()
	if o.Level == eutest.LT {
		o.Level = eutest.T
	}
	doc, err := xades.Open(w.SignDetached(s, contract, o), []xades.File{{Name: contract[0].Name, Data: contract[0].Raw}})
	if err != nil {
		w.tb.Fatal(err)
	}
	return doc
}

// bare is a document of signatures that only name their certificates: gathering
// asks for them as for whole ones.
func bare(material signature.Material, signers ...*eutest.Certificate) *signature.Document {
	doc := &signature.Document{}
	for _, c := range signers {
		sum := sha256.Sum256(c.Raw)
		doc.Signatures = append(doc.Signatures, &signature.Signature{
			KeyInfo: [][]byte{c.Raw}, Embedded: material, ValueProblem: "none was made",
			SigningCertificates: []signature.CertificateReference{{Version: 2, Digest: algo.SHA256, Value: sum[:]}},
		})
	}
	return doc
}

func closed(trust *path.Trust, doc *signature.Document, src gather.Source) gather.Result {
	return gather.Close(context.Background(), doc, trust, false, judged, src)
}

// says fails unless the one note contains the words.
func says(t *testing.T, r gather.Result, words string) {
	t.Helper()
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Says, words) {
		t.Errorf("the notes are %+v, want one that says %q", r.Notes, words)
	}
}

func counts(r gather.Result) string {
	m := r.Material
	return fmt.Sprintf("%d certificates, %d OCSP answers, %d CRLs, %d notes, %d fetches", len(m.Certificates), len(m.OCSPs), len(m.CRLs), len(r.Notes), r.Fetches)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}
