package fetch

import (
	"context"
	"io"
	"net/http"
)

// maxPost bounds the body of a Post, maxPostAnswer what is read of its answer, in octets.
const (
	maxPost       = 256 << 10
	maxPostAnswer = 4 << 10
)

// Post sends a body to a URL that may be hostile (attack S1), and returns the answer's
// status and its Retry-After as it came. Redirects are not followed: their status is
// the answer. Of the answer's body a little is read, so that the connection can be
// used again, and nothing is kept. An error says that there was no answer.
func (c *Client) Post(ctx context.Context, url, contentType string, header map[string]string, body []byte) (status int, retryAfter string, err error) {
	target, err := c.checkURL(url)
	if err != nil {
		return 0, "", err
	}
	if len(body) > maxPost {
		return 0, "", refused(target, "the request has %d octets, at most %d are sent", len(body), maxPost)
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return 0, "", unavailable(target, ctx.Err())
	}
	if body == nil {
		body = []byte{} // a POST all the same
	}
	request, err := c.newRequest(ctx, target, Request{Body: body, ContentType: contentType})
	if err != nil {
		return 0, "", unavailable(target, err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	once := &http.Client{Transport: c.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := once.Do(request)
	if err != nil {
		return 0, "", unavailable(target, err)
	}
	_, _ = io.CopyN(io.Discard, answer.Body, maxPostAnswer) // what it says of itself does not matter
	_ = answer.Body.Close()                                 // nothing is owed after the answer was read
	return answer.StatusCode, answer.Header.Get("Retry-After"), nil
}
