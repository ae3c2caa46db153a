package database_test

import (
	"testing"
)

// The version of tables can be read without making any.
func TestVersion(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		d := open(t, url)
		is := func(name string, want int) {
			t.Helper()
			if have, err := d.Version(t.Context(), name); err != nil || have != want {
				t.Errorf("%s has version %d, want %d, %v", name, have, want, err)
			}
		}
		is("test", 0)
		if err := d.Migrate(t.Context(), "test", []string{"CREATE TABLE a (n INTEGER)", "CREATE TABLE b (n INTEGER)"}); err != nil {
			t.Fatal(err)
		}
		is("test", 2)
		is("other", 0)
	})
}
