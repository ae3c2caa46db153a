package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vidimus/vidimus/archive/database"
)

// bucketOf answers as an S3 server does that has one bucket, and refuses the rest.
func bucketOf(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	return "s3://bucket/p?endpoint=" + server.URL + "&region=us-east-1"
}

func TestDoctorOfBuckets(t *testing.T) {
	const unversioned = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`
	refusal := func(code, says string) string {
		return "<Error><Code>" + code + "</Code><Message>" + says + "</Message></Error>"
	}
	for name, c := range map[string]struct {
		status             int
		body, more         string
		says, check, hints string
	}{
		"no bucket":   {404, refusal("NoSuchBucket", "The specified bucket does not exist"), "", "does not exist", "store", "make the bucket"},
		"no account":  {403, refusal("InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records."), "", "Access Key Id", "store", "AWS_ACCESS_KEY_ID"},
		"wrong key":   {403, refusal("SignatureDoesNotMatch", "The request signature we calculated does not match"), "", "signature", "store", "AWS_SECRET_ACCESS_KEY right"},
		"no right":    {403, refusal("AccessDenied", "Access Denied."), "", "Denied", "store", "s3:GetBucketVersioning"},
		"no lock":     {200, unversioned, "&lock=compliance&retain=10y", "keeps no versions", "store", "object lock is given to a bucket when it is made"},
		"no lock two": {200, unversioned, "&lock=governance&retain=1d", "locking is asked for", "store", "leave out lock="},
	} {
		t.Run(name, func(t *testing.T) {
			d := healthy(t)
			at := bucketOf(t, c.status, c.body)
			d.says(c.check, stateFail, c.says, "--index", "none", "--jobs-dir", "none", "--store", at+c.more)
			d.hints(c.check, c.hints, "--index", "none", "--jobs-dir", "none", "--store", at+c.more)
		})
	}
	for says, want := range map[string]string{
		"our clock is 1h0m0s from the store's":         "NTP",
		"The retain until date must be in the future!": "NTP",
	} {
		if got := hintOfStore(errors.New(says)); !strings.Contains(got, want) {
			t.Errorf("%q: the hint is %q", says, got)
		}
	}
}

// hints wants a finding of a check whose hint has these words.
func (d *deployment) hints(check, hint string, more ...string) {
	d.t.Helper()
	found, _ := d.look(more...)
	for _, x := range found {
		if x.Check == check && strings.Contains(x.Hint, hint) {
			return
		}
	}
	d.t.Errorf("no %s hints at %q: %+v", check, hint, found)
}

func TestDoctorOfOldLists(t *testing.T) {
	d := healthy(t)
	at := d.rt.Now().AddDate(2, 0, 0)
	d.rt.Now = func() time.Time { return at }
	d.says("lists", stateWarn, "was to be replaced by")
}

func TestDoctorOfOlderTables(t *testing.T) {
	d := healthy(t)
	url := "sqlite:" + filepath.Join(d.dir, "older.db")
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Migrate(t.Context(), "index", []string{"CREATE TABLE old (n INTEGER)"}), db.Close()); err != nil {
		t.Fatal(err)
	}
	d.says("index", stateWarn, "have version 1; serve brings them to", "--index", url)
	d.says("index", stateFail, "127.0.0.1:1", "--index", "postgres://u:pw@127.0.0.1:1/x?connect_timeout=2")
}

// The folder of batch jobs and the database belong together.
func TestDoctorOfTheJobsFolder(t *testing.T) {
	d := healthy(t)
	folder := filepath.Join(d.dir, "jobs")
	url := "sqlite:" + filepath.Join(d.dir, "jobs.db")
	if err := os.MkdirAll(filepath.Join(folder, "0123456789abcdef"), 0o700); err != nil {
		t.Fatal(err)
	}
	args := []string{"--jobs", url, "--jobs-dir", folder}
	d.says("jobs", stateOK, "serve makes it", args...)
	d.says("jobs", stateFail, "Nothing can be written in /proc", "--jobs", url, "--jobs-dir", "/proc/vidimus")
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(t.Context(), "batch", []string{"CREATE TABLE vidimus_batch_file (intake TEXT NOT NULL)"}); err != nil {
		t.Fatal(err)
	}
	d.says("jobs", stateWarn, "the database knows none of them", args...)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO vidimus_batch_file VALUES ('0123456789abcdef')"); err != nil {
		t.Fatal(err)
	}
	d.says("jobs", stateOK, "The files of 1 requests wait in", args...)
	d.says("jobs", stateFail, "are not in", "--jobs", url, "--jobs-dir", t.TempDir())
	d.says("jobs", stateFail, "is not there", "--jobs", url, "--jobs-dir", filepath.Join(d.dir, "elsewhere"))
}

func TestDoctorOfLimits(t *testing.T) {
	d := healthy(t)
	limits := "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            %s                 524288               files     \n"
	machine := func(soft string) {
		d.rt.Machine = fstest.MapFS{"proc/self/limits": {Data: fmt.Appendf(nil, limits, soft)}}
	}
	machine("1024")
	d.says("files", stateWarn, "1024 files may be open at once, and 2048 connections")
	d.says("files", stateOK, "1024 files", "--max-connections", "512")
	machine("unlimited")
	if found, _ := d.look(); strings.Contains(fmt.Sprint(found), "{files ") {
		t.Errorf("no limit is told: %+v", found)
	}
	d.rt.Machine = fstest.MapFS{
		"proc/meminfo": {Data: []byte("MemTotal:       64000000 kB\n")},
		"sys/fs/cgroup/memory/memory.limit_in_bytes": {Data: []byte("268435456\n")},
	}
	d.says("memory", stateWarn, "and there are 256")
	t.Setenv("TMPDIR", "/proc/none")
	d.says("uploads", stateFail, "Nothing can be written in /proc")
}

func TestDoctorOfTheProvider(t *testing.T) {
	d := healthy(t)
	var issuer string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, issuer)
	}))
	t.Cleanup(server.Close)
	args := []string{"--oidc-audience", "vidimus", "--oidc-issuer"}
	d.says("tokens", stateFail, "not available", append(args, "http://127.0.0.1:1")...)
	issuer = "<p>hello</p>"
	d.says("tokens", stateFail, "not with the configuration", append(args, server.URL)...)
	issuer = `{"issuer":"` + server.URL + `/","jwks_uri":"` + server.URL + `/keys"}`
	d.says("tokens", stateFail, "its tokens are refused", append(args, server.URL)...)
	issuer = `{"issuer":"` + server.URL + `","jwks_uri":"` + server.URL + `/keys"}`
	d.says("tokens", stateOK, "answers", append(args, server.URL)...)
}

// The key that signs reports, and its certificate.
func TestDoctorOfSigning(t *testing.T) {
	d := healthy(t)
	made := func() (key, certificate []byte) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		now := d.rt.Now()
		c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)}
		raw, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
		der, err2 := x509.MarshalPKCS8PrivateKey(private)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	}
	key, certificate := made()
	other, _ := made()
	good := d.file("sign.pem", string(bytes.Join([][]byte{key, certificate}, nil)), 0o600)
	d.says("signing", stateOK, "the certificate is good until", "--sign-report", good)
	d.says("signing", stateFail, "is its own", "--sign-report", d.file("mixed.pem", string(other)+string(certificate), 0o600))
	d.says("signing", stateFail, "its permissions are 644", "--sign-report", d.file("open.pem", string(key)+string(certificate), 0o644))
	at := d.rt.Now()
	for _, c := range []struct {
		now   time.Time
		state string
		says  string
	}{
		{at.AddDate(1, 0, -7), stateWarn, "ends on"},
		{at.AddDate(1, 0, 0), stateFail, "has ended on"},
		{at.AddDate(-1, 0, -1), stateFail, "begins on"},
	} {
		d.rt.Now = func() time.Time { return c.now }
		d.says("signing", c.state, c.says, "--sign-report", good)
	}
}

// A clock that is not that of an authority is told, also where its token is good.
func TestDoctorOfAnotherClock(t *testing.T) {
	d := healthy(t)
	tsa, anchor := tsaServer(t)
	d.rt.Now = func() time.Time { return archiveClock.Add(time.Hour) }
	d.says("clock", stateFail, "they are 1h0m", "--tsa", tsa, "--trust-anchor", anchor)
}
