package evidence

import "time"

// POE is a proof of existence: the object was there at At, because By says so
// (a time-stamp token, an evidence record), or because we saw it ourselves (By
// is zero). EN 319 102-1 §5.6.2.3.
type POE struct {
	At time.Time
	By ID
}

// Ledger keeps the proofs of existence of objects. Every object has one at the
// validation time: we saw it.
type Ledger struct {
	now    time.Time
	lowest map[ID]POE
}

// NewLedger starts a ledger at the validation time.
func NewLedger(now time.Time) *Ledger {
	return &Ledger{now: now, lowest: map[ID]POE{}}
}

// Prove adds a proof. A proof later than the validation time is not better than
// our own eyes and is passed over (EN 319 102-1 §5.6.2.3).
func (l *Ledger) Prove(object ID, at time.Time, by ID) {
	if !at.Before(l.now) {
		return
	}
	if old, ok := l.lowest[object]; !ok || at.Before(old.At) {
		l.lowest[object] = POE{At: at, By: by}
	}
}

// Lowest returns the earliest proof of an object.
func (l *Ledger) Lowest(object ID) POE {
	if p, ok := l.lowest[object]; ok {
		return p
	}
	return POE{At: l.now}
}

// Within says whether some known proof of the object falls in [from, to]. Only
// the earliest proof and the validation time are known.
func (l *Ledger) Within(object ID, from, to time.Time) bool {
	in := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	return in(l.Lowest(object).At) || in(l.now)
}
