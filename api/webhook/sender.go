package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Sender sends what is put into its outbox. It is safe for concurrent use.
type Sender struct {
	Options
	wake chan struct{}
	stop func()
	done chan struct{}

	mu      sync.Mutex
	pending map[string]*waiting // by key
	taken   []string            // keys that were delivered lately, the newest last
	busy    map[Target]bool
	active  int
	scanned time.Time
}

// waiting is a delivery in memory.
type waiting struct {
	Delivery
	kept bool // it lies in the outbox too
	busy bool
}

// maxTaken bounds the delivered keys that are remembered: an event that is told again
// because the rest of its work failed is not sent again.
const maxTaken = 1000

// New returns a Sender and begins to send what its outbox holds; Close it.
func New(o Options) (*Sender, error) {
	if o.Outbox == nil || o.Terms == nil || o.Now == nil {
		return nil, errors.New("making a sender of webhooks: an outbox, terms and a clock are needed")
	}
	s := &Sender{Options: o.withDefaults(), wake: make(chan struct{}, 1), done: make(chan struct{}), pending: map[string]*waiting{}, busy: map[Target]bool{}}
	if err := s.rescan(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.run(ctx)
	return s, nil
}

// Close ends attempts under way and waits for them. What was not taken stays in the
// outbox.
func (s *Sender) Close() {
	s.stop()
	<-s.done
}

// Send puts an event into the outbox for each target, and returns when it is durable.
// It waits for no receiver. An error says that some deliveries are not durable: they
// are tried all the same, as long as the process lives, and may be put again.
func (s *Sender) Send(e Event, targets ...Target) error {
	defer s.poke()
	s.mu.Lock()
	defer s.mu.Unlock()
	var problems []error
	for _, to := range targets {
		d, err := newDelivery(e, to, s.Now())
		if err == nil {
			err = s.put(d)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// put keeps one delivery. s.mu is held.
func (s *Sender) put(d Delivery) error {
	if slices.Contains(s.taken, d.Key) {
		return nil
	}
	w := s.pending[d.Key]
	if w == nil {
		if !s.room(d) {
			return nil
		}
		w = &waiting{Delivery: d}
		s.pending[d.Key] = w
	}
	if w.kept {
		return nil
	}
	if err := s.Outbox.Put(w.Delivery); err != nil {
		return err
	}
	w.kept = true
	return nil
}

// room drops what is too much: the oldest that is not grave, the new one among them,
// else the oldest. It says whether there is room for d.
func (s *Sender) room(d Delivery) bool {
	for len(s.pending) >= s.Max {
		all := slices.SortedFunc(maps.Values(s.pending), func(a, b *waiting) int {
			if a.Grave != b.Grave {
				if b.Grave {
					return -1
				}
				return 1
			}
			return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.Key, b.Key))
		})
		if all[0].Grave && !d.Grave {
			s.drop(&d, fmt.Sprintf("the outbox is full of %d grave ones", s.Max))
			return false
		}
		s.forget(all[0])
		s.drop(&all[0].Delivery, fmt.Sprintf("the outbox is full: it keeps %d", s.Max))
	}
	return true
}

// drop says that a delivery is given up.
func (s *Sender) drop(d *Delivery, why string) {
	s.Told(Dropped)
	s.Log.Warn("a webhook is given up", "event", d.Event, "type", d.Type, "to", place(d.Target), "attempts", d.Attempts, "why", why)
}

// forget takes a delivery out of memory and outbox. s.mu is held.
func (s *Sender) forget(w *waiting) {
	delete(s.pending, w.Key)
	if err := s.Outbox.Remove(w.Key); err != nil {
		s.Log.Error("a webhook could not be removed from the outbox: after a restart it is sent again", "event", w.Event, "cause", err.Error())
	}
}

// Pending is how many deliveries wait, and since when the oldest does.
func (s *Sender) Pending() (n int, oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.pending {
		if oldest.IsZero() || w.Made.Before(oldest) {
			oldest = w.Made
		}
	}
	return len(s.pending), oldest
}

// rescan takes in what lies in the outbox, and leaves out what another process has
// delivered.
func (s *Sender) rescan() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.Outbox.All()
	if err != nil {
		return err
	}
	s.scanned = s.Now()
	there := map[string]bool{}
	for _, d := range all {
		if there[d.Key] = true; slices.Contains(s.taken, d.Key) {
			continue
		}
		if w := s.pending[d.Key]; w != nil {
			w.kept = true
		} else if s.room(d) {
			s.pending[d.Key] = &waiting{Delivery: d, kept: true}
		}
	}
	maps.DeleteFunc(s.pending, func(key string, w *waiting) bool { return w.kept && !w.busy && !there[key] })
	return nil
}

func (s *Sender) poke() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

// run begins attempts until ctx ends, and waits for those under way.
func (s *Sender) run(ctx context.Context) {
	defer close(s.done)
	var under sync.WaitGroup
	defer under.Wait()
	for ctx.Err() == nil {
		due, pause := s.due()
		for _, w := range due {
			under.Go(func() { s.attempt(ctx, w) })
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
		if now := s.Now(); now.Sub(s.scanned) >= s.Rescan || now.Before(s.scanned) {
			if err := s.rescan(); err != nil {
				s.Log.Error("the outbox of webhooks could not be read", "cause", err.Error())
			}
		}
	}
}

// due are the deliveries whose time has come, one for each target, the oldest first;
// and how long to sleep at most.
func (s *Sender) due() ([]*waiting, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, pause := s.Now(), s.Rescan
	var out []*waiting
	for _, w := range slices.SortedFunc(maps.Values(s.pending), func(a, b *waiting) int {
		return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.Key, b.Key))
	}) {
		if wait := w.Next.Sub(now); wait > 0 && wait <= s.MaxBackoff*2 {
			pause = min(pause, wait)
			continue // further off it can be only when the clock has gone back
		}
		if !w.busy && !s.busy[w.Target] && s.active < s.Concurrent {
			w.busy, s.busy[w.Target] = true, true
			s.active++
			out = append(out, w)
		}
	}
	return out, max(pause, 10*time.Millisecond)
}

