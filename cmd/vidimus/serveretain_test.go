package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/dir"
)

// What is put through a service is retained as --retain says, and the bundle, the audit
// log and readiness say what the store enforces; nobody but a tenant's own part is touched.
func TestServeRetain(t *testing.T) {
	store, keys := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "keys.jsonl")
	acme := newKey(t, keys, "acme")
	server := serviceOf(t, func(c *ServeCmd) { c.Store, c.APIKeys, c.Retain = "dir:"+store, keys, "10y" })
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/bundles?name=contract.asice", strings.NewReader(string(contract)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Authorization", "Bearer "+acme)
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
	st, err := dir.Open(filepath.Join(store, "tenants", "acme")) // as the operator opens it
	if err != nil {
		t.Fatal(err)
	}
	lock, err := archive.Locked(t.Context(), st, made.ID)
	if want := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(3650 * 24 * time.Hour); err != nil || !lock.Until.Equal(want) {
		t.Errorf("the lock is %+v, %v; want until %v", lock, err, want)
	}
	noted := ""
	for line, err := range audit.Entries(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		if line.What == "put" && line.Object == made.ID {
			noted = line.Detail
		}
	}
	if want := "retained until 2035-12-30 00:00:00; WORM: false; A folder is not WORM"; !strings.HasPrefix(noted, want) {
		t.Errorf("the audit log notes %q, want %q…", noted, want)
	}
	raw, err := archive.Load(t.Context(), st, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	var says archive.Enforced
	if err := json.Unmarshal(b.Content.Store, &says); err != nil || says.Format != archive.EnforcedFormat || says.WORM || says.Mode != archive.ModeNote ||
		!strings.HasPrefix(says.Statement, "A folder is not WORM") || strings.Contains(string(b.Content.Store), store) {
		t.Errorf("the bundle says %s, %v", b.Content.Store, err)
	}
	code, body := exchange(t, http.MethodGet, server.URL+"/readyz", nil)
	if code != http.StatusOK || !strings.Contains(string(body), `"store":{"worm":false,"lockMode":"NOTE","retentionDays":3650,"statement":"A folder is not WORM`) || strings.Contains(string(body), store) {
		t.Errorf("readiness: %d %s", code, body)
	}
	var held *archive.HeldError
	_, err = archive.Delete(t.Context(), st, archive.DeleteOptions{Bundles: []string{made.ID}, Reason: "over", By: "test", At: lock.Until.Add(-time.Second)})
	if !errors.As(err, &held) {
		t.Errorf("deleting it: %v", err)
	}
	for _, bad := range []string{"soon", "0d", "31y", "2036-01-01", "-1h"} {
		if _, err := retainPeriod("retain", bad, archiveClock); archiveExit(err) != exitUsage {
			t.Errorf("--retain %s: %v", bad, err)
		}
	}
}
