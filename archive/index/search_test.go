package index_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/validate/eutest"
)

func TestSearch(t *testing.T) {
	sc := newScene(t)
	indexes := map[string]*index.Index{}
	for kind, url := range places(t) {
		indexes[kind] = sc.open(url)
		if _, err := indexes[kind].Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	m, err := archive.Manifest(t.Context(), sc.store, sc.ids["two.asice"])
	if err != nil {
		t.Fatal(err)
	}
	var sha256, sha512 string
	for _, e := range m.Entries {
		if e.Role == "document" {
			raw, _ := e.SHA512.MarshalText()
			sha256, sha512 = e.SHA256.String(), string(raw)
		}
	}
	const jaak, two, janis, nobody, altered = "Leping Jõeorg.asice", "two.asice", "līgums.asice", "nobody <b>\x00\u202e.asice", "altered.asice"
	yes, no := true, false
	day := eutest.Day
	for name, test := range map[string]struct {
		q    index.Query
		want []string
	}{
		"all":                              {index.Query{}, []string{jaak, two, janis, nobody, altered}},
		"ID":                               {index.Query{ID: sc.ids[two]}, []string{two}},
		"ID in capitals, its beginning":    {index.Query{ID: strings.ToUpper(sc.ids[two][:20])}, []string{two}},
		"name without accents":             {index.Query{Signer: "joeorg"}, []string{jaak, two, altered}},
		"words in any order":               {index.Query{Signer: "Kristjan, JÕEORG"}, []string{jaak, two, altered}},
		"strokes":                          {index.Query{Signer: "lukasz zolc"}, []string{two}},
		"part of a code":                   {index.Query{Signer: "0108571"}, []string{jaak, two, altered}},
		"words of two signers":             {index.Query{Signer: "lukasz joeorg"}, nil},
		"wildcards are none":               {index.Query{Signer: "jaak% %kristjanx"}, nil},
		"serial number":                    {index.Query{SerialNumber: "pnolv-"}, []string{janis}},
		"country":                          {index.Query{Country: "pl"}, []string{two}},
		"scheme":                           {index.Query{Scheme: "smart-id"}, []string{jaak, two, altered}},
		"scheme and signer, the same one":  {index.Query{Scheme: "Smart-ID", Country: "LV"}, nil},
		"verdict":                          {index.Query{Verdicts: []string{"total-failed"}}, []string{altered}},
		"verdicts":                         {index.Query{Verdicts: []string{"TOTAL-FAILED", "INDETERMINATE"}}, []string{altered, nobody}},
		"sub-indication":                   {index.Query{SubIndication: "HASH_FAILURE"}, []string{altered}},
		"qualification":                    {index.Query{Qualification: "QESig"}, []string{jaak, two, janis}},
		"territory":                        {index.Query{Territory: "lv"}, []string{janis}},
		"digest":                           {index.Query{Digest: sha256}, []string{two}},
		"SHA-512 in capitals":              {index.Query{Digest: strings.ToUpper(sha512)}, []string{two}},
		"form":                             {index.Query{Form: "asic-e", File: "two"}, []string{two}},
		"format":                           {index.Query{Format: "xades-baseline-l", Country: "LV"}, []string{janis}},
		"format of none":                   {index.Query{Format: "PAdES"}, nil},
		"file":                             {index.Query{File: "ligums"}, []string{janis}},
		"file with a NUL":                  {index.Query{File: "nobody"}, []string{nobody}},
		"signed from":                      {index.Query{SignedFrom: day(2025, 3, 12), Qualification: "QESig"}, []string{two, janis}},
		"signed before":                    {index.Query{SignedTo: day(2025, 3, 11), Qualification: "QESig"}, []string{jaak}},
		"claimed":                          {index.Query{ClaimedFrom: day(2025, 4, 10)}, []string{janis}},
		"validated then":                   {index.Query{ValidatedFrom: judgedAt, ValidatedTo: judgedAt.AddDate(0, 0, 1)}, []string{jaak, two, janis, nobody, altered}},
		"not validated before":             {index.Query{ValidatedTo: judgedAt}, nil},
		"sealed":                           {index.Query{Sealed: &yes}, []string{jaak}},
		"not sealed, of Estonia":           {index.Query{Sealed: &no, Territory: "EE", Qualification: "QESig"}, []string{two, janis}},
		"undamaged":                        {index.Query{Damaged: &no, Country: "LV"}, []string{janis}},
		"nothing ends so soon":             {index.Query{ExpiresBefore: day(2025, 1, 1)}, nil},
		"everything rests on what ends":    {index.Query{ExpiresBefore: day(2200, 1, 1)}, []string{jaak, two, janis, nobody, altered}},
		"no lock":                          {index.Query{UnlockedBefore: judgedAt, Country: "LV"}, []string{janis}},
		"policy":                           {index.Query{Policy: "practice", Country: "LV"}, []string{janis}},
		"a name that would break a string": {index.Query{Signer: "a'; DROP TABLE vidimus_bundle; --"}, nil},
	} {
		var want []string
		for _, file := range test.want {
			want = append(want, sc.ids[file])
		}
		slices.Sort(want)
		for kind, x := range indexes {
			x.SetFew(len(name) % 2 * 1000) // both ways of searching
			p, err := x.Search(t.Context(), test.q)
			if err != nil {
				t.Errorf("%s on %s: %v", name, kind, err)
				continue
			}
			var got []string
			for _, e := range p.Entries {
				got = append(got, e.ID)
			}
			if !slices.Equal(got, want) || p.Next != "" {
				t.Errorf("%s on %s: %d bundles %q, want %q", name, kind, len(got), names(sc, got), names(sc, want))
			}
			x.SetFew((1 - len(name)%2) * 1000)
			if again, err := x.Search(t.Context(), test.q); err != nil || len(again.Entries) != len(p.Entries) {
				t.Errorf("%s on %s: %d bundles one way, %d the other; %v", name, kind, len(p.Entries), len(again.Entries), err)
			}
			if c, err := x.Count(t.Context(), test.q); err != nil || c.Bundles != len(want) {
				t.Errorf("%s on %s: %d are counted, want %d; %v", name, kind, c.Bundles, len(want), err)
			}
		}
	}
	counted(t, sc, indexes)
	paged(t, indexes)
}

func names(sc *scene, ids []string) []string {
	var out []string
	for name, id := range sc.ids {
		if slices.Contains(ids, id) {
			out = append(out, name)
		}
	}
	return out
}

func counted(t *testing.T, sc *scene, indexes map[string]*index.Index) {
	t.Helper()
	for kind, x := range indexes {
		c, err := x.Count(t.Context(), index.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Verdicts, []index.Count{{"indeterminate", 1}, {"total-failed", 1}, {"total-passed", 3}}) {
			t.Errorf("%s: verdicts %v", kind, c.Verdicts)
		}
		if !slices.Contains(c.Schemes, index.Count{"smart-id", 3}) || !slices.Contains(c.Territories, index.Count{"lv", 1}) {
			t.Errorf("%s: schemes %v, territories %v", kind, c.Schemes, c.Territories)
		}
		sum := 0
		for _, m := range c.Expiry {
			sum += m.Bundles
		}
		if sum != 5 || len(c.Expiry[0].Value) != len("2030-01") {
			t.Errorf("%s: expiry %v", kind, c.Expiry)
		}
	}
	e, err := indexes["sqlite"].Search(t.Context(), index.Query{File: "nobody"})
	if err != nil || len(e.Entries) != 1 || e.Entries[0].File != "nobody <b>\x00\u202e.asice" {
		t.Errorf("the name does not stand as in the report: %+v, %v", e, err)
	}
	e, err = indexes["postgres"].Search(t.Context(), index.Query{ID: sc.ids["Leping Jõeorg.asice"]})
	if err != nil || len(e.Entries) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	got := e.Entries[0]
	if got.EvidenceRecords != 1 || got.Ends.IsZero() || !got.RenewBy.Before(got.Ends.Time) || len(got.RestsOn) == 0 || got.Size == 0 ||
		got.Signatures[0].Surname != "JÕEORG" || got.Signatures[0].Scheme != "Smart-ID" || got.ValidSignaturesCount != 1 || !slices.Contains(got.Territories, "EE") {
		t.Errorf("%+v", got)
	}
}

// Pages of two, in every order and both directions, give all once and in order, also
// when a bundle on an earlier page is dropped meanwhile.
func paged(t *testing.T, indexes map[string]*index.Index) {
	t.Helper()
	for _, sort := range []index.Sort{"", index.ByID, index.ByFile, index.BySigned, index.ByValidated, index.ByExpiry} {
		orders := map[string][]string{}
		for kind, x := range indexes {
			for _, desc := range []bool{false, true} {
				q := index.Query{Sort: sort, Desc: desc, Limit: 2}
				var got []string
				for range 5 {
					p, err := x.Search(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range p.Entries {
						got = append(got, e.ID)
					}
					if q.Cursor = p.Next; q.Cursor == "" {
						break
					}
				}
				if desc {
					slices.Reverse(got)
				}
				orders[kind+map[bool]string{true: " desc"}[desc]] = got
			}
		}
		for name, got := range orders {
			if len(got) != 5 || !slices.Equal(got, orders["sqlite"]) {
				t.Errorf("by %q on %s: %v, want %v", sort, name, got, orders["sqlite"])
			}
		}
	}
}

func TestBadQueries(t *testing.T) {
	sc := &scene{TB: t}
	x := sc.open(places(t)["sqlite"])
	good, err := x.Search(t.Context(), index.Query{Limit: 1})
	if err != nil || good.Next != "" {
		t.Fatalf("an empty index: %+v, %v", good, err)
	}
	for name, q := range map[string]index.Query{
		"digest": {Digest: "abc"}, "digest of other digits": {Digest: strings.Repeat("g", 64)}, "verdict": {Verdicts: []string{"PASSED"}},
		"sort": {Sort: "entry; DROP TABLE"}, "limit": {Limit: 1001}, "negative": {Limit: -1}, "long": {Signer: strings.Repeat("a", 257)},
		"words": {Signer: strings.Repeat("a ", 17)}, "no letters": {Signer: "%_"}, "cursor": {Cursor: "!"}, "cursor of nothing": {Cursor: "e30"},
	} {
		var bad *index.QueryError
		if _, err := x.Search(t.Context(), q); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
