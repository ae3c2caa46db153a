package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/jobs"
	"github.com/vidimus/vidimus/archive/storetest"
)

// The jobs of a service go through the archives of all tenants, each by itself: that one
// fails stops no other, and is said with its name; tried again, the others are left out.
func TestServeJobsTenants(t *testing.T) {
	storeURL, root, _, _ := fillArchive(t)
	tsa, anchor := tsaServer(t)
	st, err := openStore(t.Context(), storeURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string][]string{}
	for n, tenant := range []string{"acme", "broken", "zeta"} {
		part, err := storeOf(st, tenant)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n + 1 {
			id, raw := storetest.Bundle(t, 10*n+i)
			if _, err := archive.Save(t.Context(), part, raw); err != nil {
				t.Fatal(err)
			}
			ids[tenant] = append(ids[tenant], id)
		}
		if err := audit.Open(part, time.Now).Append(t.Context(), audit.Event{Who: "test", What: "put", Result: "ok"}); err != nil {
			t.Fatal(err)
		}
	}
	segment := filepath.Join(root, "tenants", "broken", "audit", "0000", "00000001.jsonl")
	whole, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(data []byte) {
		if err := os.Remove(segment); err != nil || os.WriteFile(segment, data, 0o600) != nil {
			t.Fatal(err)
		}
	}
	swap([]byte("no entry\n"))
	keys := filepath.Join(t.TempDir(), "keys.jsonl")
	newKey(t, keys, "empty")
	c := &ServeCmd{Store: storeURL, ShutdownTimeout: 30 * time.Second}
	c.Offline, c.Lists, c.TrustAnchor, c.Policy, c.APIKeys = true, "none", []string{anchor}, "practice", keys
	c.TSA, c.SealEvery, c.CatchUpEvery, c.FixityEvery, c.RenewEvery = []string{tsa}, time.Hour, time.Hour, time.Hour, time.Hour
	var log bytes.Buffer
	s := &service{store: st, now: func() time.Time { return archiveClock }, real: time.Now}
	rt := &runtime{Stdout: &log, Stderr: &log, Now: time.Now}
	s.current.Store(&inForce{})
	stop, err := c.startJobs(t.Context(), rt, s, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{jobSeal, jobRenew, jobFixity, jobCatchUp}
	url := "sqlite:" + root + ".jobs.db"
	for kind, one := range failedJobs(t, url, kinds) {
		var all rounds
		if err := json.Unmarshal(one.Result, &all); err != nil {
			t.Fatalf("%s gave %s: %v", kind, one.Result, err)
		}
		var names []string
		for _, r := range all.Archives {
			names = append(names, r.Tenant)
			if bad := r.Tenant == "broken"; r.Ended == bad || (r.Error == "") == bad {
				t.Errorf("%s of %q: %+v", kind, r.Tenant, r)
			}
		}
		if !slices.Equal(names, []string{"", "acme", "broken", "empty", "zeta"}) {
			t.Errorf("%s went through %q", kind, names)
		}
		if !strings.Contains(one.Errors[0], "tenant broken") {
			t.Errorf("%s: the error %q has no tenant", kind, one.Errors)
		}
	}
	warnings := strings.Join(s.Trust().Warnings, "\n")
	for _, kind := range kinds {
		if want := "The job " + kind + " failed in the archive of the tenant broken (once, since "; !strings.Contains(warnings, want) {
			t.Errorf("readiness says %q, want %q", warnings, want)
		}
	}
	if strings.Contains(warnings, root) || strings.Contains(warnings, "acme") || !strings.Contains(log.String(), "tenant=broken") {
		t.Errorf("readiness says %s, the log %s", warnings, log.String())
	}
	swap(whole)
	results := ended(t, url, len(kinds), true)
	if warnings := s.Trust().Warnings; len(warnings) > 0 {
		t.Errorf("after it was mended readiness says %q", warnings)
	}
	x, err := s.shelf("zeta", nil).index(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if complete, err := x.Complete(t.Context()); err != nil || !complete {
		t.Errorf("the index of a tenant is complete: %v, %v", complete, err)
	}
	stop()
	var sealed rounds
	if err := json.Unmarshal([]byte(results[jobSeal]), &sealed); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"sealed":2`, `"sealed":1`, `"sealed":2`, `"sealed":0`, `"sealed":3`} {
		if r := sealed.Archives[i]; !strings.Contains(strings.ReplaceAll(string(r.Result), " ", ""), want) {
			t.Errorf("%q was sealed: %s, want %s", r.Tenant, r.Result, want)
		}
	}
	for tenant, all := range ids {
		part, err := storeOf(st, tenant)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range all {
			if n, err := archive.Records(t.Context(), part, id); n != 1 || err != nil {
				t.Errorf("bundle %s of %s has %d records, %v", id, tenant, n, err)
			}
		}
		logged := map[string]int{}
		for line, err := range audit.Entries(t.Context(), part) {
			if err != nil {
				t.Fatal(err)
			}
			if line.Who == "service" && line.Result == "ok" {
				logged[line.What]++
			}
		}
		for _, kind := range kinds {
			if logged[kind] != 1 {
				t.Errorf("the audit log of %s has %v, want each of %q once", tenant, logged, kinds)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(root, "tenants", "empty")); err == nil {
		t.Error("something was written for a tenant that has nothing")
	}
}

// failedJobs waits until each of the kinds has failed once.
func failedJobs(t *testing.T, url string, kinds []string) map[string]jobs.Status {
	t.Helper()
	q := queueAt(t, url)
	for {
		all, err := q.List(t.Context(), jobs.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]jobs.Status{}
		for _, s := range all {
			if len(s.Errors) > 0 && slices.Contains(kinds, s.Kind) {
				out[s.Kind] = s
			}
		}
		if len(out) == len(kinds) {
			return out
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// What readiness says of jobs is bounded, and ends when a job was done again.
func TestTroubles(t *testing.T) {
	var all troubles
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if _, first := all.failed("seal", "acme", at); !first {
		t.Error("a first failure is not the first")
	}
	if one, first := all.failed("seal", "acme", at.Add(time.Hour)); first || one.String() != "The job seal failed in the archive of the tenant acme (2 times in a row, since 2026-11-22T00:00:00Z); the log says why." {
		t.Errorf("first %v: %s", first, one)
	}
	if one, others := all.ended("fixity", "", 1, at); !others || one.String() != "The job fixity found 1 thing that is not as it should be in the archive of the store itself (2026-11-22T00:00:00Z); the log says which." {
		t.Errorf("others %v: %s", others, one)
	}
	if _, others := all.ended("fixity", "", 1, at); others {
		t.Error("the same damage is told again")
	}
	if got := all.sentences(); len(got) != 2 || !strings.Contains(got[1], "acme") {
		t.Errorf("%q", got)
	}
	all.ended("seal", "acme", 0, at)
	all.ended("fixity", "", 0, at)
	if got := all.sentences(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	for i := range maxTroubles + 5 {
		all.failed("seal", strings.Repeat("t", i+1), at)
	}
	if got := all.sentences(); len(got) != maxTroubles+1 || !strings.Contains(got[maxTroubles], "5 more") {
		t.Errorf("%d sentences, the last %q", len(got), got[len(got)-1])
	}
}
