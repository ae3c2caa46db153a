package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/changes"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// Alert is something that an operator ought to know.
type Alert struct {
	// ID names the alert for ever: it is the same when the alert is told again because
	// the pull that brought it was not stored (a crash, a full disk).
	ID        string    `json:"id"`
	Kind      string    `json:"kind"` // one of those below, or a changes.Kind
	Grave     bool      `json:"grave"`
	Territory string    `json:"territory,omitempty"` // "EU" for the list of lists
	Says      string    `json:"says"`
	At        time.Time `json:"at"`
}

// The kinds of alert that are no change of a list.
const (
	AlertExpired  = "list-expired"
	AlertExpiring = "list-about-to-expire"
	AlertMissing  = "list-missing"
	AlertFailing  = "list-not-had"      // three pulls in a row
	AlertRefused  = "list-refused"      // its signature is broken, or nobody names its signer
	AlertRollback = "list-rolled-back"  // attack T1
	AlertJournal  = "journal-unknown"   // a list of lists rests on a notice that the anchors are not of
	AlertClock    = "clock-gone-back"   // or behind the lists' own dates
	AlertHealed   = "cache-was-damaged" // the stored lists were verified again
	AlertFailed   = "refresh-failed"    // our own part failed: nothing is stored, what is in force stays
	AlertForgot   = "memory-forgotten"  // an operator's will: see Puller.Forget
)

// AlertKinds are all kinds of alert, those that are changes of a list among them.
func AlertKinds() []string {
	out := []string{AlertExpired, AlertExpiring, AlertMissing, AlertFailing, AlertRefused, AlertRollback, AlertJournal, AlertClock, AlertHealed, AlertFailed, AlertForgot}
	for _, k := range changes.Kinds() {
		out = append(out, string(k))
	}
	return out
}

// tellAgain is how often a condition that lasts is told; failingFrom is the number of
// pulls in a row after which a list that is not had is told at all.
const (
	tellAgain   = 24 * time.Hour
	failingFrom = 3
)

// grave are the changes that may be an attack, or need somebody to act.
var grave = []changes.Kind{changes.ListRemoved, changes.SignerChanged, changes.Journal, changes.Location, changes.PivotAdded, changes.AnchorsJumped}

// alerts are what this pull has brought. What lasts is told once a day.
func (p *Puller) alerts(b *base, r *Result, answers []answer, now time.Time) []Alert {
	var out []Alert
	if r.Before != nil && r.Snapshot != r.Before {
		for _, c := range changes.Between(r.Before, r.Snapshot) {
			out = append(out, Alert{Kind: string(c.Kind), Territory: c.Territory, Says: c.Says, Grave: slices.Contains(grave, c.Kind), At: now})
		}
	}
	if b.healed != "" {
		out = append(out, Alert{Kind: AlertHealed, Grave: true, Says: b.healed, At: now})
	}
	for _, s := range r.Forgot {
		out = append(out, Alert{Kind: AlertForgot, Territory: s.Territory, Grave: true, At: now, Says: fmt.Sprintf(
			"By an operator's will the highest list of %s is forgotten: number %d of %s (SHA-256 %s…).", s.Territory, s.Sequence, s.Issued.UTC().Format("2006-01-02"), s.SHA256.String()[:16])})
	}
	for i := range out {
		out[i].ID = b.state.alertID(out[i], out[i].Says)
	}
	lasting := slices.Concat(clockAlerts(b.state, r.Snapshot, now), refusals(r), p.journalAlerts(answers), standing(r, now))
	return append(out, r.State.untold(lasting, now)...)
}

// clockAlerts tell of a clock that is behind the last pull, or behind the lists.
func clockAlerts(s *State, snapshot *trustlist.Snapshot, now time.Time) []Alert {
	var out []Alert
	if back := s.Clock.Sub(now); back > time.Minute {
		out = append(out, Alert{Kind: AlertClock, Grave: true, Says: fmt.Sprintf("The clock has gone back by %s: it says %s, and the last pull was at %s.", Ago(back), now.Format(time.RFC3339), s.Clock.Format(time.RFC3339))})
	}
	if snapshot == nil {
		return out
	}
	for _, l := range slices.Concat(snapshot.LOTLs, snapshot.Lists) {
		if ahead := l.Issued.Sub(now); ahead > 24*time.Hour {
			return append(out, Alert{Kind: AlertClock, Grave: true, Says: fmt.Sprintf("The clock says %s, and the list of %s was issued on %s: one of them is wrong.", now.Format(time.RFC3339), l.Territory, l.Issued.Format("2006-01-02"))})
		}
	}
	return out
}

