package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/storetest"
)

// newKey runs `vidimus key new`.
func newKey(t *testing.T, file, tenant string, more ...string) string {
	t.Helper()
	code, out, errs := call(t, append([]string{"key", "new", "--api-keys", file, "--tenant", tenant}, more...)...)
	if code != exitOK || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit status %d, %q, %s", code, out, errs)
	}
	return strings.TrimSpace(out)
}

func clientOf(t *testing.T, server *httptest.Server, credential string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{URL: server.URL, Credential: credential, HTTP: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// idsAre collects a listing.
func idsAre(t *testing.T, c *client.Client) []string {
	t.Helper()
	var out []string
	for id, err := range c.Bundles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, id)
	}
	return out
}

// TestS4TenantsOfAService: two tenants archive the same contract; each sees its own
// bundle and nothing else, by list, by id, and in the store. The Go client asks.
func TestS4TenantsOfAService(t *testing.T) {
	folder := t.TempDir()
	file, store := filepath.Join(folder, "keys.jsonl"), filepath.Join(folder, "store")
	acme, other, reader := newKey(t, file, "acme"), newKey(t, file, "other"), newKey(t, file, "acme", "--scope", "read")
	raw, err := os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte(acme)) || bytes.Count(raw, []byte("\n")) != 3 {
		t.Fatalf("the file of keys: %s %v", raw, err)
	}
	server := serviceOf(t, func(c *ServeCmd) { c.APIKeys, c.Store = file, "dir:"+store })
	a, b := clientOf(t, server, acme), clientOf(t, server, other)
	put := client.Request{File: client.Path("../../testdata/contract.asice")}
	id, rep, err := a.Put(t.Context(), put)
	if err != nil || rep.Signatures[0].Indication != "TOTAL-PASSED" {
		t.Fatal(err)
	}
	var none *client.Problem
	if _, err := b.Bundle(t.Context(), id); !errors.As(err, &none) || none.Code != "no-such-bundle" {
		t.Errorf("another tenant's bundle by its id: %v", err)
	}
	if got := idsAre(t, b); len(got) != 0 {
		t.Errorf("another tenant's bundles are listed: %v", got)
	}
	same, _, err := b.Put(t.Context(), put) // equal contents, same clock
	if err != nil || same != id {
		t.Fatalf("%s %v", same, err)
	}
	for name, c := range map[string]*client.Client{"acme": a, "other": b, "reader": clientOf(t, server, reader)} {
		if got := idsAre(t, c); fmt.Sprint(got) != "["+id+"]" {
			t.Errorf("%s sees %v", name, got)
		}
	}
	for _, tenant := range []string{"acme", "other"} { // each part is an archive by itself
		code, out, errs := call(t, "archive", "list", "--store", "dir:"+filepath.Join(store, "tenants", tenant), "--format", "json")
		if code != exitOK || !strings.Contains(out, id) {
			t.Errorf("%s: %d %s %s", tenant, code, out, errs)
		}
	}
	if code, out, _ := call(t, "archive", "list", "--store", "dir:"+store, "--format", "json"); code != exitOK || strings.Contains(out, id) {
		t.Errorf("the whole store shows a tenant's bundle: %d %s", code, out)
	}
	if _, _, err := clientOf(t, server, reader).Put(t.Context(), put); !errors.As(err, &none) || none.Code != "forbidden" {
		t.Errorf("a key without the scope put: %v", err)
	}
	for _, path := range []string{"/v1/trust", "/validate"} {
		if code, body := exchange(t, http.MethodPost, server.URL+path, nil); path == "/validate" && code != http.StatusUnauthorized {
			t.Errorf("%s lets everybody in: %d %s", path, code, body)
		}
	}
	if code, _ := exchange(t, http.MethodGet, server.URL+"/monitoring/heartbeat", nil); code != http.StatusOK {
		t.Errorf("the heartbeat asks who it is: %d", code)
	}
	trust, err := a.Trust(t.Context())
	if err != nil || len(trust.Lists) == 0 {
		t.Errorf("%+v %v", trust, err)
	}
	policies, err := a.Policies(t.Context())
	if err != nil || len(policies) != 4 || !policies[0].Default || policies[0].Name != "practice" {
		t.Errorf("%+v %v", policies, err)
	}
	p, err := a.Policy(t.Context(), "strict")
	if err != nil || !strings.Contains(p.Text, "eIDAS/TLNotExpired") {
		t.Errorf("%+v %v", p, err)
	}
}

