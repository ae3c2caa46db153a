package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// sentParts counts the parts that go to the server, and can stop before one of them.
type sentParts struct {
	sent   atomic.Int64
	stopAt int64 // this part is not sent, and the process dies
	die    context.CancelFunc
}

func (c *sentParts) transport() http.RoundTripper {
	return interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if r.Method == http.MethodPut && r.URL.Query().Has("partNumber") {
			if n := c.sent.Add(1); c.stopAt > 0 && n >= c.stopAt {
				c.die()
				return nil, errNetwork
			}
		}
		return next(r)
	})
}

// An upload that was interrupted is taken up by another process, which sends only what
// the store does not have.
func TestResume(t *testing.T) {
	data := storetest.Octets(1, 2*leastPart+1)
	onEach(t, func(t *testing.T, srv *server) {
		for name, put := range map[string]func(context.Context, *Store) error{
			"Put":         func(ctx context.Context, s *Store) error { return s.Put(ctx, "k", data) },
			"PutFrom":     func(ctx context.Context, s *Store) error { return s.PutFrom(ctx, "k", storetest.Source(data)) },
			"RestoreFrom": func(ctx context.Context, s *Store) error { return s.RestoreFrom(ctx, "k", storetest.Source(data)) },
		} {
			t.Run(name, func(t *testing.T) {
				o := srv.bucket(t, "lock")
				o.Part = leastPart
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				first := &sentParts{stopAt: 3, die: cancel}
				interrupted := o
				interrupted.Transport = first.transport()
				if err := put(ctx, open1(t, interrupted)); !errors.Is(err, context.Canceled) {
					t.Fatalf("the process died, and %v", err)
				}
				for info, err := range open1(t, o).List(t.Context(), "") {
					t.Errorf("of half an upload is listed %+v, %v", info, err)
				}
				var none *archive.NotFoundError
				if _, err := open1(t, o).Get(t.Context(), "k"); !errors.As(err, &none) {
					t.Errorf("half an upload reads as %v", err)
				}

				// The other process asks for a lock that the first did not ask for.
				second := &sentParts{}
				o.Transport = second.transport()
				o.Lock, o.Retain, o.LegalHold = Governance, time.Hour, true
				s := open1(t, o)
				if err := put(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				if n := second.sent.Load(); n != 1 {
					t.Errorf("%d parts were sent again, want 1", n)
				}
				if got, err := s.Get(t.Context(), "k"); err != nil || !bytes.Equal(got, data) {
					t.Errorf("got %d octets, %v", len(got), err)
				}
				if info, err := s.Stat(t.Context(), "k"); err != nil || info.Lock.Mode != "GOVERNANCE" || !info.Lock.LegalHold || info.Lock.Until.Before(time.Now().Add(time.Hour-time.Minute)) {
					t.Errorf("the lock is %+v, %v", info.Lock, err)
				}
			})
		}
	})
}

// Uploads of other octets, or in other parts, are left alone: somebody may be at them.
// They go when they are a day old and the key is complete.
func TestForeignUploads(t *testing.T) {
	data := storetest.Octets(1, 2*leastPart+1)
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "plain")
		o.Part = leastPart
		now := time.Now()
		o.Now = func() time.Time { return now }
		leave := func(part int64, data []byte) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			interrupted := o
			interrupted.Part = part
			interrupted.Transport = (&sentParts{stopAt: 3, die: cancel}).transport()
			if err := open1(t, interrupted).PutFrom(ctx, "k", storetest.Source(data)); err == nil {
				t.Fatal("the upload was not interrupted")
			}
		}
		other := bytes.Clone(data)
		other[leastPart] ^= 1                                  // in its second part
		leave(leastPart, other)                                // which begins as ours does
		leave(leastPart+1, storetest.Octets(1, 3*leastPart))   // in other parts
		leave(leastPart, storetest.Octets(2, 3*leastPart))     // of another size
		leave(leastPart, append([]byte("other"), data[5:]...)) // of other octets
		s := open1(t, o)
		if n := len(s.uploads(t.Context(), "k")); n != 4 {
			t.Fatalf("%d uploads are left, want 4", n)
		}
		for range 2 {
			if err := s.PutFrom(t.Context(), "k", storetest.Source(data)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Get(t.Context(), "k"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("got %d octets, %v", len(got), err)
		}
		if n := len(s.uploads(t.Context(), "k")); n != 4 {
			t.Errorf("%d uploads are left, want 4: they may be running", n)
		}
		now = now.Add(leftoverUpload + time.Minute)
		if err := s.PutFrom(t.Context(), "k", storetest.Source(data)); err != nil {
			t.Fatal(err)
		}
		if n := len(s.uploads(t.Context(), "k")); n != 0 {
			t.Errorf("%d uploads are left after a day, want 0", n)
		}
		var exists *archive.ExistsError
		if err := s.PutFrom(t.Context(), "k", storetest.Source(other)); !errors.As(err, &exists) {
			t.Errorf("other octets: %v", err)
		}
	})
}

