package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/preserve/preservetest"
	"github.com/vidimus/vidimus/archive/storetest"
)

// renewFaults are what one request of a renewal meets, reads too.
var renewFaults = map[string]func(r *http.Request) (*http.Response, error){
	"timeout": func(*http.Request) (*http.Response, error) { return nil, os.ErrDeadlineExceeded },
	"500": func(r *http.Request) (*http.Response, error) {
		return answer(r, http.StatusInternalServerError, "InternalError"), nil
	},
	"SlowDown": func(r *http.Request) (*http.Response, error) {
		return answer(r, http.StatusServiceUnavailable, "SlowDown"), nil
	},
	"lost answer": func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		return nil, errors.Join(errNetwork, resp.Body.Close())
	},
	"half an answer": func(r *http.Request) (*http.Response, error) {
		return altered(r, func(body []byte) io.Reader {
			return io.MultiReader(bytes.NewReader(body[:len(body)/2]), failing{})
		})
	},
	"wrong octets": func(r *http.Request) (*http.Response, error) { // in what is read, or in what is written
		if r.Method == http.MethodPut && r.ContentLength > 1 {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			data[len(data)/2] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(data))
			return http.DefaultTransport.RoundTrip(r)
		}
		return altered(r, func(body []byte) io.Reader {
			if len(body) > 0 {
				body[len(body)/2] ^= 1
			}
			return bytes.NewReader(body)
		})
	},
}

// failing is the end of a connection.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errNetwork }

func altered(r *http.Request, how func([]byte) io.Reader) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(how(body))
	return resp, nil
}

// A4: each request of a renewal, reads and writes, meets each fault of a store once; and
// from each request on the store is gone. The run overcomes it or says that it failed;
// the next one goes on, and in the end each record was renewed once and proves.
func TestA4_EveryRequestOfRenew(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred runs against a server are too many for a short run")
	}
	for name, tree := range map[string]bool{"time-stamp": false, "hash tree": true} {
		first := storetest.NewMemory()
		_, raw := storetest.Bundle(t, 1)
		if _, err := archive.Save(t.Context(), first, raw); err != nil {
			t.Fatal(err)
		}
		w := preservetest.Due(t, first, tree)
		onEach(t, func(t *testing.T, srv *server) {
			t.Run(name, func(t *testing.T) {
				kinds := []string{"timeout", "500", "SlowDown", "lost answer", "half an answer", "wrong octets"}
				if tree { // the requests are the same but for a manifest
					kinds = []string{"lost answer", "wrong octets"}
				}
				renewFaulty(t, srv, first, w, kinds)
			})
		})
	}
}

func renewFaulty(t *testing.T, srv *server, first archive.Store, w *preservetest.World, kinds []string) {
	base := srv.bucket(t, "versions")
	var worlds atomic.Int64
	world := func(t *testing.T) Options {
		t.Helper()
		o := base
		o.Prefix = fmt.Sprintf("world/%d", worlds.Add(1))
		st := open1(t, o)
		for info, err := range first.List(t.Context(), "") {
			data, err2 := first.Get(t.Context(), info.Key)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if err := st.Put(t.Context(), info.Key, data); err != nil {
				t.Fatal(err)
			}
		}
		return o
	}
	// run renews over a store whose request number at, of those after it was opened, meets
	// a fault; with gone all that follow fail too. It gives how many requests there were.
	run := func(t *testing.T, o Options, at int, fault func(*http.Request) (*http.Response, error), gone bool) (requests int, err error) {
		var lock sync.Mutex
		counting := false
		o.Transport = interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			lock.Lock()
			n := requests
			if counting {
				requests++
			}
			hit := counting && (n == at || gone && n > at && at >= 0)
			lock.Unlock()
			if hit {
				return fault(r)
			}
			return next(r)
		})
		st := open1(t, o)
		lock.Lock()
		counting = true
		lock.Unlock()
		done, err := preserve.Renew(t.Context(), w.Options(st), w.At)
		if err == nil && len(done.Lost)+len(done.Damaged) > 0 {
			err = fmt.Errorf("%+v", done)
		}
		return requests, err
	}
	whole := world(t)
	requests, err := run(t, whole, -1, nil, false)
	if err != nil || requests < 10 {
		t.Fatalf("undisturbed: %d requests, %v", requests, err)
	}
	w.Ended(t, open1(t, whole), 1)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			failed := 0
			for at := range requests {
				o := world(t)
				if _, err := run(t, o, at, renewFaults[kind], false); err != nil {
					failed++
				}
				if _, err := run(t, o, -1, nil, false); err != nil {
					t.Errorf("at request %d: the next run: %v", at, err)
				}
				w.Ended(t, open1(t, o), 1)
			}
			if t.Logf("of %d faults %d ended a run, the driver overcame the others", requests, failed); failed > 0 && (kind == "500" || kind == "SlowDown") {
				t.Errorf("%d faults ended a run", failed)
			}
		})
	}
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		for at := range requests {
			o := world(t)
			_, err := run(t, o, at, func(r *http.Request) (*http.Response, error) {
				return answer(r, http.StatusForbidden, "AccessDenied"), nil // which is not tried again
			}, true)
			if err == nil {
				t.Errorf("gone from request %d on, and the run says that it succeeded", at)
			}
			if _, err := run(t, o, -1, nil, false); err != nil {
				t.Errorf("gone from request %d on: the next run: %v", at, err)
			}
			w.Ended(t, open1(t, o), 1)
		}
	})
}
