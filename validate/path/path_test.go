package path

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
)

var now = eutest.DefaultTime

type bench struct {
	testing.TB
	w *eutest.World
	p *eutest.Provider
}

func newBench(t testing.TB) bench {
	w := eutest.New(t)
	return bench{t, w, w.MemberState("EE").Provider("TEST Trust AS")}
}

func (b bench) cert(c *eutest.Certificate) *certificate.Certificate {
	b.Helper()
	x, err := certificate.Parse(c.Raw)
	if err != nil {
		b.Fatal(err)
	}
	return x
}

func (b bench) certs(list ...*eutest.Certificate) []*certificate.Certificate {
	b.Helper()
	var out []*certificate.Certificate
	for _, c := range list {
		out = append(out, b.cert(c))
	}
	return out
}

// trust are the world's lists and plain anchors.
func (b bench) trust(plain ...*eutest.Certificate) *Trust {
	b.Helper()
	l, err := trustlist.Parse(b.w.MemberState("EE").File().Raw)
	if err != nil {
		b.Fatal(err)
	}
	return NewTrust(trustlist.NewSnapshot(trustlist.Contents{Lists: []*trustlist.List{l}}), b.certs(plain...))
}

func pool(certs ...*certificate.Certificate) *Pool {
	p := NewPool()
	p.Add(certs...)
	return p
}

// wants compares a chain with what it is to be, and its anchors by number.
func (b bench) wants(got *Chain, want []*eutest.Certificate, anchors ...int) {
	b.Helper()
	if len(got.Anchors) != len(got.Certificates) {
		b.Fatalf("%d anchors beside %d certificates", len(got.Anchors), len(got.Certificates))
	}
	same := len(got.Certificates) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = bytes.Equal(got.Certificates[i].Raw, want[i].Raw) && (got.Anchors[i] != nil) == slices.Contains(anchors, i)
	}
	if !same {
		for i, c := range got.Certificates {
			b.Logf("%d: %s by %s, anchor %t", i, c.SignerName(), c.Issuer.CommonName(), got.Anchors[i] != nil)
		}
		b.Errorf("a chain of %d, want %d with anchors %v", len(got.Certificates), len(want), anchors)
	}
	if got.Anchored() != (len(anchors) > 0) {
		b.Errorf("anchored %t, want %t", got.Anchored(), len(anchors) > 0)
	}
}

func TestBuild(t *testing.T) {
	t.Run("the issuer is in the list only, the root nowhere", func(t *testing.T) {
		b := newBench(t)
		ca := b.p.CA("CA")
		s := ca.Signer()
		ch := b.trust().Build(b.cert(s.Certificate), nil, nil, now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate, ca.Certificate}, 1)
		if stop, ok := ch.Stop(now); stop != 1 || !ok {
			t.Errorf("stop %d, %t", stop, ok)
		}
		if ch.Issuer(0).ID != ch.Certificates[1].ID || ch.Issuer(1) != nil {
			t.Error("want the CA above the signer, and nobody above the CA")
		}
	})
	t.Run("it goes on past the anchor to the root", func(t *testing.T) {
		b := newBench(t)
		ca := b.p.CA("CA")
		s := ca.Signer()
		root := b.p.Root()
		ch := b.trust().Build(b.cert(s.Certificate), b.certs(root.Certificate), nil, now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate, ca.Certificate, root.Certificate}, 1)
		if ch.Issuer(2).ID != ch.Certificates[2].ID {
			t.Error("a certificate that issued itself is its own issuer")
		}
	})
	t.Run("the right one of many", func(t *testing.T) {
		b := newBench(t)
		var certs []*certificate.Certificate
		var right *eutest.CA
		for i := range 20 {
			ca := b.p.CA("CA", eutest.Unlisted()) // of one name, each of its own key
			certs = append(certs, b.cert(ca.Certificate))
			if i == 13 {
				right = ca
			}
		}
		s := right.Signer()
		ch := b.trust(b.p.Root().Certificate).Build(b.cert(s.Certificate), nil, pool(certs...), now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate, right.Certificate, b.p.Root().Certificate}, 2)
	})
	t.Run("no issuer", func(t *testing.T) {
		b := newBench(t)
		s := b.p.CA("CA", eutest.Unlisted()).Signer()
		ch := b.trust().Build(b.cert(s.Certificate), nil, nil, now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate})
		if stop, ok := ch.Stop(now); stop != -1 || ok {
			t.Errorf("stop %d, %t; want -1, false", stop, ok)
		}
	})
	t.Run("a self-signed signer", func(t *testing.T) {
		b := newBench(t)
		b.p.CA("CA")
		ca := b.p.CA("self", eutest.SelfSigned(), eutest.Unlisted())
		b.wants(b.trust().Build(b.cert(ca.Certificate), nil, pool(b.cert(ca.Certificate)), now, true), []*eutest.Certificate{ca.Certificate})
	})
	t.Run("the signer itself is an anchor", func(t *testing.T) {
		b := newBench(t)
		s := b.p.CA("CA", eutest.Unlisted()).Signer()
		ch := b.trust(s.Certificate).Build(b.cert(s.Certificate), nil, nil, now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate}, 0)
	})
	t.Run("an issuer whose signature is broken", func(t *testing.T) {
		b := newBench(t)
		ca := b.p.CA("CA")
		s := ca.Signer(eutest.BrokenSignature())
		b.wants(b.trust().Build(b.cert(s.Certificate), b.certs(ca.Certificate), nil, now, true), []*eutest.Certificate{s.Certificate})
	})
}

