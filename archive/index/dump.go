package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Dump writes every row of the tenant, one JSON list a line, in an order that depends
// on nothing but the rows: two indexes that say the same give the same octets.
func (x *Index) Dump(ctx context.Context, to io.Writer) error {
	enc := json.NewEncoder(to)
	about := "vidimus_meta"
	for _, t := range append([]table{{about, []string{"tenant", "name", "value"}}}, append(slices.Clone(tables), terms)...) {
		without := ""
		if t.name == about {
			without = metaComplete
		}
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
			strings.Join(t.columns[:min(4, len(t.columns))], ", "), x.o.Tenant, without)
		if err != nil {
			return err
		}
	}
	return x.dumpGrams(ctx, enc)
}

// dumpGrams writes a line for each word by each gram: which of them are together in a row
// says only how they came.
func (x *Index) dumpGrams(ctx context.Context, enc *json.Encoder) error {
	of, all := "", []string(nil)
	flush := func() error {
		for _, t := range distinct(all) {
			if err := enc.Encode([]any{grams.name, x.o.Tenant, of, t}); err != nil {
				return err
			}
		}
		all = nil
		return nil
	}
	err := x.db.Read(ctx, func(r *sql.Rows) error {
		var g, words string
		if err := r.Scan(&g, &words); err != nil {
			return err
		}
		if g != of {
			if err := flush(); err != nil {
				return err
			}
			of = g
		}
		all = append(all, strings.Fields(words)...)
		return nil
	}, "SELECT gram, words FROM vidimus_gram WHERE tenant = ? ORDER BY gram", x.o.Tenant)
	if err != nil {
		return err
	}
	return flush()
}
