package browse_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/lotl"
)

// realLists are the lists of the corpus, read and not authenticated.
func realLists(t testing.TB) *trustlist.Snapshot {
	t.Helper()
	dir := os.Getenv("VIDIMUS_CORPUS")
	if dir == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	names, err := filepath.Glob(filepath.Join(dir, "worlds", "eu-2023-11", "lists", "*.xml"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	reader := trustlist.NewReader()
	var c trustlist.Contents
	for _, n := range names {
		raw, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		l, err := reader.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if l.Source = trustlist.FromLOTL; l.Kind == trustlist.LOTL {
			c.LOTLs = append(c.LOTLs, l)
			c.Journal = lotl.OfficialJournal()[0].Notice
		} else {
			c.Lists = append(c.Lists, l)
		}
	}
	return trustlist.NewSnapshot(c)
}

// TestCorpusEverythingIsFound goes through all real lists: each ID leads back to its
// service, each certificate to the services that it identifies, and all is JSON.
func TestCorpusEverythingIsFound(t *testing.T) {
	s := realLists(t)
	b := browse.New(s)
	when := time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC)
	ids := map[string]bool{}
	services, unknown := 0, map[string]int{}
	for _, list := range b.Overview(when).Lists {
		if list.Kind == string(trustlist.LOTL) {
			continue
		}
		territory, ok := b.Territory(list.Territory, when)
		if !ok || territory.Name == "" {
			t.Fatalf("%s is not found, or has no name", list.Territory)
		}
		for _, p := range territory.Lists[0].Detail {
			if ids[p.ID] {
				t.Errorf("%s %q: its ID is another's", list.Territory, p.Name)
			}
			ids[p.ID] = true
			for _, x := range p.Services {
				services++
				if ids[x.ID] {
					t.Errorf("%s %q: its ID is another's", list.Territory, x.Name)
				}
				ids[x.ID] = true
				service, ok := b.Service(x.ID, when)
				if !ok || service.Name != x.Name || service.Provider.ID != p.ID {
					t.Errorf("%s %q does not lead back", list.Territory, x.Name)
				}
				if x.TypeSays == x.Type {
					unknown[x.Type]++
				}
				for _, c := range service.Certificates[:min(1, len(service.Certificates))] {
					if a, ok := b.ByFingerprint(c.SHA256, when); !ok || len(a.Listed) == 0 {
						t.Errorf("%s %q: its certificate leads nowhere", list.Territory, x.Name)
					}
				}
				if _, err := json.Marshal(service); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if services < 2900 || len(unknown) > 0 {
		t.Errorf("%d services; types without words: %v", services, unknown)
	}
	r, err := b.Search(browse.Query{Text: "eid-sk 2016", At: when})
	if err != nil || r.Total == 0 || r.Hits[0].Service == nil || r.Hits[0].Service.Territory != "EE" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = b.Search(browse.Query{Text: "ceska posta", At: when}); err != nil || r.Total == 0 || r.Hits[0].Provider == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// BenchmarkNew is the index over all real lists, BenchmarkSearch a search in it.
func BenchmarkNew(b *testing.B) {
	s := realLists(b)
	b.ReportAllocs()
	for b.Loop() {
		browse.New(s)
	}
}

func BenchmarkSearch(b *testing.B) {
	x := browse.New(realLists(b))
	b.ReportAllocs()
	hits := 0
	for b.Loop() {
		r, err := x.Search(browse.Query{Text: "qualified time stamp", At: at})
		if err != nil {
			b.Fatal(err)
		}
		hits = r.Total
	}
	b.ReportMetric(float64(hits), "hits")
}