// Attack C6: an anchor is a key and a name, not a name.
func TestAnchor(t *testing.T) {
	b := newBench(t)
	listed := b.p.CA("CA", eutest.SmartIDQualifiers())
	namesake := b.p.CA("CA", eutest.Unlisted())
	sameKey := b.p.CA("Other CA", eutest.Unlisted(), eutest.WithKey(listed.Key))
	tr := b.trust()
	for _, test := range []struct {
		name string
		c    *eutest.Certificate
		want bool
	}{
		{"the listed certificate", listed.Certificate, true},
		{"another of its name and key", listed.Twin(), true},
		{"its name, another key", namesake.Certificate, false},
		{"its key, another name", sameKey.Certificate, false},
		{"a stranger", b.p.Root().Certificate, false},
	} {
		if a, ok := tr.Anchor(b.cert(test.c), true); ok != test.want || ok && !a.Listed {
			t.Errorf("%s: anchor %t (listed %t), want %t", test.name, ok, a.Listed, test.want)
		}
	}
	s := namesake.Signer()
	ch := tr.Build(b.cert(s.Certificate), b.certs(namesake.Certificate), nil, now, true)
	b.wants(ch, []*eutest.Certificate{s.Certificate, namesake.Certificate})
	if got := tr.Services(b.cert(namesake.Certificate)); len(got) != 0 {
		t.Errorf("%d services list the namesake", len(got))
	}
	if got := tr.Find(func(c *certificate.Certificate) bool { return c.IsCA }); len(got) != 1 {
		t.Errorf("found %d listed CAs, want 1", len(got))
	}
}

// The span of an anchor: from the start of its first active entry to the end of its
// last (trusted-lists digest §9). Only the policy with periods asks for it.
func TestSunset(t *testing.T) {
	sunset := eutest.Day(2025, 1, 1)
	for _, test := range []struct {
		name    string
		history []eutest.Status
		anchor  bool
		end     *time.Time
	}{
		{"granted", []eutest.Status{{URI: eutest.Granted, Since: eutest.Day(2017, 1, 1)}}, true, nil},
		{"withdrawn", []eutest.Status{{URI: eutest.Granted, Since: eutest.Day(2017, 1, 1)}, {URI: eutest.Withdrawn, Since: sunset}}, true, &sunset},
		{"a gap does not count", []eutest.Status{{URI: eutest.Granted, Since: eutest.Day(2017, 1, 1)}, {URI: eutest.Withdrawn, Since: eutest.Day(2020, 1, 1)}, {URI: eutest.Granted, Since: eutest.Day(2021, 1, 1)}}, true, nil},
		{"never active", []eutest.Status{{URI: eutest.Withdrawn, Since: eutest.Day(2017, 1, 1)}}, false, nil},
		{"recognised at national level", []eutest.Status{{URI: eutest.RecognisedNationally, Since: eutest.Day(2017, 1, 1)}}, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			ca := b.p.CA("CA", eutest.HistoryOf(test.history...))
			s, tr := b.cert(ca.Signer().Certificate), b.trust()
			a, ok := tr.Anchor(b.cert(ca.Certificate), true)
			if ok != test.anchor || (a.Sunset == nil) != (test.end == nil) || test.end != nil && !a.Sunset.Equal(*test.end) {
				t.Errorf("anchor %t until %v, want %t until %v", ok, a.Sunset, test.anchor, test.end)
			}
			if test.end != nil {
				if a.ValidAt(*test.end) || !a.ValidAt(test.end.Add(-time.Second)) {
					t.Error("valid to the second before its sunset, and no longer")
				}
				ch := tr.Build(s, nil, nil, now, true)
				if stop, ok := ch.Stop(now); stop != 1 || ok {
					t.Errorf("stop %d, %t at %v; want 1, false", stop, ok, now)
				}
				if stop, ok := ch.Stop(test.end.Add(-time.Second)); stop != 1 || !ok {
					t.Errorf("stop %d, %t before the sunset; want 1, true", stop, ok)
				}
			}
			if a, ok := tr.Anchor(b.cert(ca.Certificate), false); !ok || a.Sunset != nil || !a.ValidAt(now) {
				t.Error("without periods every listed certificate is an anchor without end")
			}
		})
	}
}

