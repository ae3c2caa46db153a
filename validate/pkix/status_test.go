package pkix

import (
	"bytes"
	"crypto/x509"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/revocation"
)

// world is a root, a CA below it, and an end certificate below that.
type world struct {
	*testing.T
	root, ca, end *made
	pool          []*certificate.Certificate
	crls          []*revocation.CRL
}

func newWorld(t *testing.T, end ...option) *world {
	w := &world{T: t, root: issue(t, "root", 0, nil)}
	w.ca = issue(t, "CA", 1, w.root)
	w.end = issue(t, "end", 2, w.ca, append([]option{endEntity}, end...)...)
	return w
}

func (w *world) add(list ...crl) *world {
	for _, c := range list {
		w.crls = append(w.crls, c.make(w))
	}
	return w
}

// status asks about the end certificate at the beginning of 2025, with CRLs and pool
// in several orders: all must answer the same.
func (w *world) status(edit ...func(*Input)) Result {
	w.Helper()
	chain := []*certificate.Certificate{w.end.Certificate, w.ca.Certificate, w.root.Certificate}
	var first Result
	for seed := range uint64(4) {
		in := Input{CRLs: append([]*revocation.CRL{}, w.crls...), Pool: append([]*certificate.Certificate{}, w.pool...), At: day(2025)}
		r := rand.New(rand.NewPCG(seed, 0))
		r.Shuffle(len(in.CRLs), func(i, j int) { in.CRLs[i], in.CRLs[j] = in.CRLs[j], in.CRLs[i] })
		r.Shuffle(len(in.Pool), func(i, j int) { in.Pool[i], in.Pool[j] = in.Pool[j], in.Pool[i] })
		for _, e := range edit {
			e(&in)
		}
		c := New(in)
		got := c.Status(chain)
		if again := c.Status(chain); again.Status != got.Status || again.Why != got.Why {
			w.Errorf("asked again: %+v, then %+v", got, again)
		}
		if seed == 0 {
			first = got
		} else if got.Status != first.Status || got.Why != first.Why || len(got.Used) != len(first.Used) {
			w.Errorf("in another order %+v, not %+v", got, first)
		}
	}
	return first
}

// wants checks a status; of an undetermined one the clause and a word of the sentence.
func (w *world) wants(got Result, status Status, clause, word string) {
	w.Helper()
	if got.Status != status || status == Undetermined && (got.Clause != clause || !strings.Contains(got.Why, word)) {
		w.Errorf("%s, §%s %q; want %s, §%s %q", got.Status, got.Clause, got.Why, status, clause, word)
	}
	if got.Status == Undetermined && (!strings.HasSuffix(got.Why, ".") || strings.Contains(got.Why, "%!")) {
		w.Errorf("no sentence: %s", got.Why)
	}
	if got.Status != Undetermined && (got.Why != "" || len(got.Used) == 0) {
		w.Errorf("%s with %q, resting on %d CRLs", got.Status, got.Why, len(got.Used))
	}
}

func anyAge(in *Input) { in.AnyAge = true }

