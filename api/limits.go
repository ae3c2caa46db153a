package api

import (
	"context"
	"sync/atomic"
	"time"
)

// Limits bounds what clients may cost (attack S2). Zero fields take the defaults.
type Limits struct {
	// RequestSize bounds a request's body, detached contents included, in octets.
	RequestSize int64
	// Detached bounds the number of detached contents of one request.
	Detached int
	// Uploads bounds the requests whose bodies are being read or held at once:
	// together with RequestSize it bounds the temporary files.
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
		return func() { <-s.free }, true
	default:
		return nil, false
	}
}

// takeWithin waits for a slot, 0: not at all.
func (s *slots) takeWithin(ctx context.Context, wait time.Duration) (release func(), ok bool) {
	release = func() { <-s.free }
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
		return release, true
	case <-timer.C:
		s.refused.Add(1)
	case <-ctx.Done():
	}
	return nil, false
}

// upload takes a turn to receive a body. Where there is none, the slowest client that
// has one gives way.
func (s *server) upload(ctx context.Context) (release func(), ok bool) {
	if release, ok = s.uploads.try(); ok {
		return release, true
	}
	if !s.receiving.cutSlowest(s.Now()) {
		return s.uploads.takeWithin(ctx, 0)
	}
	return s.uploads.takeWithin(ctx, roomWait)
}

// retryAfter is what a refused client is told to wait, in whole seconds.
func (s *slots) retryAfter() int { return max(1, int(s.wait.Round(time.Second)/time.Second)) }
