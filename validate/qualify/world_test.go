package qualify

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// A law is one case told through the virtual EU: how the authority is listed, what
// the certificate says of itself, and what follows. Left empty it is QESig.
type law struct {
	name   string
	clock  time.Time       // of issuing; default eutest.DefaultTime
	ca     []eutest.Option // how the authority is made and listed
	signer []eutest.Option // what the certificate is like
	// agreement makes the country a third one, ZZ, to whose list the list of lists
	// points with these equivalences.
	agreement []eutest.Equivalence
	// also changes the world further: other services, other lists.
	also       func(w *eutest.World, p *eutest.Provider, ca *eutest.CA, s *eutest.Signer)
	signedAt   time.Time // default: the clock
	now        time.Time // default: the clock; the lists are of ten days before
	indication verdict.Indication
	levels     map[string]policy.Level // that differ from the strict policy
	checked    Checked
	want       string
	tells      []*verdict.Rule // told of, besides others
	keeps      []*verdict.Rule // not told of
}

// judge builds the world of a law, reads its lists with package trustlist, and
// qualifies.
func (l law) judge(t *testing.T) *Result {
	t.Helper()
	if l.clock.IsZero() {
		l.clock = eutest.DefaultTime
	}
	if l.signedAt.IsZero() {
		l.signedAt = l.clock
	}
	if l.now.IsZero() {
		l.now = l.clock
		if l.signedAt.After(l.now) {
			l.now = l.signedAt
		}
	}
	if l.indication == "" {
		l.indication = verdict.TotalPassed
	}
	w := eutest.New(t).At(l.clock)
	m := w.MemberState("EE")
	if l.agreement != nil {
		m = w.ThirdCountry("ZZ")
		m.Agreement.Equivalences = l.agreement
	}
	p := m.Provider("TEST Trust AS", "VATEE-1")
	ca := p.CA("TEST CA", l.ca...)
	s := ca.Signer(l.signer...)
	if l.also != nil {
		l.also(w, p, ca, s)
	}
	snap := lists(t, w.At(l.now))
	chain := []*certificate.Certificate{cert(t, s.Certificate)}
	for at := s.Certificate; at.Issuer != nil; at = at.Issuer.Certificate {
		chain = append(chain, cert(t, at.Issuer.Certificate))
	}
	return Signature(Input{Chain: chain, Services: snap.Services, Checked: l.checked, Indication: l.indication, SignedAt: l.signedAt, Now: l.now, Policy: strict(t, l.levels)})
}

// strict is the strict policy with some levels changed.
func strict(t *testing.T, levels map[string]policy.Level) *policy.Policy {
	t.Helper()
	p, err := policy.Named("strict")
	if err == nil {
		p, err = p.With(levels)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lists reads the world's lists. Who may sign a list is package lotl's business.
func lists(t *testing.T, w *eutest.World) *trustlist.Snapshot {
	t.Helper()
	r := trustlist.NewReader()
	var c trustlist.Contents
	for _, f := range w.Lists() {
		l, err := r.Parse(f.Raw)
		if err != nil {
			t.Fatalf("reading %s: %v", f.Name, err)
		}
		switch {
		case f.Name == "eu-lotl.xml":
			c.LOTLs = append(c.LOTLs, l)
		case l.Kind != trustlist.LOTL:
			c.Lists = append(c.Lists, l)
		}
	}
	for _, l := range c.Lists {
		l.LOTL = c.LOTLs[0]
		l.MRA = l.LOTL.Agreement(l)
	}
	return trustlist.NewSnapshot(c)
}

func cert(t *testing.T, c *eutest.Certificate) *certificate.Certificate {
	t.Helper()
	x, err := certificate.Parse(c.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// fired are the rules that findings tell of, other than to say yes.
func fired(findings []verdict.Finding) map[*verdict.Rule]bool {
	out := map[*verdict.Rule]bool{}
	for _, f := range findings {
		if f.Level != verdict.Info {
			out[f.Rule] = true
		}
	}
	return out
}

func says(t *testing.T, findings []verdict.Finding) {
	t.Helper()
	for _, f := range findings {
		t.Logf("  %s %s: %s", f.Level, f.Rule.ID, f.Says)
	}
}

var (
	nr      = map[string]bool{"nonRepudiation": true}
	anybody = eutest.Criteria{Assert: "all", KeyUsage: []map[string]bool{nr}}
	d       = eutest.EIDAS
)

// qc is a QcStatements option in few words: compliance, sscd, types.
func qc(compliance, sscd bool, types ...string) eutest.Option {
	return eutest.QC(eutest.QCStatements{Compliance: compliance, SSCD: sscd, Types: types})
}

func qualify(qualifiers ...string) eutest.Option { return eutest.Qualify(anybody, qualifiers...) }

func since(status string, at time.Time) eutest.Status { return eutest.Status{URI: status, Since: at} }

func opts(o ...eutest.Option) []eutest.Option { return o }

func rules(r ...*verdict.Rule) []*verdict.Rule { return r }