func TestCompleteCRL(t *testing.T) {
	w := newWorld(t)
	w.wants(w.status(), Undetermined, "6.3.3", "no CRL")
	w.add(crl{by: w.ca, this: 2024, next: 2026, entries: []entry{{cert: w.root, reason: 1}, {cert: w.ca, reason: -1}}})
	w.wants(w.status(), Unrevoked, "", "")
	w.wants(w.status(func(in *Input) { in.At = day(2027) }), Undetermined, "6.3.3 (a)", "current from 2024")
	w.wants(w.status(func(in *Input) { in.At = day(2023) }), Undetermined, "6.3.3 (a)", "current from 2024")
	w.wants(w.status(anyAge, func(in *Input) { in.At = day(2023) }), Unrevoked, "", "")
	w.add(crl{by: w.ca, this: 2024, next: 2026, entries: []entry{{cert: w.end, reason: 1}}, number: 5})
	got := w.status()
	w.wants(got, Revoked, "", "")
	if got.Reason != 1 || !got.RevokedAt.Equal(day(2022)) || len(got.Used) != 1 {
		t.Errorf("%+v", got)
	}
	// a newer one decides
	w.add(crl{by: w.ca, this: 2025, next: 2026, number: 6})
	w.wants(w.status(), Unrevoked, "", "")
	// of two of one second and number the one that says "revoked"
	w.add(crl{by: w.ca, this: 2025, next: 2026, number: 6, entries: []entry{{cert: w.end, reason: -1}}})
	if got = w.status(); got.Status != Revoked || got.Reason != revocation.NoReason {
		t.Errorf("%+v", got)
	}
	if got := Check(w.end.Certificate, w.ca.Certificate, Input{CRLs: w.crls, At: day(2025)}); got.Status != Revoked {
		t.Errorf("%+v", got)
	}
	if got := New(Input{}).Status([]*certificate.Certificate{w.root.Certificate}); got.Status != Undetermined || got.Why == "" {
		t.Errorf("%+v", got)
	}
	w.add(crl{by: w.root, this: 2024, next: 2026})
	all := New(Input{CRLs: append(w.crls, nil, w.crls[0]), Pool: []*certificate.Certificate{nil}, At: day(2025)}).Path([]*certificate.Certificate{w.end.Certificate, w.ca.Certificate, w.root.Certificate})
	if len(all) != 2 || all[0].Status != Revoked || all[1].Status != Unrevoked {
		t.Errorf("%+v", all)
	}
}

func TestUnusableCRL(t *testing.T) {
	unknown := func(critical bool) []byte { return extension("1.2.3.4", critical, []byte{5, 0}) }
	for name, test := range map[string]struct {
		edit         func(w *world, c *crl)
		clause, word string // empty: unrevoked
	}{
		"a signature that does not verify":      {func(_ *world, c *crl) { c.broken = true }, "6.3.3 (f)", "no key"},
		"a signature of another":                {func(w *world, c *crl) { c.key = w.root }, "6.3.3 (f)", "no key"},
		"no nextUpdate":                         {func(_ *world, c *crl) { c.next = 0 }, "6.3.3 (a)", "until when"},
		"a critical extension":                  {func(_ *world, c *crl) { c.extensions = unknown(true) }, "5.2", "1.2.3.4"},
		"an extension":                          {func(_ *world, c *crl) { c.extensions = unknown(false) }, "", ""},
		"a critical extension of an entry":      {func(w *world, c *crl) { c.entries = []entry{{w.root, -1, nil}, {w.root, 1, unknown(true)}} }, "5.2", "1.2.3.4"},
		"a critical extension of its own entry": {func(w *world, c *crl) { c.entries = []entry{{w.end, 1, unknown(true)}} }, "5.2", "1.2.3.4"},
		"an extension of an entry":              {func(w *world, c *crl) { c.entries = []entry{{w.root, 1, unknown(false)}} }, "", ""},
		"extensions of an entry, not readable":  {func(w *world, c *crl) { c.entries = []entry{{w.root, -1, []byte{0x30, 1, 1}}} }, "5.2", "cannot be read"},
		"another issuer, yet not indirect": {func(w *world, c *crl) {
			c.entries = []entry{{w.root, -1, extension(oidCertificateIssuer, true, tlv(0x30, dirName(w.root.RawSubject)))}}
		}, "5.2", "not indirect"},
		"a scope that cannot be read":             {func(_ *world, c *crl) { c.idp = tlv(0x30, []byte{0x87, 0}) }, "5.2", "issuingDistributionPoint"},
		"removal from a complete CRL":             {func(w *world, c *crl) { c.entries = []entry{{cert: w.end, reason: 8}} }, "5.3.1", "removeFromCRL"},
		"only end entities":                       {func(_ *world, c *crl) { c.idp = tlv(0x30, flag(1)) }, "", ""},
		"only authorities":                        {func(_ *world, c *crl) { c.idp = tlv(0x30, flag(2)) }, "6.3.3 (b)(2)(iii)", "authorities"},
		"only attribute certificates":             {func(_ *world, c *crl) { c.idp = tlv(0x30, flag(5)) }, "6.3.3 (b)(2)(iv)", "attribute"},
		"only some reasons":                       {func(_ *world, c *crl) { c.idp = tlv(0x30, reasonFlags(3, 1, 2)) }, "6.3.3 (e)", "some reasons"},
		"a distribution point of its own":         {func(_ *world, c *crl) { c.idp = tlv(0x30, fullName(uri("http://a/"))) }, "6.3.3 (b)(2)(i)", "another distribution point"},
		"a distribution point that is its issuer": {func(w *world, c *crl) { c.idp = tlv(0x30, fullName(uri("http://a/"), dirName(w.ca.RawSubject))) }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := crl{by: w.ca, this: 2024, next: 2026}
			test.edit(w, &c)
			status := Unrevoked
			if test.clause != "" {
				status = Undetermined
			}
			got := w.add(c).status()
			w.wants(got, status, test.clause, test.word)
			if status == Undetermined && test.clause != "6.3.3 (e)" && (len(got.Refusals) != 1 || got.Refusals[0].CRL != w.crls[0]) {
				t.Errorf("%+v", got.Refusals)
			}
		})
	}
	// a CRL for end entities says nothing of authorities
	w := newWorld(t)
	w.add(crl{by: w.root, this: 2024, next: 2026, idp: tlv(0x30, flag(1))})
	w.wants(New(Input{CRLs: w.crls, At: day(2025)}).Status([]*certificate.Certificate{w.ca.Certificate, w.root.Certificate}), Undetermined, "6.3.3 (b)(2)(ii)", "end entities")
}

