package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxParameters bounds those of one statement; SQLite allows 32,766.
const maxParameters = 10_000

// write enters bundles in place of what was there, and drops others: all of it, or
// nothing.
func (x *Index) write(ctx context.Context, all []*Entry, gone []string, m mark) error {
	written := make([]*written, len(all))
	for i, e := range all {
		var err error
		if written[i], err = x.prepare(e); err != nil {
			return err
		}
	}
	return x.writeAll(ctx, written, gone, m)
}

// written is a bundle as rows by table, and the words of its names.
type written struct {
	id      string
	damaged bool
	rows    map[string][][]any
	names   *named
}

func (x *Index) prepare(e *Entry) (*written, error) {
	w := &written{e.ID, e.Problem != "", map[string][][]any{}, newNamed()}
	return w, x.rows(e, w.rows, w.names)
}

func (x *Index) writeAll(ctx context.Context, all []*written, gone []string, m mark) error {
	// One order for all writers, so that none waits for another that waits for it.
	slices.SortFunc(all, func(a, b *written) int { return strings.Compare(a.id, b.id) })
	out, names := map[string][][]any{}, newNamed()
	ids := slices.Clone(gone)
	for _, w := range all {
		ids = append(ids, w.id)
		for name, rows := range w.rows {
			out[name] = append(out[name], rows...)
		}
		names.join(w.names)
	}
	slices.Sort(ids)
	alone := len(gone) > 0 || !x.db.Postgres() // of SQLite's writers there is one
	do := func(tx *sql.Tx) error {
		if err := x.begin(ctx, tx, alone); err != nil {
			return err
		}
		if err := x.setMeta(ctx, tx, m); err != nil {
			return err
		}
		old, err := x.remove(ctx, tx, ids)
		if err != nil {
			return err
		}
		lost := old.without(names)
		if len(lost) > 0 && !alone {
			return errAlone
		}
		for _, t := range tables {
			if err := x.insert(ctx, tx, t, out[t.name]); err != nil {
				return err
			}
		}
		if err := x.enter(ctx, tx, names); err != nil || len(lost) == 0 {
			return err
		}
		return x.leave(ctx, tx, lost, old.words)
	}
	err := x.db.Do(ctx, do)
	if errors.Is(err, errAlone) {
		alone = true
		err = x.db.Do(ctx, do)
	}
	return err
}

// errAlone: words go, and who takes a word away must know of all who enter it meanwhile.
var errAlone = errors.New("words of bundles go")

// begin begins a transaction that writes.
func (x *Index) begin(ctx context.Context, tx *sql.Tx, alone bool) error {
	if err := x.db.Lock(ctx, tx, "index "+x.o.Tenant, alone); err != nil || !x.db.Postgres() {
		return err
	}
	// All that a writer reads it reads by keys. PostgreSQL knows nothing of tables that it
	// has not counted yet, and would pass all rows again for each batch.
	_, err := tx.ExecContext(ctx, byKeys)
	return err
}

// byKeys leaves PostgreSQL loops over keys alone.
const byKeys = `SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off;
SET LOCAL enable_bitmapscan = off`

// remove removes bundles but for their words, which it gives.
func (x *Index) remove(ctx context.Context, tx *sql.Tx, ids []string) (*named, error) {
	old := newNamed()
	if len(ids) == 0 {
		return old, nil
	}
	from, list, err := x.list(ids)
	if err != nil {
		return nil, err
	}
	var have []string // mostly none
	err = x.each(ctx, tx, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		have = append(have, id)
		return err
	}, "SELECT u.value FROM "+from+" WHERE (SELECT 1 FROM vidimus_bundle b WHERE b.tenant = ? AND b.id = u.value LIMIT 1) = 1", list, x.o.Tenant)
	if err != nil || len(have) == 0 {
		return old, err
	}
	if from, list, err = x.list(have); err != nil {
		return nil, err
	}
	for _, t := range tables {
		id := t.columns[1]
		statement := "DELETE FROM " + t.name + " WHERE tenant = ? AND " + id + " IN (SELECT u.value FROM " + from + ")"
		args := []any{x.o.Tenant, list}
		if x.db.Postgres() {
			statement = "DELETE FROM " + t.name + " t USING " + from + " WHERE t.tenant = ? AND t." + id + " = u.value"
			slices.Reverse(args)
		}
		var err error
		switch t.name {
		case bundles.name:
			err = x.each(ctx, tx, old.read(ofFile), statement+" RETURNING id, file", args...)
		case signatures.name:
			err = x.each(ctx, tx, old.read(ofSigner), statement+" RETURNING bundle, signer", args...)
		default:
			_, err = tx.ExecContext(ctx, x.db.Rebind(statement), args...)
		}
		if err != nil {
			return nil, err
		}
	}
	return old, nil
}

