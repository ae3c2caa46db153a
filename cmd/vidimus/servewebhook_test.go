package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/validate/eutest"
)

// hooks receives webhooks.
type hooks struct {
	t      *testing.T
	mu     sync.Mutex
	got    []told
	status int
}

// told is a webhook as it came.
type told struct {
	id, Type  string
	Timestamp time.Time
	Data      pull.Alert
}

var hookKey = []byte("0123456789abcdef0123456789abcdef")

// secretFile holds the key of hooks.
func secretFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte("whsec_"+base64.StdEncoding.EncodeToString(hookKey)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, hookKey)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
		h.t.Errorf("the signature is %q, want %q", r.Header.Get("webhook-signature"), want)
	}
	x := told{id: r.Header.Get("webhook-id")}
	if err := json.Unmarshal(body, &x); err != nil || x.Timestamp.IsZero() || x.Data.Says == "" || x.Type != "trust."+x.Data.Kind || x.id != x.Data.ID {
		h.t.Errorf("%s: %v", body, err)
	}
	if h.got = append(h.got, x); h.status != 0 {
		w.WriteHeader(h.status)
	}
}

// of are the webhooks of a kind and territory.
func (h *hooks) of(kind, territory string) []told {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []told
	for _, x := range h.got {
		if x.Type == "trust."+kind && x.Data.Territory == territory {
			out = append(out, x)
		}
	}
	return out
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it never happened: %s", what)
}

// TestServeTellsEachKind lets each thing happen of which an operator is to be told: it
// is in the log, the metrics and a webhook, once.
func TestServeTellsEachKind(t *testing.T) {
	reseal := func(u *union, code string) {
		u.world.MemberState(code).List.Sequence++
		u.world.LOTL().List.Sequence++
		u.publish()
	}
	for _, c := range []struct {
		kind, territory string
		happens         func(u *union, ee *eutest.MemberState, pass func(time.Duration))
	}{
		{"list-about-to-expire", "EE", func(u *union, _ *eutest.MemberState, pass func(time.Duration)) {
			pass(u.world.Now().AddDate(0, 4, 15).Sub(u.clock()))
		}},
		{"list-expired", "EE", func(u *union, _ *eutest.MemberState, pass func(time.Duration)) {
			pass(u.world.Now().AddDate(0, 6, 1).Sub(u.clock()))
		}},
		{"list-refused", "EE", func(u *union, ee *eutest.MemberState, _ func(time.Duration)) {
			ee.List.Sequence++
			raw := strings.Replace(string(ee.File().Raw), "no legal worth", "great worth", 1)
			u.set(func() { u.files["/EE.xml"] = []byte(raw) })
		}},
		{"signer-changed", "EE", func(u *union, ee *eutest.MemberState, _ func(time.Duration)) {
			ee.List.Signer = ee.Signers[1]
			reseal(u, "EE")
		}},
		{"pivot-added", "EU", func(u *union, _ *eutest.MemberState, _ func(time.Duration)) {
			u.world.LOTL().NewPivot()
			reseal(u, "EE")
		}},
		{"journal-changed", "EU", func(u *union, _ *eutest.MemberState, _ func(time.Duration)) {
			u.world.LOTL().Journal.URL = eutest.Journal2026
			reseal(u, "EE")
		}},
		{"location-changed", "EE", func(u *union, ee *eutest.MemberState, _ func(time.Duration)) {
			ee.Location = "https://elsewhere.example/EE.xml"
			reseal(u, "EE")
		}},
		{"anchors-jumped", "EE", func(u *union, ee *eutest.MemberState, _ func(time.Duration)) {
			for i := range 12 {
				ee.Provider("SK", "VATEE-100687640").CA("CA "+string(rune('a'+i)), eutest.EC(256))
			}
			reseal(u, "EE")
		}},
		{"service-status", "EE", func(u *union, ee *eutest.MemberState, _ func(time.Duration)) {
			ee.List.Edit = func(x string) string { return strings.Replace(x, "Svcstatus/granted", "Svcstatus/withdrawn", 1) }
			reseal(u, "EE")
		}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			u := newUnion(t, "EE", "LV")
			u.overTLS(t)
			ee := u.world.MemberState("EE")
			u.contract() // a provider with services
			ee.List.Sequence, u.world.LOTL().List.Sequence = 5, 400
			u.publish()
			pass := u.movingClock()
			h := &hooks{t: t}
			u.hook = h.ServeHTTP
			s := refreshing(t, u, t.TempDir(), func(c *ServeCmd) {
				c.Webhook, c.WebhookSecret = []string{"http://hook.example/alerts"}, secretFile(t)
			})
			name := `vidimus_trust_alerts_total{kind="` + c.kind + `"}`
			if n := s.count(name); n != 0 {
				t.Fatalf("%v before anything happened", n)
			}
			c.happens(u, ee, pass)
			s.pull()
			if n := s.count(name); n == 0 {
				t.Errorf("the metrics do not tell of it: %s", s.log)
			}
			if !strings.Contains(s.log.String(), `"msg":"trust alert","kind":"`+c.kind+`","territory":"`+c.territory+`"`) {
				t.Errorf("the log does not tell of it: %s", s.log)
			}
			eventually(t, "the webhook", func() bool { return len(h.of(c.kind, c.territory)) == 1 })
			before := s.count(name)
			s.pull()
			if n := s.count(name); n != before {
				t.Errorf("it is counted %v times after another pull, %v before", n, before)
			}
			s.stop()
			if n := len(h.of(c.kind, c.territory)); n != 1 {
				t.Errorf("%d webhooks", n)
			}
		})
	}
}

