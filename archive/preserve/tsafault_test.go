package preserve_test

import (
	"context"
	"crypto"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
)

// named is a TSA whose answers are altered.
type named struct {
	name  string
	stamp func(ctx context.Context, d algo.Digest, value []byte) ([]byte, error)
}

func (n named) Name() string { return n.name }

func (n named) Stamp(ctx context.Context, d algo.Digest, value []byte) ([]byte, error) {
	return n.stamp(ctx, d, value)
}

// A4, A5: each thing that may be wrong with a TSA, in both kinds of renewal: the next one is
// asked; where there is none, the error names each with what was wrong, and nothing has
// changed. Then a run with a good one renews everything.
func TestRenewTSAFaults(t *testing.T) {
	for _, tree := range []bool{false, true} {
		s, ids, good := renewable(t, 3, tree)
		foreign := s.p.CA("TEST foreign CA", eutest.SelfSigned(), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2120, 1, 1)))
		stranger := s.tsa(6, eutest.IssuedBy(foreign))
		stranger.options.Digest = crypto.SHA512
		wrong := func(value []byte) []byte { return append([]byte{value[0] ^ 1}, value[1:]...) }
		past, early := s.strong(6), s.strong(6)
		past.options.Time, early.options.Time = s.now.AddDate(-1, 0, 0), s.now.AddDate(1, 0, 0)
		post := func(answer []byte, err error) func(context.Context, algo.Digest, []byte) ([]byte, error) {
			return preserve.HTTP{URL: "http://tsa", Post: fixed{answer, err}}.Stamp
		}
		other, err := good.Stamp(t.Context(), algo.SHA512, make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		bad := map[string]named{
			"refused":                     {"no answer", post(nil, errors.New("dial: connection refused"))},
			"500":                         {"error", post(nil, errors.New("status 500"))},
			"reading time-stamp response": {"page", post([]byte("<html>moved</html>"), nil)},
			"nonce of our request":        {"replay", post(append([]byte{0x30, 0x82, byte((len(other) + 5) >> 8), byte(len(other) + 5), 0x30, 3, 2, 1, 0}, other...), nil)},
			"not over the hash tree": {"imprint", func(ctx context.Context, d algo.Digest, v []byte) ([]byte, error) {
				return good.Stamp(ctx, d, wrong(v))
			}},
			"not over the hash tree's root": {"algorithm", func(ctx context.Context, _ algo.Digest, _ []byte) ([]byte, error) {
				return good.Stamp(ctx, algo.SHA384, make([]byte, 48))
			}},
			"one of the clocks is wrong":    {"past", past.Stamp},
			"they may differ by 15m0s":      {"future", early.Stamp},
			"does not prove: INDETERMINATE": {"stranger", stranger.Stamp},
			"would prove until":             {"expired", s.tsa(1, eutest.Valid(s.now.AddDate(-3, 0, 0), s.now.AddDate(0, 0, -3))).Stamp},
		}
		before := stored(t, s)
		var all []preserve.TSA
		for _, says := range slices.Sorted(maps.Keys(bad)) {
			all = append(all, bad[says])
			var failed *preserve.StampError
			done, err := preserve.Renew(t.Context(), s.options(bad[says]), s.now)
			if !errors.As(err, &failed) || len(failed.Failures) != 1 || !strings.Contains(err.Error(), says) || done.Timestamp+done.Tree+done.Timestamps > 0 {
				t.Errorf("%s: %+v, %v; want an error that says %q", bad[says].name, done, err, says)
			}
		}
		var failed *preserve.StampError
		if _, err := preserve.Renew(t.Context(), s.options(all...), s.now); !errors.As(err, &failed) || len(failed.Failures) != len(bad) || !strings.Contains(failed.Hint(), "nothing was written") {
			t.Errorf("with all: %v", err)
		}
		if after := stored(t, s); !maps.Equal(before, after) {
			t.Error("runs that failed have changed the store")
		}
		done, err := preserve.Renew(t.Context(), s.options(append(all, good)...), s.now)
		if err != nil || done.Timestamp+done.Tree != 3 || done.Timestamps != 1 {
			t.Errorf("with a good one at last: %+v, %v", done, err)
		}
		for _, id := range ids {
			s.proves(id, 2)
		}
	}
}

// fixed answers every request in the same way.
type fixed struct {
	answer []byte
	err    error
}

func (f fixed) Timestamp(context.Context, string, []byte) ([]byte, error) { return f.answer, f.err }

// stored is all that a store has.
func stored(t *testing.T, s *scene) map[string]string {
	t.Helper()
	out := map[string]string{}
	for info, err := range s.store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		raw, err := s.store.Get(t.Context(), info.Key)
		if err != nil {
			t.Fatal(err)
		}
		out[info.Key] = string(raw)
	}
	return out
}
