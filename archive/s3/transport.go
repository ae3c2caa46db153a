package s3

import (
	"io"
	"net/http"
	"sync"

	"github.com/minio/minio-go/v7"
)

// separate is a transport that gives each request a body that ends with its
// answer. A transport may go on reading a request's body after it has returned an
// answer (net/http.RoundTripper); the driver, which tries again with the same
// reader, would lose octets of the second request to the first.
type separate struct{ next http.RoundTripper }

func separated(next http.RoundTripper, secure bool) (http.RoundTripper, error) {
	if next != nil {
		return separate{next}, nil
	}
	usual, err := minio.DefaultTransport(secure)
	return separate{usual}, err
}

// RoundTrip implements http.RoundTripper.
func (s separate) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return s.next.RoundTrip(r)
	}
	body := &requestBody{from: r.Body}
	own := *r
	own.Body = body
	resp, err := s.next.RoundTrip(&own)
	if err != nil {
		body.end()
		return nil, err
	}
	resp.Body = &answerBody{ReadCloser: resp.Body, of: body}
	return resp, nil
}

// requestBody reads from the driver's reader until it is ended.
type requestBody struct {
	mu    sync.Mutex
	from  io.ReadCloser
	ended bool
	whole bool // the reader's end was seen
}

// Read implements io.Reader.
func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.whole:
		return 0, io.EOF
	case b.ended:
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.from.Read(p)
	b.whole = err == io.EOF
	return n, err
}

// Close implements io.Closer.
func (b *requestBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	return b.from.Close()
}

func (b *requestBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

// answerBody ends the request's body when it is closed.
type answerBody struct {
	io.ReadCloser
	of *requestBody
}

// Close implements io.Closer.
func (b *answerBody) Close() error {
	b.of.end()
	return b.ReadCloser.Close()
}
