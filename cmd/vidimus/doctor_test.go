package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vidimus/vidimus/archive/database"
)

// deployment is a machine for the doctor to look at.
type deployment struct {
	t    *testing.T
	dir  string
	rt   *runtime
	args []string
}

// healthy is one at which nothing is wrong but that a folder locks nothing.
func healthy(t *testing.T) *deployment {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "proof"), 0o700); err != nil {
		t.Fatal(err)
	}
	d := &deployment{t: t, dir: dir, rt: &runtime{
		Now:      func() time.Time { return time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC) },
		CacheDir: func() (string, error) { return filepath.Join(dir, "cache"), nil },
		Machine:  fstest.MapFS{"proc/meminfo": {Data: []byte("MemFree: 1 kB\nMemTotal:       64000000 kB\n")}},
		Environ:  func() []string { return []string{"VIDIMUS_STORE=dir:x", "PATH=/bin"} },
	}}
	at, err := time.Parse(time.RFC3339, frozenAt)
	if err != nil {
		t.Fatal(err)
	}
	d.rt.Now = func() time.Time { return at }
	d.args = append([]string{"doctor", "--format", "json", "--store", "dir:" + filepath.Join(dir, "proof")}, world...)
	return d
}

// look runs the doctor, and returns what it says and the exit status.
func (d *deployment) look(more ...string) (found []diagnosis, code int) {
	d.t.Helper()
	var out, errs bytes.Buffer
	d.rt.Stdout, d.rt.Stderr = &out, &errs
	code = run(append(slices.Clone(d.args), more...), d.rt)
	for line := range strings.Lines(out.String()) {
		var x diagnosis
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			d.t.Fatalf("%q: %v", line, err)
		}
		found = append(found, x)
	}
	if errs.Len() > 0 {
		d.t.Errorf("stderr says %s", errs.String())
	}
	return found, code
}

// says wants one finding, and exit status 1 exactly when something fails.
func (d *deployment) says(check, state, says string, more ...string) {
	d.t.Helper()
	found, code := d.look(more...)
	fails := slices.ContainsFunc(found, func(x diagnosis) bool { return x.State == stateFail })
	if want := map[bool]int{true: exitNotValid}[fails]; code != want {
		d.t.Errorf("exit status %d, want %d", code, want)
	}
	if !slices.ContainsFunc(found, func(x diagnosis) bool {
		return x.Check == check && x.State == state && strings.Contains(x.Says, says) && (state == stateOK || x.Hint != "")
	}) {
		d.t.Errorf("nothing says %s, %s, %q with a hint: %+v", state, check, says, found)
	}
}

func (d *deployment) file(name, text string, mode os.FileMode) string {
	d.t.Helper()
	name = filepath.Join(d.dir, name)
	if err := errors.Join(os.WriteFile(name, []byte(text), 0o600), os.Chmod(name, mode)); err != nil {
		d.t.Fatal(err)
	}
	return name
}

func TestDoctorOfTheHealthy(t *testing.T) {
	d := healthy(t)
	found, code := d.look()
	if code != exitOK || len(found) < 8 {
		t.Errorf("exit status %d, %+v", code, found)
	}
	for _, x := range found {
		if x.State == stateFail || x.State == stateWarn && x.Check != "store" && x.Check != "lists" {
			t.Errorf("%+v", x)
		}
	}
	before, _ := filepath.Glob(filepath.Join(d.dir, "*"))
	if len(before) != 1 {
		t.Errorf("the doctor made something: %v", before)
	}
	d.args[2] = "text"
	var out bytes.Buffer
	d.rt.Stdout = &out
	if code := run(d.args, d.rt); code != exitOK || !strings.Contains(out.String(), "ok    flags: They make sense together.\n") || !strings.Contains(out.String(), "\n      hint: ") {
		t.Errorf("%d\n%s", code, out.String())
	}
}

