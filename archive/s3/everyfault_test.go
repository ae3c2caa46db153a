package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// requestFaults are what can befall a request.
var requestFaults = []string{
	"timeout", "500", "503", "lost answer", "500 after its effect", "cut request", "altered request",
	"cut answer", "altered answer", "crash", "crash after its effect",
}

// timeout is the error of a network that does not answer.
type timeout struct{}

func (timeout) Error() string   { return "injected: i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// oneFault is a network on which request number at, reads too, meets a fault.
type oneFault struct {
	at     int
	kind   string
	cancel context.CancelFunc // of the process that dies

	mu    sync.Mutex
	on    bool // requests are counted
	count int
	dead  bool
	met   bool
	saw   []shape // without a fault
}

// shape is what of a request can be cut or altered.
type shape struct{ body, answer, object bool }

// befalls says whether a fault can befall a request.
func (s shape) befalls(kind string) bool {
	switch kind {
	case "cut request", "altered request":
		return s.body
	case "cut answer":
		return s.answer
	case "altered answer":
		return s.object
	}
	return true
}

// RoundTrip implements http.RoundTripper.
func (f *oneFault) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	mine := f.on && f.count == f.at
	if f.on {
		f.count++
	}
	dead := f.dead
	f.dead = f.dead || mine && (f.kind == "crash" || f.kind == "crash after its effect")
	f.met = f.met || mine
	f.mu.Unlock()
	if dead {
		return nil, errNetwork
	}
	if !mine {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil && f.at < 0 && f.on {
			length := resp.ContentLength != 0 && r.Method != http.MethodHead
			f.mu.Lock()
			f.saw = append(f.saw, shape{r.ContentLength > 0, length, length && resp.Header.Get("Content-Type") == "application/octet-stream"})
			f.mu.Unlock()
		}
		return resp, err
	}
	fail := func(resp *http.Response, err error) (*http.Response, error) { // instead of what was done
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return resp, err
	}
	effect := func() error {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.Body.Close()
	}
	switch f.kind {
	case "timeout":
		return fail(nil, timeout{})
	case "500":
		return fail(answer(r, http.StatusInternalServerError, "InternalError"), nil)
	case "503":
		return fail(answer(r, http.StatusServiceUnavailable, "SlowDown"), nil)
	case "crash":
		f.cancel()
		return fail(nil, errNetwork)
	case "crash after its effect":
		err := effect()
		f.cancel()
		return nil, errors.Join(errNetwork, err)
	case "lost answer":
		return nil, errors.Join(errNetwork, effect())
	case "500 after its effect":
		if err := effect(); err != nil {
			return nil, err
		}
		return answer(r, http.StatusInternalServerError, "InternalError"), nil
	case "cut request", "altered request":
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		own := r.Clone(r.Context())
		if f.kind == "cut request" { // the transport then breaks the connection off
			own.Body = io.NopCloser(bytes.NewReader(data[:len(data)/2]))
		} else {
			data[len(data)/2] ^= 1
			own.Body = io.NopCloser(bytes.NewReader(data))
		}
		return http.DefaultTransport.RoundTrip(own)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if f.kind == "cut answer" {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), broken{}))
		return resp, nil
	}
	data[len(data)/2] ^= 1
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return resp, nil
}

// broken is a connection that is reset.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errNetwork }

// errOther says that an operation gave other octets, without an error of its own.
var errOther = errors.New("other octets were read")

// everyOperation is what the driver does for one key, in a world of its own where prepare
// was done. Done, the object is as is looks.
type everyOperation struct {
	name    string
	prepare func(ctx context.Context, st *Store) error
	do      func(ctx context.Context, st *Store) error
	is      func(ctx context.Context, st *Store) error // after the operation
	// content is what "k" may read as, at any moment; nil among them: it is not there.
	content  [][]byte
	requests int // at least
}

var (
	smallFault = storetest.Octets(1, 1000)
	otherFault = storetest.Octets(2, 1000)
	largeFault = storetest.Octets(3, leastPart+1)
)

func putSmall(ctx context.Context, st *Store) error { return st.Put(ctx, "k", smallFault) }
func putLarge(ctx context.Context, st *Store) error {
	return st.PutFrom(ctx, "k", storetest.Source(largeFault))
}