// What the metadata of an object say is not believed, neither for it nor against it.
func TestExistingIsCompared(t *testing.T) {
	data := storetest.Octets(1, 2*leastPart+1)
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "plain")
		o.Part = leastPart
		s := open1(t, o)
		foreign := func(key, part string, size uint64) {
			c := srv.client()
			opts := minio.PutObjectOptions{PartSize: size, UserMetadata: map[string]string{partHeader: part, "X-Amz-Meta-Sha256": "x"}}
			if _, err := c.PutObject(t.Context(), o.Bucket, s.prefix+key, bytes.NewReader(data), int64(len(data)), opts); err != nil {
				t.Fatal(err)
			}
		}
		foreign("single", "5242880", 64<<20)
		foreign("parts", "5242880", leastPart)
		foreign("lie", "7000000", leastPart)
		foreign("absurd", "-1", leastPart)
		other := bytes.Clone(data)
		other[len(other)-1] ^= 1
		for _, key := range []string{"single", "parts", "lie", "absurd"} {
			var exists *archive.ExistsError
			if err := s.PutFrom(t.Context(), key, storetest.Source(other)); !errors.As(err, &exists) {
				t.Errorf("%s, other octets: %v", key, err)
			}
			if err := s.PutFrom(t.Context(), key, storetest.Source(data)); err != nil {
				t.Errorf("%s, the same octets: %v", key, err)
			}
		}
		// An object of ours, of which somebody altered what is said of its parts.
		o.Part = leastPart + 1000
		if err := open1(t, o).Put(t.Context(), "ours", data); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), "ours", data); err != nil {
			t.Errorf("the same octets in other parts: %v", err)
		}
	})
}

// late is a network on which another writer completes an object just before ours; ignores
// says that the store does not know the condition on completions.
func late(t *testing.T, srv *server, o Options, ignores bool, first func()) http.RoundTripper {
	var done atomic.Bool
	return interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if r.Method != http.MethodPost || !r.URL.Query().Has("uploadId") {
			return next(r)
		}
		if done.CompareAndSwap(false, true) {
			first()
		}
		if !ignores {
			return next(r)
		}
		var asked struct {
			Parts []minio.CompletePart `xml:"Part"`
		}
		if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		_, err := minio.Core{Client: srv.client()}.CompleteMultipartUpload(r.Context(), o.Bucket, o.Prefix+"/k", r.URL.Query().Get("uploadId"), asked.Parts, minio.PutObjectOptions{})
		if failed := minio.ToErrorResponse(err); err != nil { // the other one took up our upload
			return answer(r, failed.StatusCode, failed.Code), nil
		}
		resp := answer(r, http.StatusOK, "")
		resp.Body = io.NopCloser(strings.NewReader("<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key></CompleteMultipartUploadResult>"))
		return resp, nil
	})
}

// Of two who complete an upload of one key the first wins; one who has the same octets
// wins with him.
func TestCompletedByAnother(t *testing.T) {
	data, other := storetest.Octets(1, leastPart+1), storetest.Octets(2, leastPart+1)
	onEach(t, func(t *testing.T, srv *server) {
		for _, c := range []struct {
			kind    string
			ignores bool // the store does not know If-None-Match on a completion
			theirs  []byte
			exists  bool
		}{
			{"plain", false, other, true},
			{"plain", false, data, false},
			{"versions", false, other, true},
			{"versions", false, data, false},
			{"versions", true, other, true},
			{"versions", true, data, false},
			{"plain", true, data, false},
		} {
			o := srv.bucket(t, c.kind)
			o.Part = leastPart
			theirs := open1(t, o)
			o.Transport = late(t, srv, o, c.ignores, func() {
				if err := theirs.PutFrom(t.Context(), "k", storetest.Source(c.theirs)); err != nil {
					t.Error(err)
				}
			})
			err := open1(t, o).PutFrom(t.Context(), "k", storetest.Source(data))
			var exists *archive.ExistsError
			if c.exists != errors.As(err, &exists) || !c.exists && err != nil {
				t.Errorf("%+v: %v", c.kind, err)
			}
			if got, err := theirs.Get(t.Context(), "k"); err != nil || !bytes.Equal(got, c.theirs) {
				t.Errorf("%s, condition ignored %v: the first writer's octets are not there: %v", c.kind, c.ignores, err)
			}
		}
	})
}