// attempt sends one delivery, once.
func (s *Sender) attempt(ctx context.Context, w *waiting) {
	defer s.poke()
	status, retry, err := s.post(ctx, &w.Delivery)
	s.mu.Lock()
	defer s.mu.Unlock()
	w.busy = false
	delete(s.busy, w.Target)
	s.active--
	if s.pending[w.Key] != w {
		return // it was pushed out meanwhile
	}
	now := s.Now()
	var never *refused
	switch {
	case err == nil && status >= 200 && status < 300:
		s.Told(Delivered)
		if s.taken = append(s.taken, w.Key); len(s.taken) > maxTaken {
			s.taken = slices.Delete(s.taken, 0, len(s.taken)-maxTaken)
		}
		s.forget(w)
		return
	case ctx.Err() != nil:
		return // we are leaving: it was no attempt
	case errors.As(err, &never):
		s.forget(w)
		s.drop(&w.Delivery, err.Error())
		return
	case status == http.StatusGone:
		s.forget(w)
		s.drop(&w.Delivery, "the receiver says that it is gone for ever")
		return
	}
	if w.Attempts++; now.Sub(w.Made) >= s.MaxAge {
		s.forget(w)
		s.drop(&w.Delivery, fmt.Sprintf("it is older than %s", s.MaxAge))
		return
	}
	s.Told(Retried)
	w.Next = now.Add(s.backoff(w.Attempts, retryAfter(retry, now))).UTC()
	s.Log.Warn("a webhook was not taken", "event", w.Event, "type", w.Type, "to", place(w.Target), "attempts", w.Attempts, "status", status, "next", w.Next, "cause", causeOf(err))
	err = s.Outbox.Put(w.Delivery)
	if w.kept = w.kept || err == nil; err != nil {
		s.Log.Error("the attempt at a webhook could not be written down", "event", w.Event, "cause", err.Error())
	}
}

// refused is the error of Terms: the delivery is never sent.
type refused struct{ error }

func (s *Sender) post(ctx context.Context, d *Delivery) (status int, retry string, err error) {
	terms, err := s.Terms(d.Target)
	if err != nil {
		return 0, "", &refused{err}
	}
	return terms.Poster.Post(ctx, d.Target.URL, "application/json", header(terms.Secrets, d, s.Now()), d.Body)
}

// backoff is the pause after so many attempts, or what the receiver asks for.
func (s *Sender) backoff(attempts int, asked time.Duration) time.Duration {
	d := min(s.MaxBackoff, s.Backoff<<min(attempts-1, 20))
	if d <= 0 { // shifted out
		d = s.MaxBackoff
	}
	return max(time.Duration(float64(d)*(0.5+s.Random())), min(asked, s.MaxBackoff))
}

// retryAfter reads that header: seconds, or a date (RFC 9110 §10.2.3); 0 for none.
func retryAfter(header string, now time.Time) time.Duration {
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	d, err := time.ParseDuration(header + "s")
	if err != nil {
		return 0
	}
	return max(0, d)
}

// causeOf is an error with what happened below, for the operator's eyes only.
func causeOf(err error) string {
	if err == nil {
		return ""
	}
	var c interface{ Cause() error }
	if !errors.As(err, &c) || c.Cause() == nil {
		return err.Error()
	}
	cause := c.Cause()
	var wrapped *url.Error
	if errors.As(cause, &wrapped) {
		cause = wrapped.Err // without the URL
	}
	return err.Error() + ": " + cause.Error()
}

// Flush waits until every delivery was tried at least once, or ctx ends.
func (s *Sender) Flush(ctx context.Context) {
	for ctx.Err() == nil && s.untried() {
		timer := time.NewTimer(20 * time.Millisecond)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *Sender) untried() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.pending {
		if w.Attempts == 0 || w.busy {
			return true
		}
	}
	return false
}
