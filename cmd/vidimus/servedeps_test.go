package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/replay"
)

// service starts the HTTP door over the real house: frozen lists, a store in a folder.
func serviceOf(t *testing.T, change func(*ServeCmd)) *httptest.Server {
	t.Helper()
	_, handler := doorOf(t, change)
	return newServer(t, handler)
}

func newServer(t testing.TB, handler http.Handler) *httptest.Server {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// doorOf builds what serviceOf serves.
func doorOf(t testing.TB, change func(*ServeCmd)) (api.Deps, http.Handler) {
	t.Helper()
	c := serveDefaults()
	c.Lists, c.LotlAnchors, c.Policy = "../../testdata/world/lists", "../../testdata/world/lotl-anchors.pem", "practice"
	c.MaxRequest, c.JudgingTimeout = 1<<20, time.Minute
	c.Store, c.UnsafeNow = "dir:"+filepath.Join(t.TempDir(), "store"), frozenAt
	if change != nil {
		change(c)
	}
	cache := t.TempDir()
	rt := &runtime{Stderr: io.Discard, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }, CacheDir: func() (string, error) { return cache, nil }}
	deps, closing, err := serveDeps(context.Background(), rt, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closing)
	handler, err := api.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	return deps, handler
}

func exchange(t *testing.T, method, url string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, out
}

func TestServeJudgesKeepsAndGivesBack(t *testing.T) {
	server := serviceOf(t, nil)
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	code, body := exchange(t, http.MethodPost, server.URL+"/v1/validations?name=contract.asice", contract)
	if code != http.StatusOK || !bytes.Contains(body, []byte(`"qualification":"QESig"`)) {
		t.Fatalf("%d %s", code, body)
	}
	code, body = exchange(t, http.MethodPost, server.URL+"/v1/bundles?name=contract.asice", contract)
	var made struct {
		ID     string
		Report json.RawMessage
	}
	if err := json.Unmarshal(body, &made); err != nil || code/100 != 2 || len(made.ID) != 64 {
		t.Fatalf("%d %s %v", code, body, err)
	}
	code, raw := exchange(t, http.MethodGet, server.URL+"/v1/bundles/"+made.ID, nil)
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, raw)
	}
	b, err := bundle.Open(raw)
	if err != nil || b.ID != made.ID {
		t.Fatal(err)
	}
	v, err := replay.Judge(b)
	if err != nil {
		t.Fatal(err)
	}
	if same, got, err := replay.Same(b, v); err != nil || !same {
		t.Errorf("the replay differs: %s (%v)", got, err)
	}
}

// A request may ask for a built-in policy and set its constraints; the report, and a
// bundle's replay, go by that policy.
func TestServeJudgesByThePolicyAskedFor(t *testing.T) {
	server := serviceOf(t, nil)
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	const set = "SignatureConstraints/BasicSignatureConstraints/SigningCertificate/RevocationIssuerNotExpired"
	for query, want := range map[string][2]string{
		"":                                  {"200", `"indication":"TOTAL-PASSED"`},
		"policy=practice":                   {"200", `"indication":"TOTAL-PASSED"`},
		"policy=strict":                     {"200", `"name":"strict"`},
		"policy-set=" + set + "=FAIL":       {"200", `"indication":"INDETERMINATE"`},
		"policy=mine":                       {"400", "bad-parameter"},
		"policy=../../go.mod":               {"400", "bad-parameter"},
		"policy=strict&policy=practice":     {"400", "bad-parameter"},
		"policy-set=eIDAS/TLNotExpire=OK":   {"400", "bad-parameter"},
		"policy-set=eIDAS/TLNotExpire=FAIL": {"400", "is it eIDAS/TLNotExpired?"},
	} {
		code, body := exchange(t, http.MethodPost, server.URL+"/v1/validations?name=contract.asice&"+query, contract)
		if strconv.Itoa(code) != want[0] || !bytes.Contains(body, []byte(want[1])) {
			t.Errorf("%q: %d %s; want %s and %s", query, code, body, want[0], want[1])
		}
	}
	_, body := exchange(t, http.MethodPost, server.URL+"/v1/bundles?policy=strict&name=contract.asice", contract)
	var made struct{ ID string }
	if err := json.Unmarshal(body, &made); err != nil {
		t.Fatal(err)
	}
	_, raw := exchange(t, http.MethodGet, server.URL+"/v1/bundles/"+made.ID, nil)
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	v, err := replay.Judge(b)
	if err != nil {
		t.Fatal(err)
	}
	if same, got, err := replay.Same(b, v); err != nil || !same || !bytes.Contains(got, []byte(`"name":"strict"`)) {
		t.Errorf("the replay differs, or is of another policy: %s (%v)", got, err)
	}
}

func TestServeRefusesWhatItCannotJudge(t *testing.T) {
	server := serviceOf(t, nil)
	code, body := exchange(t, http.MethodPost, server.URL+"/v1/validations?name=x.txt", []byte("I owe you.\n"))
	if code != http.StatusUnprocessableEntity && code != http.StatusUnsupportedMediaType || !bytes.Contains(body, []byte("unsupported-format")) {
		t.Errorf("%d %s", code, body)
	}
}

// Readiness is red, with the reason, when no authenticated list is loaded; and
// nothing is judged meanwhile.
func TestServeIsNotReadyWithoutLists(t *testing.T) {
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*ServeCmd){
		"an empty cache":           func(c *ServeCmd) { c.Lists, c.LotlAnchors = "", "" },
		"anchors of somebody else": func(c *ServeCmd) { c.LotlAnchors = "" },
	} {
		t.Run(name, func(t *testing.T) {
			server := serviceOf(t, change)
			code, body := exchange(t, http.MethodGet, server.URL+"/readyz", nil)
			if code != http.StatusServiceUnavailable || !strings.Contains(string(body), "No trusted list is loaded") {
				t.Errorf("readyz: %d %s", code, body)
			}
			if code, _ := exchange(t, http.MethodGet, server.URL+"/healthz", nil); code != http.StatusOK {
				t.Errorf("healthz: %d", code)
			}
			if code, body := exchange(t, http.MethodPost, server.URL+"/v1/validations?name=contract.asice", contract); code != http.StatusServiceUnavailable {
				t.Errorf("validations: %d %s", code, body)
			}
		})
	}
	server := serviceOf(t, nil)
	if code, body := exchange(t, http.MethodGet, server.URL+"/readyz", nil); code != http.StatusOK || !bytes.Contains(body, []byte(`"EE"`)) {
		t.Errorf("readyz with lists: %d %s", code, body)
	}
}
