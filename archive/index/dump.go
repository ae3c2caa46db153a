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
