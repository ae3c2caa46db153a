package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/storetest"
)

// logEntries are the kinds of entries of an archive's audit log.
func logEntries(t *testing.T, st archive.Store) []string {
	t.Helper()
	var out []string
	for line, err := range audit.Entries(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line.What)
	}
	return out
}

// Every command of `vidimus archive` leaves an entry in the audit log of the store: all
// commands that there are must stand in this table.
func TestEveryArchiveCommandIsLogged(t *testing.T) {
	storeURL, root, ids, _ := fillArchive(t)
	folder := t.TempDir()
	key, _ := operatorKey(t)
	tsa, anchor := tsaServer(t)
	proof, other := filepath.Join(folder, "proof.zip"), "dir:"+filepath.Join(folder, "other")
	stamps := []string{"--lists", "none", "--trust-anchor", anchor, "--offline", "--tsa", tsa}
	table := []struct {
		command, entry string
		args           []string
	}{
		{"retain", "retain", []string{"--until", "1s", ids[1]}}, // begins the log
		{"put", "put", []string{"--lists", "none", "--offline", "../../testdata/contract.asice"}},
		{"get", "get", []string{"--out", "-", ids[0]}},
		{"list", "list", nil},
		{"rebuild-index", "rebuild-index", nil},
		{"search", "search", []string{"--signer", "x"}},
		{"verify", "verify", []string{ids[0]}},
		{"seal", "seal", stamps},
		{"renew", "renew", stamps},
		{"forecast", "forecast", nil},
		{"fixity", "fixity", nil},
		{"hold", "hold", []string{"--on", ids[0]}},
		{"export", "export", []string{"--out", proof, ids[0]}},
		{"import", "import", []string{proof}},
		{"replicate", "replicate", []string{"--replica", other}},
		{"audit verify", "audit-verify", nil},
		{"audit show", "audit-show", nil},
		{"delete", "delete-asked", []string{"--reason", "over", "--certificate", key, "--key", key, ids[1]}},
	}
	var commands []string
	for _, row := range table {
		commands = append(commands, row.command)
	}
	parser, err := kong.New(&ArchiveCmd{}, kong.Name("archive"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		if path := wordsOf(leaf); !slices.Contains(commands, path) {
			t.Errorf("nothing says what entry 'archive %s' leaves", path)
		}
	}
	st, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	old := archiveClock
	defer func() { archiveClock = old }()
	for _, row := range table {
		if row.command == "delete" {
			archiveClock = archiveClock.AddDate(0, 0, 1)
		}
		before := len(logEntries(t, st))
		out, err := runArchive(t, append(append(strings.Fields(row.command), row.args...), "--store", storeURL)...)
		if err != nil {
			t.Errorf("archive %s: %s %v", row.command, out, err)
		}
		if now := logEntries(t, st)[before:]; !slices.Contains(now, row.entry) {
			t.Errorf("archive %s left %q, want %q among them", row.command, now, row.entry)
		}
	}
}

// wordsOf is a command below `vidimus archive`: "audit verify".
func wordsOf(n *kong.Node) string {
	if n.Parent == nil || n.Parent.Type == kong.ApplicationNode {
		return n.Name
	}
	return wordsOf(n.Parent) + " " + n.Name
}

// Every operation on bundles of the native API leaves an entry in the tenant's audit log,
// and shows nothing to another tenant: all operations that there are must stand in this
// table.
func TestEveryBundleOperationIsLogged(t *testing.T) {
	store, keys := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "keys.jsonl")
	acme, rival := newKey(t, keys, "acme"), newKey(t, keys, "rival")
	server := serviceOf(t, func(c *ServeCmd) { c.Store, c.APIKeys = "dir:"+store, keys })
	a := clientOf(t, server, acme)
	id := putContract(t, server, acme)
	place := "dir:" + filepath.Join(store, "tenants", "acme") // a tenant's archive is a store by itself
	tsa, anchor := tsaServer(t)
	if out, err := runArchive(t, "seal", "--store", place, "--lists", "none", "--trust-anchor", anchor, "--offline", "--tsa", tsa); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	table := map[string]struct{ method, path, entry string }{
		"putBundle":       {http.MethodPost, "/v1/bundles?name=x.asice", "put"},
		"listBundles":     {http.MethodGet, "/v1/bundles", "list"},
		"getBundle":       {http.MethodGet, "/v1/bundles/" + id, "get"},
		"getBundleReport": {http.MethodGet, "/v1/bundles/" + id + "/report", "report"},
		"listRecords":     {http.MethodGet, "/v1/bundles/" + id + "/records", "records"},
		"getRecord":       {http.MethodGet, "/v1/bundles/" + id + "/records/1", "record"},
	}
	_, raw := exchange(t, http.MethodGet, server.URL+"/openapi.json", nil)
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Tags        []string
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, methods := range doc.Paths {
		for _, op := range methods {
			if !slices.Contains(op.Tags, "archive") {
				continue
			}
			found++
			if _, known := table[op.OperationID]; !known {
				t.Errorf("nothing says what entry the operation %s leaves", op.OperationID)
			}
		}
	}
	if found != len(table) {
		t.Errorf("%d operations on bundles are documented, the table has %d", found, len(table))
	}
	st, err := dir.Open(filepath.Join(store, "tenants", "acme"))
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range table {
		before := len(logEntries(t, st))
		if row.method == http.MethodPost {
			putContract(t, server, acme)
		} else if code, body := askAs(t, server.URL+row.path, acme); code != http.StatusOK {
			t.Errorf("%s: %d %s", name, code, body)
		}
		if now := logEntries(t, st)[before:]; !slices.Equal(now, []string{row.entry}) {
			t.Errorf("%s left %q, want %q", name, now, row.entry)
		}
		if strings.Contains(row.path, id) {
			if code, body := askAs(t, server.URL+row.path, rival); code != http.StatusNotFound {
				t.Errorf("%s for another tenant: %d %s", name, code, body)
			}
		}
	}
	all, err := a.Records(t.Context(), id)
	if err != nil || len(all) != 1 || len(all[0].Timestamps) != 1 || !all[0].Timestamps[0].Time.Equal(archiveClock) ||
		!strings.Contains(all[0].Timestamps[0].TSA, "TEST TSA") || all[0].Timestamps[0].Algorithm != "SHA-256" || all[0].Problem != "" {
		t.Errorf("%+v %v", all, err)
	}
	record, err := a.Record(t.Context(), id, 1)
	if err != nil || record.Close() != nil {
		t.Fatal(err)
	}
	if code, body := askAs(t, server.URL+"/v1/bundles/"+id+"/records/2", acme); code != http.StatusNotFound || !strings.Contains(string(body), "no-such-record") {
		t.Errorf("a record that is not there: %d %s", code, body)
	}
}