// An anchor that has ended does not stop the path: a listed one above it serves.
func TestEndedAnchorBelowOneInForce(t *testing.T) {
	b := newBench(t)
	ended := []eutest.Status{{URI: eutest.Granted, Since: eutest.Day(2017, 1, 1)}, {URI: eutest.Withdrawn, Since: eutest.Day(2020, 1, 1)}}
	ca := b.p.CA("CA", eutest.HistoryOf(ended...))
	b.p.Service(eutest.CAQC, "root", []*eutest.Certificate{b.p.Root().Certificate})
	s := ca.Signer()
	ch := b.trust().Build(b.cert(s.Certificate), nil, nil, now, true)
	b.wants(ch, []*eutest.Certificate{s.Certificate, ca.Certificate, b.p.Root().Certificate}, 1, 2)
	if stop, ok := ch.Stop(now); stop != 2 || !ok {
		t.Errorf("stop %d, %t; want 2, true", stop, ok)
	}
	if stop, ok := ch.Stop(eutest.Day(2019, 1, 1)); stop != 1 || !ok {
		t.Errorf("stop %d, %t in 2019; want 1, true", stop, ok)
	}
}

func TestPlainAnchors(t *testing.T) {
	b := newBench(t)
	ca := b.p.CA("CA", eutest.Unlisted())
	s := ca.Signer()
	plain := NewTrust(nil, b.certs(ca.Certificate))
	b.wants(plain.Build(b.cert(s.Certificate), nil, nil, now, true), []*eutest.Certificate{s.Certificate, ca.Certificate}, 1)
	if a, ok := plain.Anchor(b.cert(ca.Twin()), true); !ok || a.Listed || a.Sunset != nil {
		t.Error("a plain anchor has no list and no end, and its twin is one too")
	}
	if plain.Services(b.cert(ca.Certificate)) != nil || plain.Snapshot() != nil || len(plain.Plain()) != 1 {
		t.Error("a plain anchor is in no list")
	}
	none := NewTrust(nil, nil)
	b.wants(none.Build(b.cert(s.Certificate), b.certs(ca.Certificate), nil, now, true), []*eutest.Certificate{s.Certificate, ca.Certificate})
	if got := plain.BySubject(b.cert(ca.Certificate).RawSubject); len(got) != 1 {
		t.Errorf("%d anchors of that name, want 1", len(got))
	}
}

