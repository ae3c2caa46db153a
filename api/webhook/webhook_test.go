package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	trust "github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a server on loopback that keeps what it was sent, and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []sent
	answer func(w http.ResponseWriter, r *http.Request)
}

type sent struct {
	id, stamp, signature, contentType string
	body                              []byte
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, sent{req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp"), req.Header.Get("webhook-signature"), req.Header.Get("Content-Type"), body})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, req)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(f func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func (r *receiver) all() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// status answers with that status.
func status(n int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
}

// bench is a sender with a clock of its own and an outbox on disk.
type bench struct {
	*Sender
	t       *testing.T
	dir     string
	mu      sync.Mutex
	now     time.Time
	told    map[string]int
	log     *bytes.Buffer // read it when the sender is closed
	secrets []Secret
	client  *fetch.Client
	change  func(*Options)
}

func newBench(t *testing.T, change func(*Options)) *bench {
	b := &bench{t: t, dir: filepath.Join(t.TempDir(), "outbox"), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), told: map[string]int{}, log: &bytes.Buffer{},
		secrets: []Secret{bytes.Repeat([]byte("s"), 32)}, change: change}
	// Loopback is allowed as an operator's URL would be, without a list of hosts.
	b.client = fetch.New(fetch.Options{UnsafeAllowPrivate: true, Ports: allPorts(), Timeout: 20 * time.Second})
	t.Cleanup(b.client.Close)
	b.open(trust.Disk{UnsafeNoSync: true})
	t.Cleanup(func() { b.Close() })
	return b
}

func allPorts() []uint16 {
	var out []uint16
	for p := 1; p < 65535; p++ {
		out = append(out, uint16(p))
	}
	return out
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.mu.Unlock()
	b.poke()
}

func (b *bench) open(disk trust.Disk) {
	b.t.Helper()
	log := slog.New(slog.NewJSONHandler(b.log, nil))
	o := Options{Outbox: NewFolder(b.dir, disk, b.clock, log), Now: b.clock, Log: log, Random: func() float64 { return 0.5 },
		Terms: func(Target) (Terms, error) { return Terms{Poster: b.client, Secrets: b.secrets}, nil },
		Told: func(what string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.told[what]++
		}}
	if b.change != nil {
		b.change(&o)
	}
	s, err := New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Sender = s
}

func (b *bench) outcomes() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]int{}
	for k, n := range b.told {
		out[k] = n
	}
	return out
}

// until waits for what other goroutines do.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it never happened: %s", what)
}

func (b *bench) files() int {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return 0
	}
	return len(entries)
}

func event(id string) Event {
	return Event{ID: id, Type: "trust.signer-changed", At: time.Date(2026, 3, 1, 11, 59, 0, 0, time.UTC), Data: map[string]string{"territory": "EE"}}
}