// TestServeWithAFullDisk: nothing is lost while no space is left: the old lists judge,
// readiness, the log, the metrics and a webhook say why, and when there is space again
// the next refresh stores all.
func TestServeWithAFullDisk(t *testing.T) {
	u := newUnion(t, "EE", "LV", "LT")
	contract := u.contract()
	ee := u.world.MemberState("EE")
	ee.List.Sequence = 5
	u.publish()
	pass := u.movingClock()
	h := &hooks{t: t}
	u.hook = h.ServeHTTP
	s := refreshing(t, u, t.TempDir(), func(c *ServeCmd) {
		c.Webhook, c.WebhookSecret = []string{"http://hook.example/alerts"}, secretFile(t)
	})
	eventually(t, "all is quiet", func() bool { return s.count("vidimus_webhook_pending") == 0 })
	full := func(effect string) error {
		return &os.PathError{Op: effect, Path: "/var/secret/path", Err: syscall.ENOSPC}
	}
	s.disk = full
	ee.List.Sequence, ee.List.Signer = 6, ee.Signers[1]
	u.publish()
	for n := 1; n <= 3; n++ {
		pass(time.Hour)
		s.pull()
		s.isReady("no space", http.StatusOK, `"territory":"EE","sequence":5`, "The lists could not be refreshed since ", "no space is left on the disk of the cache")
		if got := s.count("vidimus_trust_pull_failures"); got != float64(n) {
			t.Errorf("%v failures after %d", got, n)
		}
	}
	if _, body := s.ready(); strings.Contains(body, "secret/path") {
		t.Errorf("readiness names a path: %s", body)
	}
	if code, body := exchange(t, http.MethodPost, s.URL+"/v1/validations?name=c.asice", contract); code != http.StatusOK || !strings.Contains(string(body), `"territory":"EE","sequence":5`) {
		t.Errorf("%d %s", code, body)
	}
	for name, want := range map[string]float64{`vidimus_trust_alerts_total{kind="refresh-failed"}`: 1, `vidimus_trust_alerts_total{kind="signer-changed"}`: 1, `vidimus_trust_pulls_total{outcome="error"}`: 3} {
		if got := s.count(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	eventually(t, "the webhooks, though nothing is durable", func() bool { return len(h.of("refresh-failed", "")) == 1 && len(h.of("signer-changed", "EE")) == 1 })
	pass(24 * time.Hour)
	s.pull()
	s.isReady("no space for a day", http.StatusServiceUnavailable, "older than is asked for", `"reasons":["The list of lists was last known`, "no space is left on the disk of the cache")

	s.disk = nil
	s.pull()
	s.isReady("space again", http.StatusOK, `"territory":"EE","sequence":6`)
	if _, body := s.ready(); strings.Contains(body, "no space") {
		t.Errorf("%s", body)
	}
	if got := s.count("vidimus_trust_pull_failures"); got != 0 {
		t.Errorf("%v failures", got)
	}
	s.stop()
	if n := len(h.of("signer-changed", "EE")); n != 1 {
		t.Errorf("%d webhooks of the signer", n)
	}
	for _, want := range []string{"no space left on device", `"kind":"refresh-failed"`, "trusted lists in force"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, s.log)
		}
	}
}

