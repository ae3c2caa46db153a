package eutest

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"time"
)

// TB is what a world needs of a test; testing.TB has it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// World is a virtual EU: an Official Journal, a list of trusted lists with its
// pivots, member states, providers, certification authorities, and their clock.
// It is not safe for concurrent use: a test makes its own.
type World struct {
	tb      TB
	seed    string
	now     time.Time
	serial  int
	keys    map[KeyKind]int
	members []*MemberState
	lotl    *LOTL
	roots   map[string]*CA
	caKind  KeyKind // of authorities that say nothing else
}

// DefaultTime is the clock of a new world.
var DefaultTime = time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC)

// EIDAS is the start of Regulation (EU) 910/2014, 2016-07-01 00:00 in Brussels:
// from then on services are "granted" or "withdrawn" (TS 119 612 §5.5.4).
var EIDAS = time.Date(2016, 6, 30, 22, 0, 0, 0, time.UTC)

// New makes a world for a test; what cannot be made fails the test.
func New(tb TB) *World {
	w := NewWorld("eutest")
	w.tb = tb
	return w
}

// NewWorld makes a world for a generator. Worlds of one seed are equal byte for
// byte as long as they ask for no more RSA keys than are embedded. What cannot be
// made panics: a generator has nobody to tell.
func NewWorld(seed string) *World {
	w := &World{tb: panicking{}, seed: seed, now: DefaultTime, keys: map[KeyKind]int{}, roots: map[string]*CA{}, caKind: KeyKind{"EC", 384}}
	w.lotl = newLOTL(w)
	return w
}

type panicking struct{}

// Helper marks nothing: there is no test.
func (panicking) Helper() {}

// Fatalf panics with the sentence.
func (panicking) Fatalf(format string, args ...any) {
	panic("eutest: " + fmt.Sprintf(format, args...))
}

// At sets the world's clock: what is made afterwards (certificates, signatures,
// time-stamps, lists) is made then, unless its options say another time.
func (w *World) At(t time.Time) *World {
	w.now = t.UTC().Truncate(time.Second)
	return w
}

// SmallKeys gives authorities that are made from now on keys on P-256 where their
// options say nothing else: for tests that make worlds by the hundred.
func (w *World) SmallKeys() *World {
	w.caKind = KeyKind{"EC", 256}
	return w
}

// Now is the world's clock.
func (w *World) Now() time.Time { return w.now }

// Day is a time of the world in short: Day(2025, 3, 10) is noon UTC that day.
func Day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

// newKey hands out the next key of a kind: within one world no two certificates
// share a key unless asked to.
func (w *World) newKey(kind KeyKind) *Key {
	w.tb.Helper()
	k, err := key(w.seed, kind, w.keys[kind])
	w.check(err)
	w.keys[kind]++
	return k
}

// newSerial is the next certificate serial number: 16 octets, positive.
func (w *World) newSerial() *big.Int {
	w.serial++
	h := sha256.Sum256(fmt.Appendf(nil, "%s serial %d", w.seed, w.serial))
	h[0] = h[0]&0x3f | 0x40
	return new(big.Int).SetBytes(h[:16])
}

func (w *World) check(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatalf("virtual EU: %v", err)
	}
}
