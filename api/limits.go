package api

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bounds what clients may cost (attack S2). Zero fields take the defaults.
type Limits struct {
	// RequestSize bounds a request's body, detached contents included, in octets.
	RequestSize int64
	// Detached bounds the number of detached contents of one request.
	Detached int
	// Uploads bounds the requests whose bodies are being read or held at once, but
	// for the first 64 KiB of each, which are read before: together with RequestSize
	// it bounds the temporary files.
	Uploads int
	// Judgings bounds the files judged at once: together with RequestSize it
	// bounds the memory.
	Judgings int
	// QueueWait is how long an upload waits for its turn to be judged.
	QueueWait time.Duration
	// JudgingTime bounds one judging, fetching of evidence and storing included.
	JudgingTime time.Duration
}

// The defaults of Limits.
const (
	DefaultRequestSize = 100 << 20
	DefaultDetached    = 100
	DefaultUploads     = 64
	DefaultJudgings    = 4
	DefaultQueueWait   = 10 * time.Second
	DefaultJudgingTime = 2 * time.Minute
)

func (l Limits) withDefaults() Limits {
	if l.RequestSize <= 0 {
		l.RequestSize = DefaultRequestSize
	}
	if l.Detached <= 0 {
		l.Detached = DefaultDetached
	}
	if l.Uploads <= 0 {
		l.Uploads = DefaultUploads
	}
	if l.Judgings <= 0 {
		l.Judgings = DefaultJudgings
	}
	if l.QueueWait <= 0 {
		l.QueueWait = DefaultQueueWait
	}
	if l.JudgingTime <= 0 {
		l.JudgingTime = DefaultJudgingTime
	}
	return l
}

// slots is a semaphore whose takers wait a bounded time.
type slots struct {
	free    chan struct{}
	wait    time.Duration // 0: do not wait
	waiting atomic.Int64  // takers that wait now
	refused atomic.Int64  // takers that got none, since the start

	crowded func(yes bool) // told when all are taken, and when half of them are free again; may be nil
	lock    sync.Mutex
	crowd   bool // the last that it was told
}

func newSlots(n int, wait time.Duration) *slots {
	return &slots{free: make(chan struct{}, n), wait: wait}
}

// take gets a slot; release must be called when ok. It fails when none came free
// in time, or ctx ended.
func (s *slots) take(ctx context.Context) (release func(), ok bool) {
	if release, ok = s.try(); ok {
		return release, true
	}
	return s.takeWithin(ctx, s.wait)
}

// try gets a slot if there is one.
func (s *slots) try() (release func(), ok bool) {
	select {
	case s.free <- struct{}{}:
		return s.taken(), true
	default:
		return nil, false
	}
}

// taken gives what releases a slot that was taken.
func (s *slots) taken() (release func()) {
	s.tell()
	return func() {
		<-s.free
		s.tell()
	}
}

// tell tells whether there is a crowd. It has gone when half of it has: it is not to come
// and go with each taker.
func (s *slots) tell() {
	if s.crowded == nil {
		return
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if yes := s.full(); yes != s.crowd && (yes || len(s.free) <= cap(s.free)/2) {
		s.crowd = yes
		s.crowded(yes)
	}
}

// full says whether all slots are taken.
func (s *slots) full() bool { return len(s.free) == cap(s.free) }

// takeWithin waits for a slot, 0: not at all.
func (s *slots) takeWithin(ctx context.Context, wait time.Duration) (release func(), ok bool) {
	if wait == 0 {
		s.refused.Add(1)
		return nil, false
	}
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case s.free <- struct{}{}:
		return s.taken(), true
	case <-timer.C:
		s.refused.Add(1)
	case <-ctx.Done():
	}
	return nil, false
}

// upload takes a place to receive a body and hold it; nil: there is none to receive.
// Where all places are taken the request is refused at once, before its body is read,
// unless a slow client can give way. The place is taken when the body's beginning is
// here, so that who sends nothing takes none.
func (s *server) upload(ctx context.Context, in *incoming) (release func(), ok bool) {
	if s.uploads.full() && !s.receiving.hasSlow(s.Now()) {
		return s.uploads.takeWithin(ctx, 0)
	}
	in.arrive()
	if release, ok = s.uploads.try(); !ok {
		var wait time.Duration
		if s.receiving.cutSlowest(s.Now()) {
			wait = roomWait
		}
		release, ok = s.uploads.takeWithin(ctx, wait)
	}
	if ok {
		in.takesPlace()
	}
	return release, ok
}

// retryAfter is what a refused client is told to wait, in whole seconds.
func (s *slots) retryAfter() int { return max(1, int(s.wait.Round(time.Second)/time.Second)) }
