package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/fetch"
)

// union is a virtual EU whose lists are served over loopback: every name leads there.
type union struct {
	world   *eutest.World
	clock   func() time.Time
	anchors string
	server  *httptest.Server
	secure  *httptest.Server // answers https, where there is one
	mu      sync.Mutex
	files   map[string][]byte     // by path
	down    map[string]bool       // hosts that answer 503
	breaks  map[string]broken     // hosts that do that instead
	lines   map[string]string     // hosts whose connections are "refused", "stalled" or without TLS ("plain")
	hosts   map[netip.Addr]string // by the address that the host was given
	hook    http.HandlerFunc      // answers as hook.example
}

// broken is what a host does instead.
type broken func(w http.ResponseWriter, r *http.Request, good []byte)

func newUnion(t *testing.T, states ...string) *union {
	t.Helper()
	u := &union{world: eutest.New(t), files: map[string][]byte{}, down: map[string]bool{}, breaks: map[string]broken{}, lines: map[string]string{}, hosts: map[netip.Addr]string{}}
	u.clock = u.world.Now
	u.world.LOTL().NoPivots()
	for _, s := range states {
		u.world.MemberState(s).Location = "http://" + strings.ToLower(s) + ".example/" + s + ".xml"
	}
	u.server = httptest.NewServer(u)
	t.Cleanup(u.server.Close)
	var fingerprints strings.Builder
	for _, a := range u.world.Anchors() {
		fingerprints.WriteString(a.SHA256 + "\n")
	}
	u.anchors = filepath.Join(t.TempDir(), "anchors.txt")
	if err := os.WriteFile(u.anchors, []byte(fingerprints.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	u.publish()
	return u
}

func (u *union) publish() {
	lists := u.world.Lists()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range lists {
		u.files["/"+f.Name] = f.Raw
	}
}

// set changes what a host does.
func (u *union) set(change func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change()
}

func (u *union) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	raw, down, instead, hook := u.files["/"+path.Base(r.URL.Path)], u.down[r.Host], u.breaks[r.Host], u.hook
	u.mu.Unlock()
	switch {
	case r.Host == "hook.example" && hook != nil:
		hook(w, r)
	case instead != nil:
		instead(w, r, raw)
	case down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case raw == nil:
		http.NotFound(w, r)
	default:
		_, _ = w.Write(raw)
	}
}

// LookupNetIP gives every name a public address of its own.
func (u *union) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for a, h := range u.hosts {
		if h == host {
			return []netip.Addr{a}, nil
		}
	}
	a := netip.AddrFrom4([4]byte{93, 184, 216, byte(len(u.hosts) + 1)})
	u.hosts[a] = host
	return []netip.Addr{a}, nil
}

// DialContext leads to the server, and to loopback itself where that is asked for.
func (u *union) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	line := u.lines[u.hosts[at.Addr()]]
	u.mu.Unlock()
	to := u.server.Listener.Addr().String()
	switch {
	case line == "refused":
		return nil, syscall.ECONNREFUSED
	case at.Addr().IsLoopback():
		to = address
	case at.Port() == 443 && u.secure != nil && line != "plain":
		to = u.secure.Listener.Addr().String()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, to)
	if line == "stalled" && err == nil {
		return stalled{conn}, nil
	}
	return conn, err
}

// stalled is a connection over which nothing comes until patience has ended.
type stalled struct{ net.Conn }

// Read gives nothing.
func (stalled) Read([]byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return 0, os.ErrDeadlineExceeded
}

// overTLS lets the union answer https too, as example.com to all names.
func (u *union) overTLS(t *testing.T) {
	t.Helper()
	u.secure = httptest.NewUnstartedServer(u)
	u.secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	u.secure.StartTLS()
	t.Cleanup(u.secure.Close)
}

func (u *union) network() fetch.Options {
	o := fetch.Options{Resolver: u, Dialer: u, Timeout: 20 * time.Second}
	if u.secure != nil {
		roots := x509.NewCertPool()
		roots.AddCert(u.secure.Certificate())
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "example.com"}
	}
	return o
}