// What the pages show of an archive is in its log too.
func TestArchivePagesAreLogged(t *testing.T) {
	deps, _ := doorOf(t, nil)
	s, ok := deps.Validator.(*service)
	if !ok {
		t.Fatalf("%T", deps.Validator)
	}
	p, err := policyByName("practice")
	if err != nil {
		t.Fatal(err)
	}
	id, raw := storetest.Bundle(t, 1)
	if _, err := archive.Save(t.Context(), s.store, raw); err != nil {
		t.Fatal(err)
	}
	if err := s.shelf("", s.store).log.Append(t.Context(), audit.Event{Who: "test", What: "put", Object: id, Result: "ok"}); err != nil {
		t.Fatal(err)
	}
	all := &pageArchives{c: &ServeCmd{}, rt: &runtime{Now: func() time.Time { return archiveClock }}, s: s, suite: p.Suite, all: map[string]*pageArchive{}}
	one, err := all.of("")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []struct {
		entry string
		open  func() error
	}{
		{"forecast", func() error { _, _, err := one.Forecast(t.Context()); return err }},
		{"forecast", func() error { _, _, err := one.Forecast(t.Context()); return err }}, // the one made before
		{"list-deletions", func() error { _, _, err := one.Deletions(t.Context(), 0); return err }},
		{"get", func() error { _, err := one.Octets(t.Context(), id); return err }},
		{"search", func() error { _, _, err := one.Search(t.Context(), index.Query{Signer: "x"}); return err }},
	} {
		before := len(logEntries(t, s.store))
		if err := page.open(); err != nil {
			t.Errorf("%s: %v", page.entry, err)
		}
		if now := logEntries(t, s.store)[before:]; !slices.Equal(now, []string{page.entry}) {
			t.Errorf("the page left %q, want %q", now, page.entry)
		}
	}
}

// putContract puts a file and gives the bundle's id.
func putContract(t *testing.T, server *httptest.Server, credential string) string {
	t.Helper()
	contract, err := os.Open("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	defer contract.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/bundles?name=contract.asice", contract)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Authorization", "Bearer "+credential)
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || len(made.ID) != 64 {
		t.Fatalf("%d %v", answer.StatusCode, err)
	}
	return made.ID
}