func TestDistributionPoints(t *testing.T) {
	scope := func(parts ...[]byte) []byte { return tlv(0x30, parts...) }
	for name, test := range map[string]struct {
		points func(ca *made) [][]byte
		idp    func(ca *made) []byte
		status Status
	}{
		"a URI": {func(*made) [][]byte { return [][]byte{point(fullName(uri("http://A.example/x.crl")))} },
			func(*made) []byte { return scope(fullName(uri("http://a.example/x.crl"))) }, Unrevoked},
		"one of several": {func(*made) [][]byte {
			return [][]byte{point(fullName(uri("http://b/"))), point(fullName(uri("http://c/"), uri("http://a/")))}
		}, func(*made) []byte { return scope(fullName(uri("http://d/"), uri("http://a/"))) }, Unrevoked},
		"another URI": {func(*made) [][]byte { return [][]byte{point(fullName(uri("http://a/")))} },
			func(*made) []byte { return scope(fullName(uri("http://b/"))) }, Undetermined},
		"no scope": {func(*made) [][]byte { return [][]byte{point(fullName(uri("http://a/")))} }, func(*made) []byte { return nil }, Unrevoked},
		"relative names": {func(*made) [][]byte { return [][]byte{point(relative("Part"))} },
			func(*made) []byte { return scope(relative("part")) }, Unrevoked},
		"a relative and a full name": {func(*made) [][]byte { return [][]byte{point(relative("part"))} },
			func(ca *made) []byte { return scope(fullName(dirName(under(ca, "part")))) }, Unrevoked},
		"other relative names": {func(*made) [][]byte { return [][]byte{point(relative("a"))} },
			func(*made) []byte { return scope(relative("b")) }, Undetermined},
		"some reasons of the point": {func(*made) [][]byte { return [][]byte{point(fullName(uri("http://a/")), reasonFlags(1, 1))} },
			func(*made) []byte { return scope(fullName(uri("http://a/"))) }, Undetermined},
		"all reasons in two points": {func(*made) [][]byte {
			return [][]byte{point(fullName(uri("http://a/")), reasonFlags(1, 1, 2, 3, 4)), point(fullName(uri("http://a/")), reasonFlags(1, 5, 6, 7, 8))}
		}, func(*made) []byte { return scope(fullName(uri("http://a/"))) }, Unrevoked},
		"points that cannot be read": {func(*made) [][]byte { return [][]byte{{5, 0}} }, func(*made) []byte { return nil }, Unrevoked},
		"cRLIssuer, yet no indirect CRL": {func(ca *made) [][]byte {
			return [][]byte{point(fullName(uri("http://a/")), issuers(dirName(ca.RawSubject)))}
		}, func(*made) []byte { return scope(fullName(uri("http://a/"))) }, Undetermined},
		"cRLIssuer alone": {func(ca *made) [][]byte { return [][]byte{point(issuers(dirName(ca.RawSubject)))} },
			func(ca *made) []byte { return scope(fullName(dirName(ca.RawSubject)), flag(4)) }, Unrevoked},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.end = issue(t, "end", 2, w.ca, endEntity, points(test.points(w.ca)...))
			got := w.add(crl{by: w.ca, this: 2024, next: 2026, idp: test.idp(w.ca)}).status()
			if got.Status != test.status {
				t.Errorf("%s: %s", got.Status, got.Why)
			}
		})
	}
}

