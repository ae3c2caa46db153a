package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

func TestArchiveRenewAndVerify(t *testing.T) {
	url, root, ids, _ := fillArchive(t)
	until := archiveClock.AddDate(0, 2, 0)
	tsa, anchor := tsaServer(t, eutest.Valid(archiveClock.AddDate(-1, 0, 0), until))
	flags := []string{"--store", url, "--lists", "none", "--trust-anchor", anchor}
	renew := append([]string{"renew", "--offline", "--tsa", tsa}, flags...)
	out, err := runArchive(t, renew...)
	if err != nil || out != "2 sealed, 0 renewed by time-stamp, 0 by hash tree, 0 not due; 1 time-stamp\n" {
		t.Fatalf("%q, %v", out, err)
	}
	// The unit ends in two months: a renewal is due, and by this unit it gains nothing.
	out, err = runArchive(t, append(renew, "--format", "json")...)
	if err == nil || !strings.Contains(err.Error(), "would prove until 2027-01-22 only") || !strings.Contains(out, `"stoppedBy"`) {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := runArchive(t, append([]string{"renew", "--offline", "--due", "2026-10-01T00:00:00Z"}, flags...)...); err != nil || !strings.Contains(out, "2 not due; 0 time-stamps") {
		t.Errorf("nothing due, no TSA: %q, %v", out, err)
	}

	out, err = runArchive(t, "forecast", "--store", url)
	if err != nil || !strings.HasPrefix(out, "2 bundles, 0 of them without an evidence record") ||
		!strings.Contains(out, `2027-01-22  2026-10-22    2        TSA: the certificate of "TEST TSA"  OVERDUE`) {
		t.Errorf("%q, %v", out, err)
	}
	out, err = runArchive(t, "forecast", "--store", url, "--format", "json", "--until", "2027-06-01T00:00:00Z")
	var f forecast
	if json.Unmarshal([]byte(out), &f) != nil || err != nil || f.Bundles != 2 || len(f.Falls) != 1 || !f.Falls[0].Overdue || f.Falls[0].Bundles != 2 || f.Falls[0].Kind != "TSA" {
		t.Errorf("%q, %v", out, err)
	}
	empty := "dir:" + filepath.Join(t.TempDir(), "none")
	if out, err := runArchive(t, "forecast", "--store", empty); err != nil || !strings.HasSuffix(out, "nothing ends\n") {
		t.Errorf("%q, %v", out, err)
	}

	verify := append([]string{"verify", "--all"}, flags...)
	out, err = runArchive(t, verify...)
	if err != nil || strings.Count(out, ": intact\n") != 2 || strings.Count(out, "evidence record 1 proves its existence on 2026-11-22 00:00:00; renew before 2026-10-22: The certificate of") != 2 {
		t.Errorf("%q, %v", out, err)
	}
	out, err = runArchive(t, append(verify, "--at", "2027-03-01T00:00:00Z")...)
	if archiveExit(err) != 1 || strings.Count(out, "does not prove since 2027-01-22") != 2 {
		t.Errorf("%q, %v", out, err)
	}
	out, err = runArchive(t, append([]string{"renew", "--offline", "--tsa", tsa, "--due", "2028-01-01T00:00:00Z", "--digest", "SHA-1"}, flags...)...)
	if err == nil || !strings.Contains(err.Error(), "SHA-1") {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := runArchive(t, "verify", "--store", url, "--lists", "none", ids[0]); archiveExit(err) != 1 || !strings.Contains(out, "does not prove: ") {
		t.Errorf("without trust in the TSA: %q, %v", out, err)
	}

	name := filepath.Join(root, "bundles", ids[0][:2], ids[0], "record-000001.ers")
	if err := os.Chmod(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = runArchive(t, append(verify, "--format", "json")...)
	var first verified
	if archiveExit(err) != 1 || strings.Count(out, `"proves":true`) != 1 {
		t.Errorf("%q, %v", out, err)
	}
	for line := range strings.Lines(out) {
		var v verified
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.ID == ids[0] {
			first = v
		}
	}
	if first.Record != nil || first.Intact || len(first.Damages) != 1 || first.Damages[0].Object != "record-000001.ers" {
		t.Errorf("%+v", first)
	}
	if out, err := runArchive(t, append([]string{"renew", "--offline", "--due", "2026-10-01T00:00:00Z"}, flags...)...); archiveExit(err) != -1 && err == nil || !strings.Contains(out, ids[0]+": passed over") {
		t.Errorf("%q, %v", out, err)
	}
}

// The head of the audit log is sealed with the bundles, renewed with them, forecast,
// exported, and judged by its newest record; without a renewal it is said since when it
// does not prove.
func TestArchiveRenewAuditHead(t *testing.T) {
	url, root, ids, _ := fillArchive(t)
	if out, err := runArchive(t, "hold", "--store", url, "--on", ids[0]); err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	first, anchor := tsaServer(t, eutest.Valid(archiveClock.AddDate(-1, 0, 0), archiveClock.AddDate(0, 2, 0)))
	second, other := tsaServer(t, eutest.Valid(archiveClock.AddDate(-1, 0, 0), archiveClock.AddDate(5, 0, 0)))
	flags := []string{"--store", url, "--lists", "none", "--trust-anchor", anchor, "--trust-anchor", other}
	if out, err := runArchive(t, append([]string{"seal", "--offline", "--tsa", first}, flags...)...); err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	verify := append([]string{"audit", "verify"}, flags...)
	if out, err := runArchive(t, verify...); err != nil || !strings.Contains(out, "1 of 1 evidence records over heads of the log prove: segment ") || !strings.Contains(out, "; renew before 2026-10-22\n") {
		t.Errorf("%q, %v", out, err)
	}
	late := append(verify, "--at", "2027-03-01T00:00:00Z")
	if out, err := runArchive(t, late...); !errors.Is(err, status(1)) || !strings.Contains(out, "unproven: evidence record 1 over its head does not prove since 2027-01-22: The certificate of") {
		t.Errorf("without a renewal: %q, %v", out, err)
	}
	if out, err := runArchive(t, "audit", "verify", "--store", url); err != nil || !strings.Contains(out, "evidence records over heads of the log: 1, which could not be judged: ") {
		t.Errorf("without trust: %q, %v", out, err)
	}
	out, err := runArchive(t, "forecast", "--store", url)
	if err != nil || !strings.HasPrefix(out, "2 bundles, 0 of them without an evidence record; 1 head of the audit log; algorithms") ||
		!strings.Contains(out, "OVERDUE and audit log: 1") || !strings.Contains(out, "\n2027  ##") ||
		!strings.Contains(out, "The evidence records of 2 bundles and of 1 head of the audit log rest on ") {
		t.Errorf("%q, %v", out, err)
	}
	out, err = runArchive(t, append([]string{"renew", "--offline", "--tsa", second}, flags...)...)
	if err != nil || out != "1 renewed over the audit log\n0 sealed, 2 renewed by time-stamp, 0 by hash tree, 0 not due; 1 time-stamp\n" {
		t.Fatalf("%q, %v", out, err)
	}
	if out, err := runArchive(t, late...); err != nil || !strings.Contains(out, "1 of 1 evidence records over heads") {
		t.Errorf("after a renewal: %q, %v", out, err)
	}
	records, err := filepath.Glob(filepath.Join(root, "audit-heads", "*-000002.ers"))
	if err != nil || len(records) != 1 {
		t.Errorf("%v, %v", records, err)
	}
	pack := filepath.Join(t.TempDir(), "all.zip")
	if out, err := runArchive(t, "export", "--store", url, "--all", "--out", pack); err != nil {
		t.Fatalf("%q, %v", out, err)
	}
	if raw, err := os.ReadFile(pack); err != nil || !strings.Contains(string(raw), ".record-000002.ers") || strings.Count(string(raw), "PK\x01\x02") == 0 {
		t.Errorf("%v", err)
	} else if n := strings.Count(string(raw), "audit-heads/0000"); n < 6 { // in headers, the directory and the manifest
		t.Errorf("the package names heads %d times", n)
	}
	if out, err := runArchive(t, "verify", "--lists", "none", pack); err != nil {
		t.Errorf("%q, %v", out, err)
	}
}
