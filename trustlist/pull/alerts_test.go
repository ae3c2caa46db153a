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
