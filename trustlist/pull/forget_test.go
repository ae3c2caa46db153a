package pull

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestForget: a list with a wrongly high number is followed by lower ones, which are
// refused until an operator has the memory forget that one territory.
func TestForget(t *testing.T) {
	for _, territory := range []string{"AT", "EU"} {
		t.Run(territory, func(t *testing.T) {
			e := newEU(t, 3)
			number := func(n int) {
				if territory == "AT" {
					e.world.MemberState("AT").List.Sequence = n
				} else {
					e.world.LOTL().List.Sequence = 400 + n
				}
				e.publish()
			}
			inForce := func(r *Result) int {
				if territory == "AT" {
					return r.Snapshot.List("AT").Sequence
				}
				return r.Snapshot.LOTLs[0].Sequence - 400
			}
			e.world.MemberState("BE").List.Sequence = 9
			number(5)
			e.pull(e.puller(nil))
			number(900)
			p := e.puller(nil)
			e.pull(p)

			// The one in force is the one that is published: there is nothing else to go by.
			r, err := p.Forget(t.Context(), territory)
			if err != nil || len(r.Forgot) != 0 || inForce(r) != 900 {
				t.Fatalf("%+v %v", r.Forgot, err)
			}
			number(6)
			e.world.MemberState("BE").List.Sequence = 8 // a rollback of another
			e.publish()
			if r = e.pull(p); inForce(r) != 900 || r.of(territory).Outcome != OutcomeRefused {
				t.Fatalf("%+v", r.Lists)
			}
			if _, err := p.Forget(t.Context(), "XX"); !errors.Is(err, ErrNotSeen) {
				t.Errorf("%v", err)
			}
			if r, err = p.Forget(t.Context(), "CY"); err == nil {
				t.Errorf("a state that was never seen: %+v", r.Forgot)
			}
			r, err = p.Forget(t.Context(), territory)
			if err != nil || inForce(r) != 6 || len(r.Forgot) != 1 || r.Forgot[0].Territory != territory {
				t.Fatalf("%+v %v", r, err)
			}
			if i := slices.IndexFunc(r.Alerts, func(a Alert) bool { return a.Kind == AlertForgot }); i < 0 || !r.Alerts[i].Grave ||
				!strings.Contains(r.Alerts[i].Says, "number") || r.Alerts[i].Territory != territory {
				t.Errorf("%+v", r.Alerts)
			}
			if r.Snapshot.List("BE").Sequence != 9 || r.of("BE").Outcome != OutcomeRefused {
				t.Errorf("the memory of another is lost: %+v", r.of("BE"))
			}
			// From now on it is as ever.
			if r = e.pull(p); inForce(r) != 6 {
				t.Errorf("%d", inForce(r))
			}
			number(4)
			if r = e.pull(p); inForce(r) != 6 || r.of(territory).Outcome != OutcomeRefused {
				t.Errorf("%+v", r.of(territory))
			}
			number(7)
			if r = e.pull(p); inForce(r) != 7 {
				t.Errorf("%+v", r.of(territory))
			}
		})
	}
}

// Nothing is forgotten while the host is down, or gives what is not genuine.
func TestForgetNeedsAGenuineList(t *testing.T) {
	e := newEU(t, 2)
	at := e.world.MemberState("AT")
	at.List.Sequence = 900
	e.publish()
	p := e.puller(nil)
	e.pull(p)
	at.List.Sequence = 6
	good := at.File().Raw
	key := hostOf("AT") + "/AT.xml"
	e.setFault(refuses, "dial "+hostOf("AT"))
	if r, err := p.Forget(t.Context(), "AT"); err != nil || len(r.Forgot) != 0 || r.Snapshot.List("AT").Sequence != 900 {
		t.Errorf("down: %v", err)
	}
	e.setFault(nil, "dial "+hostOf("AT"))
	e.put(key, []byte(strings.Replace(string(good), "no legal worth", "great worth", 1)))
	if r, err := p.Forget(t.Context(), "AT"); err != nil || len(r.Forgot) != 0 || r.Snapshot.List("AT").Sequence != 900 {
		t.Errorf("altered: %v", err)
	}
	e.put(key, good)
	if r := e.pull(p); r.of("AT").Outcome != OutcomeRefused {
		t.Errorf("the memory is lost: %+v", r.of("AT"))
	}
	if r, err := p.Forget(t.Context(), "AT"); err != nil || len(r.Forgot) != 1 || r.Snapshot.List("AT").Sequence != 6 {
		t.Errorf("%v", err)
	}
}
