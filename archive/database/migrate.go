package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// VersionError says that the tables were made by a newer version of this program.
type VersionError struct {
	Place       string
	Name        string // of the schema
	Have, Known int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has version %d of the tables for %s, made by a newer program; this one knows up to %d", e.Place, e.Have, e.Name, e.Known)
}

// lock keeps two programs that start at once on one PostgreSQL from migrating at the
// same time; any number that is ours alone.
const lock = 0x7669_6469_6d75_73 // "vidimus"

// Migrate brings the tables of one schema to its newest version. Step n makes version
// n+1 of version n; a step that was released is never changed. All steps that are
// missing happen, or none.
func (d *DB) Migrate(ctx context.Context, name string, steps []string) error {
	return d.Do(ctx, func(tx *sql.Tx) error {
		if d.Postgres() {
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(lock)); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, d.Type("CREATE TABLE IF NOT EXISTS vidimus_schema (name TEXT PRIMARY KEY, version INTEGER NOT NULL)")); err != nil {
			return err
		}
		var have int
		err := tx.QueryRowContext(ctx, d.Rebind("SELECT version FROM vidimus_schema WHERE name = ?"), name).Scan(&have)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if have > len(steps) {
			return &VersionError{d.Place, name, have, len(steps)}
		}
		if have == len(steps) {
			return nil
		}
		for i, step := range steps[have:] {
			if _, err := tx.ExecContext(ctx, d.Type(step)); err != nil {
				return fmt.Errorf("making version %d of the tables for %s: %w", have+i+1, name, err)
			}
		}
		_, err = tx.ExecContext(ctx, d.Rebind("INSERT INTO vidimus_schema (name, version) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version"), name, len(steps))
		return err
	})
}

// Version is that of the tables of one schema; 0 where there are none. It changes
// nothing.
func (d *DB) Version(ctx context.Context, name string) (int, error) {
	table := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'vidimus_schema'"
	if d.Postgres() {
		table = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'vidimus_schema'"
	}
	var n int
	if err := d.QueryRowContext(ctx, table).Scan(&n); err != nil || n == 0 {
		if err != nil {
			err = d.explain("reading", err)
		}
		return 0, err
	}
	err := d.QueryRowContext(ctx, d.Rebind("SELECT version FROM vidimus_schema WHERE name = ?"), name).Scan(&n)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, d.explain("reading", err)
	}
	return n, nil
}