// Each thing that is broken is told in its sentence.
func TestDoctorSays(t *testing.T) {
	t.Run("flags", func(t *testing.T) {
		healthy(t).says("flags", stateFail, "nothing says who may call", "--listen", "0.0.0.0:8080")
		healthy(t).says("flags", stateWarn, "Everybody who reaches 0.0.0.0:8080", "--listen", "0.0.0.0:8080", "--open-to-all")
		healthy(t).says("flags", stateFail, "need a time-stamping authority", "--seal-every", "24h")
	})
	t.Run("environment", func(t *testing.T) {
		d := healthy(t)
		d.rt.Environ = func() []string { return []string{"VIDIMUS_LISEN=x"} }
		d.says("environment", stateWarn, "VIDIMUS_LISEN (did you mean VIDIMUS_LISTEN?)")
	})
	t.Run("no lists", func(t *testing.T) {
		d := healthy(t)
		found, code := d.look("--lists", t.TempDir())
		if i := slices.IndexFunc(found, func(x diagnosis) bool { return x.Check == "lists" }); code != exitNotValid || i < 0 || !strings.Contains(found[i].Says, "no XML file") {
			t.Errorf("%d %+v", code, found)
		}
	})
	t.Run("slow clock", func(t *testing.T) {
		d := healthy(t)
		d.rt.Now = func() time.Time { return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC) }
		d.says("clock", stateFail, "the clock is slow")
	})
	t.Run("standing clock", func(t *testing.T) {
		healthy(t).says("clock", stateWarn, "The clock stands at", "--unsafe-now", frozenAt)
	})
	t.Run("anchors", func(t *testing.T) {
		d := healthy(t)
		d.says("lists", stateFail, "no list of lists in", "--lotl-anchors", d.file("other.txt", strings.Repeat("ab", 32)+"\n", 0o600))
	})
	t.Run("store", func(t *testing.T) {
		d := healthy(t)
		d.says("store", stateFail, "neither dir:PATH nor s3:", "--store", "ftp://x")
		d.says("store", stateWarn, "is not there", "--store", "dir:"+filepath.Join(d.dir, "a", "b"))
		d.says("store", stateFail, "Nothing can be written in /proc", "--store", "dir:/proc/vidimus")
		t.Setenv("AWS_ACCESS_KEY_ID", "x")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
		d.says("store", stateFail, "127.0.0.1:1", "--index", "none", "--store", "s3://bucket/p?endpoint=http://127.0.0.1:1")
	})
	t.Run("index", func(t *testing.T) {
		d := healthy(t)
		d.says("index", stateFail, "is damaged", "--index", "sqlite:"+d.file("x.db", strings.Repeat("no database ", 500), 0o600))
		d.says("index", stateFail, "newer program", "--index", newerTables(t, d.dir, "index"))
	})
	t.Run("jobs", func(t *testing.T) {
		d := healthy(t)
		d.says("jobs", stateFail, "newer program", "--jobs", newerTables(t, d.dir, "jobs"))
		d.says("jobs", stateFail, "127.0.0.1:1", "--jobs", "postgres://u:pw@127.0.0.1:1/x?connect_timeout=2")
	})
	t.Run("keys", func(t *testing.T) {
		d := healthy(t)
		d.says("keys", stateWarn, "its permissions are 644", "--api-keys", d.file("open.jsonl", "", 0o644))
		d.says("keys", stateFail, "its permissions are 646", "--api-keys", d.file("written.jsonl", "", 0o646))
		d.says("keys", stateFail, "no such file", "--api-keys", filepath.Join(d.dir, "none.jsonl"))
		d.says("keys", stateWarn, "holds no key", "--api-keys", d.file("empty.jsonl", "", 0o600))
		d.says("keys", stateFail, "", "--api-keys", d.file("bad.jsonl", "{", 0o600))
		ended := `{"id":"0123456789abcdef","sha256":"` + strings.Repeat("ab", 32) + `","tenant":"acme","scopes":["read"],"expires":"2020-01-01T00:00:00Z"}` + "\n"
		d.says("keys", stateFail, "All 1 keys", "--api-keys", d.file("ended.jsonl", ended, 0o600))
	})
	t.Run("memory", func(t *testing.T) {
		d := healthy(t)
		d.rt.Machine = fstest.MapFS{
			"proc/meminfo":                          {Data: []byte("MemTotal:       64000000 kB\n")},
			"proc/self/cgroup":                      {Data: []byte("0::/system.slice/vidimus.service\n")},
			"sys/fs/cgroup/system.slice/memory.max": {Data: []byte("536870912\n")},
			"sys/fs/cgroup/memory.max":              {Data: []byte("max\n")},
		}
		d.says("memory", stateWarn, "and there are 512", "--max-judgings", "2")
		d.says("memory", stateOK, "512 MiB are there", "--max-judgings", "1", "--max-request", "1000")
		d.says("processors", stateWarn, "1000 files may be judged at once", "--max-judgings", "1000")
	})
}