// Of two CRLs of one second and number the one that says "revoked" counts, whichever
// hash comes first.
func TestCRLsOfOneSecond(t *testing.T) {
	w := newWorld(t)
	for range 8 {
		w.crls = nil
		w.add(crl{by: w.ca, this: 2024, next: 2026}, crl{by: w.ca, this: 2024, next: 2026, entries: []entry{{cert: w.end, reason: 1}}})
		w.wants(w.status(), Revoked, "", "")
	}
}

// What one key verified is not remembered of another that the same octets stand for,
// with parameters inherited elsewhere.
func TestInheritedKeyIsAnother(t *testing.T) {
	w := newWorld(t)
	l := ready(crl{by: w.ca, this: 2024, next: 2026}.make(t))
	c := New(Input{})
	elsewhere := *w.ca.Certificate
	elsewhere.Key = w.root.Key
	if !c.verifies(l, w.ca.Certificate) || c.verifies(l, &elsewhere) || !c.verifies(l, w.ca.Certificate) {
		t.Error("a key is taken for another")
	}
}

// Of the CRLs of several distribution points the newest is believed.
func TestNewestOfAllPoints(t *testing.T) {
	w := newWorld(t, points(point(fullName(uri("http://a/"))), point(fullName(uri("http://b/")))))
	a, b := tlv(0x30, fullName(uri("http://a/"))), tlv(0x30, fullName(uri("http://b/")))
	w.add(crl{by: w.ca, this: 2023, next: 2026, idp: a}, crl{by: w.ca, this: 2024, next: 2026, idp: b, entries: []entry{{cert: w.end, reason: 1}}})
	w.wants(w.status(), Revoked, "", "")
	w.add(crl{by: w.ca, this: 2025, next: 2026, idp: a})
	w.wants(w.status(), Unrevoked, "", "")
}

// CRLs for some reasons each add up; a revocation in any of them counts.
func TestReasons(t *testing.T) {
	some := func(bits ...int) []byte { return tlv(0x30, reasonFlags(3, bits...)) }
	w := newWorld(t)
	w.add(crl{by: w.ca, this: 2024, next: 2026, idp: some(1, 2, 3)}, crl{by: w.ca, this: 2024, next: 2026, idp: some(4, 5, 6, 7)})
	w.wants(w.status(), Undetermined, "6.3.3 (e)", "only some reasons")
	w.add(crl{by: w.ca, this: 2023, next: 2026, idp: some(8, 1)})
	got := w.status()
	w.wants(got, Unrevoked, "", "")
	if len(got.Used) != 3 {
		t.Errorf("%d CRLs used", len(got.Used))
	}
	w.add(crl{by: w.ca, this: 2022, next: 2026, idp: some(1), entries: []entry{{cert: w.end, reason: 1}}})
	w.wants(w.status(), Unrevoked, "", "") // older, and for what newer ones have answered
	w.crls = w.crls[:2]
	w.add(crl{by: w.ca, this: 2022, next: 2026, idp: some(8), entries: []entry{{cert: w.end, reason: 10}}})
	w.wants(w.status(), Revoked, "", "")
}

