// Package index finds bundles by what their reports say: signer, scheme, digest,
// date, verdict, territory, expiry. It holds nothing that the store does not hold: a
// row of it is read from a bundle's manifest, its report and its evidence records,
// and Rebuild makes the same rows again from the store alone. The store is the truth;
// an index that is lost, damaged or behind loses nothing.
package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/policy"
)

// Options say of what an index is. A nil Store gives an index that can be searched
// only.
type Options struct {
	// Tenant keeps several archives in one database apart; "" is one too.
	Tenant string
	Store  archive.Store
	// Suite says until when algorithms are good; from it come the ends of what
	// bundles rest on. Must be given with a Store.
	Suite *policy.Suite
	// Now is asked when the index is compared with the store, so that State can tell it;
	// nil: it cannot.
	Now func() time.Time
}

// Index is the index of one archive. All methods may be called at the same time, and
// from several processes over one database.
type Index struct {
	db         *database.DB
	o          Options
	few, batch int // the constants; smaller in tests
}

// MaxTenant bounds the name of a tenant, in octets.
const MaxTenant = 200

// Open opens the index in a database and makes its tables where they are missing; those
// of an earlier version are brought to this one, which takes some seconds for each
// 100,000 bundles, once.
// Errors: *database.BrokenError, *database.VersionError, or that the database does
// not work.
func Open(ctx context.Context, db *database.DB, o Options) (*Index, error) {
	if o.Store != nil && o.Suite == nil {
		return nil, errors.New("opening the index: a store is given and no cryptographic suite; there is no default")
	}
	if len(o.Tenant) > MaxTenant || o.Tenant != text(o.Tenant, MaxTenant) {
		return nil, fmt.Errorf("opening the index: the tenant %q is no text of at most %d octets", o.Tenant, MaxTenant)
	}
	if err := db.Migrate(ctx, "index", steps); err != nil {
		return nil, fmt.Errorf("opening the index: %w", err)
	}
	x := &Index{db: db, o: o, few: few, batch: batch}
	if err := x.enterWords(ctx); err != nil {
		return nil, fmt.Errorf("opening the index: %w", err)
	}
	return x, nil
}

// facts is the version of what is read from a bundle: another one makes other rows.
const facts = "2"

// Names in vidimus_meta.
const (
	metaFacts = "facts"
	metaPlace = "place"
	// metaComplete: a walk has compared the index with the store, begun at this time in
	// RFC 3339, or "yes". It is not a fact about a bundle, and Dump leaves it out.
	metaComplete = "complete"
)

// madeOf is what the rows must have been made of.
func (x *Index) madeOf() map[string]string {
	return map[string]string{metaFacts: facts + " " + x.o.Suite.Name, metaPlace: x.o.Store.Capabilities().Place}
}

// OtherError says that the index is that of another store, or was made by other rules.
type OtherError struct{ What, Have, Want string }

func (e *OtherError) Error() string {
	if e.What == metaPlace {
		return fmt.Sprintf("the index is that of the store %q, not of %q", e.Have, e.Want)
	}
	return fmt.Sprintf("the index was made by the rules %q; they are now %q", e.Have, e.Want)
}

// Check says whether the index is that of its store, by the rules of this program:
// nil, or an *OtherError, which Rebuild mends. An empty index is anybody's.
func (x *Index) Check(ctx context.Context) error {
	want := x.madeOf()
	have, err := x.meta(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{metaPlace, metaFacts} {
		if v, ok := have[name]; ok && v != want[name] {
			return &OtherError{name, v, want[name]}
		}
	}
	return nil
}

func (x *Index) meta(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	err := x.db.Read(ctx, func(r *sql.Rows) error {
		var name, value string
		err := r.Scan(&name, &value)
		out[name] = value
		return err
	}, "SELECT name, value FROM vidimus_meta WHERE tenant = ?", x.o.Tenant)
	return out, err
}

// Complete says whether the index was compared with the whole store once. Else bundles
// that were put before there was an index may be missing: CatchUp enters them.
func (x *Index) Complete(ctx context.Context) (bool, error) {
	s, err := x.State(ctx)
	return s.Complete, err
}

// State is how far an index may be trusted to have all.
type State struct {
	// Complete: it was compared with the whole store once.
	Complete bool
	// Compared is when that was begun last. A bundle that was put later by a program that
	// then did not enter it, because it was killed, say, is missing until CatchUp. Zero:
	// never, or nobody knows.
	Compared time.Time
}

// State reads it.
func (x *Index) State(ctx context.Context) (State, error) {
	have, err := x.meta(ctx)
	if err != nil || have[metaComplete] == "" {
		return State{}, err
	}
	at, _ := time.Parse(time.RFC3339, have[metaComplete]) // "yes" is no time
	return State{true, at}, nil
}

// now is the value of metaComplete of what is begun now.
func (x *Index) now() string {
	if x.o.Now == nil {
		return "yes"
	}
	return x.o.Now().UTC().Format(time.RFC3339)
}

// mark is what a write says of the whole index besides its rows.
type mark struct {
	anew     bool   // all rows were made anew; else an index that says of what it is made keeps that
	compared string // the value of metaComplete; "": what was there stays
}

// setMeta says of what the rows are made.
func (x *Index) setMeta(ctx context.Context, tx *sql.Tx, m mark) error {
	set := func(name, value string, replace bool) error {
		conflict := "ON CONFLICT DO NOTHING"
		if replace {
			conflict = "ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value"
		}
		_, err := tx.ExecContext(ctx, x.db.Rebind("INSERT INTO vidimus_meta (tenant, name, value) VALUES (?, ?, ?) "+conflict), x.o.Tenant, name, value)
		return err
	}
	made := x.madeOf()
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if err := set(name, made[name], m.anew); err != nil {
			return err
		}
	}
	if m.compared == "" {
		return nil
	}
	return set(metaComplete, m.compared, true)
}

// Add reads one bundle from the store and enters it, in place of what was there. A
// bundle that the store does not have is an *archive.NotFoundError; one that is
// damaged is entered with its Problem.
func (x *Index) Add(ctx context.Context, id string) error {
	if err := x.Check(ctx); err != nil {
		return fmt.Errorf("entering bundle %s: %w", id, err)
	}
	out, err := preserve.NewOutlook(x.o.Store, x.o.Suite)
	if err != nil {
		return err
	}
	b := archive.Bundle{ID: id}
	if b.Records, err = archive.Records(ctx, x.o.Store, id); err != nil {
		return fmt.Errorf("entering bundle %s: %w", id, err)
	}
	e, err := read(ctx, x.o.Store, out, b)
	if err != nil {
		return fmt.Errorf("entering bundle %s: %w", id, err)
	}
	var m mark
	begun := x.now()
	alone, err := x.only(ctx, id)
	if err != nil {
		return fmt.Errorf("entering bundle %s: %w", id, err)
	}
	if alone {
		m.compared = begun
	}
	return x.write(ctx, []*Entry{e}, nil, m)
}

// only says whether a bundle is the first of an index and the only one of the store:
// then the index is complete from the beginning.
func (x *Index) only(ctx context.Context, id string) (bool, error) {
	have, err := x.meta(ctx)
	if err != nil || len(have) > 0 {
		return false, err
	}
	for b, err := range archive.List(ctx, x.o.Store) {
		if err != nil || b.ID != id {
			return false, err
		}
	}
	return true, nil
}
