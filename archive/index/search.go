package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
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
	w := q.where(x.o.Tenant)
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
	statement := "SELECT b.id, b.file, " + timeColumn(q.Sort) + ", e.entry FROM vidimus_bundle b JOIN vidimus_entry e ON e.tenant = b.tenant AND e.bundle = b.id WHERE " + strings.Join(w.all, " AND ") +
		" ORDER BY " + by + " " + order + ", b.id " + order + " LIMIT ?"
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
	}, statement, append(w.args, q.Limit+1)...)
	return out, err
}

// timeColumn is the column of an order by time; another order needs none.
func timeColumn(s Sort) string {
	if s == ByID || s == ByFile {
		return "0"
	}
	return "b." + column[s]
}

// Count is how many bundles have one value of what is counted by.
type Count struct {
	Value   string `json:"value"`
	Bundles int    `json:"bundles"`
}

// Counts are bundles by what they say. A bundle with several signatures counts once
// for each value among them; text is in lower case, as it is compared.
type Counts struct {
	Bundles     int     `json:"bundles"`
	Verdicts    []Count `json:"verdicts"` // indications of signatures
	Schemes     []Count `json:"schemes"`
	Territories []Count `json:"territories"`
	Expiry      []Count `json:"expiry"` // months as 2031-07; "" for bundles that rest on nothing that ends
}

// Count counts the bundles that a query asks for; its order and page do not matter.
func (x *Index) Count(ctx context.Context, q Query) (Counts, error) {
	if err := q.check(); err != nil {
		return Counts{}, err
	}
	w := q.where(x.o.Tenant)
	cond := strings.Join(w.all, " AND ")
	var out Counts
	err := x.db.Read(ctx, func(r *sql.Rows) error { return r.Scan(&out.Bundles) }, "SELECT count(*) FROM vidimus_bundle b WHERE "+cond, w.args...)
	if err != nil {
		return out, err
	}
	joined := func(t table, column string) string {
		return "SELECT t." + column + ", count(DISTINCT t.bundle) FROM " + t.name + " t JOIN vidimus_bundle b ON b.tenant = t.tenant AND b.id = t.bundle WHERE " +
			cond + " GROUP BY t." + column + " ORDER BY t." + column
	}
	for _, one := range []struct {
		into      *[]Count
		statement string
	}{
		{&out.Verdicts, joined(signatures, "indication")},
		{&out.Schemes, joined(signatures, "scheme")},
		{&out.Territories, joined(territories, "territory")},
	} {
		err := x.db.Read(ctx, func(r *sql.Rows) error {
			var c Count
			err := r.Scan(&c.Value, &c.Bundles)
			*one.into = append(*one.into, c)
			return err
		}, one.statement, w.args...)
		if err != nil {
			return out, err
		}
	}
	err = x.db.Read(ctx, func(r *sql.Rows) error {
		var month, n int
		if err := r.Scan(&month, &n); err != nil {
			return err
		}
		value := ""
		if month != 0 {
			value = fmt.Sprintf("%04d-%02d", month/100, month%100)
		}
		out.Expiry = append(out.Expiry, Count{value, n})
		return nil
	}, "SELECT b.ends_month, count(*) FROM vidimus_bundle b WHERE "+cond+" GROUP BY b.ends_month ORDER BY b.ends_month", w.args...)
	return out, err
}

// Dump writes every row of the tenant, one JSON list a line, in an order that depends
// on nothing but the rows: two indexes that say the same give the same octets.
func (x *Index) Dump(ctx context.Context, to io.Writer) error {
	enc := json.NewEncoder(to)
	for _, t := range append([]table{{"vidimus_meta", []string{"tenant", "name", "value"}}}, tables...) {
		err := x.db.Read(ctx, func(r *sql.Rows) error {
			values := make([]any, len(t.columns))
			into := make([]any, len(values))
			for i := range values {
				into[i] = &values[i]
			}
			if err := r.Scan(into...); err != nil {
				return err
			}
			for i, v := range values {
				if raw, ok := v.([]byte); ok {
					values[i] = string(raw)
				}
			}
			return enc.Encode(slices.Concat([]any{t.name}, values))
		}, "SELECT "+strings.Join(t.columns, ", ")+" FROM "+t.name+" WHERE tenant = ? AND "+t.columns[1]+" <> ? ORDER BY "+
			strings.Join(t.columns[:min(3, len(t.columns))], ", "), x.o.Tenant, metaComplete)
		if err != nil {
			return err
		}
	}
	return nil
}
