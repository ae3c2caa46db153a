package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Page is some of what a search found. What entries say of bundles, verdicts too, is as
// of the index, and proves nothing: who acts on it reads the bundle from the store.
type Page struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next,omitempty"` // the cursor of the next page; "" when there is none
	State   State   `json:"-"`              // of the index, when it was asked
}

// Search gives a page of the bundles that a query asks for. Pages are stable: what is
// put or dropped between two of them moves nothing else from one to the other. A
// query that cannot be meant is a *QueryError.
func (x *Index) Search(ctx context.Context, q Query) (Page, error) {
	if q.Sort == "" {
		q.Sort = ByID
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if err := q.check(); err != nil {
		return Page{}, err
	}
	after, err := q.after()
	if err != nil {
		return Page{}, err
	}
	state, err := x.State(ctx) // first: what is compared meanwhile is no promise
	if err != nil {
		return Page{}, err
	}
	w, err := x.where(ctx, &q)
	if err != nil {
		return Page{}, err
	}
	by, order, beyond := "b."+column[q.Sort], "ASC", ">"
	if q.Desc {
		order, beyond = "DESC", "<"
	}
	if after != nil {
		var value any = after.Time
		if q.Sort == ByID || q.Sort == ByFile {
			value = after.Text
		}
		w.and("("+by+", b.id) "+beyond+" (?, ?)", value, after.ID)
	}
	// The page is chosen before its entries are read, and each signature is asked by its own
	// subquery: else SQLite begins with the entries.
	statement := "SELECT p.id, p.file, p.at, (SELECT e.entry FROM vidimus_entry e WHERE e.tenant = ? AND e.bundle = p.id) FROM (SELECT b.id, b.file, " + timeColumn(q.Sort) + " AS at, " + by + " AS sorted FROM vidimus_bundle b WHERE " +
		strings.Join(w.all, " AND ") + " ORDER BY " + by + " " + order + ", b.id " + order + " LIMIT ?) p ORDER BY p.sorted " + order + ", p.id " + order
	w.args = slices.Concat([]any{x.o.Tenant}, w.args, []any{q.Limit + 1})
	out := Page{State: state}
	var last cursor
	err = x.db.Read(ctx, func(r *sql.Rows) error {
		if len(out.Entries) == q.Limit {
			out.Next = last.String()
			return nil
		}
		c := cursor{Sort: q.Sort, Desc: q.Desc}
		var file, raw string
		if err := r.Scan(&c.ID, &file, &c.Time, &raw); err != nil {
			return err
		}
		switch q.Sort {
		case ByID:
			c.Text = c.ID
		case ByFile:
			c.Text = file
		}
		last = c
		var e Entry
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			return fmt.Errorf("the entry of bundle %s: %w", c.ID, err)
		}
		out.Entries = append(out.Entries, e)
		return nil
	}, statement, w.args...)
	return out, err
}

// timeColumn is the column of an order by time; another order needs none.
func timeColumn(s Sort) string {
	if s == ByID || s == ByFile {
		return "0"
	}
	return "b." + column[s]
}

// few is how many bundles are named in a query one by one.
const few = 1000

// where is the query as a condition on vidimus_bundle b. Where few bundles have such
// words or such a signature they are looked up first, and all else is asked of them
// alone. Where many have one, the bundles are passed in their order and each is asked: a
// page is full long before all were.
func (x *Index) where(ctx context.Context, q *Query) (*where, error) {
	w, s := q.where(x.o.Tenant), q.signature()
	if !q.SignedFrom.IsZero() {
		least, err := x.signedLeast(ctx, q.SignedFrom.Unix())
		if err != nil {
			return nil, err
		}
		w.and("b.signed >= ?", least) // else all from the first day on are passed
	}
	for _, other := range []struct{ table, column, value string }{{digests.name, "digest", q.Digest}, {territories.name, "territory", q.Territory}} {
		if err := x.has(ctx, w, other.table, other.column, other.value); err != nil {
			return nil, err
		}
	}
	few, many, err := x.named(ctx, q, w)
	if err != nil || len(s.all) == 0 {
		return w, err
	}
	cond := strings.Join(s.all, " AND ")
	asked := func() { // each bundle
		w.and("(SELECT 1 FROM vidimus_signature s WHERE s.tenant = b.tenant AND s.bundle = b.id AND "+cond+" LIMIT 1) = 1", s.args...)
	}
	if few || many && len(s.all) == len(strings.Fields(fold(q.Signer, maxText))) { // nothing else to go by
		asked()
		return w, nil
	}
	found, all, err := x.bundles(ctx, "SELECT bundle FROM vidimus_signature WHERE tenant = ? AND "+cond, append([]any{x.o.Tenant}, s.args...)...)
	switch {
	case err != nil:
		return nil, err
	case all:
		w.among(found)
	default:
		asked()
	}
	return w, nil
}

// signedLeast is the earliest signature of a bundle that has one at a time or later:
// before it only where bundles were signed over a longer time, and these are few.
func (x *Index) signedLeast(ctx context.Context, from int64) (int64, error) {
	least := from
	err := x.db.Read(ctx, func(r *sql.Rows) error {
		var earlier sql.NullInt64
		err := r.Scan(&earlier)
		if earlier.Valid {
			least = min(least, earlier.Int64)
		}
		return err
	}, "SELECT min(signed) FROM vidimus_bundle WHERE tenant = ? AND signed_last >= ? AND signed < ? AND signed_last > signed", x.o.Tenant, from, from)
	return least, err
}

// has wants a row in a table that belongs to bundles.
func (x *Index) has(ctx context.Context, w *where, table, column, value string) error {
	if value == "" {
		return nil
	}
	found, all, err := x.bundles(ctx, "SELECT bundle FROM "+table+" WHERE tenant = ? AND "+column+" = ?", x.o.Tenant, key(value))
	switch {
	case err != nil:
		return err
	case all:
		w.among(found)
	default:
		w.and("(SELECT 1 FROM "+table+" t WHERE t.tenant = b.tenant AND t.bundle = b.id AND t."+column+" = ?) = 1", key(value))
	}
	return nil
}

// bundles are the IDs that a statement gives, each once; all is false where there are
// more than are named one by one. The statement is not to say DISTINCT: PostgreSQL would
// look at all before it gave the first.
func (x *Index) bundles(ctx context.Context, statement string, args ...any) (ids []any, all bool, err error) {
	seen, rows, limit := map[string]bool{}, 0, 2*x.few+1
	err = x.db.Read(ctx, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		if rows++; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
		return err
	}, statement+" LIMIT ?", append(args, limit)...)
	return ids, rows < limit, err
}

// named bounds the bundles by the words that are looked for, where few have one of them;
// many says that a signer's words are no bound.
func (x *Index) named(ctx context.Context, q *Query, w *where) (few, many bool, err error) {
	if q.Signer == "" && q.File == "" {
		return false, false, nil
	}
	if known, err := x.wordsKnown(ctx); err != nil || !known {
		return false, false, err
	}
	for kind, value := range map[string]string{ofSigner: q.Signer, ofFile: q.File} {
		if value == "" {
			continue
		}
		ids, known, err := x.byWords(ctx, kind, value)
		if err != nil {
			return false, false, err
		}
		if known {
			w.among(ids)
			few = true
		} else if kind == ofSigner {
			many = true
		}
	}
	return few, many, nil
}
