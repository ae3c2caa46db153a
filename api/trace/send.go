package trace

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
)

// transport lets the library send through the one door for outbound HTTP.
type transport struct{ to Poster }

// maxSpans bounds a body that is sent, in octets.
const maxSpans = 256 << 10

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	defer func() { _ = r.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(r.Body, maxSpans+1))
	if err != nil {
		return nil, fmt.Errorf("reading what is to be sent: %w", err)
	}
	header := map[string]string{}
	for name := range r.Header {
		header[name] = r.Header.Get(name)
	}
	status, retry, err := t.to.Post(r.Context(), r.URL.String(), r.Header.Get("Content-Type"), header, body)
	if err != nil {
		return nil, err
	}
	answer := &http.Response{StatusCode: status, Status: strconv.Itoa(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}
	if retry != "" {
		answer.Header.Set("Retry-After", retry)
	}
	return answer, nil
}

// Log writes lines with the trace that their context is part of.
func Log(h slog.Handler) slog.Handler { return lines{h} }

type lines struct{ slog.Handler }

func (l lines) Handle(ctx context.Context, r slog.Record) error {
	if id := ID(ctx); id != "" {
		r.AddAttrs(slog.String("trace", id))
	}
	return l.Handler.Handle(ctx, r)
}

func (l lines) WithAttrs(a []slog.Attr) slog.Handler { return lines{l.Handler.WithAttrs(a)} }

func (l lines) WithGroup(name string) slog.Handler { return lines{l.Handler.WithGroup(name)} }
