package pull

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/changes"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/eutest"
)

// kinds are the kinds of a pull's alerts, each once.
func kinds(r *Result) []string {
	out := map[string]bool{}
	for _, a := range r.Alerts {
		out[a.Kind] = true
	}
	return slices.Sorted(maps.Keys(out))
}

// TestAlerts lets one thing after the other happen to a Union, each on a day of its own.
func TestAlerts(t *testing.T) {
	e := newEU(t, 3)
	at := e.world.MemberState("AT")
	at.List.Sequence = 5
	e.publish()
	p := e.puller(nil)
	key := hostOf("AT") + "/AT.xml"
	expect := func(step string, want ...string) *Result {
		t.Helper()
		r := e.pull(p)
		if got := kinds(r); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q; %+v", step, got, want, r.Alerts)
		}
		return r
	}
	expect("at first")
	expect("nothing happened")
	old := at.File().Raw

	at.List.Sequence, at.List.Signer = 6, at.Signers[1]
	e.put(key, at.File().Raw)
	good := at.File().Raw
	expect("another signer", string(changes.ListIssued), string(changes.SignerChanged))

	e.put(key, old)
	expect("an older list", AlertRollback)
	expect("still the older list: told once a day")
	e.pass(25 * time.Hour)
	expect("a day later", AlertRollback)
	e.put(key, []byte(strings.Replace(string(good), "no legal worth", "great worth", 1)))
	if r := expect("altered", AlertRefused); !strings.Contains(r.Alerts[0].Says, hostOf("AT")) || !r.Alerts[0].Grave {
		t.Errorf("%+v", r.Alerts)
	}
	e.put(key, good)
	expect("good again")

	e.setFault(refuses, "dial "+hostOf("BE"))
	expect("BE is down")
	expect("still")
	expect("three times", AlertFailing)
	e.setFault(nil, "dial "+hostOf("BE"))
	expect("BE is back")

	e.pass(-2 * time.Hour)
	if r := expect("the clock goes back", AlertClock); !strings.Contains(r.Alerts[0].Says, "2 h") {
		t.Errorf("%+v", r.Alerts)
	}
	expect("told once")
	e.pass(2 * time.Hour)

	e.pass(e.world.Now().AddDate(0, 4, 17).Sub(e.clock()))
	expect("the lists are about to expire", AlertExpiring)
	e.pass(6 * 24 * time.Hour)
	expect("they have expired", AlertExpired)
	e.pass(-200 * 24 * time.Hour)
	if r := expect("a clock before the lists", AlertClock); len(r.Alerts) != 1 {
		t.Errorf("%+v", r.Alerts)
	}
}

// TestAlertsOfChanges lets one thing happen to a Union at a time, and asks for the alert
// of it, that it is grave where somebody must act, and that it is told once.
func TestAlertsOfChanges(t *testing.T) {
	granted := func(of, into string) func(string) string {
		return func(x string) string { return strings.Replace(x, "Svcstatus/"+of, "Svcstatus/"+into, 1) }
	}
	for _, c := range []struct {
		kind      changes.Kind
		territory string
		grave     bool
		says      string
		change    func(e *eu, at *eutest.MemberState)
	}{
		{changes.SignerChanged, "AT", true, "is signed by", func(_ *eu, at *eutest.MemberState) { at.List.Signer = at.Signers[1] }},
		{changes.PivotAdded, "EU", true, "Pivot 310", func(e *eu, _ *eutest.MemberState) { e.world.LOTL().NewPivot() }},
		{changes.Journal, "EU", true, "C/2026/1944", func(e *eu, _ *eutest.MemberState) { e.world.LOTL().Journal.URL = eutest.Journal2026 }},
		{changes.Location, "AT", true, "moved.example", func(_ *eu, at *eutest.MemberState) { at.Location = "https://" + hostOf("BE") + "/moved.example/AT.xml" }},
		{changes.AnchorsJumped, "AT", true, "names 13 certificates", func(_ *eu, at *eutest.MemberState) {
			for i := range 12 {
				at.Provider("P", "VATAT-1").CA("CA "+string(rune('a'+i)), eutest.EC(256))
			}
		}},
		{changes.ServiceStatus, "AT", false, "is withdrawn since", func(_ *eu, at *eutest.MemberState) { at.List.Edit = granted("granted", "withdrawn") }},
		{changes.ListRemoved, "AT", true, "not in force any more", func(_ *eu, at *eutest.MemberState) { at.List.NotPointed = true }},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			e := newEU(t, 2)
			at := e.world.MemberState("AT")
			at.Provider("P", "VATAT-1").CA("CA", eutest.EC(256))
			e.publish()
			p := e.puller(nil)
			e.pull(p)
			at.List.Sequence, e.world.MemberState("BE").List.Sequence, e.world.LOTL().List.Sequence = 9, 9, 400
			c.change(e, at)
			e.publish()
			r := e.pull(p)
			i := slices.IndexFunc(r.Alerts, func(a Alert) bool { return a.Kind == string(c.kind) && a.Territory == c.territory })
			if i < 0 {
				t.Fatalf("no alert: %+v, lists %+v", r.Alerts, r.Lists)
			}
			if a := r.Alerts[i]; a.Grave != c.grave || !strings.Contains(a.Says, c.says) || !strings.HasPrefix(a.ID, "alert_") || a.At.IsZero() {
				t.Errorf("%+v", a)
			}
			ids := map[string]bool{}
			for _, a := range r.Alerts {
				if ids[a.ID] || !slices.Contains(AlertKinds(), a.Kind) {
					t.Errorf("%+v: its ID is not its own, or its kind is not in the table", a)
				}
				ids[a.ID] = true
			}
			if r = e.pull(p); slices.Contains(kinds(r), string(c.kind)) {
				t.Errorf("told twice: %+v", r.Alerts)
			}
		})
	}
}

// A list of lists under another notice is told, genuine or not.
func TestAlertOfAnotherNotice(t *testing.T) {
	e := newEU(t, 1)
	_, journal := lotl.DefaultAnchors()
	p := e.puller(func(o *Options) { o.Journal = journal })
	if r := e.pull(p); slices.Contains(kinds(r), AlertJournal) {
		t.Errorf("%+v", r.Alerts)
	}
	e.world.LOTL().Journal.URL, e.world.LOTL().List.Sequence = eutest.Journal2026, 400
	e.publish()
	r := e.pull(p)
	if !slices.Contains(kinds(r), AlertJournal) {
		t.Errorf("%+v", r.Alerts)
	}
}
