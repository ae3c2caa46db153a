package preserve_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
)

// retiring is a suite in which SHA-256 and RSA end.
const retiring = suiteHead + "digest\tSHA-256\t2046-11-22\ndigest\tSHA-384\t-\ndigest\tSHA-512\t-\nalgorithm\tECDSA\t256\t-\nalgorithm\tRSA\t1900\t2056-11-22\n"

// hiding is a store that does not list some bundles: their renewal is skipped.
type hiding struct {
	archive.Store
	hidden []string
}

func (h hiding) List(ctx context.Context, prefix string) iter.Seq2[archive.Info, error] {
	return func(yield func(archive.Info, error) bool) {
		for info, err := range h.Store.List(ctx, prefix) {
			if slices.ContainsFunc(h.hidden, func(id string) bool { return strings.Contains(info.Key, id) }) {
				continue
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// TestFiftyYears: TSAs come and go, SHA-256 is retired in year 20 and RSA in year 30.
// A run every quarter keeps every bundle provable; one that is left out at some year is
// not, and it is said since when. RSA units sign until they may no longer.
func TestFiftyYears(t *testing.T) {
	s := newScene(t, retiring)
	rsaEnd := eutest.Day(2056, 11, 22)
	var tsa *testTSA
	var ends time.Time
	rsa := false
	skipped := map[string]time.Time{} // since when a bundle does not prove
	var ids, hidden, hiddenHead []string
	var headSince time.Time // since when the head of the audit log at segment 2 does not prove
	trees, heads := 0, 0
	for month := 0; month <= 50*12; month += 2 {
		s.clock(start.AddDate(0, month, 0))
		// Nobody sells time-stamps of a unit's last year, nor by what is about to end.
		if tsa == nil || s.now.AddDate(1, 0, 0).After(ends) || rsa && s.now.AddDate(0, 4, 0).After(rsaEnd) {
			kind, years := eutest.RSA(2048), 4+month%3
			if rsa = s.now.AddDate(1, 0, 0).Before(rsaEnd); !rsa {
				kind = eutest.EC(256)
			}
			tsa = s.tsa(years, kind)
			tsa.options.Digest = crypto.SHA512
			ends = s.now.AddDate(years, 0, 0)
		}
		if month%60 == 0 {
			ids = append(ids, s.save(month, month+2)...)
		}
		if month%60 == 0 {
			s.logged()
		}
		o := s.options(tsa)
		o.Extra = s.head
		o.Store = hiding{s.store, append(slices.Clone(hidden), hiddenHead...)}
		if _, err := preserve.Seal(t.Context(), o); err != nil {
			t.Fatalf("sealing in month %d: %v", month, err)
		}
		done, err := preserve.Renew(t.Context(), o, s.now)
		if err != nil || len(done.Lost) > 0 || len(done.Damaged) > 0 {
			t.Fatalf("renewing in month %d: %+v, %v", month, done, err)
		}
		trees, heads = trees+done.Tree, heads+done.Heads
		if again, err := preserve.Renew(t.Context(), o, s.now); err != nil || again.Timestamps+again.Heads != 0 {
			t.Fatalf("renewing twice in month %d: %+v, %v", month, again, err)
		}
		if month == 12*18 { // from then on one head of the audit log is left out
			state, err := preserve.VerifyHead(t.Context(), o, s.heads()[1])
			if err != nil || !state.Proves || state.End.At.IsZero() {
				t.Fatalf("the second head: %+v, %v", state, err)
			}
			hiddenHead, headSince = []string{"audit-heads/00000002"}, state.End.At
		}
		// From years 3, 18, 29 and 40 on one bundle is left out.
		for _, year := range []int{3, 18, 29, 40} {
			if month == 12*year {
				id := ids[len(hidden)]
				state, err := preserve.Verify(t.Context(), o, id)
				if err != nil || !state.Proves || state.End.At.IsZero() {
					t.Fatalf("year %d: %+v, %v", year, state, err)
				}
				hidden, skipped[id] = append(hidden, id), state.End.At
			}
		}
	}
	if trees == 0 || heads == 0 {
		t.Errorf("%d hash trees and %d records over heads of the audit log were renewed", trees, heads)
	}
	for i, end := range map[int]string{1: "2046-11-22", 2: "2056-11-22"} {
		if got := skipped[ids[i]].Format(time.DateOnly); got != end {
			t.Errorf("bundle %d rested on what ends %s; it was to be an algorithm that ends %s", i, got, end)
		}
	}
	o := s.options(tsa)
	for _, id := range ids {
		state, err := preserve.Verify(t.Context(), o, id)
		if err != nil {
			t.Fatal(err)
		}
		since, skip := skipped[id]
		if !skip {
			record, _, n := s.latest(id)
			t.Logf("%s: %d records, %d time-stamps, %d octets", id[:8], n, state.Stamps, len(record))
			s.proves(id, state.Stamps)
			continue
		}
		if state.Proves || !state.Since.Equal(since) || state.Why == "" {
			t.Errorf("bundle %s was left out, and %+v; want since %v", id, state, since)
		}
		t.Logf("%s: not since %s: %s", id[:8], state.Since.Format(time.DateOnly), state.Why)
	}
	s.headsProve(o, 11, headSince)
	// Renewing those now finds them, names them and leaves them as they are.
	skipped[archive.HeadKey(2)] = headSince
	done, err := preserve.Renew(t.Context(), o, s.now)
	if err != nil || len(done.Lost) != len(skipped) {
		t.Fatalf("renewing what was left out: %+v, %v", done, err)
	}
	for _, l := range done.Lost {
		if !l.Since.Equal(skipped[l.ID]) {
			t.Errorf("lost %+v, want since %v", l, skipped[l.ID])
		}
	}
}

// renewable is a store with n bundles whose renewal is due: by a new time-stamp, or,
// with tree, by a new hash tree.
func renewable(t *testing.T, n int, tree bool) (*scene, []string, *testTSA) {
	t.Helper()
	s := newScene(t, retiring)
	ids := s.save(0, n)
	first := s.tsa(2)
	if tree {
		s.clock(eutest.Day(2046, 8, 1))
		first = s.tsa(6)
	}
	first.options.Digest = crypto.SHA512
	o := s.options(first)
	o.Digest = algo.SHA256
	if _, err := preserve.Seal(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s.clock(s.now.AddDate(1, 10, 0))
	if tree {
		s.clock(eutest.Day(2046, 9, 1))
	}
	second := s.tsa(6)
	second.options.Digest = crypto.SHA512
	return s, ids, second
}

func TestRenewIsDue(t *testing.T) {
	s, ids, tsa := renewable(t, 5, false)
	day := s.now
	s.clock(day.AddDate(0, -3, 0))
	done, err := preserve.Renew(t.Context(), s.options(tsa), s.now)
	if err != nil || done.NotDue != 5 || done.Timestamps != 0 {
		t.Errorf("five months before the end: %+v, %v", done, err)
	}
	s.clock(day)
	asked := s.asked
	if done, err = preserve.Renew(t.Context(), s.options(tsa), s.now); err != nil || done.Timestamp != 5 || done.Tree != 0 || s.asked != asked+1 {
		t.Errorf("two months before the end: %+v, %d tokens, %v", done, s.asked-asked, err)
	}
	for _, id := range ids {
		s.proves(id, 2)
	}
	// All five renew one token: one leaf, no tree, and records that differ in their first tree only.
	record, _, _ := s.latest(ids[0])
	other, _, _ := s.latest(ids[1])
	if len(record) > 8192 || !bytes.Equal(record[len(record)-500:], other[len(other)-500:]) {
		t.Errorf("a record of %d octets", len(record))
	}
}

// TestRenewGains: a TSA whose certificate ends no later than what is to be renewed is
// refused, or every run would add a time-stamp.
func TestRenewGains(t *testing.T) {
	s, ids, _ := renewable(t, 2, false)
	short := s.tsa(1, eutest.Valid(s.now.AddDate(0, 0, -1), s.now.AddDate(0, 1, 0)))
	var failed *preserve.StampError
	if _, err := preserve.Renew(t.Context(), s.options(short), s.now); !errors.As(err, &failed) || !strings.Contains(err.Error(), "would prove until") {
		t.Errorf("%v", err)
	}
	s.proves(ids[0], 1)
}

// TestRenewKilledAtEachWrite enumerates the writes of both kinds of renewal.
func TestRenewKilledAtEachWrite(t *testing.T) {
	const bundles = 4
	for _, tree := range []bool{false, true} {
		for at := 1; at <= bundles+1; at++ { // the list of their sums, then each
			for _, effect := range []bool{false, true} {
				s, ids, tsa := renewable(t, bundles, tree)
				o := s.options(tsa)
				o.Store = &faulty{Store: s.store, at: at, effect: effect}
				if _, err := preserve.Renew(t.Context(), o, s.now); !errors.Is(err, errKilled) {
					t.Fatalf("killed at write %d: %v", at, err)
				}
				kept := 0
				for _, id := range ids {
					_, _, n := s.latest(id)
					s.proves(id, n)
					s.noted(id)
					kept += n - 1
				}
				o.Store = s.store
				done, err := preserve.Renew(t.Context(), o, s.now)
				if err != nil || done.Timestamp+done.Tree != bundles-kept || done.NotDue != kept || tree && done.Timestamp > 0 {
					t.Fatalf("going on after write %d, %d kept: %+v, %v", at, kept, done, err)
				}
				for _, id := range ids {
					s.proves(id, 2)
					if _, _, n := s.latest(id); n != 2 {
						t.Errorf("bundle %s has %d records", id, n)
					}
				}
			}
		}
	}
}

// TestVerifyNamesWhatIsWrong: attacks A1 and A3 on a renewed record.
func TestVerifyNamesWhatIsWrong(t *testing.T) {
	s, ids, tsa := renewable(t, 3, true)
	o := s.options(tsa)
	if _, err := preserve.Renew(t.Context(), o, s.now); err != nil {
		t.Fatal(err)
	}
	good, _, _ := s.latest(ids[0])
	foreign, _, _ := s.latest(ids[1])
	key := "bundles/" + ids[0][:2] + "/" + ids[0] + "/record-000002.ers"
	if state, err := preserve.Verify(t.Context(), o, ids[0]); err != nil || !state.Proves || state.Records != 2 || state.Stamps != 2 || state.End.At.IsZero() {
		t.Fatalf("%+v, %v", state, err)
	}
	wrong := map[string][]byte{"another's": foreign, "cut": good[:len(good)-1], "empty": {}, "longer": append(slices.Clone(good), 0)}
	for at := 0; at < len(good); at += 97 {
		flipped := slices.Clone(good)
		flipped[at] ^= 0x10
		wrong["flipped at "+time.Duration(at).String()] = flipped
	}
	passed := 0
	for name, raw := range wrong {
		alter(t, s.store, key, func([]byte) []byte { return raw })
		state, err := preserve.Verify(t.Context(), o, ids[0])
		if err != nil {
			t.Fatal(err)
		}
		if state.Proves {
			// Octets that no hash and no signature is over: the CRL beside the last token.
			passed++
			t.Logf("%s: it proves all the same", name)
		} else if state.Why == "" {
			t.Errorf("%s: no reason is given", name)
		}
	}
	if passed > len(wrong)/4 {
		t.Errorf("%d of %d alterations change nothing", passed, len(wrong))
	}
	if state, err := preserve.Verify(t.Context(), o, s.save(9, 10)[0]); err != nil || state.Records != 0 {
		t.Errorf("a bundle without a record: %+v, %v", state, err)
	}
	if done, err := preserve.Renew(t.Context(), o, s.now); err != nil || done.Unsealed != 1 {
		t.Errorf("%+v, %v", done, err)
	}
}

// TestRenewTwoAtOnce: two runs over one store renew each record once (attack A4).
func TestRenewTwoAtOnce(t *testing.T) {
	for _, tree := range []bool{false, true} {
		s, ids, tsa := renewable(t, 10, tree)
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() {
				if _, err := preserve.Renew(t.Context(), s.options(tsa), s.now); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, id := range ids {
			s.proves(id, 2)
			if _, _, n := s.latest(id); n != 2 {
				t.Errorf("bundle %s has %d records", id, n)
			}
		}
	}
}
