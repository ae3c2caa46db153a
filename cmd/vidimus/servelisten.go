package main

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// limitedListener accepts no more connections at once than it has slots; the
// rest wait in the kernel's queue (attack S2). When all are taken, those whose clients
// have sent no request for a while, send next to nothing of a body, or do not read their
// answers, make room.
type limitedListener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
	often  *time.Ticker

	mu    sync.Mutex
	all   map[*limitedConn]struct{}
	turns uint64 // counts what began to wait: the lower, the longer ago
}

// roomEvery is how often room is made while others wait to be accepted. A connection
// that gives way has waited for its client as long at least, and three times at most.
const roomEvery = 500 * time.Millisecond

func newLimitedListener(l net.Listener, n int) net.Listener {
	return &limitedListener{Listener: l, slots: make(chan struct{}, n), closed: make(chan struct{}), often: time.NewTicker(roomEvery), all: map[*limitedConn]struct{}{}}
}

// Accept waits for a slot, then for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	if err := l.take(); err != nil {
		return nil, err
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	c := &limitedConn{Conn: conn, of: l}
	c.free = sync.OnceFunc(func() {
		<-l.slots
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.all, c)
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[c] = struct{}{}
	l.waits(c, true)
	return c, nil
}

// take waits for a slot, and makes room while there is none.
func (l *limitedListener) take() error {
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-l.closed:
		return net.ErrClosed
	default:
	}
	for {
		select {
		case l.slots <- struct{}{}:
			return nil
		case <-l.closed:
			return net.ErrClosed
		case <-l.often.C:
			l.makeRoom()
		}
	}
}

// makeRoom closes the half of the slots that has waited longest, of those connections
// that were seen to wait twice before and still do: the first of two ticks may come
// just before the second. The others are seen now.
func (l *limitedListener) makeRoom() {
	l.mu.Lock()
	var old []*limitedConn
	for c := range l.all {
		switch {
		case c.waiting && c.seen >= 2:
			old = append(old, c)
		case c.waiting:
			c.seen++
		}
	}
	l.mu.Unlock()
	slices.SortFunc(old, func(a, b *limitedConn) int { return cmp.Compare(a.since, b.since) })
	for _, c := range old[:min(len(old), max(1, cap(l.slots)/2))] {
		_ = c.Close() // who did not ask gets no answer
	}
}

// waits notes that a connection waits for its client, or that it does not. The caller
// holds the lock.
func (l *limitedListener) waits(c *limitedConn, yes bool) {
	l.turns++
	c.waiting, c.seen, c.since = yes, 0, l.turns
}

// Close ends a waiting Accept too.
func (l *limitedListener) Close() error {
	l.once.Do(func() { l.often.Stop(); close(l.closed) })
	return l.Listener.Close()
}

// limitedConn gives its slot back when it is first closed.
type limitedConn struct {
	net.Conn
	of   *limitedListener
	free func()

	waiting, handled bool // these are under the listener's lock
	seen             int
	since            uint64
	came             int // octets of a body since it was last said to be sent
}

// bodyPace is how many octets of a body must come before its client counts as one that
// sends: who drips waits as long as who is silent.
const bodyPace = 16 << 10

// Close closes the connection.
func (c *limitedConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// Write waits for the client to read.
func (c *limitedConn) Write(p []byte) (int, error) {
	c.waits(true)
	defer c.waits(false)
	return c.Conn.Write(p)
}

// waits notes the beginning or end of a write. Outside of a handler the connection
// waits in any case.
func (c *limitedConn) waits(yes bool) {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.handled {
		c.of.waits(c, yes)
	}
}

// handles notes that a request of the connection is handled, or is no more.
func (c *limitedConn) handles(yes bool) {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.handled = yes
	c.of.waits(c, !yes)
}

// receives notes that a read of a body waits, or that it ended with n octets. Between
// reads it is us who are waited for.
func (c *limitedConn) receives(waiting bool, n int) {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.waiting = waiting
	if c.came += n; c.came >= bodyPace {
		c.of.waits(c, waiting)
		c.came = 0
	}
}

// awaitedBody lets a connection know while its client owes a body.
type awaitedBody struct {
	io.ReadCloser
	on *limitedConn
}

// Read waits for the client to send.
func (b awaitedBody) Read(p []byte) (int, error) {
	b.on.receives(true, 0)
	n, err := b.ReadCloser.Read(p)
	b.on.receives(false, n)
	return n, err //nolint:wrapcheck // it stands between net/http and a handler
}

// CloseWrite lets a client that was refused while it sends read the answer: net/http ends
// our direction, waits, and only then closes the connection, which resets it.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite() //nolint:wrapcheck // it stands between net/http and a connection
	}
	return nil
}

type connKey struct{}

// withConn is the context of a connection's requests (http.Server.ConnContext).
func withConn(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*limitedConn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// handledOn lets a connection know while its request is handled: then it waits for us.
func handledOn(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
			c.handles(true)
			defer c.handles(false)
			if r.Body != nil && r.Body != http.NoBody {
				ours := *r // a copy: net/http looks at its own, see CloseWrite
				ours.Body = awaitedBody{r.Body, c}
				r = &ours
			}
		}
		handler.ServeHTTP(w, r)
	})
}