func TestDeltaCRL(t *testing.T) {
	complete := func(w *world, next int, entries ...entry) crl {
		return crl{by: w.ca, this: 2023, next: next, number: 10, entries: entries, aki: []byte{1}}
	}
	delta := func(w *world, entries ...entry) crl {
		return crl{by: w.ca, this: 2024, next: 2026, number: 12, base: 10, entries: entries, aki: []byte{1}}
	}
	for name, test := range map[string]struct {
		make   func(w *world) []crl
		status Status
		used   int
	}{
		"nothing new":    {func(w *world) []crl { return []crl{complete(w, 2026), delta(w)} }, Unrevoked, 2},
		"revoked since":  {func(w *world) []crl { return []crl{complete(w, 2026), delta(w, entry{cert: w.end, reason: 4})} }, Revoked, 2},
		"revoked before": {func(w *world) []crl { return []crl{complete(w, 2026, entry{cert: w.end, reason: 4}), delta(w)} }, Revoked, 2},
		"released": {func(w *world) []crl {
			return []crl{complete(w, 2026, entry{cert: w.end, reason: 6}), delta(w, entry{cert: w.end, reason: 8})}
		}, Unrevoked, 2},
		"on hold still": {func(w *world) []crl { return []crl{complete(w, 2026, entry{cert: w.end, reason: 6}), delta(w)} }, Revoked, 2},
		"never on hold": {func(w *world) []crl { return []crl{complete(w, 2026), delta(w, entry{cert: w.end, reason: 8})} }, Unrevoked, 2},
		"revoked for good": {func(w *world) []crl {
			return []crl{complete(w, 2026, entry{cert: w.end, reason: 1}), delta(w, entry{cert: w.end, reason: 8})}
		}, Revoked, 2},
		"hold made final": {func(w *world) []crl {
			return []crl{complete(w, 2026, entry{cert: w.end, reason: 6}), delta(w, entry{cert: w.end, reason: 1})}
		}, Revoked, 2},
		"alone":                       {func(w *world) []crl { return []crl{delta(w)} }, Undetermined, 0},
		"of an outdated complete CRL": {func(w *world) []crl { return []crl{complete(w, 2024), delta(w)} }, Unrevoked, 2},
		"an outdated one": {func(w *world) []crl {
			d := delta(w, entry{cert: w.end, reason: 1})
			d.next = 2024
			return []crl{complete(w, 2026), d}
		}, Unrevoked, 1},
		"a base that is too new": {func(w *world) []crl {
			d := delta(w)
			d.base = 11
			return []crl{complete(w, 2024), d}
		}, Undetermined, 0},
		"older than the complete CRL": {func(w *world) []crl {
			d := delta(w, entry{cert: w.end, reason: 1})
			d.number = 10
			return []crl{complete(w, 2026), d}
		}, Unrevoked, 1},
		"another scope": {func(w *world) []crl {
			d := delta(w)
			d.idp = tlv(0x30, flag(1))
			return []crl{complete(w, 2024), d}
		}, Undetermined, 0},
		"another key": {func(w *world) []crl {
			d := delta(w)
			d.aki = []byte{2}
			return []crl{complete(w, 2024), d}
		}, Undetermined, 0},
		"a broken signature": {func(w *world) []crl {
			d := delta(w)
			d.broken = true
			return []crl{complete(w, 2024), d}
		}, Undetermined, 0},
		"a complete CRL without number": {func(w *world) []crl {
			c := complete(w, 2024)
			c.number = 0
			return []crl{c, delta(w)}
		}, Undetermined, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if got := w.add(test.make(w)...).status(); got.Status != test.status || len(got.Used) != test.used {
				t.Errorf("%s, %d used: %s", got.Status, len(got.Used), got.Why)
			}
		})
	}
	w := newWorld(t)
	w.add(complete(w, 2026), delta(w, entry{cert: w.end, reason: 1}))
	if got := w.status(func(in *Input) { in.NoDeltas = true }); got.Status != Unrevoked || len(got.Used) != 1 {
		t.Errorf("deltas were to be left unused: %+v", got)
	}
}