func TestCrossCertificates(t *testing.T) {
	t.Run("the one that leads to an anchor", func(t *testing.T) {
		b := newBench(t)
		dead, alive := b.p.CA("dead root", eutest.SelfSigned(), eutest.Unlisted()), b.p.CA("root", eutest.SelfSigned())
		ca := b.p.CA("CA", eutest.Unlisted(), eutest.IssuedBy(dead))
		crossed := ca.CrossCertifiedBy(alive)
		s := ca.Signer()
		tr := b.trust()
		b.wants(tr.Build(b.cert(s.Certificate), b.certs(ca.Certificate, dead.Certificate), pool(b.cert(crossed)), now, true),
			[]*eutest.Certificate{s.Certificate, crossed, alive.Certificate}, 2)
	})
	t.Run("one in force before one that has ended", func(t *testing.T) {
		b := newBench(t)
		gone := []eutest.Status{{URI: eutest.Granted, Since: eutest.Day(2017, 1, 1)}, {URI: eutest.Withdrawn, Since: eutest.Day(2020, 1, 1)}}
		older, newer := b.p.CA("older", eutest.SelfSigned(), eutest.HistoryOf(gone...)), b.p.CA("newer", eutest.SelfSigned())
		ca := b.p.CA("CA", eutest.Unlisted(), eutest.IssuedBy(older))
		crossed := ca.CrossCertifiedBy(newer)
		s := ca.Signer()
		ch := b.trust().Build(b.cert(s.Certificate), b.certs(ca.Certificate), pool(b.cert(crossed)), now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate, crossed, newer.Certificate}, 2)
	})
	t.Run("one that was valid when the child began before an expired one", func(t *testing.T) {
		b := newBench(t)
		ca := b.p.CA("CA", eutest.Unlisted())
		expired := ca.CrossCertifiedBy(b.p.Root(), eutest.Valid(eutest.Day(2010, 1, 1), eutest.Day(2020, 1, 1)))
		s := ca.Signer()
		for _, order := range [][]*eutest.Certificate{{expired, ca.Certificate}, {ca.Certificate, expired}} {
			b.wants(b.trust(b.p.Root().Certificate).Build(b.cert(s.Certificate), b.certs(order...), nil, now, true),
				[]*eutest.Certificate{s.Certificate, ca.Certificate, b.p.Root().Certificate}, 2)
		}
	})
	t.Run("an expired one if there is no other", func(t *testing.T) {
		b := newBench(t)
		ca := b.p.CA("CA", eutest.Unlisted(), eutest.Valid(eutest.Day(2010, 1, 1), eutest.Day(2020, 1, 1)))
		s := ca.Signer(eutest.Valid(eutest.Day(2024, 1, 1), eutest.Day(2027, 1, 1)))
		b.wants(b.trust(b.p.Root().Certificate).Build(b.cert(s.Certificate), b.certs(ca.Certificate), nil, now, true),
			[]*eutest.Certificate{s.Certificate, ca.Certificate, b.p.Root().Certificate}, 2)
	})
	t.Run("a loop ends", func(t *testing.T) {
		b := newBench(t)
		one := b.p.CA("one", eutest.Unlisted())
		two := b.p.CA("two", eutest.Unlisted(), eutest.IssuedBy(one))
		back := one.CrossCertifiedBy(two)
		s := one.Signer()
		ch := b.trust().Build(b.cert(s.Certificate), b.certs(back, two.Certificate), nil, now, true)
		b.wants(ch, []*eutest.Certificate{s.Certificate, back, two.Certificate})
	})
	t.Run("a self-issued certificate of a changed key", func(t *testing.T) {
		b := newBench(t)
		older := b.p.CA("CA", eutest.SelfSigned())
		newer := b.p.CA("CA", eutest.IssuedBy(older), eutest.Unlisted())
		s := newer.Signer()
		b.wants(b.trust().Build(b.cert(s.Certificate), b.certs(newer.Certificate), nil, now, true),
			[]*eutest.Certificate{s.Certificate, newer.Certificate, older.Certificate}, 2)
	})
	t.Run("a long chain", func(t *testing.T) {
		b := newBench(t)
		ca := b.p.CA("CA 0", eutest.SelfSigned())
		var all []*eutest.Certificate
		for i := 1; i <= 20; i++ {
			ca = ca.SubCA(fmt.Sprintf("CA %d", i))
			all = append(all, ca.Certificate)
		}
		ch := b.trust().Build(b.cert(ca.Signer().Certificate), b.certs(all...), nil, now, true)
		if len(ch.Certificates) != maxLength || ch.Anchored() {
			t.Errorf("a chain of %d, anchored %t; want %d, false", len(ch.Certificates), ch.Anchored(), maxLength)
		}
	})
}

