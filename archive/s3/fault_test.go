package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

var errNetwork = errors.New("injected: connection reset by peer")

// faulty is a network that fails at writes. It counts them.
type faulty struct {
	mu     sync.Mutex
	count  int
	fail   func(n int) string // "": write n goes through
	first  string             // the fault that the first try of each write meets
	seen   map[string]bool    // writes that were tried
	cancel context.CancelFunc // of the process that dies, for "crash"
	dead   bool
}

// RoundTrip implements http.RoundTripper.
func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	kind := ""
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if f.fail != nil {
			kind = f.fail(f.count)
		}
		f.count++
		if write := r.Method + r.URL.String(); f.first != "" && !f.seen[write] {
			if f.seen == nil {
				f.seen = map[string]bool{}
			}
			kind, f.seen[write] = f.first, true
		}
	}
	if kind == "crash" {
		f.dead = true
		f.cancel()
	}
	dead := f.dead
	f.mu.Unlock()
	if dead {
		return nil, errNetwork
	}
	drain := func() {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
	}
	switch kind {
	case "":
		return http.DefaultTransport.RoundTrip(r)
	case "lost answer", "500 after its effect":
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		if kind == "lost answer" {
			return nil, errNetwork
		}
		return answer(r, http.StatusInternalServerError, "InternalError"), nil
	case "500":
		drain()
		return answer(r, http.StatusInternalServerError, "InternalError"), nil
	case "503":
		drain()
		return answer(r, http.StatusServiceUnavailable, "SlowDown"), nil
	case "half a request": // the store sees octets that do not fit their checksum
		if r.Method == http.MethodPut && r.ContentLength > 1 {
			data, _ := io.ReadAll(r.Body)
			data[0] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(data))
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			_ = resp.Body.Close()
			if resp.StatusCode < 400 {
				return nil, fmt.Errorf("the store took octets that do not fit their checksum")
			}
		}
		return nil, errNetwork
	}
	return nil, fmt.Errorf("no such fault: %s", kind)
}

// faultOperations write to a store that has bundle 1, of which one object is damaged
// where the name says so.
var faultOperations = []struct {
	name string
	do   func(ctx context.Context, t *testing.T, st *Store, replica archive.Store) error
}{
	{"put", func(ctx context.Context, t *testing.T, st *Store, _ archive.Store) error {
		_, raw := storetest.Bundle(t, 2)
		_, err := archive.Save(ctx, st, raw)
		return err
	}},
	{"delete", func(ctx context.Context, t *testing.T, st *Store, _ archive.Store) error {
		if _, err := archive.Resume(ctx, st, killTime); err != nil {
			return err
		}
		id, _ := storetest.Bundle(t, 1)
		_, err := archive.Delete(ctx, st, archive.DeleteOptions{Bundles: []string{id}, Reason: "over", By: "clerk", At: killTime, Unretained: true})
		return err
	}},
	{"restore", func(ctx context.Context, _ *testing.T, st *Store, replica archive.Store) error {
		_, err := archive.Fixity(ctx, st, archive.FixityOptions{At: killTime, Replica: replica})
		return err
	}},
}