// A CRL from after the certificate's end proves nothing unless it keeps the expired.
func TestExpiredCertificate(t *testing.T) {
	w := newWorld(t)
	w.add(crl{by: w.ca, this: 2031, next: 2032})
	w.wants(w.status(anyAge), Undetermined, "5", "expired")
	kept := func(year int) []byte {
		return extension("2.5.29.60", false, tlv(0x18, []byte(day(year).Format("20060102150405Z"))))
	}
	w.add(crl{by: w.ca, this: 2032, next: 2033, extensions: kept(2031)})
	w.wants(w.status(anyAge), Undetermined, "5", "expired")
	w.add(crl{by: w.ca, this: 2033, next: 2034, extensions: kept(2015)})
	w.wants(w.status(anyAge), Unrevoked, "", "")
	w.add(crl{by: w.ca, this: 2034, next: 2035, entries: []entry{{cert: w.end, reason: 1}}})
	w.wants(w.status(anyAge), Revoked, "", "")
}

// Thousands of CRLs with the right name and wrong signatures neither hide the right one
// nor cost more than their signatures.
func TestHostileCRLs(t *testing.T) {
	w := newWorld(t)
	good := crl{by: w.ca, this: 2023, next: 2026, entries: []entry{{cert: w.end, reason: 1}}}.make(t)
	bad := crl{by: w.ca, this: 2024, next: 2026, broken: true, extensions: extension("1.2.3.4", false, []byte("(filler)"))}.make(t)
	var crls []*revocation.CRL
	for i := range 1000 {
		raw := bytes.Replace(bad.Raw, []byte("(filler)"), []byte{'(', 'f', byte(i >> 8), byte(i), 'l', 'e', 'r', ')'}, 1)
		x, err := revocation.ParseCRL(raw)
		if err != nil {
			t.Fatal(err)
		}
		crls = append(crls, x)
	}
	// with many distribution points too, each of which would ask them all again
	for _, points := range [][]option{nil, {points(slices.Repeat([][]byte{point(fullName(uri("http://a/")))}, maxPoints)...)}} {
		end := issue(t, "end", 2, w.ca, append(points, endEntity, func(c *x509.Certificate) { c.SerialNumber = w.end.Serial })...)
		start := time.Now()
		got := New(Input{CRLs: append(crls, good), At: day(2025)}).Status([]*certificate.Certificate{end.Certificate, w.ca.Certificate, w.root.Certificate})
		t.Logf("1,000 CRLs: %v", time.Since(start))
		w.wants(got, Revoked, "", "")
	}
	// CRLs of other scopes, more than are looked into: no status, and not a wrong one
	var others []*revocation.CRL
	for i := range 10 {
		others = append(others, crl{by: w.ca, this: 2024, next: 2026, number: i + 1, idp: tlv(0x30, fullName(uri("http://b/")))}.make(t))
	}
	c := New(Input{CRLs: others, At: day(2025)})
	c.budget = 5
	c.base, c.chains = []*certificate.Certificate{w.end.Certificate, w.ca.Certificate, w.root.Certificate}, map[evidence.ID]chain{}
	w.wants(c.ask(c.base, nil, nil), Undetermined, "6.3.3", "More than")
}
