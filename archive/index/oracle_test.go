package index

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/database/pgtest"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
)

// alphabets are of what names are made: letters with and without accents, of several
// scripts, and what databases and shells find meaning in.
var alphabets = []string{"aeõäöüšž", "abcĀēģķļņšßŁøæœþı", "абвгдеёжйѣ", "αβγδεζάέήίόύώς", "0123456789", "'\"%_\\-,;*?^", "ﬁﬂ①Ⅷ漢字🙂", "Aa\u0301e\u0308\u200d\u202e"}

func randomName(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		letters := []rune(alphabets[r.IntN(len(alphabets))])
		for range 1 + r.IntN(9) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		b.WriteString([]string{" ", ",", "-", "' "}[r.IntN(4)])
	}
	if r.IntN(60) == 0 { // a word that is longer than its row may be
		b.WriteString(strings.Repeat("abc9õ", 20+r.IntN(60)))
	}
	return b.String()
}

func randomEntries(r *rand.Rand, n int) []*Entry {
	var out []*Entry
	for i := range n {
		e := &Entry{ID: evidence.Of(fmt.Append(nil, i)).String(), File: randomName(r)}
		for range 1 + r.IntN(2) {
			e.Signatures = append(e.Signatures, Signature{Indication: []string{"TOTAL-PASSED", "INDETERMINATE"}[r.IntN(2)],
				SignedBy: randomName(r), CommonName: randomName(r), SerialNumber: fmt.Sprintf("PNOEE-%011d", r.IntN(1_000_000))})
		}
		out = append(out, e)
	}
	return out
}

// plainEntries have short names, where many are wanted.
func plainEntries(n int) []*Entry {
	var out []*Entry
	for i := range n {
		out = append(out, &Entry{ID: evidence.Of(fmt.Append(nil, i)).String(), File: "a.pdf",
			Signatures: []Signature{{Indication: "TOTAL-PASSED", SignedBy: fmt.Sprintf("Õ%d", i), CommonName: "Jõe", SerialNumber: "1"}}})
	}
	return out
}

// scan is the search, as plain as can be.
func scan(all []*Entry, q Query) []string {
	holds := func(name, words string) bool {
		return !slices.ContainsFunc(strings.Fields(fold(words, maxText)), func(w string) bool { return !strings.Contains(name, w) })
	}
	var out []string
	for _, e := range all {
		signed := func(s Signature) bool {
			return holds(s.names(), q.Signer) && (len(q.Verdicts) == 0 || slices.Contains(q.Verdicts, s.Indication))
		}
		if holds(fold(e.File, maxColumn), q.File) && slices.ContainsFunc(e.Signatures, signed) {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
	return out
}

// randomQuery looks for parts of names that are there, and of others.
func randomQuery(r *rand.Rand, all []*Entry) Query {
	e := all[r.IntN(len(all))]
	cut := func(s string) string {
		runes := []rune(s)
		from := r.IntN(len(runes))
		return string(runes[from:min(len(runes), from+1+r.IntN([]int{2, 5, 40}[r.IntN(3)]))])
	}
	for {
		var q Query
		s := e.Signatures[r.IntN(len(e.Signatures))]
		switch r.IntN(6) {
		case 0:
			q.File = cut(e.File)
		case 1:
			q.Signer, q.File = cut(s.SignedBy), cut(e.File)
		case 2:
			q.Signer = cut(s.SignedBy) + " " + cut(s.SerialNumber)
		case 3:
			q.Signer = cut(randomName(r))
		case 4:
			q.Signer = strings.ToUpper(cut(s.CommonName))
		default:
			q.Signer = cut(s.SignedBy)
		}
		if r.IntN(3) == 0 {
			q.Verdicts = []string{"INDETERMINATE"}
		}
		if q.Limit = MaxLimit; q.check() == nil {
			return q
		}
	}
}

// opened is an index over a store that nobody reads.
func opened(t *testing.T, db *database.DB, tenant string) *Index {
	t.Helper()
	p, err := policy.Named("practice")
	if err != nil {
		t.Fatal(err)
	}
	x, err := Open(t.Context(), db, Options{Tenant: tenant, Store: storetest.NewMemory(), Suite: p.Suite})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// onBoth runs a test with an empty database of each kind.
func onBoth(t *testing.T, test func(t *testing.T, db *database.DB, url string)) {
	for kind, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "index.db"), "postgres": pgtest.Database(t)} {
		t.Run(kind, func(t *testing.T) {
			db, err := database.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			test(t, db, url)
		})
	}
}

// same compares searches with the plain scan.
func same(t *testing.T, x *Index, all []*Entry, r *rand.Rand, n int) {
	t.Helper()
	hits := 0
	for i := range n {
		q := randomQuery(r, all)
		x.few = []int{few, 3, 0}[i%3] // all ways of searching
		p, err := x.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("signer %+q, file %+q: %v", q.Signer, q.File, err)
		}
		var got []string
		for _, e := range p.Entries {
			got = append(got, e.ID)
		}
		want := scan(all, q)
		want = want[:min(len(want), MaxLimit)]
		if hits += len(want); !slices.Equal(got, want) {
			t.Errorf("signer %+q, file %+q, %v: %d bundles, a scan finds %d", q.Signer, q.File, q.Verdicts, len(got), len(want))
		}
	}
	if x.few = few; hits < n {
		t.Errorf("%d searches hit %d bundles", n, hits)
	}
}

