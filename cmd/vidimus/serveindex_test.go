package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/database/pgtest"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/storetest"
)

// foundBy collects the ids of a search.
func foundBy(t *testing.T, c *client.Client, q client.Search) (ids []string, complete bool) {
	t.Helper()
	complete = true
	for b, err := range c.Search(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		ids, complete = append(ids, b.ID), complete && b.Complete
	}
	return ids, complete
}

// putBoth archives two files of which one is worth something.
func putBoth(t *testing.T, c *client.Client) (good, bad string) {
	t.Helper()
	for name, into := range map[string]*string{"../../testdata/contract.asice": &good, "../../testdata/contract-altered.asice": &bad} {
		id, _, err := c.Put(t.Context(), client.Request{File: client.Path(name)})
		if err != nil {
			t.Fatal(err)
		}
		*into = id
	}
	return good, bad
}

// Each tenant's bundles are indexed apart, in one database: whatever is asked, a search
// finds none of another, by any word, digest, id or cursor.
func TestS4TenantsSearchTheirOwn(t *testing.T) {
	folder := t.TempDir()
	keys, store := filepath.Join(folder, "keys.jsonl"), filepath.Join(folder, "store")
	acme, other := newKey(t, keys, "acme"), newKey(t, keys, "other")
	server := serviceOf(t, func(c *ServeCmd) { c.APIKeys, c.Store = keys, "dir:"+store })
	a, b := clientOf(t, server, acme), clientOf(t, server, other)
	good, bad := putBoth(t, a)
	altered, err := os.ReadFile("../../testdata/contract-altered.asice")
	if err != nil {
		t.Fatal(err)
	}
	mine, _, err := b.Put(t.Context(), client.Request{File: client.Bytes("others.asice", altered)})
	if err != nil || mine == bad {
		t.Fatal(mine, err)
	}
	var sum string
	for f, err := range a.Search(t.Context(), client.Search{Verdicts: []string{"TOTAL-PASSED"}}) {
		if err != nil || f.ID != good || f.Signatures[0].Qualification != "QESig" || !slices.Contains(f.Territories, "EE") {
			t.Fatalf("%+v %v", f, err)
		}
		sum = f.SHA256
	}
	all := []string{good, bad}
	slices.Sort(all)
	for name, one := range map[string]struct {
		q    client.Search
		want []string
	}{
		"all":              {client.Search{Sort: "id"}, all},
		"pages of one":     {client.Search{PageSize: 1}, all},
		"signer":           {client.Search{Signer: "testnumber ok", Verdicts: []string{"TOTAL-PASSED"}}, []string{good}},
		"digest":           {client.Search{Digest: sum}, []string{good}},
		"verdicts":         {client.Search{Verdicts: []string{"TOTAL-FAILED", "INDETERMINATE"}}, []string{bad}},
		"signed then":      {client.Search{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Verdicts: []string{"TOTAL-PASSED"}}, []string{good}},
		"signed before":    {client.Search{To: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
		"another scheme":   {client.Search{Scheme: "Mobile-ID", Territory: "FR"}, nil},
		"expires":          {client.Search{ExpiresBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
		"by time, reverse": {client.Search{Sort: "validated", Desc: true, Verdicts: []string{"TOTAL-PASSED"}}, []string{good}},
	} {
		got, complete := foundBy(t, a, one.q)
		if slices.Sort(got); !slices.Equal(got, one.want) || !complete {
			t.Errorf("%s: %v (%v), want %v", name, got, complete, one.want)
		}
		got, _ = foundBy(t, b, one.q)
		for _, id := range got {
			if id != mine {
				t.Errorf("%s: another tenant finds %s", name, id)
			}
		}
	}
	if got, _ := foundBy(t, b, client.Search{}); !slices.Equal(got, []string{mine}) {
		t.Errorf("the other tenant finds %v, has %s", got, mine)
	}
	// A cursor of one tenant gives another nothing of his.
	q := client.Search{PageSize: 1}
	for f, err := range a.Search(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []string{"", f.ID} {
			code, body := askAs(t, server.URL+"/v1/bundles?sort=id&cursor="+cursorAfter(c), other)
			if c != "" && code != http.StatusOK || bytes.Contains(body, []byte(good)) || bytes.Contains(body, []byte(bad)) {
				t.Errorf("%d %s", code, body)
			}
		}
	}
	var none *client.Problem
	if _, err := b.BundleReport(t.Context(), good); !errors.As(err, &none) || none.Code != "no-such-bundle" {
		t.Errorf("another tenant's report: %v", err)
	}
	if code, body := askAs(t, server.URL+"/v1/bundles?signer=x", newKey(t, filepath.Join(folder, "none.jsonl"), "acme")); code != http.StatusUnauthorized {
		t.Errorf("a key of nobody searches: %d %s", code, body)
	}
}

// cursorAfter is the cursor that ends at an id.
func cursorAfter(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"s":"id","t":"` + id + `","i":"` + id + `"}`))
}

// askAs asks with a credential.
func askAs(t *testing.T, url, credential string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+credential)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// Every access to bundles stands in the audit log of the tenant's part of the store,
// with whose key it was, and without what was looked for.
func TestServeLogsAccesses(t *testing.T) {
	folder := t.TempDir()
	keys, store := filepath.Join(folder, "keys.jsonl"), filepath.Join(folder, "store")
	acme, other := newKey(t, keys, "acme"), newKey(t, keys, "other")
	server := serviceOf(t, func(c *ServeCmd) { c.APIKeys, c.Store = keys, "dir:"+store })
	a, b := clientOf(t, server, acme), clientOf(t, server, other)
	if _, err := b.Bundle(t.Context(), strings.Repeat("0", 64)); err == nil || len(idsAre(t, b)) != 0 {
		t.Fatal("a bundle of nothing")
	}
	id, _, err := a.Put(t.Context(), client.Request{File: client.Path("../../testdata/contract.asice")})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := a.Bundle(t.Context(), id)
	if err != nil || raw.Close() != nil {
		t.Fatal(err)
	}
	idsAre(t, a)
	foundBy(t, a, client.Search{Signer: "testnumber ok"})
	if _, err := a.BundleReport(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Bundle(t.Context(), strings.Repeat("0", 64)); err == nil {
		t.Fatal("a bundle of nothing")
	}
	place := "dir:" + filepath.Join(store, "tenants", "acme")
	code, out, errs := call(t, "archive", "audit", "show", "--store", place, "--format", "json")
	if code != exitOK {
		t.Fatal(errs)
	}
	who := "acme/key:" + strings.Split(acme, "_")[1]
	var got []string
	for line := range strings.Lines(out) {
		var e audit.Entry
		err := json.Unmarshal([]byte(line), &e)
		if e.What == "audit-show" && err == nil {
			continue // the operator, who is looking
		}
		if err != nil || e.Who != who || e.At.Year() != 2026 {
			t.Errorf("%s %v, want of %s", line, err, who)
		}
		got = append(got, e.What+" "+e.Result+" "+strings.TrimPrefix(e.Object, id[:60]))
	}
	if end := id[60:]; !slices.Equal(got, []string{"put ok " + end, "get ok " + end, "list ok ", "search ok ", "report ok " + end, "get failed " + strings.Repeat("0", 64)}) {
		t.Errorf("%q", got)
	}
	if strings.Contains(strings.ToLower(out), "testnumber") || !strings.Contains(out, `"by signer: 1 bundle"`) {
		t.Errorf("%s", out)
	}
	if code, out, errs := call(t, "archive", "audit", "verify", "--store", place); code != exitOK || !strings.Contains(out, "7 entries, 0 problems") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	// Looking leaves nothing where nobody ever wrote.
	if _, err := os.Stat(filepath.Join(store, "tenants", "other")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made a log: %v", err)
	}
}

// muteStore takes no entry of an audit log.
type muteStore struct{ archive.Store }

func (s muteStore) Put(ctx context.Context, key string, data []byte) error {
	if strings.HasPrefix(key, strings.TrimRight(archive.SegmentKey(1), "0123456789.jsonl")) {
		return errors.New("the disk is full")
	}
	return s.Store.Put(ctx, key, data)
}

// What cannot be logged is not acknowledged, and not given.
func TestServeGivesNothingThatIsNotLogged(t *testing.T) {
	deps, _ := doorOf(t, nil)
	s, ok := deps.Validator.(*service)
	if !ok {
		t.Fatalf("%T", deps.Validator)
	}
	memory := storetest.NewMemory()
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	up := api.Upload{File: api.File{Name: "c.asice", Data: contract}}
	id, _, err := (&shelf{service: s, tenant: "acme", store: memory, log: audit.Open(memory, s.real)}).Put(t.Context(), up)
	if err != nil {
		t.Fatal(err)
	}
	mute := muteStore{memory}
	a := &shelf{service: s, tenant: "acme", store: mute, log: audit.Open(mute, s.real)}
	var unlogged *api.Unlogged
	for name, do := range map[string]func() (bool, error){
		"put": func() (bool, error) { id, rep, err := a.Put(t.Context(), up); return id == "" && rep == nil, err },
		"get": func() (bool, error) { raw, err := a.Get(t.Context(), id); return raw == nil, err },
		"report": func() (bool, error) {
			raw, err := a.Report(t.Context(), id, api.Voice{Format: "json"})
			return raw == nil, err
		},
		"search": func() (bool, error) {
			page, _, err := a.Search(t.Context(), index.Query{Signer: "x"})
			return page.Entries == nil, err
		},
		"list": func() (bool, error) {
			for id, err := range a.List(t.Context()) {
				return id == "", err
			}
			return false, nil
		},
	} {
		if none, err := do(); !none || !errors.As(err, &unlogged) || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%s: %v %v", name, none, err)
		}
	}
}

// Bundles from before there was an index are found without anybody having asked for them,
// and a search that misses some says so; without an index, or with a broken one, the rest of the service goes on.
func TestServeIndexCatchesUp(t *testing.T) {
	folder := t.TempDir()
	keys, store := filepath.Join(folder, "keys.jsonl"), filepath.Join(folder, "store")
	acme := newKey(t, keys, "acme")
	place := "dir:" + filepath.Join(store, "tenants", "acme")
	code, out, errs := call(t, with("archive", "put", "--store", place, "--index", "none", "../../testdata/contract.asice", "../../testdata/contract-altered.asice")...)
	if code != exitOK {
		t.Fatal(errs)
	}
	old := strings.Fields(out)
	slices.Sort(old)
	for name, url := range map[string]string{"sqlite": "", "postgres": pgtest.Database(t)} {
		t.Run(name, func(t *testing.T) {
			deps, handler := doorOf(t, func(c *ServeCmd) { c.APIKeys, c.Store, c.Index = keys, "dir:"+store, url })
			for own := shelfOf(t, deps, "acme"); ; time.Sleep(5 * time.Millisecond) {
				if _, whole := own.indexState(t.Context()); whole {
					break
				}
			}
			if ids, complete := foundBy(t, clientOf(t, newServer(t, handler), acme), client.Search{}); !complete || !slices.Equal(ids, old) {
				t.Errorf("%v, want %v; complete: %v", ids, old, complete)
			}
		})
	}
	broken := filepath.Join(folder, "broken.db")
	if err := os.WriteFile(broken, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{noIndex: "no-index", "sqlite:" + broken: "index-unavailable"} {
		a := clientOf(t, serviceOf(t, func(c *ServeCmd) { c.APIKeys, c.Store, c.Index = keys, "dir:"+store, url }), acme)
		for _, err := range a.Search(t.Context(), client.Search{Signer: "x"}) {
			var p *client.Problem
			if !errors.As(err, &p) || p.Code != want || p.Hint == "" {
				t.Errorf("%s: %v", url, err)
			}
		}
		if _, _, err := a.Put(t.Context(), client.Request{File: client.Path("../../testdata/contract.asice")}); err != nil || len(idsAre(t, a)) != 3 {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A report is given in every format and language, of a validation as of a bundle; with
// the operator's key those that can be are signed.
func TestServeReportsInEveryVoice(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keyFile, _ := operator(t, key)
	server := serviceOf(t, func(c *ServeCmd) { c.SignReport = keyFile })
	c := clientOf(t, server, "")
	contract := client.Request{File: client.Path("../../testdata/contract.asice")}
	id, rep, err := c.Put(t.Context(), contract)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.BundleReport(t.Context(), id)
	if err != nil || again.ValidationTime != rep.ValidationTime || len(again.Signatures) != len(rep.Signatures) {
		t.Fatal(again, err)
	}
	read := func(from io.ReadCloser, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(from)
		if err != nil || from.Close() != nil {
			t.Fatal(err)
		}
		return raw
	}
	for _, one := range []struct{ format, lang, says string }{
		{"text", "en", "TOTAL-PASSED"}, {"text", "et", "TOTAL-PASSED"}, {"html", "en", `lang="en"`}, {"html", "fi", `lang="fi"`}, {"html", "sv", `lang="sv"`},
		{"etsi", "", "<ds:Signature"}, {"pdf", "lv", "/ETSI.CAdES.detached"}, {"pdf", "lt", "/ETSI.CAdES.detached"}, {"json", "", `"TOTAL-PASSED"`},
	} {
		contract.Lang = one.lang
		if raw := read(c.ValidateAs(t.Context(), contract, one.format)); !bytes.Contains(raw, []byte(one.says)) {
			t.Errorf("%+v: a validation says %.300s", one, raw)
		}
		if raw := read(c.BundleReportAs(t.Context(), id, one.format, one.lang)); !bytes.Contains(raw, []byte(one.says)) {
			t.Errorf("%+v: a bundle says %.300s", one, raw)
		}
	}
	contract.Lang, contract.Raw = "", true
	full := read(c.ValidateAs(t.Context(), contract, "etsi"))
	contract.Raw = false
	if brief := read(c.ValidateAs(t.Context(), contract, "etsi")); len(full) < len(brief)+4000 {
		t.Errorf("raw has %d octets, without %d", len(full), len(brief))
	}
	if code, body := exchange(t, http.MethodGet, server.URL+"/v1/bundles/"+id+"/report?depth=summary", nil); code != http.StatusOK || !bytes.Contains(body, []byte(`"indication":"TOTAL-PASSED"`)) || bytes.Contains(body, []byte(`"trust"`)) {
		t.Errorf("%d %s", code, body)
	}
	if code, body := exchange(t, http.MethodGet, server.URL+"/v1/bundles/"+id+"/report?format=etsi&raw=true", nil); code != http.StatusOK || len(body) < 10000 {
		t.Errorf("%d %.300s", code, body)
	}
	// A key that is none stops the start.
	c2 := serveDefaults()
	c2.SignReport = "serveindex_test.go"
	if _, err := c2.signer(&runtime{Now: time.Now}); err == nil {
		t.Error("a key that is none")
	}
}
