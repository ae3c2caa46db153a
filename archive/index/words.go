package index

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Names are looked for by any part of a word, which no index of a database gives by
// itself: SQLite's trigrams and PostgreSQL's pg_trgm need three letters, and the right
// to create an extension. So the words stand in tables of their own, the same in both:
// vidimus_term says which bundle has which word, and vidimus_gram gives, for each place
// in a word, by the letters that begin there, which words they are. A row of it has many
// words, with a space between: those that were new in one transaction. A row for each
// would be twenty a bundle.
//
// They only say where to look. What was found is compared with the whole name, so that
// a row too many finds nothing; a bundle whose words are not entered yet has 0 in its
// column words, and while there is one nothing is looked up by them.
//
// A word that a row of vidimus_term has is in all its rows of vidimus_gram, as of each
// transaction. The words of a bundle are those of the columns file and signer, so that
// they are known when it goes.
const (
	gram     = 3   // letters by which words are found; the last places in a word have fewer
	maxToken = 64  // octets of a word by which it is named; longer ones are hashed
	maxGram  = 640 // octets of words in one row: no more, and SQLite keeps them on two pages
)

// Kinds of words.
const (
	ofSigner = "s"
	ofFile   = "f"
)

// token names a word in the tables.
func token(word string) string {
	if len(word) <= maxToken {
		return word
	}
	sum := sha256.Sum256([]byte(word))
	return hashed + hex.EncodeToString(sum[:])
}

// hashed begins a token that is not its word; no word has a number sign.
const hashed = "#"

// begin is the first letters of a word, as many as a gram has.
func begin(word string) string {
	n := 0
	for i := range word {
		if n++; n > gram {
			return word[:i]
		}
	}
	return word
}

// term is a word of a bundle.
type term struct{ token, kind, bundle string }

func (t term) compare(o term) int {
	return cmp.Or(strings.Compare(t.token, o.token), strings.Compare(t.kind, o.kind), strings.Compare(t.bundle, o.bundle))
}

// named are the words of names.
type named struct {
	terms map[term]bool
	words map[string]string // by token
}

func newNamed() *named { return &named{map[term]bool{}, map[string]string{}} }

// add adds the words of a folded name.
func (n *named) add(bundle, kind, folded string) {
	for word := range strings.FieldsSeq(folded) {
		t := token(word)
		n.terms[term{t, kind, bundle}] = true
		n.words[t] = word
	}
}

// read gives what adds the words of rows of a bundle and a folded name.
func (n *named) read(kind string) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var bundle, folded string
		err := r.Scan(&bundle, &folded)
		n.add(bundle, kind, folded)
		return err
	}
}

func (n *named) join(o *named) {
	maps.Copy(n.terms, o.terms)
	maps.Copy(n.words, o.words)
}

