package s3

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// A transport that answers before it has read the body, and reads on later, must
// not take octets from the next try of the driver.
func TestLateReadersOfABody(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "plain")
		var late []io.Reader
		o.Transport = interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			if r.Method != http.MethodPut {
				return next(r)
			}
			if len(late) == 0 {
				late = append(late, r.Body)
				return answer(r, http.StatusServiceUnavailable, "SlowDown"), nil
			}
			if got, err := io.ReadAll(late[0]); len(got) != 0 || err == nil {
				t.Errorf("after its answer the first try reads %d octets, error %v; want none and an error", len(got), err)
			}
			return next(r)
		})
		s := open1(t, o)
		data := bytes.Repeat([]byte("late"), 1000)
		if err := s.Put(t.Context(), "k", data); err != nil {
			t.Fatal(err)
		}
		if len(late) == 0 {
			t.Fatal("no request was answered early")
		}
		if got, err := s.Get(t.Context(), "k"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d octets are there, error %v; want %d", len(got), err, len(data))
		}
	})
}
