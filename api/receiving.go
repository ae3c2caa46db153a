package api

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// early is what of a body, in octets, is read before its request takes a place among the
// uploads. Whoever sends next to nothing holds a connection and what he sent, and no
// place; a small file takes one once it is here (attack S2).
const early = 64 << 10

// slowRate and slowAfter say what a slow body is: after slowAfter fewer octets came
// than slowRate a second. Nobody minds one until there is no place for another; then
// the slowest gives way (attack S2). A client of a poor line has twice as much.
const (
	slowRate  = 32 << 10
	slowAfter = 500 * time.Millisecond
	// roomWait is how long a request waits for the place of one that gives way.
	roomWait = 250 * time.Millisecond
)

// receiving knows the bodies that are coming in.
type receiving struct {
	mu  sync.Mutex
	all map[*incoming]struct{}
}

// incoming is a body. It is among those of receiving from its first read to its end,
// or to that of its request.
type incoming struct {
	io.ReadCloser
	of     *receiving
	now    func() time.Time
	begun  time.Time
	octets int64
	placed bool // it has a place among the uploads
	ended  bool
	first  []byte // was read early, and not yet handed on
	broke  error  // how reading it early ended
	whole  func() // has the connection go on after the answer
	cut    func() // ends a read that waits, and those after it
}

// closeUnread has the connection closed after the answer, unless the body was read to
// its end by then: else net/http waits for a body that nobody asks for before it
// answers, and a refusal would come as late as the client likes. After a body in chunks
// the connection always ends: net/http does not tell whether the request had a
// Content-Length as well, by which a proxy may see another request behind it
// (RFC 9112 §6.1).
func (r *receiving) closeUnread(c *gin.Context, now func() time.Time) *incoming {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return nil
	}
	control := http.NewResponseController(c.Writer)
	header := c.Writer.Header()
	in := &incoming{ReadCloser: c.Request.Body, of: r, now: now, whole: func() { header.Del("Connection") },
		cut: func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }} // a writer of a test knows no deadlines
	header.Set("Connection", "close")
	if len(c.Request.TransferEncoding) > 0 {
		in.whole = func() {}
	}
	c.Request.Body = in
	c.Set(incomingKey, in)
	return in
}

// incomingOf is the body of a request; nil where it has none.
func incomingOf(c *gin.Context) *incoming {
	v, _ := c.Get(incomingKey)
	in, _ := v.(*incoming)
	return in
}

// arrive reads the body's beginning, or all of it where it is small. Memory grows with
// what comes, not with what a client says will come.
func (in *incoming) arrive() {
	if in == nil {
		return
	}
	for len(in.first) < early && in.broke == nil {
		if len(in.first) == cap(in.first) {
			in.first = slices.Grow(in.first, max(early/8, min(3*len(in.first), early-len(in.first))))
		}
		var n int
		n, in.broke = in.receive(in.first[len(in.first):cap(in.first)])
		in.first = in.first[:len(in.first)+n]
	}
}

// Read gives what came early, then the rest.
func (in *incoming) Read(p []byte) (int, error) {
	if len(in.first) > 0 {
		n := copy(p, in.first)
		in.first = in.first[n:]
		return n, nil
	}
	if in.broke != nil {
		return 0, in.broke
	}
	return in.receive(p)
}

// receive reads from the client. It counts, and ends the count with the body.
func (in *incoming) receive(p []byte) (int, error) {
	in.note(0, nil)
	n, err := in.ReadCloser.Read(p)
	in.note(n, err)
	return n, err
}

func (in *incoming) note(n int, err error) {
	in.of.mu.Lock()
	defer in.of.mu.Unlock()
	if in.begun.IsZero() && !in.ended {
		in.begun = in.now()
		in.of.all[in] = struct{}{}
	}
	in.octets += int64(n)
	if err != nil {
		in.ended = true
		delete(in.of.all, in)
	}
	if errors.Is(err, io.EOF) {
		in.whole()
	}
}

// takesPlace notes that the body has a place, which it may have to give up.
func (in *incoming) takesPlace() {
	if in == nil {
		return
	}
	in.of.mu.Lock()
	defer in.of.mu.Unlock()
	in.placed = true
}

// leave forgets the body, at the end of its request: the connection may serve another.
func (in *incoming) leave() {
	if in == nil {
		return
	}
	in.of.mu.Lock()
	defer in.of.mu.Unlock()
	in.ended = true
	delete(in.of.all, in)
}

// hasSlow says whether a place could be had from a slow body.
func (r *receiving) hasSlow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.slowest(now) != nil
}

// cutSlowest ends the slowest body that has a place, if there is a slow one.
func (r *receiving) cutSlowest(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	slowest := r.slowest(now)
	if slowest == nil {
		return false
	}
	slowest.cut() // under the lock: its request is not over, and the connection is its own
	delete(r.all, slowest)
	return true
}

// slowest is the slowest of the slow bodies that have a place; nil: there is none. The
// caller holds the lock.
func (r *receiving) slowest(now time.Time) (slowest *incoming) {
	least := float64(slowRate)
	for in := range r.all {
		if !in.placed {
			continue
		}
		since := now.Sub(in.begun)
		if since < slowAfter {
			continue
		}
		if rate := float64(in.octets) / since.Seconds(); rate < least {
			slowest, least = in, rate
		}
	}
	return slowest
}
