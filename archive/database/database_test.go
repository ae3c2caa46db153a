package database_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/database/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, test func(*testing.T, string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "a b%20ü.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.Database(t)) })
}

func open(t *testing.T, url string) *database.DB {
	t.Helper()
	d, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestMigrate(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		d := open(t, url)
		steps := []string{"CREATE TABLE a (n INTEGER NOT NULL, s TEXT NOT NULL)", "CREATE TABLE b (n INTEGER NOT NULL)"}
		for range 2 {
			if err := d.Migrate(t.Context(), "test", steps[:1]); err != nil {
				t.Fatal(err)
			}
		}
		broken := append(steps, "CREATE TABLE c (n INTEGER NOT NULL", "CREATE TABLE d (n INTEGER NOT NULL)")
		if err := d.Migrate(t.Context(), "test", broken); err == nil || !strings.Contains(err.Error(), "version 3") {
			t.Errorf("a broken step: %v", err)
		}
		if _, err := d.ExecContext(t.Context(), "INSERT INTO b (n) VALUES (1)"); err == nil {
			t.Error("the steps before a broken one stayed")
		}
		if err := d.Migrate(t.Context(), "test", steps); err != nil {
			t.Fatal(err)
		}
		insert := d.Rebind("INSERT INTO a (n, s) VALUES (?, ?)")
		for _, s := range []string{"b", "a", "B", "ä"} {
			if _, err := d.ExecContext(t.Context(), insert, int64(1)<<40, s); err != nil {
				t.Fatal(err)
			}
		}
		var order []string
		err := d.Read(t.Context(), func(r *sql.Rows) error {
			var s string
			order = append(order, "")
			err := r.Scan(&s)
			order[len(order)-1] = s
			return err
		}, "SELECT s FROM a WHERE n = ? ORDER BY s", int64(1)<<40)
		if got := strings.Join(order, " "); err != nil || got != "B a b ä" {
			t.Errorf("order of octets: %q, %v", got, err)
		}
		var newer *database.VersionError
		if err := d.Migrate(t.Context(), "test", steps[:1]); !errors.As(err, &newer) || newer.Have != 2 {
			t.Errorf("tables of a newer program: %v", err)
		}
	})
}

// What a transaction did before its error is undone.
func TestDo(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		d := open(t, url)
		if err := d.Migrate(t.Context(), "test", []string{"CREATE TABLE a (n INTEGER NOT NULL)"}); err != nil {
			t.Fatal(err)
		}
		mine := errors.New("mine")
		err := d.Do(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO a (n) VALUES (1)"); err != nil {
				return err
			}
			return mine
		})
		var n int
		if e := d.QueryRowContext(t.Context(), "SELECT count(*) FROM a").Scan(&n); e != nil || n != 0 || !errors.Is(err, mine) {
			t.Errorf("%d rows stayed (%v), error %v", n, e, err)
		}
	})
}

func TestURLs(t *testing.T) {
	for _, url := range []string{"", "sqlite:", "sqlite:a?mode=ro", "mysql://a", "dir:x", "postgres://u:secret@[::1/x"} {
		_, err := database.Open(t.Context(), url)
		var bad *database.URLError
		if !errors.As(err, &bad) || bad.Hint() == "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := database.Open(t.Context(), "postgres://u:secret@127.0.0.1:1/x?connect_timeout=2"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody listens: %v", err)
	}
}

// A damaged file is told from an unreachable one, when it is opened and when it is read.
func TestBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database. ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := database.Open(t.Context(), "sqlite:"+path)
	var broken *database.BrokenError
	if !errors.As(err, &broken) || !database.Broken(err) || !strings.Contains(err.Error(), path) {
		t.Errorf("a text file: %v", err)
	}
	if _, err := database.Open(t.Context(), "sqlite:"+filepath.Dir(path)); err == nil || database.Broken(err) {
		t.Errorf("a folder: %v", err)
	}
}

func TestNothingLeaks(t *testing.T) {
	pgtest.Database(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, url := range []string{"sqlite:" + filepath.Join(t.TempDir(), "x.db"), pgtest.Database(t)} {
		d, err := database.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