// An issuer of another name is found by its key, so that the report can say that the
// names differ instead of that nobody was found.
func TestStrangers(t *testing.T) {
	b := newBench(t)
	ca := b.p.CA("CA", eutest.Unlisted())
	renamed := b.p.CA("renamed CA", eutest.Unlisted(), eutest.WithKey(ca.Key))
	s := ca.Signer()
	tr := b.trust(b.p.Root().Certificate)
	b.wants(tr.Build(b.cert(s.Certificate), nil, pool(b.cert(renamed.Certificate)), now, true),
		[]*eutest.Certificate{s.Certificate, renamed.Certificate, b.p.Root().Certificate}, 2)
	b.wants(tr.Build(b.cert(s.Certificate), b.certs(renamed.Certificate), nil, now, true),
		[]*eutest.Certificate{s.Certificate, renamed.Certificate, b.p.Root().Certificate}, 2)
	// one of the right name comes first
	b.wants(tr.Build(b.cert(s.Certificate), b.certs(renamed.Certificate), pool(b.cert(ca.Certificate)), now, true),
		[]*eutest.Certificate{s.Certificate, ca.Certificate, b.p.Root().Certificate}, 2)
	// an end entity of another key is no issuer, and neither are hundreds of strange CAs
	var strange []*certificate.Certificate
	for i := range 40 {
		strange = append(strange, b.cert(b.p.CA(fmt.Sprintf("stranger %d", i), eutest.Unlisted(), eutest.EC(256)).Certificate))
	}
	b.wants(tr.Build(b.cert(s.Certificate), b.certs(ca.Signer().Certificate), pool(strange...), now, true), []*eutest.Certificate{s.Certificate})
	// among them it is still found, for the child names its key
	b.wants(tr.Build(b.cert(s.Certificate), nil, pool(append(strange, b.cert(renamed.Certificate))...), now, true),
		[]*eutest.Certificate{s.Certificate, renamed.Certificate, b.p.Root().Certificate}, 2)
}

// The order in which certificates came, and whether they came with the token or with
// the document, alters no chain but by what the token's own ones say first.
func TestOrderNeverMatters(t *testing.T) {
	b := newBench(t)
	roots := []*eutest.CA{b.p.CA("root 1", eutest.SelfSigned(), eutest.Unlisted()), b.p.CA("root 2", eutest.SelfSigned()), b.p.CA("root 3", eutest.SelfSigned())}
	ca := b.p.CA("CA", eutest.Unlisted(), eutest.IssuedBy(roots[0]))
	list := b.certs(ca.Certificate, roots[0].Certificate, roots[1].Certificate, roots[2].Certificate, b.p.Root().Certificate)
	for i, r := range roots {
		list = append(list, b.certs(ca.CrossCertifiedBy(r), ca.CrossCertifiedBy(r, eutest.Valid(eutest.Day(2010, 1, 1), eutest.Day(2020, 1, 1))), r.CrossCertifiedBy(roots[(i+1)%3]))...)
	}
	for range 5 {
		list = append(list, b.cert(b.p.CA("CA", eutest.Unlisted()).Certificate))
	}
	list = append(list, list[0], list[5]) // twice
	leaf, tr := b.cert(ca.Signer().Certificate), b.trust()
	var want [2]*Chain
	for seed := range uint64(100) {
		shuffled := slices.Clone(list)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(list), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for n, got := range []*Chain{tr.Build(leaf, shuffled, NewPool(), now, true), tr.Build(leaf, nil, pool(shuffled...), now, true)} {
			if want[n] == nil {
				want[n] = got
			}
			if fmt.Sprint(ids(got)) != fmt.Sprint(ids(want[n])) || !got.Anchored() {
				t.Fatalf("seed %d, case %d: chain %v, want %v", seed, n, ids(got), ids(want[n]))
			}
		}
	}
	if fmt.Sprint(ids(want[0])) != fmt.Sprint(ids(want[1])) {
		t.Errorf("from the token %v, from the document %v", ids(want[0]), ids(want[1]))
	}
}

func ids(c *Chain) []string {
	var out []string
	for _, x := range c.Certificates {
		out = append(out, x.ID.String()[:8])
	}
	return out
}

func TestPool(t *testing.T) {
	b := newBench(t)
	one, two := b.cert(b.p.CA("one").Certificate), b.cert(b.p.CA("two").Certificate)
	p := pool(two, nil, one, two)
	if all := p.All(); len(all) != 2 || all[0] != two || all[1] != one {
		t.Errorf("%d certificates, want two in the order they came, each once", len(all))
	}
}