// A search finds what a plain scan of all names finds, whatever the names are, on both
// databases; also while the words of some bundles are not entered, after bundles were
// replaced and dropped, and beside another tenant with the same words.
func TestSearchIsAScan(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, _ string) {
		r := rand.New(rand.NewPCG(1, 2))
		all := randomEntries(r, 200)
		x, other := opened(t, db, ""), opened(t, db, "other")
		for _, err := range []error{x.write(t.Context(), all, nil, mark{}), other.write(t.Context(), all[:50], nil, mark{})} {
			if err != nil {
				t.Fatal(err)
			}
		}
		same(t, x, all, r, 60)
		same(t, other, all[:50], r, 15)

		for _, e := range all[:50] { // renamed
			e.File, e.Signatures = randomName(r), e.Signatures[:1]
		}
		gone := make([]string, 0, 50)
		for _, e := range all[150:] {
			gone = append(gone, e.ID)
		}
		if err := x.write(t.Context(), all[:50], gone, mark{}); err != nil {
			t.Fatal(err)
		}
		all = all[:150]
		same(t, x, all, r, 60)

		// Rows of an earlier program, which runs beside this one.
		if _, err := db.ExecContext(t.Context(), "UPDATE vidimus_bundle SET words = 0 WHERE id < '4'"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "DELETE FROM vidimus_term WHERE bundle < '4'"); err != nil {
			t.Fatal(err)
		}
		same(t, x, all, r, 60)
	})
}

// No part of a word stays that no bundle has: it may be somebody's name.
func TestWordsGoWithBundles(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, _ string) {
		all := randomEntries(rand.New(rand.NewPCG(3, 4)), 60)
		x, y := opened(t, db, ""), opened(t, db, "other")
		var ids []string
		for _, e := range all {
			ids = append(ids, e.ID)
		}
		err := x.write(t.Context(), all, nil, mark{})
		if err == nil {
			err = y.write(t.Context(), all[:1], nil, mark{})
		}
		if err == nil {
			err = x.write(t.Context(), nil, ids[:59], mark{})
		}
		if err != nil {
			t.Fatal(err)
		}
		want := newNamed()
		want.add("", "", fold(all[59].File, maxColumn))
		for _, s := range all[59].Signatures {
			want.add("", "", s.names())
		}
		if got := gramsHeld(t, x); !maps.EqualFunc(got, gramsOf(want.words), slices.Equal) {
			t.Errorf("words by what begins in them: %q, want %q", got, gramsOf(want.words))
		}
		if err := x.write(t.Context(), nil, ids, mark{}); err != nil {
			t.Fatal(err)
		}
		if got := gramsHeld(t, x); len(got) != 0 || countRows(t, db, "vidimus_term WHERE tenant = ''") != 0 {
			t.Errorf("words are left of nothing: %q", got)
		}
		if got := gramsHeld(t, y); len(got) == 0 {
			t.Error("another tenant's words went too")
		}
	})
}

// gramsHeld is what the table of grams says, each word once.
func gramsHeld(t *testing.T, x *Index) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := x.db.Read(t.Context(), func(r *sql.Rows) error {
		var g, words string
		err := r.Scan(&g, &words)
		if len(words) > maxGram+maxToken {
			t.Errorf("a row with %d octets of words", len(words))
		}
		out[g] = append(out[g], strings.Fields(words)...)
		return err
	}, "SELECT gram, words FROM vidimus_gram WHERE tenant = ?", x.o.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for g := range out {
		out[g] = distinct(out[g])
	}
	return out
}

func countRows(t *testing.T, db *database.DB, from string) (n int) {
	t.Helper()
	if err := db.Read(context.Background(), func(r *sql.Rows) error { return r.Scan(&n) }, "SELECT count(*) FROM "+from); err != nil {
		t.Fatal(err)
	}
	return n
}

