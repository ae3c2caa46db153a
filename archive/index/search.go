package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Page is some of what a search found.
type Page struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next,omitempty"` // the cursor of the next page; "" when there is none
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
	var out Page
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
	named, err := x.named(ctx, q, w)
	if err != nil || len(s.all) == 0 {
		return w, err
	}
	cond := strings.Join(s.all, " AND ")
	asked := func() { // each bundle
		w.and("(SELECT 1 FROM vidimus_signature s WHERE s.tenant = b.tenant AND s.bundle = b.id AND "+cond+" LIMIT 1) = 1", s.args...)
	}
	if named {
		asked()
		return w, nil
	}
	// Not DISTINCT: PostgreSQL would look at all before it gave the first.
	seen, found, rows, limit := map[string]bool{}, []any{}, 0, 2*x.few+1
	err = x.db.Read(ctx, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		if rows++; !seen[id] {
			seen[id] = true
			found = append(found, id)
		}
		return err
	}, "SELECT bundle FROM vidimus_signature WHERE tenant = ? AND "+cond+" LIMIT ?", append(append([]any{x.o.Tenant}, s.args...), limit)...)
	switch {
	case err != nil:
		return nil, err
	case rows < limit:
		w.among(found)
	default:
		asked()
	}
	return w, nil
}

// named bounds the bundles by the words that are looked for, where few have one of them.
func (x *Index) named(ctx context.Context, q *Query, w *where) (bool, error) {
	if q.Signer == "" && q.File == "" {
		return false, nil
	}
	if known, err := x.wordsKnown(ctx); err != nil || !known {
		return false, err
	}
	any := false
	for kind, value := range map[string]string{ofSigner: q.Signer, ofFile: q.File} {
		ids, known, err := x.byWords(ctx, kind, value)
		if err != nil {
			return false, err
		}
		if known {
			w.among(ids)
			any = true
		}
	}
	return any, nil
}
