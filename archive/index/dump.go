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
	for _, t := range append([]table{{about, []string{"tenant", "name", "value"}}}, append(slices.Clone(tables), parts)...) {
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
	return nil
}
