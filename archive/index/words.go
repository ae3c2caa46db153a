package index

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Names are looked for by any part of a word, which no index of a database gives by
// itself: SQLite's trigrams and PostgreSQL's pg_trgm need three letters, and the right
// to create an extension. So the words stand in tables of their own, the same in both:
// vidimus_word says which bundle has which word, and vidimus_part gives, for each place
// in a word, what begins there. A part of a word is then the beginning of a part.
//
// They only say where to look. What was found is compared with the whole name, so that
// a row too many finds nothing; a bundle whose words are not entered yet has 0 in its
// column words, and while there is one nothing is looked up by them.
const (
	maxPart  = 12 // letters of a part
	maxToken = 64 // octets of a word by which it is named; longer ones are hashed
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
	return "#" + hex.EncodeToString(sum[:]) // no word has a number sign
}

// begin is the first letters of a word, as many as a part has.
func begin(word string) string {
	n := 0
	for i := range word {
		if n++; n > maxPart {
			return word[:i]
		}
	}
	return word
}

// wordRows are the words of a folded name, and their parts.
type wordRows struct {
	words map[[3]string]bool // bundle, kind, token
	parts map[[2]string]bool // part, token
}

func newWordRows() *wordRows {
	return &wordRows{map[[3]string]bool{}, map[[2]string]bool{}}
}

func (r *wordRows) add(bundle, kind, folded string) {
	for _, word := range strings.Fields(folded) {
		t := token(word)
		r.words[[3]string{bundle, kind, t}] = true
		if r.parts[[2]string{begin(word), t}] {
			continue // and all after it
		}
		for i := range word {
			r.parts[[2]string{begin(word[i:]), t}] = true
		}
	}
}

// into gives the rows in one order for all writers, so that none waits for another that
// waits for it.
func (r *wordRows) into(tenant string, out map[string][][]any) {
	for _, w := range slices.SortedFunc(maps.Keys(r.words), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		out[words.name] = append(out[words.name], []any{tenant, w[0], w[1], w[2]})
	}
	for _, p := range slices.SortedFunc(maps.Keys(r.parts), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		out[parts.name] = append(out[parts.name], []any{tenant, p[0], p[1]})
	}
}

// byWords are the bundles that may have a name with all words of a value; known is false
// where they are too many to name, or where the tables do not know all words yet.
func (x *Index) byWords(ctx context.Context, kind, value string) (ids []any, known bool, err error) {
	looked := strings.Fields(fold(value, maxText))
	slices.SortStableFunc(looked, func(a, b string) int { return len(b) - len(a) }) // few have a long one
	for _, word := range looked {
		some, all, err := x.byWord(ctx, kind, begin(word))
		if err != nil {
			return nil, false, err
		}
		if all {
			return some, true, nil
		}
	}
	return nil, false, nil
}

// byWord are the bundles with a word that has something in it; all is false where there
// are more.
func (x *Index) byWord(ctx context.Context, kind, part string) (ids []any, all bool, err error) {
	return x.bundles(ctx, "SELECT w.bundle FROM vidimus_part p CROSS JOIN vidimus_word w WHERE p.tenant = ? AND p.part >= ? AND p.part < ? AND w.tenant = p.tenant AND w.word = p.word AND w.kind = ?",
		x.o.Tenant, part, part+"\U0010FFFF", kind)
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
	if err := x.db.Lock(ctx, tx, "index "+x.o.Tenant, false); err != nil {
		return err
	}
	found := newWordRows()
	ids := []any{x.o.Tenant}
	each := func(kind string, rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		for rows.Next() {
			var id, name string
			if err := rows.Scan(&id, &name); err != nil {
				return err
			}
			found.add(id, kind, name)
			if kind == ofFile {
				ids = append(ids, id)
			}
		}
		return rows.Err()
	}
	rows, err := tx.QueryContext(ctx, x.db.Rebind("UPDATE vidimus_bundle SET words = 1 WHERE tenant = ? AND id IN (SELECT id FROM vidimus_bundle WHERE tenant = ? AND words = 0 ORDER BY id LIMIT ?) RETURNING id, file"),
		x.o.Tenant, x.o.Tenant, x.batch)
	if err := each(ofFile, rows, err); err != nil || len(ids) == 1 { // read to its end, it is closed
		return err
	}
	rows, err = tx.QueryContext(ctx, x.db.Rebind("SELECT bundle, signer FROM vidimus_signature WHERE tenant = ? AND bundle IN ("+marks(len(ids)-1)+")"), ids...)
	if err := each(ofSigner, rows, err); err != nil {
		return err
	}
	out := map[string][][]any{}
	found.into(x.o.Tenant, out)
	for _, t := range []table{words, parts} {
		if err := x.insert(ctx, tx, t, out[t.name]); err != nil {
			return err
		}
	}
	return nil
}

// tokensOf are the words of bundles that the index holds.
func (x *Index) tokensOf(ctx context.Context, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	for some := range slices.Chunk(ids, maxParameters-1) {
		args := []any{x.o.Tenant}
		for _, id := range some {
			args = append(args, id)
		}
		err := x.db.Read(ctx, func(r *sql.Rows) error {
			var t string
			err := r.Scan(&t)
			out[t] = true
			return err
		}, "SELECT word FROM vidimus_word WHERE tenant = ? AND bundle IN ("+marks(len(some))+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// forget removes the parts of words that no bundle has any more.
func (x *Index) forget(ctx context.Context, tx *sql.Tx, tokens []string) error {
	for _, t := range tokens {
		none := " AND NOT EXISTS (SELECT 1 FROM vidimus_word w WHERE w.tenant = vidimus_part.tenant AND w.word = vidimus_part.word)"
		args := []any{x.o.Tenant, t}
		if !strings.HasPrefix(t, "#") { // by its key; of one that is hashed all parts are passed
			row := newWordRows()
			row.add("", "", t)
			for p := range row.parts {
				args = append(args, p[0])
			}
			none = " AND part IN (" + marks(len(row.parts)) + ")" + none
		}
		if _, err := tx.ExecContext(ctx, x.db.Rebind("DELETE FROM vidimus_part WHERE tenant = ? AND word = ?"+none), args...); err != nil {
			return err
		}
	}
	return nil
}