// newerTables is a database whose tables were made by a newer program.
func newerTables(t *testing.T, dir, name string) string {
	t.Helper()
	url := "sqlite:" + filepath.Join(dir, "newer-"+name+".db")
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	steps := make([]string, 50)
	for i := range steps {
		steps[i] = "CREATE TABLE t" + strconv.Itoa(i) + " (n INTEGER)"
	}
	if err := errors.Join(db.Migrate(t.Context(), name, steps), db.Close()); err != nil {
		t.Fatal(err)
	}
	return url
}

func TestDoctorOfDisks(t *testing.T) {
	for free, want := range map[uint64]string{100 << 20: stateFail, 1 << 30: stateWarn, 20 << 30: stateWarn, 500 << 30: stateOK} {
		v := &visit{free: func(string) (uint64, uint64, error) { return free, 1 << 40, nil }}
		v.disk("store", t.TempDir())
		if len(v.found) != 1 || v.found[0].State != want || !strings.Contains(v.found[0].Says, "MiB are free") {
			t.Errorf("%d octets: %+v", free, v.found)
		}
	}
	if free, total, err := diskFree(t.TempDir()); err != nil || free > total {
		t.Error(free, total, err)
	}
}

// The network: the list of lists, time-stamps, webhooks, traces, a running service.
func TestDoctorOfTheNetwork(t *testing.T) {
	d := healthy(t)
	u := newUnion(t, "EE")
	u.publish()
	d.rt.Network = u.network()
	online := &deployment{t: t, dir: d.dir, rt: d.rt, args: d.args[:5:5]}
	online.says("network", stateOK, "can be fetched", "--lotl-url", "http://lotl.example/eu-lotl.xml")
	online.says("cache", stateOK, "Files can be made")
	online.says("lists", stateFail, "No trusted list is loaded")
	online.says("network", stateFail, "not available", "--lotl-url", "http://127.0.0.1:1/lotl.xml")

	tsa, anchor := tsaServer(t)
	d.says("time-stamps", stateFail, "a token that is not trusted", "--tsa", tsa)
	d.says("time-stamps", stateFail, "not available", "--tsa", "http://127.0.0.1:1/")
	at := d.rt.Now
	d.rt.Now = func() time.Time { return archiveClock.Add(time.Minute) }
	d.says("time-stamps", stateOK, "a token that is trusted", "--tsa", tsa, "--trust-anchor", anchor)
	d.rt.Now = at

	secret := d.file("secret", "whsec_"+strings.Repeat("QUJD", 12)+"\n", 0o600)
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	d.says("webhooks", stateFail, "certificate", "--webhook", server.URL+"/s3cret", "--webhook-secret", secret)
	d.rt.Network.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	d.says("webhooks", stateOK, "its certificate is good until", "--webhook", server.URL+"/s3cret", "--webhook-secret", secret)
	end := server.Certificate().NotAfter
	d.rt.Now = func() time.Time { return end.Add(-time.Hour) }
	d.says("webhooks", stateWarn, "ends on", "--webhook", server.URL+"/s3cret", "--webhook-secret", secret)
	d.rt.Now = at
	d.says("traces", stateFail, "127.0.0.1:1", "--otlp-endpoint", "http://127.0.0.1:1")

	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(service.Close)
	d.says("service", stateOK, "It answers", "--url", service.URL+"/healthz")
	d.says("service", stateFail, "status 503", "--url", service.URL+"/readyz")
}