// The example that Standard Webhooks publishes.
func TestSignAsPublished(t *testing.T) {
	secrets, err := ParseSecrets([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := Sign(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

// What comes is what was sent, signed with each secret.
func TestDeliver(t *testing.T) {
	r := receive(t)
	b := newBench(t, nil)
	old := bytes.Repeat([]byte("o"), 24)
	b.secrets = append(b.secrets, old)
	if err := b.Send(event("msg_1"), Target{URL: r.URL + "/hook?token=hidden"}); err != nil {
		t.Fatal(err)
	}
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	got := r.all()[0]
	if got.id != "msg_1" || got.contentType != "application/json" || got.stamp != fmt.Sprint(b.clock().Unix()) ||
		string(got.body) != `{"type":"trust.signer-changed","timestamp":"2026-03-01T11:59:00Z","data":{"territory":"EE"}}` {
		t.Errorf("%+v %s", got, got.body)
	}
	var want []string
	for _, key := range [][]byte{bytes.Repeat([]byte("s"), 32), old} {
		mac := hmac.New(sha256.New, key)
		_, _ = io.WriteString(mac, got.id+"."+got.stamp+"."+string(got.body))
		want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if got.signature != strings.Join(want, " ") {
		t.Errorf("signature %q, want %q", got.signature, want)
	}
	if n, _ := b.Pending(); n != 0 || b.files() != 0 {
		t.Errorf("%d pending, %d files", n, b.files())
	}
	// Told again, it is not sent again.
	if err := b.Send(event("msg_1"), Target{URL: r.URL + "/hook?token=hidden"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Send(event("msg_2"), Target{URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	until(t, "the second", func() bool { return b.outcomes()[Delivered] == 2 })
	if all := r.all(); len(all) != 2 || all[1].id != "msg_2" {
		t.Errorf("%+v", all)
	}
}

// A receiver that fails is asked again, later and later; the same octets, a new time.
func TestRetry(t *testing.T) {
	r := receive(t)
	b := newBench(t, nil)
	ways := []func(http.ResponseWriter, *http.Request){
		status(500), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, status(404),
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	}
	pauses := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Hour}
	r.answers(ways[0])
	if err := b.Send(event("msg_1"), Target{URL: r.URL + "/secret-path"}); err != nil {
		t.Fatal(err)
	}
	for i, pause := range pauses {
		until(t, fmt.Sprint("attempt ", i), func() bool { return b.outcomes()[Retried] == i+1 })
		b.mu.Lock()
		now := b.now
		b.mu.Unlock()
		b.Sender.mu.Lock()
		for _, w := range b.pending {
			if w.Next.Sub(now) != pause || w.Attempts != i+1 {
				t.Errorf("after attempt %d the next is in %s, want %s", w.Attempts, w.Next.Sub(now), pause)
			}
		}
		b.Sender.mu.Unlock()
		if i+1 < len(ways) {
			r.answers(ways[i+1])
		} else {
			r.answers(nil)
		}
		b.pass(pause)
	}
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	all := r.all()
	if len(all) != 6 {
		t.Fatalf("%d requests: is a redirect followed?", len(all))
	}
	for _, x := range all[1:] {
		if x.id != all[0].id || !bytes.Equal(x.body, all[0].body) || x.stamp == all[0].stamp {
			t.Errorf("%+v differs from %+v", x, all[0])
		}
	}
	b.Close()
	if log := b.log.String(); !strings.Contains(log, "a webhook was not taken") || strings.Contains(log, "secret-path") {
		t.Errorf("%s", log)
	}
}

// What was not taken is sent after a restart, with the same ID and the same octets.
func TestRestart(t *testing.T) {
	r := receive(t)
	b := newBench(t, nil)
	r.answers(status(503))
	if err := b.Send(event("msg_1"), Target{URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	until(t, "an attempt", func() bool { return b.outcomes()[Retried] == 1 })
	b.Close()
	r.answers(nil)
	b.pass(time.Hour)
	b.open(trust.Disk{})
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	if all := r.all(); len(all) != 2 || all[0].id != all[1].id || !bytes.Equal(all[0].body, all[1].body) {
		t.Errorf("%+v", all)
	}
}

// What another process puts into the outbox is sent, and what it has delivered is not.
func TestAnotherProcess(t *testing.T) {
	r := receive(t)
	b := newBench(t, nil)
	other := NewFolder(b.dir, trust.Disk{}, b.clock, slog.New(slog.DiscardHandler))
	d, err := newDelivery(event("msg_1"), Target{URL: r.URL}, b.clock())
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Put(d); err != nil {
		t.Fatal(err)
	}
	b.pass(2 * time.Minute)
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	r.answers(status(500))
	if err := b.Send(event("msg_2"), Target{URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	until(t, "an attempt", func() bool { return b.outcomes()[Retried] == 1 })
	if err := other.Remove(KeyOf("msg_2", Target{URL: r.URL})); err != nil {
		t.Fatal(err)
	}
	b.pass(2 * time.Minute)
	until(t, "left out", func() bool { n, _ := b.Pending(); return n == 0 })
}

// TestCrash ends the process before every single effect on the disk: of the putting, of
// the writing down of an attempt, of the removal. What Send has promised comes after a
// restart without being told again; what it has not is told again. All copies of an
// event have the same ID and the same octets.
func TestCrash(t *testing.T) {
	killed := errors.New("killed")
	promised, broken, twice := 0, 0, 0
	for _, first := range []int{500, 200} {
		for stop, dead := 0, true; dead; stop++ {
			r := receive(t)
			r.answers(status(first))
			b := newBench(t, nil)
			b.Close()
			var mu sync.Mutex
			effects := 0
			b.open(trust.Disk{UnsafeNoSync: true, Before: func(string) error {
				mu.Lock()
				defer mu.Unlock()
				if effects++; effects > stop {
					return killed
				}
				return nil
			}})
			err := b.Send(event("msg_1"), Target{URL: r.URL})
			until(t, "an attempt", func() bool { return len(b.outcomes()) > 0 })
			b.Close()
			dead = effects > stop
			before := len(r.all())
			r.answers(nil)
			b.pass(2 * time.Hour)
			b.open(trust.Disk{UnsafeNoSync: true})
			if err != nil {
				broken++
				if err = b.Send(event("msg_1"), Target{URL: r.URL}); err != nil {
					t.Fatal(err)
				}
			} else {
				promised++
			}
			until(t, "all sent", func() bool { n, _ := b.Pending(); return n == 0 })
			b.Close()
			all := r.all()
			if first == 500 && len(all) <= before {
				t.Errorf("status %d, effect %d: it never came", first, stop)
			}
			if first == 200 && len(all) > 1 {
				twice++
			}
			for _, x := range all {
				if x.id != "msg_1" || !bytes.Equal(x.body, all[0].body) {
					t.Errorf("%+v differs from %+v", x, all[0])
				}
			}
			if b.files() != 0 && !onlyTemporary(t, b.dir) {
				t.Errorf("status %d, effect %d: %d files are left", first, stop, b.files())
			}
		}
	}
	if promised < 8 || broken < 10 || twice == 0 {
		t.Errorf("%d effects after the promise, %d before, %d sent twice: is all of it walked over?", promised, broken, twice)
	}
}

// onlyTemporary says whether a folder holds nothing but what a crash left unnamed.
func onlyTemporary(t *testing.T, dir string) bool {
	t.Helper()
	for _, e := range must(os.ReadDir(dir))(t) {
		if !strings.HasPrefix(e.Name(), ".writing-") {
			return false
		}
	}
	return true
}

// TestKill kills a process that has put an event into the outbox and is about to send
// it: another one sends it.
func TestKill(t *testing.T) {
	r := receive(t)
	r.answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	if dir := os.Getenv("VIDIMUS_TEST_OUTBOX"); dir != "" { // we are the one that is killed
		b := newBench(t, nil)
		b.Close()
		b.dir = dir
		b.open(trust.Disk{})
		if err := b.Send(event("msg_1"), Target{URL: os.Getenv("VIDIMUS_TEST_HOOK")}); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	b := newBench(t, nil)
	b.Close()
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
	victim.Env = append(os.Environ(), "VIDIMUS_TEST_OUTBOX="+b.dir, "VIDIMUS_TEST_HOOK="+r.URL)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "a request", func() bool { return len(r.all()) == 1 })
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("%v", err)
	}
	r.answers(nil)
	b.open(trust.Disk{})
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	if all := r.all(); len(all) != 2 || all[0].id != all[1].id || !bytes.Equal(all[0].body, all[1].body) {
		t.Errorf("%+v", all)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Nobody waits for a receiver that hangs: neither who sends, nor other receivers, nor Close.
func TestSlowReceiver(t *testing.T) {
	slow, quick := receive(t), receive(t)
	slow.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	b := newBench(t, nil)
	for i := range 20 {
		if err := b.Send(event(fmt.Sprint("msg_", i)), Target{URL: slow.URL}, Target{URL: quick.URL}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the quick one has all", func() bool { return len(quick.all()) == 20 })
	if n := len(slow.all()); n != 1 {
		t.Errorf("%d requests at once to the slow one", n)
	}
	b.Close()
	if b.files() != 20 {
		t.Errorf("%d files", b.files())
	}
}

// A full outbox drops the oldest that is not grave, then the oldest.
func TestFullOutbox(t *testing.T) {
	r := receive(t)
	r.answers(status(500))
	b := newBench(t, func(o *Options) { o.Max = 3 })
	names := func() string {
		var out []string
		for _, d := range must(b.Outbox.All())(t) {
			out = append(out, d.Event)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	send := func(id string, grave bool, want string) {
		t.Helper()
		b.mu.Lock()
		b.now = b.now.Add(time.Second)
		b.mu.Unlock()
		e := event(id)
		e.Grave = grave
		if err := b.Send(e, Target{URL: r.URL}); err != nil {
			t.Fatal(err)
		}
		if got := names(); got != want {
			t.Errorf("after %s: %q, want %q", id, got, want)
		}
	}
	send("a", true, "a")
	send("b", false, "a b")
	send("c", false, "a b c")
	send("d", true, "a c d")
	send("e", true, "a d e")
	send("f", false, "a d e")
	send("g", true, "d e g")
	b.Close()
	if n := strings.Count(b.log.String(), "a webhook is given up"); n != 4 {
		t.Errorf("%d lines in the log: %s", n, b.log)
	}
}

// What is too old, gone for ever or no longer allowed is given up, and the log says so.
func TestGivenUp(t *testing.T) {
	r := receive(t)
	var b *bench
	b = newBench(t, func(o *Options) {
		o.Terms = func(to Target) (Terms, error) {
			if strings.HasSuffix(to.URL, "/former") {
				return Terms{}, errors.New("nobody asks for it any more")
			}
			return Terms{Poster: b.client, Secrets: b.secrets}, nil
		}
	})
	r.answers(status(http.StatusGone))
	if err := b.Send(event("msg_1"), Target{URL: r.URL + "/former"}, Target{URL: r.URL + "/gone"}); err != nil {
		t.Fatal(err)
	}
	until(t, "both dropped", func() bool { return b.outcomes()[Dropped] == 2 })
	r.answers(status(500))
	if err := b.Send(event("msg_2"), Target{URL: r.URL + "/late"}); err != nil {
		t.Fatal(err)
	}
	for i := 1; b.outcomes()[Dropped] == 2; i++ {
		until(t, "an attempt", func() bool { o := b.outcomes(); return o[Retried] == i || o[Dropped] == 3 })
		if i > 40 {
			t.Fatal("it is tried for ever")
		}
		b.pass(6*time.Hour + time.Second)
	}
	if n := b.outcomes()[Retried]; n < 10 {
		t.Errorf("%d attempts in three days", n)
	}
	if b.files() != 0 {
		t.Errorf("%d files", b.files())
	}
	b.Close()
	for _, want := range []string{"nobody asks for it any more", "gone for ever", "older than 72h"} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, b.log)
		}
	}
}

// A full disk keeps nothing, and the event is sent all the same while the process lives.
func TestFullDisk(t *testing.T) {
	r := receive(t)
	b := newBench(t, nil)
	b.Close()
	b.open(trust.Disk{Before: func(effect string) error {
		return &os.PathError{Op: effect, Path: "disk", Err: errors.New("no space left on device")}
	}})
	if err := b.Send(event("msg_1"), Target{URL: r.URL}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	if err := b.Send(event("msg_1"), Target{URL: r.URL}); err != nil { // the work is done again
		t.Error(err)
	}
	if len(r.all()) != 1 {
		t.Errorf("%+v", r.all())
	}
}

// A stranger's URL reaches no private address, an operator's does; a huge answer is not read.
func TestPostGuards(t *testing.T) {
	r := receive(t)
	r.answers(func(w http.ResponseWriter, _ *http.Request) {
		block := bytes.Repeat([]byte("x"), 1<<16)
		for range 1 << 12 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	stranger := fetch.New(fetch.Options{Ports: allPorts()})
	defer stranger.Close()
	if _, _, err := stranger.Post(context.Background(), r.URL, "application/json", nil, []byte("{}")); !errors.Is(err, fetch.ErrRefused) || len(r.all()) != 0 {
		t.Errorf("%v, %d requests", err, len(r.all()))
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	operator := fetch.New(fetch.Options{Trusted: []string{u.Host}})
	defer operator.Close()
	if code, _, err := operator.Post(context.Background(), r.URL, "application/json", nil, []byte("{}")); err != nil || code != 200 {
		t.Errorf("%d %v", code, err)
	}
}

func TestParseSecrets(t *testing.T) {
	good := "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	if s, err := ParseSecrets([]byte("# new\n" + good + "\r\n\n" + good)); err != nil || len(s) != 2 || len(s[0]) != 32 {
		t.Errorf("%v %v", s, err)
	}
	for _, bad := range []string{"", "# none", "secret", "whsec_!!", "whsec_a2V5", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)), strings.Repeat(good+"\n", 9)} {
		_, err := ParseSecrets([]byte(bad))
		if err == nil || strings.Contains(err.Error(), "a2V5") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A damaged file of the outbox stops nothing.
func TestDamagedFile(t *testing.T) {
	r := receive(t)
	b := newBench(t, nil)
	b.Close()
	if err := os.MkdirAll(b.dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{strings.Repeat("a", 32) + ".json": "{", strings.Repeat("b", 32) + ".json": `{"format":1,"key":"` + strings.Repeat("b", 32) + `"}`, "other": "x"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, age := range map[string]time.Duration{".writing-1": time.Minute, ".writing-2": 2 * time.Hour} {
		at := b.clock().Add(-age)
		if err := errors.Join(os.WriteFile(filepath.Join(b.dir, name), []byte("half"), 0o600), os.Chtimes(filepath.Join(b.dir, name), at, at)); err != nil {
			t.Fatal(err)
		}
	}
	b.open(trust.Disk{})
	if err := b.Send(event("msg_1"), Target{URL: r.URL}); err != nil {
		t.Fatal(err)
	}
	until(t, "delivered", func() bool { return b.outcomes()[Delivered] == 1 })
	b.Close()
	if b.files() != 2 || strings.Count(b.log.String(), "is damaged and is removed") != 2 {
		t.Errorf("%d files: %s", b.files(), b.log)
	}
}

func FuzzReadDelivery(f *testing.F) {
	d, err := newDelivery(event("msg_1"), Target{URL: "https://example.com/hook", Owner: "t"}, time.Unix(1, 0))
	if err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(stored{folderFormat, d})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := readDelivery(raw)
		if err != nil {
			return
		}
		if !fileName.MatchString(d.Key+".json") || len(d.Body) > MaxBody || len(d.Body) == 0 {
			t.Errorf("%+v", d)
		}
		again, err := json.Marshal(stored{folderFormat, d})
		if err != nil {
			t.Skip() // a time that JSON cannot tell
		}
		if e, err := readDelivery(again); err != nil || e.Key != d.Key || !bytes.Equal(e.Body, d.Body) {
			t.Errorf("%+v %v", e, err)
		}
	})
}