// without are the terms that others have not, in one order for all writers, so that none
// waits for another that waits for it.
func (n *named) without(o *named) []term {
	var out []term
	for t := range n.terms {
		if !o.terms[t] {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, term.compare)
	return out
}

// gramsOf are the tokens of words by what begins in them.
func gramsOf(words map[string]string) map[string][]string {
	out := map[string][]string{}
	for _, t := range slices.Sorted(maps.Keys(words)) {
		for i := range words[t] {
			g := begin(words[t][i:])
			if all := out[g]; len(all) == 0 || all[len(all)-1] != t {
				out[g] = append(all, t)
			}
		}
	}
	return out
}

// gramRows are rows of vidimus_gram.
func gramRows(tenant string, of map[string][]string) (rows [][]any) {
	for _, g := range slices.Sorted(maps.Keys(of)) {
		var words []string
		size := 0
		flush := func() {
			if size > 0 {
				rows = append(rows, []any{tenant, g, strings.Join(words, " ")})
			}
			words, size = nil, 0
		}
		for _, t := range of[g] {
			if size += len(t) + 1; size > maxGram {
				flush()
				size = len(t) + 1
			}
			words = append(words, t)
		}
		flush()
	}
	return rows
}

// enter enters words of bundles.
func (x *Index) enter(ctx context.Context, tx *sql.Tx, n *named) error {
	known, err := x.entered(ctx, tx, slices.Sorted(maps.Keys(n.words)))
	if err != nil {
		return err
	}
	fresh := map[string]string{}
	for t, word := range n.words {
		if !known[t] {
			fresh[t] = word
		}
	}
	var rows [][]any
	for _, t := range n.without(newNamed()) {
		rows = append(rows, []any{x.o.Tenant, t.token, t.kind, t.bundle})
	}
	if err := x.insert(ctx, tx, terms, rows); err != nil {
		return err
	}
	return x.insert(ctx, tx, grams, gramRows(x.o.Tenant, gramsOf(fresh)))
}

// entered are those of some tokens that a bundle has. A word that all bundles have is
// looked for no longer than any other.
func (x *Index) entered(ctx context.Context, tx *sql.Tx, tokens []string) (map[string]bool, error) {
	out := map[string]bool{}
	from, list, err := x.list(tokens)
	if err != nil || len(tokens) == 0 {
		return out, err
	}
	err = x.each(ctx, tx, func(r *sql.Rows) error {
		var t string
		err := r.Scan(&t)
		out[t] = true
		return err
	}, "SELECT u.value FROM "+from+" WHERE (SELECT 1 FROM vidimus_term t WHERE t.tenant = ? AND t.word = u.value LIMIT 1) = 1", list, x.o.Tenant)
	return out, err
}

// list makes one argument of many, of which a statement reads u.value.
func (x *Index) list(values []string) (from string, arg any, err error) {
	if x.db.Postgres() {
		return "unnest(?::text[]) u(value)", values, nil
	}
	raw, err := json.Marshal(values)
	return "json_each(?) u", string(raw), err
}

// each calls f for each row that a statement of a transaction gives.
func (x *Index) each(ctx context.Context, tx *sql.Tx, f func(*sql.Rows) error, statement string, args ...any) error {
	rows, err := tx.QueryContext(ctx, x.db.Rebind(statement), args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows); err != nil {
			_ = rows.Close() // its error is that of f
			return err
		}
	}
	return rows.Err() // read to its end, it is closed
}

// leave removes words of bundles, and from vidimus_gram those that no bundle has any
// more: they may be somebody's name.
func (x *Index) leave(ctx context.Context, tx *sql.Tx, gone []term, words map[string]string) error {
	if err := x.removeTerms(ctx, tx, gone); err != nil {
		return err
	}
	lost := map[string]string{}
	for _, t := range gone {
		lost[t.token] = words[t.token]
	}
	left, err := x.entered(ctx, tx, slices.Sorted(maps.Keys(lost)))
	if err != nil {
		return err
	}
	maps.DeleteFunc(lost, func(t, _ string) bool { return left[t] })
	for some := range slices.Chunk(slices.Sorted(maps.Keys(gramsOf(lost))), maxParameters) {
		if err := x.rewrite(ctx, tx, some, lost); err != nil {
			return err
		}
	}
	return nil
}

// rewrite takes tokens out of the rows of some grams.
func (x *Index) rewrite(ctx context.Context, tx *sql.Tx, of []string, lost map[string]string) error {
	from, list, err := x.list(of)
	if err != nil {
		return err
	}
	type row struct{ gram, words string }
	var old []row
	kept := map[string][]string{}
	err = x.each(ctx, tx, func(r *sql.Rows) error {
		var one row
		if err := r.Scan(&one.gram, &one.words); err != nil {
			return err
		}
		all := strings.Fields(one.words)
		rest := slices.DeleteFunc(slices.Clone(all), func(t string) bool { _, ok := lost[t]; return ok })
		if len(rest) < len(all) {
			old = append(old, one)
			kept[one.gram] = append(kept[one.gram], rest...)
		}
		return nil
	}, "SELECT g.gram, g.words FROM "+from+" CROSS JOIN vidimus_gram g WHERE g.tenant = ? AND g.gram = u.value", list, x.o.Tenant)
	if err != nil {
		return err
	}
	remove, err := tx.PrepareContext(ctx, x.db.Rebind("DELETE FROM vidimus_gram WHERE tenant = ? AND gram = ? AND words = ?"))
	if err != nil {
		return err
	}
	defer func() { _ = remove.Close() }() // the transaction closes it too
	for _, one := range old {
		if _, err := remove.ExecContext(ctx, x.o.Tenant, one.gram, one.words); err != nil {
			return err
		}
	}
	for g := range kept {
		kept[g] = distinct(kept[g])
	}
	return x.insert(ctx, tx, grams, gramRows(x.o.Tenant, kept))
}

