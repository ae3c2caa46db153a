package main

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/storetest"
)

// An archive's index catches up in the background; a search meanwhile answers with what
// there is, and says as of when; readiness tells how far it is.
func TestShelfCatchesUp(t *testing.T) {
	deps, _ := doorOf(t, nil)
	s, ok := deps.Validator.(*service)
	if !ok {
		t.Fatalf("%T", deps.Validator)
	}
	at := time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)
	memory := storetest.NewMemory()
	flags := indexFlags{Index: "sqlite:" + filepath.Join(t.TempDir(), "index.db")}
	s.index = flags.indexer(t.Context(), "", memory, func() time.Time { return at }, func(err error) { t.Error(err) })
	t.Cleanup(s.index.close)
	a := s.shelf("acme", memory)
	x := s.index
	s.index = nil
	if got, whole := a.indexState(t.Context()); got != "" || !whole {
		t.Errorf("without an index: %q", got)
	}
	contract := read(t, "contract.asice")
	id, _, err := a.Put(t.Context(), api.Upload{File: api.File{Name: "c.asice", Data: contract}}) // nobody enters it
	if err != nil {
		t.Fatal(err)
	}
	s.index = x
	if got, whole := a.indexState(t.Context()); whole || !strings.Contains(got, "The index of tenant acme was never compared") {
		t.Errorf("at first: %q", got)
	}
	if says := s.Trust().Warnings; !strings.Contains(strings.Join(says, "\n"), "The index of tenant acme was never compared") {
		t.Errorf("readiness tells %q", says)
	}
	if page, complete, err := a.Search(t.Context(), index.Query{}); err != nil || complete || len(page.Entries) != 0 {
		t.Errorf("%+v %v %v", page, complete, err)
	}
	if w, err := a.catchUp(t.Context(), nil); err != nil || w.Bundles != 1 { // that of the search, or another
		t.Errorf("%+v %v", w, err)
	}
	page, complete, err := a.Search(t.Context(), index.Query{})
	if err != nil || !complete || len(page.Entries) != 1 || page.Entries[0].ID != id || !page.State.Compared.Equal(at) {
		t.Errorf("%+v %v %v", page, complete, err)
	}
	if got, whole := a.indexState(t.Context()); !whole || got != "The index of tenant acme was last compared with the whole store at 2026-11-23T01:02:03Z." {
		t.Errorf("%q", got)
	}
	s.indexSays.at = time.Time{}
	if says := s.Trust().Warnings; strings.Contains(strings.Join(says, "\n"), "acme") {
		t.Errorf("readiness tells %q of an index that is whole", says)
	}
	s.index.walks.stop()
	if _, err := a.catchUp(t.Context(), nil); !errors.Is(err, errStopping) {
		t.Errorf("a service that stops: %v", err)
	}
}

// The index decides nothing. Whoever writes into its database can make a search lie about
// a bundle, or name one that is none; but what the bundle proves is read from the store.
func TestFalsifiedIndexProvesNothing(t *testing.T) {
	root := filepath.Join(t.TempDir(), "proof")
	store := "dir:" + root
	code, out, errs := call(t, with("archive", "put", "--store", store, "../../testdata/contract-altered.asice")...)
	if code != exitOK {
		t.Fatal(errs)
	}
	id := strings.TrimSpace(out)
	none := strings.Repeat("0", 64)
	db, err := database.Open(t.Context(), "sqlite:"+root+".index.db")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE vidimus_entry SET entry = replace(entry, 'TOTAL-FAILED', 'TOTAL-PASSED')",
		"UPDATE vidimus_signature SET indication = 'total-passed'",
		"INSERT INTO vidimus_entry (tenant, bundle, entry) SELECT tenant, '" + none + "', replace(entry, bundle, '" + none + "') FROM vidimus_entry",
		"INSERT INTO vidimus_bundle SELECT tenant, '" + none + "', records, hidden, damaged, file, form, policy, validated, signed, ends, ends_month, lock_until, signed_last, words FROM vidimus_bundle",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	all := found(t, "--store", store, "--sort", "id")
	if len(all) != 2 || all[0].ID != none || all[1].ID != id || all[1].Signatures[0].Indication != "TOTAL-PASSED" {
		t.Fatalf("the index was not falsified: %+v", all)
	}
	code, out, errs = call(t, "archive", "search", "--store", store)
	if code != exitOK || !strings.Contains(errs, "as of the index, last compared with the whole store at ") || !strings.Contains(out, "TOTAL-PASSED") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	to := filepath.Join(t.TempDir(), "out.zip")
	for _, args := range [][]string{{"archive", "get", "--out", to}, with("archive", "verify")} {
		if code, out, errs := call(t, append(args, "--store", store, none)...); code == exitOK || !strings.Contains(errs+out, none) {
			t.Errorf("%v of a bundle that is none: %d %s %s", args, code, out, errs)
		}
	}
	if code, _, errs := call(t, "archive", "get", "--store", store, id, "--out", to); code != exitOK {
		t.Fatal(errs)
	}
	if _, out, errs := call(t, "replay", to); !strings.Contains(out, "TOTAL-FAILED") || strings.Contains(out, "TOTAL-PASSED") {
		t.Errorf("what was got goes by the index: %s %s", out, errs)
	}

	server := serviceOf(t, func(c *ServeCmd) { c.Store = store })
	code, body := exchange(t, http.MethodGet, server.URL+"/v1/bundles?sort=id", nil)
	if code != http.StatusOK || !bytes.Contains(body, []byte(`"compared":"20`)) {
		t.Errorf("%d %s", code, body)
	}
	code, body = exchange(t, http.MethodGet, server.URL+"/v1/bundles/"+id+"/report", nil)
	if code != http.StatusOK || !bytes.Contains(body, []byte("TOTAL-FAILED")) || bytes.Contains(body, []byte("TOTAL-PASSED")) {
		t.Errorf("%d %.300s", code, body)
	}
	var problem *client.Problem
	if _, err := clientOf(t, server, "").BundleReport(t.Context(), none); !errors.As(err, &problem) || problem.Code != "no-such-bundle" {
		t.Errorf("the report of a bundle that is none: %v", err)
	}
	// Comparing mends what the store contradicts by name, making anew the rest.
	if code, _, errs := call(t, "archive", "rebuild-index", "--store", store); code != exitOK {
		t.Fatal(errs)
	}
	if all := found(t, "--store", store); len(all) != 1 || all[0].ID != id || all[0].Signatures[0].Indication != "TOTAL-FAILED" {
		t.Errorf("rebuilt: %+v", all)
	}
}

// shelfOf is a tenant's archive of a service.
func shelfOf(t *testing.T, deps api.Deps, tenant string) *shelf {
	t.Helper()
	s, ok := deps.Validator.(*service)
	if !ok {
		t.Fatalf("%T", deps.Validator)
	}
	st, err := storeOf(s.store, tenant)
	if err != nil {
		t.Fatal(err)
	}
	return s.shelf(tenant, st)
}