// refusals tell of lists that came and are not used.
func refusals(r *Result) []Alert {
	var out []Alert
	for _, l := range r.Lists {
		if l.Outcome != OutcomeRefused {
			continue
		}
		a := Alert{Kind: AlertRefused, Grave: true, Territory: l.Territory, Says: fmt.Sprintf("%s from %s is not used: %s", l.String(), l.From, full(l.Says))}
		if l.Rollback {
			a.Kind = AlertRollback
		}
		out = append(out, a)
	}
	return out
}

// journalAlerts tell of a list of lists that rests on another notice in the Official
// Journal than the anchors, genuine or not: the operator must compare them himself.
func (p *Puller) journalAlerts(answers []answer) []Alert {
	for _, a := range answers {
		if a.id.Role != stored.RoleLOTL || a.raw == nil {
			continue
		}
		if l, err := trustlist.Parse(a.raw); err == nil && !lotl.RestsOn(l, p.Journal) {
			return []Alert{{Kind: AlertJournal, Grave: true, Territory: "EU", Says: fmt.Sprintf(
				"The list of lists at %s names %q in the Official Journal, and the anchors are those of %s: compare them, and give the new certificates.", a.from, lotl.Notices(l), p.Journal)}}
		}
	}
	return nil
}

// standing tells of lists that are expired or about to be, missing, or not had.
func standing(r *Result, now time.Time) []Alert {
	var out []Alert
	for _, f := range FreshnessOf(r.Snapshot, r.State, now, 0) {
		a := Alert{Territory: f.Territory, Says: f.Says, Grave: true}
		state := r.State.Of(f.ListID)
		failed := slices.ContainsFunc(r.Lists, func(l ListResult) bool { return l.ListID == f.ListID && l.Outcome == OutcomeFailed })
		switch {
		case f.Word == Expired:
			a.Kind = AlertExpired
		case f.Word == NoList:
			a.Kind = AlertMissing
		case f.NextUpdate != nil && f.NextUpdate.Sub(now) < AboutToExpire:
			a.Kind, a.Grave = AlertExpiring, false
			a.Says = fmt.Sprintf("The list of %s, number %d, is to be replaced by %s. ", f.String(), f.Sequence, f.NextUpdate.UTC().Format("2006-01-02")) + f.Says
		case failed && state.Failures >= failingFrom:
			a.Kind, a.Grave = AlertFailing, false
		default:
			continue
		}
		out = append(out, a)
	}
	return out
}

// untold leaves out what was told less than a day ago, and remembers the rest.
func (s *State) untold(alerts []Alert, now time.Time) []Alert {
	told := map[string]time.Time{}
	var out []Alert
	for _, a := range alerts {
		key := a.Kind + " " + a.Territory
		if at, ok := s.Told[key]; ok && now.Sub(at) < tellAgain && !now.Before(at) {
			told[key] = at
			continue
		}
		if _, twice := told[key]; !twice {
			a.At, a.ID = now, s.alertID(a, "")
			out = append(out, a)
			told[key] = now.UTC()
		}
	}
	s.Told = told // what is over is forgotten, and told at once when it begins again
	return out
}

// alertID goes by the clock of the last pull that was stored: so an alert has the same
// ID until the pull that brings it is stored. Of what lasts, the words change from hour
// to hour, and are left out.
func (s *State) alertID(a Alert, says string) string {
	since := s.Clock
	if since.IsZero() { // nothing was ever stored here
		since = a.At.Truncate(24 * time.Hour)
	}
	sum := sha256.Sum256([]byte(a.Kind + "\x00" + a.Territory + "\x00" + since.UTC().Format(time.RFC3339Nano) + "\x00" + says))
	return "alert_" + hex.EncodeToString(sum[:16])
}

// FailureAlert tells of pulls that fail by our own part since a time: the disk is full, say.
func FailureAlert(err error, since, at time.Time) Alert {
	a := Alert{Kind: AlertFailed, Grave: true, At: at, Says: fmt.Sprintf("The trusted lists could not be refreshed, those in force stay: %s", full(err.Error()))}
	a.ID = (&State{Clock: since}).alertID(a, at.UTC().Format("2006-01-02"))
	return a
}
