package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// What an *Error is: test with errors.Is.
var (
	// ErrRefused: the URL itself is not one that we fetch. It would be refused
	// again, whatever the network does.
	ErrRefused = errors.New("refused")
	// ErrUnavailable: the answer was not to be had: no such name, an address
	// that we do not dial, no connection, a broken or negative answer, too slow.
	// These are deliberately one: telling them apart would let whoever wrote the
	// URL map our network (attack S1).
	ErrUnavailable = errors.New("not available")
	// ErrTooLarge: the answer exceeds the bound.
	ErrTooLarge = errors.New("too large")
)

// Error is why a fetch gave nothing. Its text may be shown to anyone.
type Error struct {
	kind  error
	says  string
	cause error
}

// Error is a sentence that names the host and no cause from the network.
func (e *Error) Error() string { return e.says }

// Is says whether target is the kind of this error.
func (e *Error) Is(target error) bool { return target == e.kind }

// Cause is what happened below, for the operator's log only; it may be nil. It
// is not in the chain of errors, so that no caller shows it by accident.
func (e *Error) Cause() error { return e.cause }

// Temporary says whether asking again soon may help: a connection that failed or
// was too slow, a server that is busy; not a URL that we refuse, an answer that is
// too large, or a server that says there is no such thing (RFC 9110 §15.5).
func (e *Error) Temporary() bool {
	if e.kind != ErrUnavailable { //nolint:errorlint // the kind is one of ours, never wrapped
		return false
	}
	var status statusError
	if !errors.As(e.cause, &status) {
		return true
	}
	return status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
}

func refused(target *url.URL, format string, args ...any) *Error {
	return &Error{kind: ErrRefused, says: fmt.Sprintf("fetching %s: refused: ", name(target)) + fmt.Sprintf(format, args...)}
}

func unavailable(target *url.URL, cause error) *Error {
	return &Error{kind: ErrUnavailable, says: fmt.Sprintf("fetching %s: not available", name(target)), cause: cause}
}

func tooLarge(target *url.URL, limit int64) *Error {
	return &Error{kind: ErrTooLarge, says: fmt.Sprintf("fetching %s: the answer has more than %d octets", name(target), limit)}
}

// statusError is the cause when a server answers with another status than 200.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the server answered with status %d", int(s)) }

// name is what an error calls the target: scheme and host, quoted, without
// path and query, in which a hostile file could put anything.
func name(target *url.URL) string {
	if target == nil {
		return "URL"
	}
	const most = 100
	s := target.Scheme + "://" + target.Host
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}