// older fills a database as version 2 or 3 of this program did.
func older(t *testing.T, db *database.DB, all []*Entry, version int) {
	t.Helper()
	if err := db.Migrate(t.Context(), "index", steps[:version]); err != nil {
		t.Fatal(err)
	}
	p, err := policy.Named("practice")
	if err != nil {
		t.Fatal(err)
	}
	x := &Index{db: db, o: Options{Store: storetest.NewMemory(), Suite: p.Suite}}
	out := map[string][][]any{}
	names := newNamed()
	for _, e := range all {
		if err := x.rows(e, out, names); err != nil {
			t.Fatal(err)
		}
	}
	err = db.Do(t.Context(), func(tx *sql.Tx) error {
		for _, one := range []table{bundles, entries, signatures, digests, territories} {
			rows := out[one.name]
			if one.name == bundles.name && version < 3 {
				one.columns = one.columns[:len(one.columns)-1]
				for i := range rows {
					rows[i] = rows[i][:len(one.columns)]
				}
			}
			if err := x.insert(t.Context(), tx, one, rows); err != nil {
				return err
			}
		}
		if version == 3 { // a row for each word, and each part of it
			words, parts := [][]any{}, [][]any{}
			for _, one := range names.without(newNamed()) {
				words = append(words, []any{"", one.bundle, one.kind, one.token})
			}
			for g, tokens := range gramsOf(names.words) {
				for _, token := range tokens {
					parts = append(parts, []any{"", g + "more", token})
				}
			}
			for name, rows := range map[string][][]any{"vidimus_word bundle kind word": words, "vidimus_part part word": parts} {
				f := strings.Fields(name)
				if err := x.insert(t.Context(), tx, table{f[0], slices.Concat([]string{"tenant"}, f[1:])}, rows); err != nil {
					return err
				}
			}
		}
		return x.setMeta(t.Context(), tx, mark{compared: "yes"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An index of an earlier version is brought to this one when it is opened, without the
// store: its rows are then those of an index of this version.
func TestOlderIndexIsMigrated(t *testing.T) {
	for version := 2; version < len(steps); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			onBoth(t, func(t *testing.T, db *database.DB, _ string) { migrated(t, db, version) })
		})
	}
}

func migrated(t *testing.T, db *database.DB, version int) {
	r := rand.New(rand.NewPCG(5, 6))
	all := plainEntries(batch + 50)
	older(t, db, all, version)
	x := opened(t, db, "")
	if s, err := x.State(t.Context()); err != nil || !s.Complete || !s.Compared.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	if err := x.Check(t.Context()); err != nil {
		t.Error(err)
	}
	same(t, x, all, r, 9)
	y := opened(t, db, "anew")
	if err := y.write(t.Context(), all, nil, mark{compared: "yes"}); err != nil {
		t.Fatal(err)
	}
	if a, b := countRows(t, db, "vidimus_term WHERE tenant = ''"), countRows(t, db, "vidimus_term WHERE tenant = 'anew'"); a != b || a == 0 {
		t.Errorf("%d words of bundles, anew %d", a, b)
	}
	if a, b := gramsHeld(t, x), gramsHeld(t, y); !maps.EqualFunc(a, b, slices.Equal) || len(a) == 0 {
		t.Errorf("%d grams, anew %d, or of other words", len(a), len(b))
	}
}

// Bundles that were signed over a longer time are found by each of their signatures, and
// by no time between.
func TestSignedIsAScan(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, _ string) {
		r := rand.New(rand.NewPCG(9, 10))
		at := func() time.Time { return time.Unix(1_700_000_000+int64(r.IntN(1000)), 0).UTC() }
		all := plainEntries(60)
		for i, e := range all {
			e.Signatures[0].BestSignatureTime = report.Time{Time: at()}
			if i%5 == 0 {
				e.Signatures = append(e.Signatures, e.Signatures[0])
				e.Signatures[1].BestSignatureTime = report.Time{Time: at()}
			}
		}
		all[0].Signatures[0].BestSignatureTime = report.Time{}
		x, hits := opened(t, db, ""), 0
		if err := x.write(t.Context(), all, nil, mark{}); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			q := Query{SignedFrom: at(), Sort: []Sort{ByID, BySigned}[r.IntN(2)]}
			if r.IntN(4) > 0 {
				q.SignedTo = q.SignedFrom.Add(time.Duration(r.IntN(300)) * time.Second)
			}
			p, err := x.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, e := range p.Entries {
				got = append(got, e.ID)
			}
			for _, e := range all {
				if slices.ContainsFunc(e.Signatures, func(s Signature) bool {
					at := s.BestSignatureTime.Time
					return !at.IsZero() && !at.Before(q.SignedFrom) && (q.SignedTo.IsZero() || at.Before(q.SignedTo))
				}) {
					want = append(want, e.ID)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if hits += len(want); !slices.Equal(got, want) {
				t.Errorf("signed from %s to %s: %d bundles, a scan finds %d", q.SignedFrom, q.SignedTo, len(got), len(want))
			}
		}
		if hits < 40 {
			t.Errorf("40 searches hit %d bundles", hits)
		}
	})
}
