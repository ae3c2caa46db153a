package s3

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// objects changes the answers to requests for the octets of an object; n counts them.
func objects(change func(n int, r *http.Request, resp *http.Response)) http.RoundTripper {
	n := 0
	return interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		resp, err := next(r)
		if err == nil && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/k") {
			n++
			change(n, r, resp)
		}
		return resp, err
	})
}

// cut lets some octets through before the connection is reset.
func cut(resp *http.Response, octets int64) {
	body := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(body, octets), broken{}), body}
}

// Stream gives the octets of the first version, whole, or an error and a beginning of them.
func TestStream(t *testing.T) {
	data, other := storetest.Octets(1, 1000), storetest.Octets(2, 1000)
	errWriter := errors.New("the writer is full")
	var none *archive.NotFoundError
	var damaged *archive.DamagedError
	onEach(t, func(t *testing.T, srv *server) {
		for _, c := range []struct {
			name, kind string
			before     func(t *testing.T, o Options)
			network    func(t *testing.T, o Options) http.RoundTripper
			writer     error
			is         func(error) bool
		}{
			{name: "whole", kind: "versions"},
			{name: "hidden", kind: "versions", before: func(t *testing.T, o Options) {
				if err := srv.client().RemoveObject(t.Context(), o.Bucket, o.Prefix+"/k", plainRemove()); err != nil {
					t.Error(err)
				}
			}},
			{name: "overwritten", kind: "versions", before: func(t *testing.T, o Options) { overwrite(t, srv, o, other) }},
			{name: "missing", kind: "plain", before: func(t *testing.T, o Options) {
				if err := srv.client().RemoveObject(t.Context(), o.Bucket, o.Prefix+"/k", plainRemove()); err != nil {
					t.Error(err)
				}
			}, is: func(err error) bool { return errors.As(err, &none) }},
			{name: "breaks off again and again", kind: "versions", network: func(t *testing.T, _ Options) http.RoundTripper {
				return objects(func(n int, r *http.Request, resp *http.Response) {
					if n > 1 && (r.Header.Get("Range") == "" || r.Header.Get("If-Match") == "") {
						t.Errorf("request %d asks for the range %q on the condition %q", n, r.Header.Get("Range"), r.Header.Get("If-Match"))
					}
					cut(resp, 70)
				})
			}},
			{name: "breaks off without an octet", kind: "plain", network: func(*testing.T, Options) http.RoundTripper {
				return objects(func(_ int, _ *http.Request, resp *http.Response) { cut(resp, 0) })
			}, is: func(err error) bool { return errors.Is(err, errNetwork) }},
			{name: "replaced in between", kind: "plain", network: func(t *testing.T, o Options) http.RoundTripper {
				return objects(func(n int, _ *http.Request, resp *http.Response) {
					if n == 1 {
						cut(resp, 100)
						overwrite(t, srv, o, other)
					}
				})
			}, is: func(err error) bool { return errors.As(err, &damaged) }},
			{name: "another range than was asked for", kind: "plain", network: func(*testing.T, Options) http.RoundTripper {
				return objects(func(n int, _ *http.Request, resp *http.Response) {
					if cut(resp, 100); n > 1 {
						resp.Header.Set("Content-Range", "bytes 0-999/1000")
					}
				})
			}, is: func(err error) bool { return err != nil && strings.Contains(err.Error(), "answers with the range") }},
			{name: "too large", kind: "plain", network: func(*testing.T, Options) http.RoundTripper {
				return objects(func(_ int, _ *http.Request, resp *http.Response) { resp.Header.Set("Content-Length", "9000000000000") })
			}, is: func(err error) bool { return errors.As(err, &damaged) }},
			{name: "the writer fails", kind: "plain", writer: errWriter, is: func(err error) bool { return errors.Is(err, errWriter) }},
		} {
			t.Run(c.name, func(t *testing.T) {
				o := srv.bucket(t, c.kind)
				if err := open1(t, o).Put(t.Context(), "k", data); err != nil {
					t.Fatal(err)
				}
				if c.before != nil {
					c.before(t, o)
				}
				if c.network != nil {
					o.Transport = c.network(t, o)
				}
				var out bytes.Buffer
				var w io.Writer = &out
				if c.writer != nil {
					w = failingWriter{c.writer}
				}
				err := open1(t, o).Stream(t.Context(), "k", w)
				if c.is == nil && (err != nil || !bytes.Equal(out.Bytes(), data)) || c.is != nil && !c.is(err) {
					t.Errorf("%d octets, %v", out.Len(), err)
				}
				if !bytes.HasPrefix(data, out.Bytes()) {
					t.Error("other octets were given")
				}
			})
		}
	})
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

func overwrite(t *testing.T, srv *server, o Options, data []byte) {
	if _, err := srv.client().PutObject(t.Context(), o.Bucket, o.Prefix+"/k", bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{}); err != nil {
		t.Error(err)
	}
}