// run is `vidimus trust ARGS` in this world.
func (u *union) run(t *testing.T, cache string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	rt := &runtime{Stdout: &out, Stderr: &errs, Now: u.clock, Network: u.network(), CacheDir: func() (string, error) { return cache, nil },
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	code = run(append([]string{"trust"}, args...), rt)
	return out.String(), errs.String(), code
}

const lotlAt = "http://lotl.example/eu-lotl.xml"

func TestTrustPullFromTheNetwork(t *testing.T) {
	u := newUnion(t, "EE", "LV", "LT")
	cache := t.TempDir()
	pull := []string{"pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors}
	out, errs, code := u.run(t, cache, pull...)
	if code != exitOK || !strings.Contains(errs, "stored 3 national lists under list of lists 332") || strings.Count(out, "new") != 4 || strings.Contains(errs, "\r") {
		t.Fatalf("%d\n%s%s", code, out, errs)
	}
	if out, _, code = u.run(t, cache, "show", "--lotl-anchors", u.anchors); code != exitOK || !strings.Contains(out, "\nLT ") {
		t.Errorf("%d\n%s", code, out)
	}

	// One state is down: the others are had, and its stored list stays.
	u.set(func() { u.down["lt.example"] = true })
	u.world.MemberState("LV").List.Sequence = 2
	u.publish()
	out, errs, code = u.run(t, cache, append(pull, "--format", "json")...)
	if code != exitNotValid || !strings.Contains(errs, "1 of 4 lists could not be had, or are refused: LT") || !strings.Contains(errs, "hint: ") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	outcomes := map[string]string{}
	for line := range strings.Lines(out) {
		var l struct{ Territory, Outcome, Cause string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		outcomes[l.Territory] = l.Outcome + l.Cause
	}
	if outcomes["LV"] != "new" || outcomes["EE"] != "unchanged" || outcomes["LT"] != "failedthe server answered with status 503" {
		t.Errorf("%v", outcomes)
	}
	if out, _, _ = u.run(t, cache, "show", "--lotl-anchors", u.anchors); !strings.Contains(out, "\nLT ") || !strings.Contains(out, "\nLV         2 ") {
		t.Errorf("%s", out)
	}
}

func TestTrustPullWithNothingToBeHad(t *testing.T) {
	u := newUnion(t, "EE")
	u.set(func() { u.down["lotl.example"] = true })
	_, errs, code := u.run(t, t.TempDir(), "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors)
	if code != exitNoTrust || !strings.Contains(errs, "nothing is stored") || !strings.Contains(errs, "hint: is the network reachable?") {
		t.Errorf("%d %s", code, errs)
	}
	// Signed by others than the Official Journal named: the hint says what that may mean.
	u.set(func() { delete(u.down, "lotl.example") })
	_, errs, code = u.run(t, t.TempDir(), "pull", "--lotl-url", lotlAt)
	if code != exitNoTrust || !strings.Contains(errs, "hint: if a new notice in the Official Journal") {
		t.Errorf("%d %s", code, errs)
	}
}

// A host that the operator names may be private; one that a list names may not.
func TestTrustPullFromPrivateHosts(t *testing.T) {
	u := newUnion(t, "EE")
	private := u.server.URL + "/eu-lotl.xml"
	u.world.MemberState("EE").Location = u.server.URL + "/EE.xml"
	u.world.MemberState("LV").Location = strings.Replace(u.server.URL, "127.0.0.1", "localhost", 1) + "/LV.xml"
	u.publish()
	var out, errs bytes.Buffer
	cache := t.TempDir()
	rt := &runtime{Stdout: &out, Stderr: &errs, Now: u.world.Now, CacheDir: func() (string, error) { return cache, nil }}
	code := run([]string{"trust", "pull", "--lotl-url", private, "--lotl-anchors", u.anchors}, rt)
	if code != exitNotValid || !strings.Contains(errs.String(), "stored 1 national lists") || !strings.Contains(errs.String(), "refused: LV") {
		t.Errorf("%d\n%s%s", code, out.String(), errs.String())
	}
	errs.Reset()
	host := strings.TrimPrefix(strings.Replace(u.server.URL, "127.0.0.1", "localhost", 1), "http://")
	if code = run([]string{"trust", "pull", "--lotl-url", private, "--lotl-anchors", u.anchors, "--allow-host", host}, rt); code != exitOK {
		t.Errorf("%d\n%s", code, errs.String())
	}
}

// What changed between two mirrors, or a mirror and the cache, is told; nothing for none.
func TestTrustDiff(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	u.contract()
	u.publish()
	mirror := func() string {
		dir := t.TempDir()
		for _, f := range u.world.Lists() {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	old := mirror()
	u.world.MemberState("EE").List.Sequence = 2
	u.world.MemberState("EE").List.Edit = func(x string) string { return strings.Replace(x, "Svcstatus/granted", "Svcstatus/withdrawn", 1) }
	now, cache := mirror(), t.TempDir()
	if _, errs, code := u.run(t, cache, "pull", "--mirror", now, "--lotl-anchors", u.anchors); code != exitOK {
		t.Fatal(errs)
	}
	for _, args := range [][]string{{"diff", old, now}, {"diff", old}, {"diff", old, "--territory", "ee", "--format", "json"}} {
		out, errs, code := u.run(t, cache, append(args, "--lotl-anchors", u.anchors)...)
		if code != exitOK || strings.Count(out, "\n") != 2 || !strings.Contains(out, "service-status") || !strings.Contains(out, "is withdrawn since") {
			t.Errorf("%v: %d %s%s", args, code, out, errs)
		}
	}
	for _, args := range [][]string{{"diff", old, old}, {"diff", old, now, "--territory", "LV"}} {
		if out, errs, code := u.run(t, cache, append(args, "--lotl-anchors", u.anchors)...); code != exitOK || out != "" {
			t.Errorf("%v: %d %s%s", args, code, out, errs)
		}
	}
	if _, _, code := u.run(t, cache, "diff", "none", "--lotl-anchors", u.anchors); code != exitUsage {
		t.Errorf("none: %d", code)
	}
}

// What the lists said on a past day can be seen and judged by, also by other anchors
// or rules than they were verified with; before the first pull there is nothing.
func TestListsAsOf(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	contract := filepath.Join(t.TempDir(), "c.asice")
	if err := os.WriteFile(contract, u.contract(), 0o600); err != nil {
		t.Fatal(err)
	}
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
	u.world.MemberState("EE").List.Sequence = 2
	u.world.MemberState("EE").List.Edit = func(x string) string {
		return strings.ReplaceAll(strings.ReplaceAll(x, "Svcstatus/granted", "Svcstatus/withdrawn"), "Svctype/CA/QC", "Svctype/CA/PKC")
	}
	u.publish()
	pull()
	at = at.AddDate(0, 0, 7)
	for asOf, want := range map[time.Time]string{first: "\nEE         1 ", first.AddDate(0, 0, 6): "\nEE         1 ", first.AddDate(0, 0, 8): "\nEE         2 "} {
		for _, rules := range []string{`"rules": 2`, `"rules": 1`} {
			names, err := filepath.Glob(filepath.Join(cache, "trust", "remembered", "manifests", "*.json"))
			if err != nil || len(names) != 2 {
				t.Fatal(names, err)
			}
			for _, n := range names {
				raw, err := os.ReadFile(n)
				if err != nil {
					t.Fatal(err)
				}
				text := strings.NewReplacer(`"rules": 1`, rules, `"rules": 2`, rules).Replace(string(raw))
				if err := os.WriteFile(n, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, errs, code := u.run(t, cache, "show", "--lotl-anchors", u.anchors, "--lists-as-of", asOf.Format(time.RFC3339))
			if code != exitOK || !strings.Contains(out, want) {
				t.Errorf("as of %s, %s: %d\n%s%s", asOf, rules, code, out, errs)
			}
		}
	}
	judge := func(args ...string) string {
		var out, errs bytes.Buffer
		rt := &runtime{Stdout: &out, Stderr: &errs, Now: u.clock, CacheDir: func() (string, error) { return cache, nil }}
		run(append([]string{"validate", "--offline", "--lotl-anchors", u.anchors, contract}, args...), rt)
		return out.String() + errs.String()
	}
	if out := judge("--lists-as-of", first.Format(time.RFC3339)); !strings.Contains(out, "QESig") {
		t.Errorf("by the first lists: %s", out)
	}
	if out := judge(); strings.Contains(out, "QESig") {
		t.Errorf("by the newest lists: %s", out)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"show", "--lists-as-of", first.AddDate(0, 0, -1).Format(time.RFC3339)}, exitNoTrust},
		{[]string{"show", "--lists-as-of", "yesterday"}, exitUsage},
		{[]string{"show", "--lists-as-of", first.Format(time.RFC3339), "--lists", "x"}, exitUsage},
		{[]string{"show", "--lists-as-of", first.Format(time.RFC3339)}, exitNoTrust}, // without their anchors
		{[]string{"verify", "--lists-as-of", first.Format(time.RFC3339)}, exitUsage},
	} {
		if _, errs, code := u.run(t, cache, c.args...); code != c.code {
			t.Errorf("%v: %d %s", c.args, code, errs)
		}
	}
}
