package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A service that goes on by the same lists tells when they were not checked lately,
// and no more once a refresh has found them unchanged; what was in force is the same
// snapshot.
func TestServeTellsOfStaleLists(t *testing.T) {
	u := newUnion(t, "EE")
	contract := u.contract()
	u.publish()
	pass := u.movingClock()
	s := refreshing(t, u, t.TempDir(), nil)
	judge := func() string {
		t.Helper()
		code, body := exchange(t, http.MethodPost, s.URL+"/v1/validations?name=c.asice&policy-set=eIDAS/TLFreshness=FAIL", contract)
		if code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
		return string(body)
	}
	if out := judge(); !strings.Contains(out, `"qualification":"QESig"`) || !strings.Contains(out, `"checked":`) {
		t.Errorf("at first: %s", out)
	}
	pass(7 * time.Hour)
	if out := judge(); !strings.Contains(out, "QUAL-LIST-FRESH") || strings.Contains(out, `"qualification":"QESig"`) {
		t.Errorf("after seven hours: %s", out)
	}
	s.pull()
	if out := judge(); strings.Contains(out, "QUAL-LIST-FRESH") || !strings.Contains(out, `"qualification":"QESig"`) {
		t.Errorf("after a refresh that brought nothing new: %s", out)
	}
}

// A service remembers its lists in the store too; one that is down stops no refresh.
func TestServeRemembersLists(t *testing.T) {
	u := newUnion(t, "EE")
	pass := u.movingClock()
	block := filepath.Join(t.TempDir(), "lists")
	if err := os.WriteFile(block, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := refreshing(t, u, t.TempDir(), func(c *ServeCmd) { c.ListsStore = "dir:" + block })
	s.isReady("without the store", http.StatusOK)
	if err := os.Remove(block); err != nil {
		t.Fatal(err)
	}
	pass(time.Hour)
	u.world.MemberState("EE").List.Sequence = 2
	u.publish()
	s.pull()
	s.isReady("with the store", http.StatusOK)
	manifests, err := filepath.Glob(filepath.Join(block, "trust", "manifests", "*.json"))
	if err != nil || len(manifests) != 2 {
		t.Errorf("%d snapshots are remembered, want the missed one and the new one: %v", len(manifests), err)
	}
	s.stop()
	if !strings.Contains(s.log.String(), "could not be remembered in --lists-store") {
		t.Errorf("it was not told: %s", s.log)
	}
}
