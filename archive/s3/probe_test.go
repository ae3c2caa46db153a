package s3

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// A2: a store that says yes and does not lock is refused, with the reason. The
// interceptor plays stores that were seen in the wild (preservation.md §5).
func TestA2_ProbeRefusesLiars(t *testing.T) {
	lock := func(o Options) Options { o.Lock, o.Retain = Compliance, time.Hour; return o }
	lies := func(when func(*http.Request) bool, status int) interceptor {
		return func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			if when(r) {
				if r.Body != nil {
					_, _ = io.Copy(io.Discard, r.Body)
				}
				return answer(r, status, ""), nil
			}
			return next(r)
		}
	}
	onEach(t, func(t *testing.T, srv *server) {
		for _, tc := range []struct {
			name, bucket string
			change       func(*Options)
			says         string
		}{
			{"no versions", "plain", func(*Options) {}, "keeps no versions"},
			{"no object lock", "versions", func(*Options) {}, "no Object Lock"},
			{"deletes versions", "lock", func(o *Options) {
				o.Transport = lies(func(r *http.Request) bool {
					return r.Method == http.MethodDelete && r.Header.Get("X-Amz-Bypass-Governance-Retention") == ""
				}, http.StatusNoContent)
			}, "deleting its version was allowed"},
			{"deletes with bypass", "lock", func(o *Options) {
				o.Transport = lies(func(r *http.Request) bool {
					return r.Method == http.MethodDelete && r.Header.Get("X-Amz-Bypass-Governance-Retention") != ""
				}, http.StatusNoContent)
			}, "with a bypass of governance was allowed"},
			{"shortens", "lock", func(o *Options) {
				o.Transport = lies(func(r *http.Request) bool { return r.Method == http.MethodPut && r.URL.Query().Has("retention") }, http.StatusOK)
			}, "shortening its retention was allowed"},
			{"ignores conditions", "lock", func(o *Options) {
				puts := 0
				o.Transport = lies(func(r *http.Request) bool {
					if r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*" {
						puts++
					}
					return puts == 2
				}, http.StatusOK)
			}, "on the condition that it does not exist was allowed"},
			{"forgets the lock", "lock", func(o *Options) {
				o.Transport = interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
					resp, err := next(r)
					if err == nil && r.Method == http.MethodHead {
						resp.Header.Del("X-Amz-Object-Lock-Mode")
					}
					return resp, err
				})
			}, `the store says ""`},
			{"loses the octets", "lock", func(o *Options) {
				gets := 0
				o.Transport = interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
					resp, err := next(r)
					if err == nil && r.Method == http.MethodGet && strings.Contains(r.URL.Path, probePrefix) {
						if gets++; gets == 2 { // the first asks for the clock
							n := int(resp.ContentLength)
							_ = resp.Body.Close()
							resp.Body = io.NopCloser(bytes.NewReader(make([]byte, n)))
						}
					}
					return resp, err
				})
			}, "has other octets"},
			{"R8 wrong clock", "lock", func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Hour) } }, "our clock is 1h0m"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				o := lock(srv.bucket(t, tc.bucket))
				tc.change(&o)
				s, err := Open(t.Context(), o)
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("opened: %v, error %v; want one that says %q", s != nil, err, tc.says)
				}
			})
		}
		t.Run("honest", func(t *testing.T) {
			for _, mode := range []Lock{Governance, Compliance} {
				o := lock(srv.bucket(t, "lock"))
				o.Lock = mode
				if s := open1(t, o); s.Capabilities().WORM != (mode == Compliance) {
					t.Errorf("%s: %+v", mode, s.Capabilities())
				}
			}
			o := srv.bucket(t, "lock")
			o.LegalHold = true
			s := open1(t, o)
			for info, err := range s.List(t.Context(), "") {
				t.Errorf("the probe of legal hold left %+v, %v", info, err)
			}
		})
		t.Run("unreachable", func(t *testing.T) {
			o := srv.bucket(t, "plain")
			o.Bucket += "-missing"
			if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), o.Bucket) {
				t.Errorf("opening a missing bucket: %v", err)
			}
		})
	})
}

// A4: each PUT is answered 503 before or after its effect, or 409, once; Put must
// end as if nothing had happened.
func TestA4_FaultsOfTheStore(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		for _, tc := range []struct {
			name, code string
			status     int
			effect     bool
		}{
			{"503 without effect", "SlowDown", http.StatusServiceUnavailable, false},
			{"503 with effect", "SlowDown", http.StatusServiceUnavailable, true},
			{"409 without effect", "ConditionalRequestConflict", http.StatusConflict, false},
			{"409 with effect", "ConditionalRequestConflict", http.StatusConflict, true},
		} {
			t.Run(tc.name, func(t *testing.T) {
				o := srv.bucket(t, "versions")
				var puts atomic.Int64
				o.Transport = interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
					if r.Method != http.MethodPut || puts.Add(1)%2 == 0 {
						return next(r)
					}
					if tc.effect {
						resp, err := next(r)
						if err != nil {
							return nil, err
						}
						_ = resp.Body.Close()
					} else if r.Body != nil {
						_, _ = io.Copy(io.Discard, r.Body)
					}
					return answer(r, tc.status, tc.code), nil
				})
				s := open1(t, o)
				for key, data := range map[string][]byte{"small": []byte("x"), "large": make([]byte, askFirst+1), "empty": nil} {
					if err := s.Put(t.Context(), key, data); err != nil {
						t.Errorf("putting %q: %v", key, err)
					}
					if got, err := s.Get(t.Context(), key); err != nil || !bytes.Equal(got, data) {
						t.Errorf("getting %q: %d octets, %v", key, len(got), err)
					}
					if info, err := s.Stat(t.Context(), key); err != nil || info.Overwritten {
						t.Errorf("stat of %q: %+v, %v", key, info, err)
					}
				}
			})
		}
		t.Run("body breaks off", func(t *testing.T) {
			o := srv.bucket(t, "plain")
			var gets atomic.Int64
			o.Transport = interceptor(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
				resp, err := next(r)
				if err == nil && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/k") && gets.Add(1) == 1 {
					resp.Body = io.NopCloser(io.LimitReader(resp.Body, 3))
				}
				return resp, err
			})
			var st archive.Store = open1(t, o)
			if err := st.Put(t.Context(), "k", []byte("whole")); err != nil {
				t.Fatal(err)
			}
			if got, err := st.Get(t.Context(), "k"); err != nil || string(got) != "whole" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	})
}
