package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxParameters bounds those of one statement; SQLite allows 32,766.
const maxParameters = 10_000

// write enters bundles in place of what was there, and drops others: all of it, or
// nothing.
func (x *Index) write(ctx context.Context, all []*Entry, gone []string, anew, complete bool) error {
	out := map[string][][]any{}
	ids := slices.Clone(gone)
	for _, e := range all {
		ids = append(ids, e.ID)
		if err := x.rows(e, out); err != nil {
			return err
		}
	}
	// One order for all writers, so that none waits for another that waits for it.
	slices.Sort(ids)
	return x.db.Do(ctx, func(tx *sql.Tx) error {
		if err := x.setMeta(ctx, tx, anew, complete); err != nil {
			return err
		}
		for _, t := range tables {
			if err := x.remove(ctx, tx, t, ids); err != nil {
				return err
			}
			if err := x.insert(ctx, tx, t, out[t.name]); err != nil {
				return err
			}
		}
		return nil
	})
}

// rows are those of one bundle, by table.
func (x *Index) rows(e *Entry, out map[string][][]any) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing the entry of bundle %s: %w", e.ID, err)
	}
	add := func(t table, values ...any) {
		out[t.name] = append(out[t.name], append([]any{x.o.Tenant, e.ID}, values...))
	}
	locked := never
	if e.Lock != nil {
		locked = unix(e.Lock.Until.Time)
	}
	first, last := e.signed()
	add(bundles, e.EvidenceRecords, truth(e.Hidden), truth(e.Problem != ""), fold(e.File, maxColumn), key(e.Form), key(e.Policy),
		unix(e.ValidationTime.Time), unix(first), unix(last), unix(e.Ends.Time), month(e.Ends.Time), locked)
	add(entries, text(string(raw), len(raw)))
	for n, s := range e.Signatures {
		add(signatures, n, key(s.Indication), key(s.SubIndication), key(s.Qualification), key(s.Format), s.names(), key(s.SerialNumber), key(s.Country),
			key(s.Scheme), key(s.Level), unix(s.BestSignatureTime.Time), unix(s.ClaimedSigningTime.Time))
	}
	hashes := []string{}
	if e.SHA256 != "" {
		hashes = append(hashes, e.SHA256, e.SHA512)
	}
	for _, f := range e.Detached {
		hashes = append(hashes, f.SHA256, f.SHA512)
	}
	for _, h := range distinct(hashes) {
		add(digests, h)
	}
	var codes []string
	for _, t := range e.Territories {
		codes = append(codes, key(t))
	}
	for _, t := range distinct(codes) {
		add(territories, t)
	}
	return nil
}

func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// truth is a boolean as both databases hold it.
func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *Index) remove(ctx context.Context, tx *sql.Tx, t table, ids []string) error {
	for some := range slices.Chunk(ids, maxParameters-1) {
		args := []any{x.o.Tenant}
		for _, id := range some {
			args = append(args, id)
		}
		statement := "DELETE FROM " + t.name + " WHERE tenant = ? AND " + t.columns[1] + " IN (" + marks(len(some)) + ")"
		if _, err := tx.ExecContext(ctx, x.db.Rebind(statement), args...); err != nil {
			return err
		}
	}
	return nil
}

// insert passes over rows that another writer was faster with: they say the same.
func (x *Index) insert(ctx context.Context, tx *sql.Tx, t table, rows [][]any) error {
	for some := range slices.Chunk(rows, maxParameters/len(t.columns)) {
		var args []any
		for _, row := range some {
			args = append(args, row...)
		}
		group := "(" + marks(len(t.columns)) + ")"
		statement := "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES " +
			strings.Repeat(group+", ", len(some)-1) + group + " ON CONFLICT DO NOTHING"
		if _, err := tx.ExecContext(ctx, x.db.Rebind(statement), args...); err != nil {
			return err
		}
	}
	return nil
}

// marks are n placeholders.
func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }
