package pull

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/fetch"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func TestPullFillsAndThenAsksOnlyForNews(t *testing.T) {
	e := newEU(t, 4)
	p := e.puller(nil)
	r := e.pull(p)
	if r.Snapshot == nil || len(r.Snapshot.Lists) != 4 || len(r.Snapshot.Pivots) != 2 || len(r.Snapshot.Missing)+len(r.Snapshot.Rejected) != 0 {
		t.Fatalf("%v %+v", outcomes(r), r.Reports)
	}
	if n := len(outcomes(r)[OutcomeNew]); n != 7 {
		t.Errorf("%v", outcomes(r))
	}
	s, _, err := stored.Load(os.DirFS(e.dir), 1)
	if err != nil || s.Digest() != r.Snapshot.Digest() {
		t.Fatalf("what is stored: %v", err)
	}
	e.answered(hostOf("AT") + "/AT.xml")

	// A second pull asks by tag, leaves pivots alone, and changes nothing.
	e.pass(time.Hour)
	e.answered(lotlHost + "/tools/lotl/eu-lotl-pivot-290.xml")
	again, err := p.Pull(t.Context(), r.Snapshot)
	if err != nil || again.Snapshot != r.Snapshot || len(outcomes(again)[OutcomeUnchanged]) != 5 {
		t.Fatalf("%v %v", err, outcomes(again))
	}
	if got := e.answered(hostOf("AT") + "/AT.xml"); !slices.Equal(got, []int{http.StatusNotModified}) {
		t.Errorf("AT answered %v", got)
	}
	if got := e.answered(lotlHost + "/tools/lotl/eu-lotl-pivot-290.xml"); len(got) != 0 {
		t.Errorf("the pivot was fetched again: %v", got)
	}
	if at := again.State.Of(ListID{Role: stored.RoleTL, Territory: "AT"}); !at.Good.Equal(e.clock()) || !at.Full.Equal(e.clock().Add(-time.Hour)) {
		t.Errorf("%+v", at)
	}
	// A day later servers are not believed any more: the lists are fetched whole.
	e.pass(24 * time.Hour)
	if again, err = p.Pull(t.Context(), r.Snapshot); err != nil || again.Snapshot != r.Snapshot {
		t.Fatal(err)
	}
	if got := e.answered(hostOf("AT") + "/AT.xml"); !slices.Equal(got, []int{http.StatusOK}) {
		t.Errorf("a day later AT answered %v", got)
	}
	// A new list is taken, and only that one has changed.
	e.world.MemberState("AT").List.Sequence = 2
	e.publish()
	e.put(hostOf("AT")+"/AT.xml", e.world.MemberState("AT").File().Raw)
	next, err := p.Pull(t.Context(), r.Snapshot)
	if err != nil || next.Snapshot == r.Snapshot || next.Before != r.Snapshot || next.Snapshot.List("AT").Sequence != 2 || r.Snapshot.List("AT").Sequence != 1 {
		t.Fatalf("%v %v", err, outcomes(next))
	}
}

// A server that says nothing of its copy is asked for the .sha2 file first; and not
// when the hint is a day old.
func TestHint(t *testing.T) {
	e := newEU(t, 2)
	key := hostOf("BE") + "/BE.xml"
	e.change(key, func(p *page) { p.noTag, p.sha2 = true, true })
	p := e.puller(nil)
	e.pull(p)
	e.answered(key)
	r := e.pull(p)
	if got := e.answered(key); len(got) != 0 || r.of("BE").Outcome != OutcomeUnchanged {
		t.Errorf("the list was fetched although the hint says that it is the same: %v, %v", got, outcomes(r))
	}
	e.world.MemberState("BE").List.Sequence = 2
	e.put(key, e.world.MemberState("BE").File().Raw)
	if r = e.pull(p); r.of("BE").Outcome != OutcomeNew || r.of("BE").Number != 2 {
		t.Errorf("%#v", r.of("BE"))
	}
	e.pass(25 * time.Hour)
	e.answered(key)
	if e.pull(p); len(e.answered(key)) != 1 {
		t.Error("a day later the hint is still believed")
	}
	for text, want := range map[string]bool{strings.Repeat("aB", 32) + "  BE.xml\n": true, "": false, "<html>": false, strings.Repeat("ab", 31): false} {
		if (sha2Text([]byte(text)) != "") != want {
			t.Errorf("%q", text)
		}
	}
}

// Of several locations the first that gives what is genuine serves: a mirror that
// is old, or serves pages, does no harm.
func TestSeveralLocations(t *testing.T) {
	e := newEU(t, 3)
	mirror := "https://" + hostOf("UK") + "/copies/"
	p := e.puller(func(o *Options) { o.Mirrors = []string{mirror} })
	copyOf := func(code string) string { return hostOf("UK") + "/copies/" + hostOf(code) + "/" + code + ".xml" }
	e.put(copyOf("AT"), []byte("<html>We moved</html>"))
	old := e.world.MemberState("BE").File().Raw
	e.world.MemberState("BE").List.Sequence = 2
	e.publish()
	e.put(copyOf("BE"), e.world.MemberState("BE").File().Raw)
	r := e.pull(p)
	if r.Snapshot == nil || len(r.Snapshot.Lists) != 3 || !strings.Contains(r.of("BE").From, "/copies/") || strings.Contains(r.of("AT").From, "/copies/") {
		t.Fatalf("%#v", r.Lists)
	}
	e.put(copyOf("BE"), old)
	if r = e.pull(p); r.of("BE").Outcome != OutcomeUnchanged || strings.Contains(r.of("BE").From, "/copies/") {
		t.Errorf("with an old copy at the mirror: %#v", r.of("BE"))
	}
	e.setFault(refuses, "dial "+hostOf("BE"))
	if r = e.pull(p); r.of("BE").Outcome != OutcomeRefused || r.Snapshot.List("BE").Sequence != 2 {
		t.Errorf("with an old copy and nothing else: %#v", r.of("BE"))
	}
}

// A list says where else it is published.
func TestDistributionPoints(t *testing.T) {
	e := newEU(t, 2)
	be := e.world.MemberState("BE")
	other := hostOf("AT") + "/copy-of-BE.xml"
	be.List.Edit = func(x string) string {
		return strings.Replace(x, "</tsl:NextUpdate>", "</tsl:NextUpdate><tsl:DistributionPoints><tsl:URI>https://"+other+"</tsl:URI><tsl:URI>https://"+hostOf("AT")+"/BE.pdf</tsl:URI></tsl:DistributionPoints>", 1)
	}
	e.publish()
	p := e.puller(nil)
	e.pull(p)
	be.List.Sequence = 2
	e.put(other, be.File().Raw)
	e.setFault(refuses, "dial "+hostOf("BE"))
	if r := e.pull(p); r.of("BE").Number != 2 || r.of("BE").From != "https://"+other {
		t.Errorf("%#v", r.of("BE"))
	}
}

// What was accepted once is never taken back: an older list, other bytes of the
// same number, and an older list of lists are refused, kept as evidence, and the
// newer ones stay; also when the cache is of another version, or damaged.
func TestNeverRolledBack(t *testing.T) {
	e := newEU(t, 3)
	at := e.world.MemberState("AT")
	at.List.Sequence, e.world.LOTL().List.Sequence = 5, 340
	old := at.File().Raw
	e.publish()
	oldLOTL := e.world.LOTL().File().Raw
	p := e.puller(nil)
	e.pull(p)
	at.List.Sequence, e.world.LOTL().List.Sequence = 6, 341
	e.publish()
	if r := e.pull(p); r.Snapshot.List("AT").Sequence != 6 || r.Snapshot.LOTLs[0].Sequence != 341 {
		t.Fatal(outcomes(r))
	}
	good := at.File().Raw
	at.List.Issued = e.world.Now().AddDate(0, 0, -3)
	twin := at.File().Raw
	for name, raw := range map[string][]byte{"older": old, "same number": twin} {
		e.put(hostOf("AT")+"/AT.xml", raw)
		r := e.pull(p)
		if r.of("AT").Outcome != OutcomeRefused || r.Snapshot.List("AT").Sequence != 6 || len(r.Snapshot.Lists) != 3 {
			t.Errorf("%s: %#v", name, r.of("AT"))
		}
		kept := r.State.Refused[len(r.State.Refused)-1]
		if got, err := os.ReadFile(filepath.Join(e.dir, filepath.FromSlash(kept.Path()))); err != nil || string(got) != string(raw) || kept.Territory != "AT" {
			t.Errorf("%s: the evidence is %+v, %v", name, kept, err)
		}
	}
	e.put(lotlHost+"/tools/lotl/eu-lotl.xml", oldLOTL)
	if r := e.pull(p); r.of("EU").Outcome != OutcomeRefused || r.Snapshot.LOTLs[0].Sequence != 341 || len(r.State.Refused) != 3 {
		t.Errorf("older list of lists: %#v", r.of("EU"))
	}
	e.publish()

	// A version of other rules, or a damaged manifest, forgets nothing of it.
	manifest := filepath.Join(e.dir, stored.ManifestName)
	raw, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"other rules", strings.Replace(string(raw), `"rules": 2`, `"rules": 1`, 1)}, {"damaged", "{"}, {"gone", ""}} {
		name, text := c[0], c[1]
		e.put(hostOf("AT")+"/AT.xml", old)
		if text == "" {
			err = os.RemoveAll(filepath.Join(e.dir, stored.ListsDir))
		} else {
			err = os.WriteFile(manifest, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := e.pull(p)
		if l := r.Snapshot.List("AT"); l != nil && l.Sequence == 5 || (l == nil) != (text == "") {
			t.Errorf("%s: the older list is taken, or the newer is lost: %v %v", name, outcomes(r), r.Snapshot.Rejected)
		}
	}
	e.put(hostOf("AT")+"/AT.xml", good)
	if r := e.pull(p); r.Snapshot.List("AT") == nil || r.Snapshot.List("AT").Sequence != 6 {
		t.Errorf("the newest again: %#v", r.of("AT"))
	}
}

// A territory that leaves the list of lists and comes back cannot come back older.
func TestSeenOutlivesAbsence(t *testing.T) {
	e := newEU(t, 2)
	be := e.world.MemberState("BE")
	old := be.File().Raw
	be.List.Sequence = 9
	e.publish()
	p := e.puller(nil)
	e.pull(p)
	be.List.NotPointed = true
	e.world.LOTL().List.Sequence = 333
	e.publish()
	if r := e.pull(p); r.Snapshot.List("BE") != nil {
		t.Fatal("a list is used that nobody points to")
	}
	be.List.NotPointed = false
	e.world.LOTL().List.Sequence = 334
	e.publish()
	e.put(hostOf("BE")+"/BE.xml", old)
	if r := e.pull(p); r.Snapshot.List("BE") != nil || r.of("BE").Outcome != OutcomeRefused || !strings.Contains(r.of("BE").Says, "9") {
		t.Errorf("%#v", r.of("BE"))
	}
}

// A third country's list under an agreement is pulled like the others and has a place
// of its own, apart from a state's of the same code: at several locations too.
func TestThirdCountry(t *testing.T) {
	e := newEU(t, 2)
	ch := e.world.ThirdCountry("SK") // the code of a member state, which is not in this Union
	ch.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: []eutest.EquivalenceStatus{eutest.Recognition("SK", eutest.Enacted, eutest.Day(2020, 5, 16))}}}
	ch.Location = "https://" + hostOf("SK") + "/SK.xml"
	e.publish()
	p := e.puller(func(o *Options) { o.Mirrors = []string{"https://" + hostOf("UK") + "/nothing"} })
	r := e.pull(p)
	l := r.Snapshot.List("SK")
	if l == nil || l.MRA == nil || l.Name != "SK-third-country.xml" || len(r.Snapshot.Lists) != 3 {
		t.Fatalf("%#v", r.Lists)
	}
	if r = e.pull(p); r.of("SK").Outcome != OutcomeUnchanged || !r.of("SK").ThirdCountry {
		t.Errorf("%#v", r.of("SK"))
	}
	if f := FreshnessOf(r.Snapshot, r.State, e.clock(), time.Hour); len(f) != 4 || f[3].Word != Fresh || !f[3].ThirdCountry {
		t.Errorf("%#v", f)
	}
}

// A mirror's files go the same way as what is fetched.
func TestTake(t *testing.T) {
	e := newEU(t, 3)
	var files []lotl.File
	for _, f := range e.world.Lists() {
		files = append(files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	p := e.puller(func(o *Options) { o.Getter = nil })
	r, err := p.Take(files)
	if err != nil || len(r.Snapshot.Lists) != 3 || len(r.Reports) != 6 || r.State.Of(ListID{Role: stored.RoleTL, Territory: "BE"}) == nil {
		t.Fatalf("%v %+v", err, r)
	}
	if _, err := p.Pull(t.Context(), nil); err == nil {
		t.Error("it pulls without a network")
	}
	// What the mirror gave is asked for by its hash alone: nothing is new.
	if r := e.pull(e.puller(nil)); len(outcomes(r)[OutcomeUnchanged]) != 4 {
		t.Errorf("%v", outcomes(r))
	}
}

// A host that fails once is asked again; one that says that there is nothing is not;
// the pauses grow, and are spread.
func TestTriesAgain(t *testing.T) {
	e := newEU(t, 2)
	var pauses []time.Duration
	p := e.puller(func(o *Options) {
		o.Limits.Attempts, o.Limits.Backoff = 3, time.Second
		o.Wait = func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil }
	})
	e.setFault(func(w http.ResponseWriter, _ *http.Request, good page) {
		if len(pauses) < 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(good.raw)
	}, hostOf("AT"))
	e.setFault(func(w http.ResponseWriter, _ *http.Request, _ page) { w.WriteHeader(http.StatusGone) }, hostOf("BE"))
	r := e.pull(p)
	if r.of("AT").Outcome != OutcomeNew || !slices.Equal(pauses, []time.Duration{time.Second, 2 * time.Second}) {
		t.Errorf("%#v after pauses %v", r.of("AT"), pauses)
	}
	if got := e.answered(hostOf("BE") + "/BE.xml"); r.of("BE").Outcome != OutcomeFailed || len(got) != 1 {
		t.Errorf("%#v after answers %v", r.of("BE"), got)
	}
}

// Without anything genuine there is no snapshot; what is wrong is told.
func TestNothingGenuine(t *testing.T) {
	e := newEU(t, 1)
	other := eutest.NewWorld("others")
	p := e.puller(nil)
	e.put(lotlHost+"/tools/lotl/eu-lotl.xml", other.LOTL().File().Raw)
	r := e.pull(p)
	if r.Snapshot != nil || r.of("EU").Outcome != OutcomeRefused || r.of("EU").Says == "" {
		t.Errorf("%#v", r.Lists)
	}
	if got := e.answered(hostOf("AT") + "/AT.xml"); len(got) != 0 {
		t.Error("what a false list of lists points to was fetched")
	}
	if _, err := stored.ReadManifest(os.DirFS(e.dir)); err == nil {
		t.Error("something is stored")
	}
}

func TestNewRefuses(t *testing.T) {
	e := newEU(t, 1)
	for name, change := range map[string]func(*Options){
		"no folder": func(o *Options) { o.Dir = "" }, "no anchors": func(o *Options) { o.Anchors = nil }, "no clock": func(o *Options) { o.Now = nil },
	} {
		o := Options{Dir: e.dir, Anchors: e.anchors, Now: e.clock}
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: a puller is made", name)
		}
	}
}

// fetch.Client is a network for this package.
var _ Getter = (*fetch.Client)(nil)