// reads says whether "k" reads as data, or is not there if that is nil.
func reads(data []byte) func(context.Context, *Store) error {
	return func(ctx context.Context, st *Store) error {
		got, err := st.Get(ctx, "k")
		var none *archive.NotFoundError
		if data == nil && errors.As(err, &none) {
			return nil
		}
		if err == nil && !bytes.Equal(got, data) {
			err = errOther
		}
		return err
	}
}

// newest says whether the newest version of "k" is data.
func newest(data []byte) func(context.Context, *Store) error {
	return func(ctx context.Context, st *Store) error {
		for got, err := range st.Versions(ctx, "k") {
			if err == nil && !bytes.Equal(got, data) {
				err = errOther
			}
			return err
		}
		return fmt.Errorf("there is no newer version")
	}
}

func locked(is func(archive.Lock) bool) func(context.Context, *Store) error {
	return func(ctx context.Context, st *Store) error {
		info, err := st.Stat(ctx, "k")
		if err == nil && !is(info.Lock) {
			err = fmt.Errorf("the lock is %+v", info.Lock)
		}
		return err
	}
}

func streamed(data []byte) func(context.Context, *Store) error {
	return func(ctx context.Context, st *Store) error {
		var out bytes.Buffer
		err := st.Stream(ctx, "k", &out)
		if err == nil && !bytes.Equal(out.Bytes(), data) {
			err = errOther
		}
		return err
	}
}

func listed(ctx context.Context, st *Store) error {
	var keys []string
	for info, err := range st.List(ctx, "") {
		if err != nil {
			return err
		}
		keys = append(keys, info.Key)
	}
	if !slices.Equal(keys, []string{"k"}) {
		return errOther
	}
	return nil
}

var faultRetain = time.Now().Add(time.Hour).Truncate(time.Second)

var everyOperations = []everyOperation{
	{"put", nil, putSmall, reads(smallFault), [][]byte{nil, smallFault}, 1},
	{"put from a source, in parts", nil, putLarge, reads(largeFault), [][]byte{nil, largeFault}, 8},
	{"put from a source what is there", putLarge, putLarge, reads(largeFault), [][]byte{largeFault}, 3},
	{"restore", putSmall, func(ctx context.Context, st *Store) error { return st.Restore(ctx, "k", otherFault) }, newest(otherFault), [][]byte{smallFault}, 1},
	{"restore from a source, in parts", putSmall, func(ctx context.Context, st *Store) error {
		return st.RestoreFrom(ctx, "k", storetest.Source(largeFault))
	}, newest(largeFault), [][]byte{smallFault}, 5},
	{"hold", putSmall, func(ctx context.Context, st *Store) error { return st.Hold(ctx, "k", true) },
		locked(func(l archive.Lock) bool { return l.LegalHold }), [][]byte{smallFault}, 3},
	{"lift a hold", func(ctx context.Context, st *Store) error {
		return errors.Join(putSmall(ctx, st), st.Hold(ctx, "k", true))
	}, func(ctx context.Context, st *Store) error { return st.Hold(ctx, "k", false) },
		locked(func(l archive.Lock) bool { return !l.LegalHold }), [][]byte{smallFault}, 3},
	{"retain", putSmall, func(ctx context.Context, st *Store) error { return st.Retain(ctx, "k", faultRetain) },
		locked(func(l archive.Lock) bool { return l.Mode == "GOVERNANCE" && !l.Until.Before(faultRetain) }), [][]byte{smallFault}, 3},
	{"delete", func(ctx context.Context, st *Store) error {
		return errors.Join(putSmall(ctx, st), st.Restore(ctx, "k", otherFault))
	}, func(ctx context.Context, st *Store) error { return st.Delete(ctx, "k", time.Now()) }, reads(nil), [][]byte{nil, smallFault}, 5},
	{"get", putSmall, reads(smallFault), reads(smallFault), [][]byte{smallFault}, 2},
	{"stream", putLarge, streamed(largeFault), streamed(largeFault), [][]byte{largeFault}, 2},
	{"stat", putSmall, locked(func(l archive.Lock) bool { return l == archive.Lock{} }), reads(smallFault), [][]byte{smallFault}, 2},
	{"list", putSmall, listed, listed, [][]byte{smallFault}, 2},
}

