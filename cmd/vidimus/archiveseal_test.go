package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
)

// tsaServer is a TSA on the loopback, and the file of the authority above it.
func tsaServer(t *testing.T, options ...eutest.Option) (url, anchor string) {
	t.Helper()
	w := eutest.New(t).At(archiveClock)
	p := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	ca := p.CA("TEST TSA CA", eutest.SelfSigned(), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2060, 1, 1)))
	unit := p.TSA("TEST TSA", append([]eutest.Option{eutest.IssuedBy(ca), eutest.Unlisted()}, options...)...)
	var lock sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		body, err := io.ReadAll(in.Body)
		q, err2 := timestamp.ParseRequest(body)
		if err != nil || err2 != nil || in.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(out, "no request", http.StatusBadRequest)
			return
		}
		token := unit.Token(nil, eutest.TokenOptions{Imprint: q.HashedMessage, Hash: q.HashAlgorithm, Nonce: q.Nonce,
			Revocation: [][]byte{ca.CRL(archiveClock, eutest.CRLOptions{})}})
		_, _ = out.Write(der.Encode(0x30, der.Encode(0x30, []byte{2, 1, 0}), token))
	}))
	t.Cleanup(server.Close)
	anchor = filepath.Join(t.TempDir(), "anchor.pem")
	if err := os.WriteFile(anchor, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, anchor
}

func TestArchiveSeal(t *testing.T) {
	url, _, ids, _ := fillArchive(t)
	tsa, anchor := tsaServer(t)
	args := []string{"seal", "--store", url, "--lists", "none", "--trust-anchor", anchor, "--offline"}
	if out, err := runArchive(t, args...); err == nil || !strings.Contains(err.Error(), "no TSA is named") {
		t.Errorf("without a TSA: %q, %v", out, err)
	}
	if _, err := runArchive(t, append(args, "--tsa", "tsa.example.com")...); archiveExit(err) != 3 {
		t.Errorf("a TSA that is no URL: %v", err)
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	args = append(args, "--tsa", dead.URL, "--tsa", tsa)
	if out, err := runArchive(t, args...); err != nil || out != "2 bundles sealed under 1 time-stamp; 0 had a record before\n" {
		t.Fatalf("%q, %v", out, err)
	}
	if out, err := runArchive(t, append(args, "--format", "json")...); err != nil || out != `{"sealed":0,"before":2,"timestamps":0}`+"\n" {
		t.Errorf("again: %q, %v", out, err)
	}
	st, err := openStore(t.Context(), url, func() time.Time { return archiveClock })
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if n, err := archive.Records(t.Context(), st, id); n != 1 || err != nil {
			t.Errorf("bundle %s has %d records, %v", id, n, err)
		}
	}
	// An octet that is under no hash of the record: verify and fixity name it.
	verify := []string{"verify", "--store", url, "--lists", "none", "--trust-anchor", anchor, "--offline", ids[0]}
	if out, err := runArchive(t, verify...); err != nil || !strings.Contains(out, "evidence record 1 proves") || strings.Contains(out, "not recorded") {
		t.Errorf("%q, %v", out, err)
	}
	key := "bundles/" + ids[0][:2] + "/" + ids[0] + "/record-000001.ers"
	file := filepath.Join(strings.TrimPrefix(url, "dir:"), key)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	alterFile(t, file, raw)
	if out, err := runArchive(t, verify...); archiveExit(err) != 1 || !strings.Contains(out, "record-000001.ers: altered") {
		t.Errorf("an altered record: %q, %v", out, err)
	}
	if out, err := runArchive(t, "fixity", "--store", url); err == nil || !strings.Contains(out, key+": altered") || !strings.Contains(out, "and 2 evidence records read") {
		t.Errorf("an altered record: %q, %v", out, err)
	}
	raw[len(raw)-1] ^= 1
	alterFile(t, file, raw)
	if err := os.RemoveAll(filepath.Join(strings.TrimPrefix(url, "dir:"), "record-sums")); err != nil {
		t.Fatal(err)
	}
	if out, err := runArchive(t, verify...); err != nil || !strings.Contains(out, "the SHA-256 of 1 of its records was not recorded") {
		t.Errorf("an archive of before: %q, %v", out, err)
	}
	// Without trust in the TSA nothing is believed.
	other, _, _, _ := fillArchive(t)
	if _, err := runArchive(t, "seal", "--store", other, "--lists", "none", "--offline", "--tsa", tsa); err == nil || !strings.Contains(err.Error(), "does not prove") {
		t.Errorf("a TSA that nobody vouches for: %v", err)
	}
}

// alterFile writes over what a store protects against its owner's slips.
func alterFile(t *testing.T, file string, raw []byte) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o400); err != nil {
		t.Fatal(err)
	}
}