func (x *Index) removeTerms(ctx context.Context, tx *sql.Tx, gone []term) error {
	if x.db.Postgres() {
		var tokens, kinds, bundles []string
		for _, t := range gone {
			tokens, kinds, bundles = append(tokens, t.token), append(kinds, t.kind), append(bundles, t.bundle)
		}
		_, err := tx.ExecContext(ctx, x.db.Rebind("DELETE FROM vidimus_term t USING unnest(?::text[], ?::text[], ?::text[]) u(word, kind, bundle) WHERE t.tenant = ? AND t.word = u.word AND t.kind = u.kind AND t.bundle = u.bundle"),
			tokens, kinds, bundles, x.o.Tenant)
		return err
	}
	remove, err := tx.PrepareContext(ctx, "DELETE FROM vidimus_term WHERE tenant = ? AND word = ? AND kind = ? AND bundle = ?")
	if err != nil {
		return err
	}
	defer func() { _ = remove.Close() }() // the transaction closes it too
	for _, t := range gone {
		if _, err := remove.ExecContext(ctx, x.o.Tenant, t.token, t.kind, t.bundle); err != nil {
			return err
		}
	}
	return nil
}

// wordsKnown says whether the words of all bundles are entered.
func (x *Index) wordsKnown(ctx context.Context) (bool, error) {
	known := true
	err := x.db.Read(ctx, func(*sql.Rows) error { known = false; return nil }, "SELECT 1 FROM vidimus_bundle WHERE tenant = ? AND words = 0 LIMIT 1", x.o.Tenant)
	return known, err
}

// enterWords enters the words of bundles that an earlier version of this program has
// entered, from what the index holds of them. It may be stopped at any moment: what is
// done is done, and the next Open goes on.
func (x *Index) enterWords(ctx context.Context) error {
	for {
		known, err := x.wordsKnown(ctx)
		if err != nil || known {
			return err
		}
		if err := x.db.Do(ctx, func(tx *sql.Tx) error { return x.enterSomeWords(ctx, tx) }); err != nil {
			return fmt.Errorf("entering the words of names: %w", err)
		}
	}
}

func (x *Index) enterSomeWords(ctx context.Context, tx *sql.Tx) error {
	if err := x.begin(ctx, tx, false); err != nil {
		return err
	}
	found := newNamed()
	var ids []string
	err := x.each(ctx, tx, func(r *sql.Rows) error {
		var id, name string
		err := r.Scan(&id, &name)
		ids = append(ids, id)
		found.add(id, ofFile, name)
		return err
	}, "UPDATE vidimus_bundle SET words = 1 WHERE tenant = ? AND id IN (SELECT id FROM vidimus_bundle WHERE tenant = ? AND words = 0 ORDER BY id LIMIT ?) RETURNING id, file", x.o.Tenant, x.o.Tenant, x.batch)
	if err != nil || len(ids) == 0 {
		return err
	}
	from, list, err := x.list(ids)
	if err != nil {
		return err
	}
	err = x.each(ctx, tx, found.read(ofSigner), "SELECT s.bundle, s.signer FROM "+from+" CROSS JOIN vidimus_signature s WHERE s.tenant = ? AND s.bundle = u.value", list, x.o.Tenant)
	if err != nil {
		return err
	}
	return x.enter(ctx, tx, found)
}