// What a service could not deliver, the next one delivers, with the same ID.
func TestServeDeliversAfterARestart(t *testing.T) {
	u := newUnion(t, "EE")
	ee := u.world.MemberState("EE")
	ee.List.Sequence = 5
	u.publish()
	pass := u.movingClock()
	h := &hooks{t: t, status: http.StatusBadGateway}
	u.hook = h.ServeHTTP
	cache := t.TempDir()
	flags := func(c *ServeCmd) {
		c.Webhook, c.WebhookSecret = []string{"http://hook.example/alerts"}, secretFile(t)
	}
	s := refreshing(t, u, cache, flags)
	ee.List.Sequence, ee.List.Signer = 6, ee.Signers[1]
	u.publish()
	s.pull()
	eventually(t, "an attempt", func() bool { return len(h.of("signer-changed", "EE")) == 1 })
	s.Close()
	s.stop()
	h.mu.Lock()
	h.status = 0
	h.mu.Unlock()
	pass(2 * time.Hour)
	s = refreshing(t, u, cache, flags)
	eventually(t, "the delivery", func() bool { return len(h.of("signer-changed", "EE")) == 2 && s.count("vidimus_webhook_pending") == 0 })
	if all := h.of("signer-changed", "EE"); all[0] != all[1] {
		t.Errorf("%+v", all)
	}
}

// An outbox that is broken for good holds the lists up once, and not for ever.
func TestServeWithABrokenOutbox(t *testing.T) {
	u := newUnion(t, "EE")
	ee := u.world.MemberState("EE")
	ee.List.Sequence = 5
	u.publish()
	h := &hooks{t: t}
	u.hook = h.ServeHTTP
	cache := t.TempDir()
	s := refreshing(t, u, cache, func(c *ServeCmd) {
		c.Webhook, c.WebhookSecret = []string{"http://hook.example/alerts"}, secretFile(t)
	})
	if err := os.WriteFile(filepath.Join(cache, outboxName), []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	ee.List.Sequence, ee.List.Signer = 6, ee.Signers[1]
	u.publish()
	s.pull()
	s.isReady("the outbox is no folder", http.StatusOK, `"territory":"EE","sequence":5`, "our own part failed")
	s.pull()
	s.isReady("still", http.StatusOK, `"territory":"EE","sequence":6`)
	eventually(t, "the webhook all the same", func() bool { return len(h.of("signer-changed", "EE")) == 1 })
	if !strings.Contains(s.log.String(), "alerts are not durable") && !strings.Contains(s.log.String(), "the alert is not durable") {
		t.Errorf("%s", s.log)
	}
}

// trust pull tells too: of what it forgets, to a receiver at a private address that a
// flag names; and it forgets one territory at a time.
func TestTrustPullForgetsAndTells(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	ee := u.world.MemberState("EE")
	ee.List.Sequence = 900
	u.publish()
	h := &hooks{t: t}
	receiver := httptest.NewServer(h)
	defer receiver.Close()
	cache := t.TempDir()
	args := []string{"pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors, "--webhook", receiver.URL + "/alerts", "--webhook-secret", secretFile(t)}
	if _, errs, code := u.run(t, cache, args...); code != exitOK {
		t.Fatalf("%d %s", code, errs)
	}
	if _, errs, code := u.run(t, cache, append(args, "--forget-territory", "EE")...); code != exitNotValid || !strings.Contains(errs, "nothing was forgotten of EE") {
		t.Errorf("%d %s", code, errs)
	}
	ee.List.Sequence = 6
	u.publish()
	if _, errs, code := u.run(t, cache, args...); code != exitNotValid || !strings.Contains(errs, "list-rolled-back") {
		t.Errorf("%d %s", code, errs)
	}
	for _, bad := range []string{"", "all", "ALL", "*", "ee", "EE,LV", "XX"} {
		if _, errs, code := u.run(t, cache, append(args, "--forget-territory", bad)...); bad != "" && code != exitUsage {
			t.Errorf("%q: %d %s", bad, code, errs)
		}
	}
	_, errs, code := u.run(t, cache, append(args, "--forget-territory", "EE")...)
	if code != exitOK || !strings.Contains(errs, "forgotten: the list of EE, number 900 of ") || !strings.Contains(errs, "alert: memory-forgotten") {
		t.Errorf("%d %s", code, errs)
	}
	if out, _, _ := u.run(t, cache, "show", "--lotl-anchors", u.anchors); !strings.Contains(out, "\nEE         6 ") {
		t.Errorf("%s", out)
	}
	if len(h.of("memory-forgotten", "EE")) != 1 || len(h.of("list-rolled-back", "EE")) != 1 {
		t.Errorf("%+v", h.got)
	}
	for _, bad := range [][]string{{"--webhook", "ftp://x.example"}, {"--webhook", "http://x.example"}, {"--webhook", "http://x.example", "--webhook-secret", "no-such-file"}} {
		if _, errs, code := u.run(t, cache, append([]string{"pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors}, bad...)...); code != exitUsage {
			t.Errorf("%v: %d %s", bad, code, errs)
		}
	}
}