var killTime = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// A4: every write of an operation meets each fault of a store once, which the driver must
// overcome; and the process dies at each write, after which the world is checked and the
// operation done again.
func TestA4_EveryWriteOverS3(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred runs against a server are too many for a short run")
	}
	replica := storetest.NewMemory()
	_, raw := storetest.Bundle(t, 1)
	if _, err := archive.Save(t.Context(), replica, raw); err != nil {
		t.Fatal(err)
	}
	onEach(t, func(t *testing.T, srv *server) {
		worlds := 0
		base := srv.bucket(t, "versions")
		world := func(t *testing.T, damage bool) Options {
			t.Helper()
			worlds++
			o := base
			o.Prefix = fmt.Sprintf("world/%d", worlds)
			st := open1(t, o)
			if !damage {
				if _, err := archive.Save(t.Context(), st, raw); err != nil {
					t.Fatal(err)
				}
				return o
			}
			for info, err := range replica.List(t.Context(), "") {
				data, err2 := replica.Get(t.Context(), info.Key)
				if err := errors.Join(err, err2); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(string(data), "signed file") {
					data[0] ^= 1
				}
				if err := st.Put(t.Context(), info.Key, data); err != nil {
					t.Fatal(err)
				}
			}
			return o
		}
		for _, op := range faultOperations {
			for _, kind := range []string{"500", "500 after its effect", "503", "lost answer", "half a request"} {
				t.Run(op.name+" "+kind, func(t *testing.T) {
					o := world(t, op.name == "restore")
					f := &faulty{first: kind}
					o.Transport = f
					if err := op.do(t.Context(), t, open1(t, o), replica); err != nil {
						t.Error(err)
					}
					if f.count < 2 {
						t.Errorf("%d writes", f.count)
					}
					checkS3(t, o, op.name, true)
				})
			}
			t.Run(op.name+" crash", func(t *testing.T) {
				for at := 0; ; at++ {
					o := world(t, op.name == "restore")
					ctx, cancel := context.WithCancel(t.Context())
					f := &faulty{cancel: cancel, fail: func(n int) string {
						if n == at {
							return "crash"
						}
						return ""
					}}
					healthy := o
					o.Transport = f
					err := op.do(ctx, t, open1(t, o), replica)
					cancel()
					if !f.dead {
						if err != nil || at < 2 {
							t.Errorf("undisturbed, %d writes: %v", at, err)
						}
						checkS3(t, healthy, op.name, true)
						return
					}
					if err == nil {
						t.Errorf("write %d: the operation says it succeeded", at)
					}
					checkS3(t, healthy, op.name, false)
					if err := op.do(t.Context(), t, open1(t, healthy), replica); err != nil {
						t.Errorf("write %d: again: %v", at, err)
					}
					checkS3(t, healthy, op.name, true)
				}
			})
		}
	})
}

// checkS3 looks at the bundles; ended says that the operation was acknowledged.
func checkS3(t *testing.T, o Options, op string, ended bool) {
	t.Helper()
	o.Transport = nil
	st := open1(t, o)
	for n := 1; n <= 2; n++ {
		id, raw := storetest.Bundle(t, n)
		got, err := archive.Load(t.Context(), st, id)
		var none *archive.NotFoundError
		var deleted *archive.DeletedError
		var damaged *archive.DamagedError
		switch {
		case err == nil && !bytes.Equal(got, raw):
			t.Errorf("bundle %d reads as something else", n)
		case err == nil && (op != "delete" || n != 1 || !ended):
		case n == 2 && errors.As(err, &none) && (op != "put" || !ended):
		case n == 1 && op == "delete" && errors.As(err, &deleted) && (deleted.Ended || !ended):
		case n == 1 && op == "restore" && errors.As(err, &damaged) && !ended:
		default:
			t.Errorf("bundle %d after %s, ended %v: %v", n, op, ended, err)
		}
		if err == nil && ended {
			if found, err := archive.Verify(t.Context(), st, id); err != nil || len(found) > 0 {
				t.Errorf("bundle %d: %v, %v", n, found, err)
			}
		}
	}
	if op == "delete" && ended {
		for info, err := range st.List(t.Context(), "objects/") {
			t.Errorf("left behind: %+v, %v", info, err)
		}
	}
}

// A1: of a locked object the first version cannot be replaced: what is restored is a new
// version over it, which is read because it fits its hash. Nobody can make another be read.
func TestA1_RestoreOfALockedObject(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "lock")
		o.Lock, o.Retain = Compliance, time.Hour
		s := open1(t, o)
		replica := storetest.NewMemory()
		id, raw := storetest.Bundle(t, 1)
		if _, err := archive.Save(t.Context(), replica, raw); err != nil {
			t.Fatal(err)
		}
		for info, err := range replica.List(t.Context(), "") {
			data, err2 := replica.Get(t.Context(), info.Key)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(data), "signed file") {
				data = data[1:]
			}
			if err := s.Put(t.Context(), info.Key, data); err != nil {
				t.Fatal(err)
			}
		}
		done, err := archive.Fixity(t.Context(), s, archive.FixityOptions{At: killTime, Replica: replica})
		if err != nil || done.Damaged != 1 || done.Restored != 1 {
			t.Fatalf("restored: %+v, %v", done, err)
		}
		if got, err := archive.Load(t.Context(), s, id); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("loading: %v", err)
		}
		if found, err := archive.Verify(t.Context(), s, id); err != nil || len(found) > 0 {
			t.Errorf("verifying: %v, %v", found, err)
		}
		if again, err := archive.Fixity(t.Context(), s, archive.FixityOptions{At: killTime}); err != nil || again.Damaged != 0 {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}