// TestTenantStoreKeepsTheContract: a tenant's part of a store is a store.
func TestTenantStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		root := t.TempDir()
		return storetest.Place{Open: func(t *testing.T) archive.Store {
			whole, err := dir.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			if other, err := storeOf(whole, "acm"); err != nil || other.Put(t.Context(), "e/noise", []byte("of another")) != nil {
				t.Fatal(err)
			}
			part, err := storeOf(whole, "acme")
			if err != nil {
				t.Fatal(err)
			}
			return part
		}}
	})
	for _, bad := range []string{"", "..", "a/b", "A", "-a", "a-", strings.Repeat("a", 64), "a\n"} {
		if _, err := storeOf(storetest.NewMemory(), bad); err == nil {
			t.Errorf("%q is a tenant", bad)
		}
	}
	part, err := storeOf(storetest.NewMemory(), "acme")
	var key *archive.KeyError
	if err != nil || !errors.As(part.Put(t.Context(), "../other/x", nil), &key) || !errors.As(part.Put(t.Context(), strings.Repeat("k", archive.MaxKey), nil), &key) {
		t.Errorf("a key that leads out, or is too long: %v", err)
	}
}

// TestKeysAreReadAgain: on SIGHUP and now and then; a file that is none changes nothing.
func TestKeysAreReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.jsonl")
	first := newKey(t, file, "acme")
	var log bytes.Buffer
	w := &keyWatch{file: file, keys: &auth.Keys{}, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := w.read(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	hup, tick, ended := make(chan os.Signal), make(chan time.Time), make(chan struct{})
	go func() { defer close(ended); w.watch(ctx, hup, tick) }()
	second := newKey(t, file, "acme")
	hup <- syscall.SIGHUP
	tick <- time.Time{} // the one before is done
	if w.keys.Len() != 2 {
		t.Errorf("%d keys in force, want 2", w.keys.Len())
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		tick <- time.Time{}
		tick <- time.Time{}
	}
	write([]byte("{broken"))
	if _, err := w.keys.Caller(t.Context(), second, time.Time{}); err != nil {
		t.Errorf("a broken file revoked a key: %v", err)
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	write(lines[1]) // the first is revoked
	cancel()
	<-ended
	if _, err := w.keys.Caller(t.Context(), first, time.Time{}); err == nil {
		t.Error("a revoked key counts")
	}
	if strings.Count(log.String(), "could not be read again") != 1 {
		t.Errorf("told so more or less than once:\n%s", log.String())
	}
}

// TestServeIsNotOpenByOversight: beyond loopback somebody must say who may call.
func TestServeIsNotOpenByOversight(t *testing.T) {
	for _, one := range []struct {
		change func(*ServeCmd)
		ok     bool
	}{
		{func(c *ServeCmd) { c.Listen = "127.0.0.1:80" }, true},
		{func(c *ServeCmd) { c.Listen = "[::1]:80" }, true},
		{func(c *ServeCmd) { c.Listen = "localhost:80" }, true},
		{func(c *ServeCmd) { c.Listen = ":80" }, false},
		{func(c *ServeCmd) { c.Listen = "0.0.0.0:80" }, false},
		{func(c *ServeCmd) { c.Listen = "127.0.0.1.example.org:80" }, false},
		{func(c *ServeCmd) { c.Listen = "0.0.0.0:80"; c.OpenToAll = true }, true},
		{func(c *ServeCmd) { c.Listen = "0.0.0.0:80"; c.APIKeys = "keys" }, true},
		{func(c *ServeCmd) { c.APIKeys = "keys"; c.OpenToAll = true }, false},
		{func(c *ServeCmd) { c.OIDCIssuer = "https://id.example" }, false},
		{func(c *ServeCmd) { c.OIDCIssuer, c.OIDCAudience = "https://id.example", "us" }, true},
		{func(c *ServeCmd) { c.OIDCIssuer, c.OIDCAudience = "http://id.example", "us" }, false},
		{func(c *ServeCmd) { c.TenantDaily = -1 }, false},
	} {
		c := serveDefaults()
		one.change(c)
		if err := c.authFlags.check(c.Listen); (err == nil) != one.ok {
			t.Errorf("%q %+v: %v", c.Listen, c.authFlags, err)
		}
	}
	code, _, errs := call(t, with("serve", "--listen", "0.0.0.0:0", "--store", "dir:"+t.TempDir())...)
	if code != exitUsage || !strings.Contains(errs, "--open-to-all") {
		t.Errorf("exit status %d, %s", code, errs)
	}
	for name, args := range map[string][]string{
		"no tenant": {"key", "new", "--api-keys", "x"}, "odd tenant": {"key", "new", "--api-keys", "x", "--tenant", "../x"}, "odd scope": {"key", "new", "--api-keys", "x", "--tenant", "x", "--scope", "all"},
		"past": {"key", "new", "--api-keys", "x", "--tenant", "x", "--expires", "2020-01-01T00:00:00Z"}, "no file of keys": {"key", "new", "--api-keys", "../../go.mod", "--tenant", "x"},
	} {
		if code, _, errs := call(t, args...); code != exitUsage {
			t.Errorf("%s: exit status %d, %s", name, code, errs)
		}
	}
}

// A request may ask for a past time, a text and a summary.
func TestServeAnswersAsAsked(t *testing.T) {
	c := clientOf(t, serviceOf(t, nil), "")
	contract := client.Request{File: client.Path("../../testdata/contract.asice")}
	contract.At = time.Date(2025, 5, 31, 0, 0, 0, 0, time.UTC)
	r, err := c.Validate(t.Context(), contract)
	if err != nil || !r.ValidationTime.Equal(contract.At) {
		t.Errorf("as of a past time: %+v %v", r, err)
	}
	contract.At = time.Date(2025, 6, 2, 0, 0, 0, 0, time.UTC) // the service's clock stands on the day before
	var p *client.Problem
	if _, err := c.Validate(t.Context(), contract); !errors.As(err, &p) || p.Code != "bad-parameter" || !strings.Contains(p.Detail, "in the future") {
		t.Errorf("as of the future: %v", err)
	}
	contract.At = time.Time{}
	text, err := c.ValidateAs(t.Context(), contract, "text")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	if raw, err := io.ReadAll(text); err != nil || !bytes.Contains(raw, []byte("TOTAL-PASSED")) || bytes.HasPrefix(raw, []byte("{")) {
		t.Errorf("%s %v", raw, err)
	}
	server := serviceOf(t, nil)
	raw, err := os.ReadFile("../../testdata/contract-altered.asice")
	if err != nil {
		t.Fatal(err)
	}
	code, body := exchange(t, http.MethodPost, server.URL+"/v1/validations?depth=summary", raw)
	var sum struct{ Signatures []map[string]any }
	if err := json.Unmarshal(body, &sum); err != nil || code != 200 || sum.Signatures[0]["indication"] != "TOTAL-FAILED" || sum.Signatures[0]["why"] == nil || sum.Signatures[0]["chain"] != nil {
		t.Errorf("%d %s %v", code, body, err)
	}
}

// TestS2LargeUploadsStayOnDisk: what an upload of a hundred megabytes costs in memory
// is bounded by what it is, and not by its size.
func TestS2LargeUploadsStayOnDisk(t *testing.T) {
	if goruntime.GOOS != "linux" {
		t.Skip("files are mapped on Linux only")
	}
	server := serviceOf(t, func(c *ServeCmd) { c.MaxRequest = 200 << 20 })
	const size = 128 << 20
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/validations", io.LimitReader(blanks{}, size))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	goruntime.ReadMemStats(&after)
	if answer.StatusCode != http.StatusUnprocessableEntity || !bytes.Contains(body, []byte("unsupported-format")) {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > size/8 {
		t.Errorf("%d octets were allocated for an upload of %d", took, size)
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
