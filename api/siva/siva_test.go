package siva_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/siva"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var judged = eutest.Day(2025, 3, 20)

// world is a virtual EU with one authority and one time-stamping unit.
type world struct {
	*eutest.World
	ca  *eutest.CA
	tsa *eutest.TSA
}

func begin(t testing.TB) *world {
	t.Helper()
	w := eutest.New(t)
	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	return &world{World: w, ca: sk.CA("TEST EID-Q"), tsa: sk.TSA("TEST TSA 2025")}
}

// trust is what the world's lists make trusted.
func (w *world) trust(t testing.TB) *path.Trust {
	t.Helper()
	in := lotl.Input{At: judged}
	for _, f := range w.At(judged).Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	for _, a := range w.Anchors() {
		c, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Certificate: c})
	}
	s, reports := lotl.Authenticate(in)
	if !lotl.Authenticated(s, reports) {
		t.Fatalf("the lists are not authentic: %+v", reports)
	}
	return path.NewTrust(s, nil)
}

// judge is the one judge, as the command hangs it.
type judge struct {
	trust *path.Trust
	fail  error
	wait  chan struct{} // where set, judging waits for it
	calls atomic.Int32
}

func (j *judge) Judge(ctx context.Context, name string, req validate.Request) (*validate.Verdict, error) {
	j.calls.Add(1)
	if j.wait != nil {
		select {
		case <-j.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if j.fail != nil {
		return nil, j.fail
	}
	p, err := policy.Named(name)
	if err != nil {
		return nil, err
	}
	v, err := validate.New(j.trust, p)
	if err != nil {
		return nil, err
	}
	if req.At.IsZero() {
		req.At = judged
	}
	return v.Validate(req)
}

type nothing struct{}

func (nothing) Validate(context.Context, api.Upload) ([]byte, error) { return []byte("{}"), nil }
func (nothing) Trust() api.TrustState                                { return api.TrustState{} }
func (nothing) Store(context.Context) error                          { return nil }

// door is the whole HTTP interface with SiVa's face.
func door(t testing.TB, j siva.Judge, limits api.Limits) http.Handler {
	t.Helper()
	face := siva.New(j, siva.Options{Version: "1.2.3", Started: judged, Now: func() time.Time { return judged }, Ready: func() bool { return true }})
	h, err := api.New(api.Deps{Validator: nothing{}, Readiness: nothing{}, Now: time.Now, Limits: limits, TempDir: t.TempDir(), Faces: []api.Face{face}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func post(h http.Handler, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return w
}

func b64(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// request is a body of /validate; more are further members.
func request(name string, data []byte, more ...string) string {
	n, _ := json.Marshal(name)
	return fmt.Sprintf(`{"filename":%s,"document":%q%s}`, n, b64(data), strings.Join(append([]string{""}, more...), ","))
}

// conclusion is what tests look at in an answer.
type conclusion struct {
	Policy                                struct{ PolicyName string }
	SignatureForm                         string
	SignaturesCount, ValidSignaturesCount int
	ValidatedDocument                     struct{ Filename string }
	Signatures                            []struct {
		ID, SignatureFormat, SignatureLevel, SignedBy, Indication, SubIndication string
		Errors, Warnings                                                         []struct{ Content string }
		SignatureScopes                                                          []struct{ Name, Scope, HashAlgo, Hash string }
		Certificates                                                             []struct{ CommonName, Type string }
		Info                                                                     struct{ BestSignatureTime, TimestampCreationTime, OcspResponseCreationTime string }
	}
	TimeStampTokens []struct {
		Indication, SubIndication, SignedBy string
		Errors, Warnings                    []struct{ Content string }
		TimestampScopes                     []struct{ Name, Scope string }
	}
}

func concluded(t *testing.T, w *httptest.ResponseRecorder) conclusion {
	t.Helper()
	var a struct {
		ValidationReport struct{ ValidationConclusion conclusion }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return a.ValidationReport.ValidationConclusion
}

// wantErrors checks an answer in SiVa's error shape: "key: message" each.
func wantErrors(t *testing.T, w *httptest.ResponseRecorder, status int, want ...string) {
	t.Helper()
	var a struct {
		RequestErrors []struct{ Key, Message string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != status {
		t.Fatalf("%d %.300s, want %d: %v", w.Code, w.Body, status, err)
	}
	var got []string
	for _, e := range a.RequestErrors {
		got = append(got, e.Key+": "+e.Message)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const malformed = "document: Document malformed or not matching documentType"

func contract() []eutest.File {
	return []eutest.File{eutest.Text("contract.txt", "I owe you."), eutest.Text("annex.txt", "Nothing more.")}
}

func TestGoodAndTampered(t *testing.T) {
	w := begin(t)
	c := w.Container(contract()...).Sign(w.ca.Signer(), eutest.SignOptions{})
	good := c.Bytes()
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	got := concluded(t, post(h, "/validate", request("contract.asice", good)))
	if got.SignaturesCount != 1 || got.ValidSignaturesCount != 1 || got.SignatureForm != "ASiC-E" || got.Policy.PolicyName != "POLv4" || got.ValidatedDocument.Filename != "contract.asice" {
		t.Fatalf("got %+v", got)
	}
	s := got.Signatures[0]
	if s.Indication != "TOTAL-PASSED" || s.SignatureLevel != "QESIG" || s.SignatureFormat != "XAdES_BASELINE_LT" || len(s.Errors)+len(s.Warnings) != 0 || len(s.Certificates) != 3 || len(s.SignatureScopes) != 2 || s.Info.TimestampCreationTime == "" || s.Info.OcspResponseCreationTime == "" {
		t.Errorf("got %+v", s)
	}
	got = concluded(t, post(h, "/validate", request("contract.asice", c.Replace("annex.txt", []byte("Much more.")).Bytes(), `"signaturePolicy":"POLv3"`)))
	s = got.Signatures[0]
	if got.ValidSignaturesCount != 0 || s.Indication != "TOTAL-FAILED" || s.SubIndication != "HASH_FAILURE" || s.Errors[0].Content != "The reference data object is not intact!" || len(s.SignatureScopes) != 1 || got.Policy.PolicyName != "POLv3" {
		t.Errorf("got %+v", s)
	}
}

// TestPoliciesDiffer: POLv4 asks for a legal level, POLv3 for none, and for both the
// judge is the same.
func TestPoliciesDiffer(t *testing.T) {
	w := begin(t)
	file := w.Sign(w.ca.Signer(eutest.NoQC()), contract(), eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	lax := concluded(t, post(h, "/validate", request("a.asice", file, `"signaturePolicy":"POLv3"`)))
	strict := concluded(t, post(h, "/validate", request("a.asice", file)))
	if s := lax.Signatures[0]; s.Indication != "TOTAL-PASSED" || lax.ValidSignaturesCount != 1 || s.SignatureLevel != "UNKNOWN" {
		t.Errorf("POLv3: %+v", s)
	}
	s := strict.Signatures[0]
	if s.Indication != "TOTAL-FAILED" || strict.ValidSignaturesCount != 0 || s.Errors[len(s.Errors)-1].Content != "Signature/seal level do not meet the minimal level required by applied policy" {
		t.Errorf("POLv4: %+v", s)
	}
}

func TestReportTypes(t *testing.T) {
	w := begin(t)
	file := w.Sign(w.ca.Signer(), contract(), eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	for typ, want := range map[string]string{"simple": "", "DETAILED": `"validationProcess"`, "Diagnostic": `"diagnosticData"`} {
		body := post(h, "/validate", request("a.asice", file, `"reportType":"`+typ+`"`)).Body.String()
		for _, key := range []string{`"validationProcess"`, `"diagnosticData"`} {
			if strings.Contains(body, key) != (key == want) {
				t.Errorf("%s: %s is %v", typ, key, !(key == want))
			}
		}
		if body = post(h, "/validate", request("a.bdoc", file, `"reportType":"`+typ+`"`)).Body.String(); strings.Contains(body, `"validationProcess"`) || strings.Contains(body, `"diagnosticData"`) {
			t.Errorf("%s: a .bdoc has a simple report only", typ)
		}
	}
}

func TestRefusedDocuments(t *testing.T) {
	w := begin(t)
	good := w.Sign(w.ca.Signer(), contract(), eutest.SignOptions{})
	h := door(t, &judge{trust: w.trust(t)}, api.Limits{})
	size := "document: must not be blank\ndocument: Document is not encoded in a valid base64 string"
	for name, test := range map[string]struct{ body, want string }{
		"no signature format":  {request("a.asice", []byte("hello")), malformed},
		"half a container":     {request("a.asice", good[:len(good)/2]), malformed},
		"DDOC that is none":    {request("a.ddoc", good), malformed},
		"DDOC":                 {request("a.ddoc", []byte(`<?xml version="1.0"?><SignedDoc format="DIGIDOC-XML"/>`)), "document: DDOC is not judged by this version of the service"},
		"wrong base64":         {`{"filename":"a.asice","document":"not base64!"}`, "document: Document is not encoded in a valid base64 string"},
		"no document":          {`{"filename":"a.asice"}`, size},
		"document by no name":  {`{"filename":"a.asice","DOCUMENT":"aGk="}`, size},
		"document is a number": {`{"filename":"a.asice","document":7}`, size},
		"unknown policy":       {request("a.asice", good, `"signaturePolicy":"POLv2"`), "signaturePolicy: Invalid signature policy: POLv2; Available abstractPolicies: [POLv3, POLv4]"},
		"odd policy":           {request("a.asice", good, `"signaturePolicy":"POLv3.*"`), "signaturePolicy: Invalid signature policy"},
		"report type":          {request("a.asice", good, `"reportType":""`), "reportType: Invalid report type"},
		"document type":        {request("a.asice", good, `"documentType":"xroad"`), "documentType: documentType is not a valid request parameter"},
		"long name":            {request(strings.Repeat("õ", 261), good), "filename: size must be between 1 and 260"},
		"line in name":         {request("a\nHTTP/1.1 200.asice", good), "filename: Invalid filename"},
		"turned name":          {request("a\u202eecisa.exe", good), "filename: Invalid filename"},
		"doubled, last counts": {`{"filename":"a.asice","document":"aGk=","filename":""}`, "filename: must not be empty\nfilename: size must be between 1 and 260"},
	} {
		t.Run(name, func(t *testing.T) {
			wantErrors(t, post(h, "/validate", test.body), http.StatusBadRequest, strings.Split(test.want, "\n")...)
		})
	}
}

func TestHostileJSON(t *testing.T) {
	j := &judge{}
	h := door(t, j, api.Limits{})
	for name, body := range map[string]string{
		"empty": "", "no JSON": "<xml/>", "an array": "[]", "null": "null", "cut off": `{"filename":"a`, "two values": `{}{}`,
		"deep":         strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000),
		"unclosed":     strings.Repeat("[", 1_000_000),
		"wide":         `{"a":[` + strings.Repeat("1,", 200_000) + "1]}",
		"many members": "{" + strings.Repeat(`"a":1,`, 200_000) + `"b":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			wantErrors(t, post(h, "/validate", body), http.StatusBadRequest, "request: The request is not readable JSON")
		})
	}
	if j.calls.Load() != 0 {
		t.Error("hostile JSON came to the judge")
	}
}

func TestSizeLimit(t *testing.T) {
	j := &judge{}
	h := door(t, j, api.Limits{})
	says := "request: Request content-length (28311553 bytes) exceeds request size limit (28311552 bytes)"
	big := bytes.Repeat([]byte(" "), 28311553)
	r := httptest.NewRequest(http.MethodPost, "/validate", bytes.NewReader(big))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantErrors(t, w, http.StatusBadRequest, says)
	r = httptest.NewRequest(http.MethodPost, "/validateHashcode", io.MultiReader(bytes.NewReader(big)))
	r.ContentLength = -1 // chunked: it does not say how large it is
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantErrors(t, w, http.StatusBadRequest, says)
	wantErrors(t, post(h, "/validate", string(big[1:])), http.StatusBadRequest, "request: The request is not readable JSON")
	wantErrors(t, post(door(t, j, api.Limits{RequestSize: 10}), "/validate", "12345678901"), http.StatusBadRequest,
		"request: Request content-length (11 bytes) exceeds request size limit (10 bytes)")
	r = httptest.NewRequest(http.MethodPost, "/validate", strings.NewReader("x"))
	r.Header.Set("Content-Encoding", "gzip")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantErrors(t, w, http.StatusBadRequest, "request: A compressed request is not taken")
}

// TestS2TurnsAreShared: the face takes its turns from the same limits as /v1.
func TestS2TurnsAreShared(t *testing.T) {
	j := &judge{wait: make(chan struct{}), fail: errors.New("secret path /var/lib")}
	h := door(t, j, api.Limits{Judgings: 1, Uploads: 4, QueueWait: 20 * time.Millisecond})
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- post(h, "/validate", request("a.asice", []byte("x"))) }()
	for j.calls.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	w := post(h, "/validate", request("a.asice", []byte("x")))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "requestErrors") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w = post(h, "/v1/validations", "x"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("/v1 judged beside a full house: %d", w.Code)
	}
	close(j.wait)
	if w = <-first; w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestFailuresInSiVasShape(t *testing.T) {
	wantErrors(t, post(door(t, &judge{fail: &api.NotReady{Why: "No list."}}, api.Limits{}), "/validate", request("a.asice", []byte("x"))), http.StatusServiceUnavailable, "request: No list.")
	slow := door(t, &judge{wait: make(chan struct{})}, api.Limits{JudgingTime: time.Millisecond})
	wantErrors(t, post(slow, "/validate", request("a.asice", []byte("x"))), http.StatusServiceUnavailable, "request: The work was not done in the time that one request may take")
}

func TestDataFilesAreForDDOC(t *testing.T) {
	h := door(t, &judge{}, api.Limits{})
	wantErrors(t, post(h, "/getDataFiles", request("a.asice", []byte("x"))), http.StatusBadRequest, "filename: Invalid filename. Can only return data files for DDOC type containers.")
	wantErrors(t, post(h, "/getDataFiles", request("a.ddoc", []byte("x"))), http.StatusBadRequest, malformed)
	wantErrors(t, post(h, "/getDataFiles", `{"filename":"../../etc/\u0000passwd.ddoc","document":"*"}`), http.StatusBadRequest, "filename: Invalid filename", "document: Document is not encoded in a valid base64 string")
}

// TestS3NamesInContainers: names with path tricks, doubled names and control
// characters never lead to a signature that passes, and never leave JSON.
func TestS3NamesInContainers(t *testing.T) {
	w := begin(t)
	trust := func() *path.Trust { return w.trust(t) }
	for name, add := range map[string]eutest.File{
		"path":    eutest.Text("../../evil.txt", "x"),
		"doubled": eutest.Text("contract.txt", "I owe you nothing."),
		"control": eutest.Text("a\x00b\r\nX: y\x1b[2J.txt", "x"),
	} {
		t.Run(name, func(t *testing.T) {
			file := w.Container(contract()...).Sign(w.ca.Signer(), eutest.SignOptions{}).Add(add).Bytes()
			h := door(t, &judge{trust: trust()}, api.Limits{})
			for _, as := range []string{"a.asice", "a.bdoc", "a.asics", "a.zip"} {
				answer := post(h, "/validate", request(as, file))
				if !json.Valid(answer.Body.Bytes()) || strings.ContainsAny(strings.TrimSuffix(answer.Body.String(), "\n"), "\x00\x1b\r\n") {
					t.Errorf("%s: the answer holds control characters: %q", as, answer.Body)
				}
				if answer.Code == http.StatusOK && concluded(t, answer).ValidSignaturesCount != 0 {
					t.Errorf("%s: the signature passed: %s", as, answer.Body)
				}
			}
		})
	}
}

func TestMonitoring(t *testing.T) {
	h := door(t, &judge{}, api.Limits{})
	for path, want := range map[string]string{"/monitoring/health": `"status":"UP"`, "/monitoring/heartbeat": `{"status":"UP"}`, "/monitoring/version": `{"version":"1.2.3"}`} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
