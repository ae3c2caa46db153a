package s3

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// server is a real S3 server on loopback, started for these tests.
type server struct {
	name, endpoint string
	access, secret string // test credentials, of no use elsewhere
	root           string // where a POSIX backend keeps buckets; "" if it does not
	buckets        atomic.Int64
}

// servers are those that could be started; missing says why others are not there.
var (
	servers []*server
	missing []string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vidimus-s3-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	gateway := binary("VIDIMUS_VERSITYGW", "versitygw")
	data, versions := filepath.Join(dir, "data"), filepath.Join(dir, "versions")
	if err := os.Mkdir(data, 0o700); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = os.Mkdir(versions, 0o700)
	for _, c := range []struct {
		s    *server
		path string
		args func(address string) []string
		env  []string
		why  string
	}{
		{&server{name: "versitygw", access: "testaccess", secret: "testsecret", root: data}, gateway,
			func(a string) []string {
				return []string{"--port", a, "--quiet", "posix", "--versioning-dir", versions, data}
			},
			[]string{"ROOT_ACCESS_KEY=testaccess", "ROOT_SECRET_KEY=testsecret"},
			"versitygw is not there: set VIDIMUS_VERSITYGW, or install it into .bin (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0)"},
		{&server{name: "minio", access: "testaccess", secret: "testsecret"}, os.Getenv("VIDIMUS_MINIO"),
			func(a string) []string {
				return []string{"server", "--quiet", "--address", a, filepath.Join(dir, "minio")}
			},
			[]string{"MINIO_ROOT_USER=testaccess", "MINIO_ROOT_PASSWORD=testsecret"},
			"minio is not there: VIDIMUS_MINIO names no binary"},
	} {
		if c.path == "" {
			missing = append(missing, c.why)
			continue
		}
		stop, err := c.s.start(c.path, c.args, c.env)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s does not start: %v", c.s.name, err))
			continue
		}
		defer stop()
		servers = append(servers, c.s)
	}
	return m.Run()
}

// binary looks in the variable, in .bin of the repository, and in the path.
func binary(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	for dir, err := os.Getwd(); err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			if path := filepath.Join(dir, ".bin", name); isFile(path) {
				return path
			}
		}
	}
	path, _ := exec.LookPath(name)
	return path
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (s *server) start(path string, args func(string) []string, env []string) (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.endpoint = l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(path, args(s.endpoint)...)
	cmd.Env = append(os.Environ(), env...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	stop = func() { _ = cmd.Process.Kill(); <-done }
	for range 200 {
		if _, err := s.client().ListBuckets(context.Background()); err == nil {
			return stop, nil
		}
		select {
		case <-done:
			return nil, fmt.Errorf("it ended: %s", out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	return nil, fmt.Errorf("no answer within 10 s: %s", out.String())
}

func (s *server) client() *minio.Client {
	c, err := minio.New(s.endpoint, &minio.Options{Creds: credentials.NewStaticV4(s.access, s.secret, ""), Region: "us-east-1", MaxRetries: 1})
	if err != nil {
		panic(err) // of a test
	}
	return c
}

// bucket makes a new bucket: "plain", "versions" or "lock".
func (s *server) bucket(t *testing.T, kind string) Options {
	t.Helper()
	o := s.options(kind)
	name, c := o.Bucket, s.client()
	if err := c.MakeBucket(t.Context(), name, minio.MakeBucketOptions{ObjectLocking: kind == "lock"}); err != nil {
		t.Fatal(err)
	}
	if kind == "versions" {
		if err := c.EnableVersioning(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// options are those of a bucket with a new name.
func (s *server) options(kind string) Options {
	name := fmt.Sprintf("%s-%d", kind, s.buckets.Add(1))
	return Options{Bucket: name, Prefix: "archive/test", Endpoint: s.endpoint, Region: "us-east-1", Insecure: true,
		AccessKey: s.access, SecretKey: s.secret, Now: time.Now}
}

func open1(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// onEach runs a test on each server, and skips it, saying why, without any.
func onEach(t *testing.T, test func(*testing.T, *server)) {
	t.Helper()
	for _, why := range missing {
		t.Log(why)
	}
	if len(servers) == 0 {
		t.Skip("no S3 server to test on: " + strings.Join(missing, "; "))
	}
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) { test(t, s) })
	}
}

// interceptor stands between the driver and the server.
type interceptor func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (i interceptor) RoundTrip(r *http.Request) (*http.Response, error) {
	return i(r, http.DefaultTransport.RoundTrip)
}

// answer makes an S3 answer with a status and no body, or an error code.
func answer(r *http.Request, status int, code string) *http.Response {
	body := ""
	if code != "" {
		body = "<Error><Code>" + code + "</Code><Message>injected</Message></Error>"
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/xml"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}