// A4: every request of every operation of the driver, reads too, meets each fault once.
// After it nothing half-written is read or listed and what was acknowledged is as it was
// asked for; done again by another process, the operation ends as if nothing had happened.
func TestA4_EveryRequestMeetsEveryFault(t *testing.T) {
	faults, operations := requestFaults, everyOperations
	if testing.Short() { // the race detector wants the code's paths, not each point of each
		faults, operations = []string{"cut answer", "crash after its effect"}, everyOperations[1:2]
	}
	onEach(t, func(t *testing.T, srv *server) {
		base := srv.bucket(t, "lock")
		base.Part = leastPart
		var worlds atomic.Int64
		for _, op := range operations {
			t.Run(op.name, func(t *testing.T) {
				o := base
				if op.name == "retain" {
					o.Lock, o.Retain = Governance, time.Minute
				}
				run := func(f *oneFault) (Options, error) {
					mine := o
					mine.Prefix = fmt.Sprintf("world/%d", worlds.Add(1))
					healthy := mine
					healthy.Lock, healthy.Retain = Unlocked, 0
					if op.prepare != nil {
						if err := op.prepare(t.Context(), open1(t, healthy)); err != nil {
							t.Error(err)
						}
					}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					f.cancel = cancel
					faulty := mine
					faulty.Transport = f
					st := open1(t, faulty)
					f.on = true
					return mine, op.do(ctx, st)
				}
				whole := &oneFault{at: -1}
				if o, err := run(whole); err != nil || whole.count < op.requests || whole.count != len(whole.saw) {
					t.Fatalf("undisturbed: %d requests, want at least %d; %v", whole.count, op.requests, err)
				} else if err := op.is(t.Context(), open1(t, o)); err != nil {
					t.Fatalf("undisturbed: %v", err)
				}
				cases := make(chan *oneFault)
				var wait sync.WaitGroup
				for range 12 { // they mostly wait for the driver to try again
					wait.Go(func() {
						for f := range cases {
							o, err := run(f)
							name := fmt.Sprintf("request %d, %s", f.at, f.kind)
							afterFault(t, op, o, name, f, err)
						}
					})
				}
				all := 0
				for at, shape := range whole.saw {
					for _, kind := range faults {
						if shape.befalls(kind) {
							all++
							cases <- &oneFault{at: at, kind: kind}
						}
					}
				}
				close(cases)
				wait.Wait()
				t.Logf("%d requests, %d cases", whole.count, all)
			})
		}
	})
}

// afterFault looks at the world that an operation left, which ended with err.
func afterFault(t *testing.T, op everyOperation, o Options, name string, f *oneFault, err error) {
	if !f.met {
		t.Errorf("%s: there was no such request", name)
	}
	if errors.Is(err, errOther) && f.kind != "altered answer" { // of which the caller's hash tells
		t.Errorf("%s: other octets were given", name)
	}
	st := open1(t, o)
	got, getErr := st.Get(t.Context(), "k")
	var none *archive.NotFoundError
	if errors.As(getErr, &none) {
		got, getErr = nil, nil
	}
	if getErr != nil || !slices.ContainsFunc(op.content, func(c []byte) bool { return (c == nil) == (got == nil) && bytes.Equal(c, got) }) {
		t.Errorf("%s: then it reads as %d octets, %v", name, len(got), getErr)
	}
	for info, err := range st.List(t.Context(), "") {
		if err != nil || info.Key != "k" || info.Size != int64(len(got)) {
			t.Errorf("%s: then %d octets are read and listed is %+v, %v", name, len(got), info, err)
		}
	}
	if err == nil {
		if err := op.is(t.Context(), st); err != nil {
			t.Errorf("%s: acknowledged, and %v", name, err)
		}
	}
	if err := errors.Join(op.do(t.Context(), st), op.is(t.Context(), st)); err != nil {
		t.Errorf("%s: done again: %v", name, err)
	}
}
