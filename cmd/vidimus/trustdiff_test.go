package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/changes"
	"github.com/vidimus/vidimus/validate/eutest"
)

// TestTrustDiffSince: what changed this week, from what the cache remembers.
func TestTrustDiffSince(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	ca := u.world.MemberState("EE").Provider("SK", "VATEE-1").CA("CA", eutest.EC(256))
	u.publish()
	first := u.world.Now()
	at := first
	u.clock = func() time.Time { return at }
	cache := t.TempDir()
	pull := func() {
		t.Helper()
		if _, errs, code := u.run(t, cache, "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors); code != exitOK {
			t.Fatal(errs)
		}
	}
	pull()
	at = at.AddDate(0, 0, 7)
	ca.Service.Name, u.world.MemberState("EE").List.Sequence = "CA 2", 2
	u.publish()
	pull()
	at = at.AddDate(0, 0, 7)
	ca.Service.ASI, u.world.MemberState("EE").List.Sequence = []string{eutest.ForeSeals}, 3
	u.publish()
	pull()
	for _, c := range []struct {
		args []string
		want string // kinds of changes
	}{
		{[]string{"--since", "1d"}, "list-issued service-scope"},
		{[]string{"--since", "7d"}, "list-issued service-scope"},
		{[]string{"--since", "2w"}, "list-issued service-scope service-renamed"},
		{[]string{"--since", "0h"}, ""},
		{[]string{"--since", first.AddDate(0, 0, 1).Format("2006-01-02")}, "list-issued service-scope service-renamed"},
		{[]string{"--since", first.Format(time.RFC3339), "--lists-as-of", first.AddDate(0, 0, 8).Format(time.RFC3339)}, "list-issued service-renamed"},
		{[]string{"--since", "2d", "--lists-as-of", first.AddDate(0, 0, 8).Format(time.RFC3339)}, "list-issued service-renamed"},
		{[]string{"--since", "2w", "--territory", "LV"}, ""},
	} {
		out, errs, code := u.run(t, cache, append(append([]string{"diff", "--format", "json"}, c.args...), "--lotl-anchors", u.anchors)...)
		var kinds []string
		for line := range strings.Lines(out) {
			var x changes.Change
			if err := json.Unmarshal([]byte(line), &x); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, string(x.Kind))
		}
		if got := strings.Join(kinds, " "); code != exitOK || got != c.want {
			t.Errorf("%v: %d, %q, want %q\n%s", c.args, code, got, c.want, errs)
		}
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{nil, exitUsage},
		{[]string{"--since", "yesterday"}, exitUsage},
		{[]string{"--since", "-3d"}, exitUsage},
		{[]string{"--since", "d"}, exitUsage},
		{[]string{"--since", "99999999999999999999d"}, exitUsage},
		{[]string{"--since", "9999999w"}, exitUsage},
		{[]string{"--since", "7d", "--lists-as-of", "today"}, exitUsage},
		{[]string{"mirror", "--since", "7d"}, exitUsage},
		{[]string{"mirror", "newer", "--lists-as-of", first.Format(time.RFC3339)}, exitUsage},
		{[]string{"--since", "100w"}, exitNoTrust}, // nothing is remembered from so early
	} {
		if _, errs, code := u.run(t, cache, append(append([]string{"diff"}, c.args...), "--lotl-anchors", u.anchors)...); code != c.code {
			t.Errorf("%v: %d, want %d\n%s", c.args, code, c.code, errs)
		}
	}
}