// rows are those of one bundle, by table.
func (x *Index) rows(e *Entry, out map[string][][]any, names *named) error {
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
		unix(e.ValidationTime.Time), unix(first), unix(last), unix(e.Ends.Time), month(e.Ends.Time), locked, 1)
	names.add(e.ID, ofFile, fold(e.File, maxColumn))
	add(entries, text(string(raw), len(raw)))
	for n, s := range e.Signatures {
		signer := s.names()
		names.add(e.ID, ofSigner, signer)
		add(signatures, n, key(s.Indication), key(s.SubIndication), key(s.Qualification), key(s.Format), signer, key(s.SerialNumber), key(s.Country),
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

// insert passes over rows that another writer was faster with: they say the same.
func (x *Index) insert(ctx context.Context, tx *sql.Tx, t table, rows [][]any) error {
	if x.db.Postgres() {
		return x.insertColumns(ctx, tx, t, rows)
	}
	// One statement that is prepared once; what is left is shorter than it.
	group := "(" + marks(len(t.columns)) + ")"
	into := func(n int) string {
		return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES " + strings.Repeat(group+", ", n-1) + group + " ON CONFLICT DO NOTHING"
	}
	var whole *sql.Stmt
	for some := range slices.Chunk(rows, rowsAtOnce) {
		args := make([]any, 0, len(some)*len(t.columns))
		for _, row := range some {
			args = append(args, row...)
		}
		var err error
		switch {
		case len(some) < rowsAtOnce:
			_, err = tx.ExecContext(ctx, into(len(some)), args...)
		case whole == nil:
			if whole, err = tx.PrepareContext(ctx, into(rowsAtOnce)); err != nil {
				return err
			}
			defer func() { _ = whole.Close() }() // the transaction closes it too
			fallthrough
		default:
			_, err = whole.ExecContext(ctx, args...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rowsAtOnce is how many rows SQLite is given in one statement.
const rowsAtOnce = 64

// insertColumns gives PostgreSQL a list for each column: a statement that is short,
// however many rows.
func (x *Index) insertColumns(ctx context.Context, tx *sql.Tx, t table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	args, kinds := make([]any, len(t.columns)), make([]string, len(t.columns))
	for i := range t.columns {
		if _, ok := rows[0][i].(string); ok {
			texts := make([]string, len(rows))
			for n, row := range rows {
				texts[n], _ = row[i].(string)
			}
			args[i], kinds[i] = texts, "?::text[]"
			continue
		}
		numbers := make([]int64, len(rows))
		for n, row := range rows {
			switch v := row[i].(type) {
			case int:
				numbers[n] = int64(v)
			case int64:
				numbers[n] = v
			default:
				return fmt.Errorf("writing %s.%s: a %T", t.name, t.columns[i], v)
			}
		}
		args[i], kinds[i] = numbers, "?::bigint[]"
	}
	_, err := tx.ExecContext(ctx, x.db.Rebind("INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") SELECT * FROM unnest("+strings.Join(kinds, ", ")+") ON CONFLICT DO NOTHING"), args...)
	return err
}

// marks are n placeholders.
func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }
