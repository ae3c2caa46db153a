// Package database opens what the index of an archive and its jobs are kept in: an
// embedded SQLite file or a PostgreSQL database, by one URL. It knows what the two
// do differently; whoever writes SQL over it writes it once.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is an open database. Close it.
type DB struct {
	*sql.DB
	// Pool is that of PostgreSQL; nil for SQLite.
	Pool *pgxpool.Pool
	// Place names the database without credentials, for messages.
	Place string
}

// Postgres says whether it is PostgreSQL; else it is SQLite.
func (d *DB) Postgres() bool { return d.Pool != nil }

// URLError says that a database URL cannot be one.
type URLError struct{ Why string }

func (e *URLError) Error() string { return "reading the database URL: " + e.Why }

// Hint says how to write it.
func (e *URLError) Hint() string {
	return "write sqlite:PATH, or postgres://USER@HOST/DATABASE (password from PGPASSWORD or a passfile)"
}

// BrokenError says that a file is no SQLite database any more, or never was one.
type BrokenError struct {
	Place string
	Err   error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("%s is damaged, or no SQLite database: %v", e.Place, e.Err)
}

func (e *BrokenError) Unwrap() error { return e.Err }

// maxConnections bounds those to PostgreSQL.
const maxConnections = 16

// Open opens the database that a URL names, and asks it something, so that errors
// come now:
//
//	sqlite:PATH           a file, made where there is none
//	postgres://…          a PostgreSQL server (also postgresql://)
//
// Errors: *URLError, *BrokenError, or that the database cannot be reached.
func Open(ctx context.Context, rawURL string) (*DB, error) {
	if path, ok := strings.CutPrefix(rawURL, "sqlite:"); ok {
		if path == "" || strings.ContainsAny(path, "?#\x00") {
			return nil, &URLError{fmt.Sprintf("sqlite:PATH needs a path without question mark or hash, not %q", path)}
		}
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(rawURL, "postgres://") || strings.HasPrefix(rawURL, "postgresql://") {
		return openPostgres(ctx, rawURL)
	}
	return nil, &URLError{"it starts with neither sqlite: nor postgres://"} // not shown: it may hold a password
}

// openSQLite opens a file for one connection at a time, which is what SQLite writes
// by; transactions take the write lock when they begin, so that none fails halfway,
// and wait for another process's.
func openSQLite(ctx context.Context, path string) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the database: %w", err)
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(20000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-65536)",
		"wal_autocheckpoint(8192)"}} // pages, 32 MB: those that many transactions write are copied into the file once
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("opening sqlite:%s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	d := &DB{DB: db, Place: "sqlite:" + path}
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return nil, errors.Join(d.explain("opening", err), db.Close())
	}
	return d, nil
}

func openPostgres(ctx context.Context, rawURL string) (*DB, error) {
	config, err := pgxpool.ParseConfig(rawURL)
	if err != nil {
		return nil, &URLError{"it is no URL of PostgreSQL"} // its error may hold the password
	}
	config.MaxConns = min(config.MaxConns+4, maxConnections)
	// To compile a statement takes longer than all of ours take.
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "SET jit = off")
		return err
	}
	c := config.ConnConfig
	d := &DB{Place: fmt.Sprintf("postgres://%s:%d/%s", c.Host, c.Port, c.Database)}
	if d.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("opening %s: %w", d.Place, err)
	}
	d.DB = stdlib.OpenDBFromPool(d.Pool)
	if err := d.Pool.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reaching %s: %w", d.Place, err), d.Close())
	}
	return d, nil
}

// Close closes all connections.
func (d *DB) Close() error {
	err := d.DB.Close()
	if d.Pool != nil {
		d.Pool.Close()
	}
	return err
}

// explain makes an error of SQLite about a damaged file a *BrokenError.
func (d *DB) explain(doing string, err error) error {
	if Broken(err) {
		return &BrokenError{d.Place, err}
	}
	return fmt.Errorf("%s %s: %w", doing, d.Place, err)
}

// Broken says whether an error tells of a damaged SQLite file.
func Broken(err error) bool {
	var e *sqlite.Error
	var b *BrokenError
	if errors.As(err, &b) {
		return true
	}
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// Rebind writes the placeholders of a statement, which are question marks, as the
// database wants them: $1, $2 … for PostgreSQL. The statement may hold no other
// question mark.
func (d *DB) Rebind(statement string) string {
	if !d.Postgres() {
		return statement
	}
	var b strings.Builder
	n := 0
	for i := range len(statement) {
		if statement[i] != '?' {
			b.WriteByte(statement[i])
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// Type writes a schema's types: TEXT is compared by octets in both databases. Only
// SQLite knows, and needs, tables that are WITHOUT ROWID.
func (d *DB) Type(schema string) string {
	if !d.Postgres() {
		return schema
	}
	return strings.NewReplacer(" TEXT", ` TEXT COLLATE "C"`, " INTEGER", " BIGINT", " WITHOUT ROWID", "").Replace(schema)
}

// Do runs f in a transaction: all of it happens, or nothing.
func (d *DB) Do(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return d.explain("writing to", err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // its error is that of f, or of the context
		return d.explain("writing to", err)
	}
	if err := tx.Commit(); err != nil {
		return d.explain("writing to", err)
	}
	return nil
}

// Lock makes a transaction wait until no other one holds the lock of this name; or, when
// it is not to hold it alone, until no other one holds it alone. It is held to the end of
// the transaction. Of SQLite's transactions there is only one at a time anyway.
func (d *DB) Lock(ctx context.Context, tx *sql.Tx, name string, alone bool) error {
	if !d.Postgres() {
		return nil
	}
	statement := "SELECT pg_advisory_xact_lock_shared($1, hashtext($2))"
	if alone {
		statement = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
	}
	_, err := tx.ExecContext(ctx, statement, int32(lock&0x7fff_ffff), name)
	return err
}

// Read runs a query and calls each for every row.
func (d *DB) Read(ctx context.Context, each func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := d.QueryContext(ctx, d.Rebind(query), args...)
	if err != nil {
		return d.explain("reading", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return d.explain("reading", err)
		}
	}
	if err := rows.Err(); err != nil {
		return d.explain("reading", err)
	}
	return nil
}
