package index

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

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
	w, err := x.where(ctx, &q)
	if err != nil {
		return Counts{}, err
	}
	cond := strings.Join(w.all, " AND ")
	var out Counts
	err = x.db.Read(ctx, func(r *sql.Rows) error { return r.Scan(&out.Bundles) }, "SELECT count(*) FROM vidimus_bundle b WHERE "+cond, w.args...)
	if err != nil {
		return out, err
	}
	if len(w.all) == 1 { // of the tenant
		return out, x.countAll(ctx, &out)
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
	return out, x.expiry(ctx, &out, cond, w.args)
}

// expiry counts by month.
func (x *Index) expiry(ctx context.Context, out *Counts, cond string, args []any) error {
	return x.db.Read(ctx, func(r *sql.Rows) error {
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
	}, "SELECT b.ends_month, count(*) FROM vidimus_bundle b WHERE "+cond+" GROUP BY b.ends_month ORDER BY b.ends_month", args...)
}

// countAll counts a whole tenant, from indexes alone: the rows of signatures by value,
// less those that another signature of their bundle has the same value as.
func (x *Index) countAll(ctx context.Context, out *Counts) error {
	by := func(t table, column string) ([]Count, error) {
		var rows []Count
		err := x.db.Read(ctx, func(r *sql.Rows) error {
			var c Count
			err := r.Scan(&c.Value, &c.Bundles)
			rows = append(rows, c)
			return err
		}, "SELECT "+column+", count(*) FROM "+t.name+" WHERE tenant = ? GROUP BY "+column+" ORDER BY "+column, x.o.Tenant)
		return rows, err
	}
	for _, one := range []struct {
		into   *[]Count
		column string
	}{{&out.Verdicts, "indication"}, {&out.Schemes, "scheme"}} {
		rows, err := by(signatures, one.column)
		if err != nil {
			return err
		}
		err = x.db.Read(ctx, func(r *sql.Rows) error {
			var again Count
			if err := r.Scan(&again.Value, &again.Bundles); err != nil {
				return err
			}
			for i := range rows {
				if rows[i].Value == again.Value {
					rows[i].Bundles -= again.Bundles
				}
			}
			return nil
		}, "SELECT t."+one.column+", count(*) FROM vidimus_signature t WHERE t.tenant = ? AND t.n > 0 AND EXISTS (SELECT 1 FROM vidimus_signature u "+
			"WHERE u.tenant = t.tenant AND u.bundle = t.bundle AND u.n < t.n AND u."+one.column+" = t."+one.column+") GROUP BY t."+one.column, x.o.Tenant)
		if err != nil {
			return err
		}
		*one.into = rows
	}
	var err error
	if out.Territories, err = by(territories, "territory"); err != nil {
		return err
	}
	return x.expiry(ctx, out, "b.tenant = ?", []any{x.o.Tenant})
}
