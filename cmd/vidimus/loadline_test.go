package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// line is a client's connection that is kept alive. It does no more than sending and
// reading take, since it uses the same processors as the service that is measured.
type line struct {
	addr    string
	conn    net.Conn // nil: it is not connected
	answers *bufio.Reader
	again   int // requests that were sent again
}

// heard is what an answer's header says.
type heard struct {
	status             int
	retryAfter, closes bool
}

// sentAtOnce is how many octets the kernel takes from a sender whatever the receiver does.
const sentAtOnce = 64 << 10

// send sends a request and reads the answer. A service may end a connection that has
// nothing to do: then it is sent again, over another.
func (l *line) send(request []byte) (got heard, err error) {
	if l.conn != nil {
		if got, err = l.exchange(request); err == nil {
			return got, nil
		}
		l.again++
	}
	if err = l.dial(); err != nil {
		return got, err
	}
	return l.exchange(request)
}

func (l *line) dial() (err error) {
	if l.conn, err = net.Dial("tcp", l.addr); err == nil {
		l.answers = bufio.NewReaderSize(l.conn, 64<<10)
	}
	return err
}

// exchange does so on the connection that there is. The answer may come before all is
// sent: then the rest is not.
func (l *line) exchange(request []byte) (heard, error) {
	sent := make(chan struct{})
	write := func() {
		defer close(sent)
		_, _ = l.conn.Write(request) // the answer says what became of it
	}
	if len(request) <= sentAtOnce {
		write()
	} else {
		go write()
	}
	got, err := answered(l.answers)
	end := err != nil || got.closes
	if end {
		_ = l.conn.Close()
	}
	<-sent
	if end {
		l.conn = nil
	}
	return got, err
}

func (l *line) hangUp() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// answered reads an answer with a Content-Length.
func answered(r *bufio.Reader) (got heard, err error) {
	length := -1
	for n := 0; ; n++ {
		raw, err := r.ReadSlice('\n')
		if err != nil {
			return got, err
		}
		name, value, _ := bytes.Cut(bytes.TrimSpace(raw), []byte(": "))
		switch {
		case n == 0:
			if _, err := fmt.Sscanf(string(raw), "HTTP/1.1 %d ", &got.status); err != nil {
				return got, fmt.Errorf("answered %q", raw)
			}
		case len(name) == 0:
			if length < 0 {
				return got, errors.New("answered without a Content-Length")
			}
			_, err := r.Discard(length)
			return got, err
		case string(name) == "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return got, err
			}
		case string(name) == "Retry-After":
			got.retryAfter = true
		case string(name) == "Connection":
			got.closes = string(value) == "close"
		}
	}
}
