package qualify

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/verdict"
)

// handmade is a service as package trustlist would give it, without the XML.
func handmade(instances ...*trustlist.Instance) Services {
	l := &trustlist.List{Kind: trustlist.TL, Territory: "EE", Version: 6, Sequence: 1}
	s := &trustlist.Service{Instances: instances}
	p := &trustlist.Provider{Names: []string{"TEST Trust AS"}, Services: []*trustlist.Service{s}, List: l}
	s.Provider = p
	for _, i := range instances {
		i.Service = s
		if i.Type == "" {
			i.Type = trustlist.ServiceCAQC
		}
	}
	return func(*certificate.Certificate) []*trustlist.Service { return []*trustlist.Service{s} }
}

func always(qualifiers ...string) []trustlist.Qualification {
	return []trustlist.Qualification{{Qualifiers: qualifiers, Criteria: trustlist.Criteria{Assert: trustlist.All}}}
}

func until(t time.Time) *time.Time { return &t }

// certificates of which only the first second of life and the words differ.
func issuedAt(t *testing.T, at time.Time, o ...eutest.Option) *certificate.Certificate {
	t.Helper()
	w := eutest.New(t).At(old)
	ca := w.MemberState("EE").Provider("TEST Trust AS").CA("TEST CA")
	return cert(t, ca.Signer(append(opts(eutest.Valid(at, at.AddDate(5, 0, 0))), o...)...).Certificate)
}

// The Regulation applies from 2016-06-30 22:00:00 UTC, to the second: for certificates
// by their notBefore, for services by the start of their entry.
func TestEras(t *testing.T) {
	before, after := d.Add(-time.Second), d
	under := func(start time.Time, status string, q ...trustlist.Qualification) *trustlist.Instance {
		return &trustlist.Instance{Status: status, Start: start, ASI: []string{trustlist.ForeSignatures}, Qualifications: q}
	}
	plus := opts(eutest.NoQC(), eutest.Policies(oidQCPPlus))
	for _, test := range []struct {
		name     string
		cert     *certificate.Certificate
		instance *trustlist.Instance
		signed   time.Time
		want     string
	}{
		// the certificate's words (§3)
		{"QCP+ in the last second of the Directive", issuedAt(t, before, plus...), under(old, trustlist.StatusUnderSupervision), signed2025, "QESig"},
		{"QCP+ in the first second of the Regulation", issuedAt(t, after, plus...), under(old, trustlist.StatusUnderSupervision), signed2025, "Unknown"},
		{"QCP under the Directive", issuedAt(t, before, eutest.NoQC(), eutest.Policies(oidQCP)), under(old, trustlist.StatusUnderSupervision), signed2025, "AdESig-QC"},
		{"QCP under the Directive with QcSSCD", issuedAt(t, before, qc(false, true), eutest.Policies(oidQCP)), under(old, trustlist.StatusUnderSupervision), signed2025, "QESig"},
		{"QCP under the Directive, of a third country's law", issuedAt(t, before, eutest.QC(eutest.QCStatements{CCLegislation: []string{"CH"}}), eutest.Policies(oidQCPPlus)),
			under(old, trustlist.StatusUnderSupervision), signed2025, "AdESig"},
		{"a seal's type in the last second of the Directive", issuedAt(t, before, qc(true, true, eutest.ESeal)), under(old, trustlist.StatusUnderSupervision), signed2025, "QESig"},
		{"a seal's type in the first second of the Regulation", issuedAt(t, after, qc(true, true, eutest.ESeal)), &trustlist.Instance{Status: trustlist.StatusGranted, Start: after, ASI: []string{trustlist.ForeSeals}}, signed2025, "QESeal"},
		// the service's status (§5 steps 7 and 8)
		{"granted from the last second of the Directive", issuedAt(t, after), under(before, trustlist.StatusGranted), signed2025, "AdESig"},
		{"granted from the first second of the Regulation", issuedAt(t, after), under(after, trustlist.StatusGranted), signed2025, "QESig"},
		{"under supervision from the last second of the Directive", issuedAt(t, after), under(before, trustlist.StatusUnderSupervision), signed2025, "QESig"},
		{"under supervision from the first second of the Regulation", issuedAt(t, after), under(after, trustlist.StatusUnderSupervision), signed2025, "AdESig"},
		// its qualifiers (§5 step 11)
		{"QCNoSSCD from the last second of the Directive", issuedAt(t, after), under(before, trustlist.StatusUnderSupervision, always(trustlist.QCNoSSCD)...), signed2025, "AdESig-QC"},
		{"QCNoQSCD from the last second of the Directive", issuedAt(t, after), under(before, trustlist.StatusUnderSupervision, always(trustlist.QCNoQSCD)...), signed2025, "QESig"},
		{"QCNoQSCD from the first second of the Regulation", issuedAt(t, after), under(after, trustlist.StatusGranted, always(trustlist.QCNoQSCD)...), signed2025, "AdESig-QC"},
		// its type (§5 step 10)
		{"a seal's certificate under an entry of the Directive", issuedAt(t, after, qc(true, true, eutest.ESeal)),
			&trustlist.Instance{Status: trustlist.StatusAccredited, Start: before, ASI: []string{trustlist.ForeSignatures, trustlist.ForeSeals}}, signed2025, "QESig"},
		// coverage (§5 step 4)
		{"no information needed in the last second of the Directive", issuedAt(t, before), &trustlist.Instance{Status: trustlist.StatusAccredited, Start: old}, signed2025, "QESig"},
		{"needed in the first second of the Regulation", issuedAt(t, after), &trustlist.Instance{Status: trustlist.StatusAccredited, Start: old}, signed2025, "AdESig"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Signature(Input{Chain: []*certificate.Certificate{test.cert}, Services: handmade(test.instance), Indication: verdict.TotalPassed, SignedAt: test.signed, Now: test.signed, Policy: strict(t, nil)})
			if got.Level != test.want {
				t.Errorf("%q, want %q (at issuance %v, at signing %v)", got.Level, test.want, got.AtIssuance, got.AtSigning)
				says(t, got.Findings)
			}
		})
	}
}

// At the second of a change both entries hold, and contradict each other (§5 step 1, §14.13).
func TestSecondOfChange(t *testing.T) {
	change := eutest.Day(2024, 9, 1)
	c := issuedAt(t, eutest.Day(2024, 3, 10))
	services := func(then string) Services {
		return handmade(
			&trustlist.Instance{Status: then, Start: change, ASI: []string{trustlist.ForeSignatures}},
			&trustlist.Instance{Status: trustlist.StatusGranted, Start: eutest.Day(2017, 1, 1), End: until(change), ASI: []string{trustlist.ForeSignatures}})
	}
	for _, test := range []struct {
		then   string
		signed time.Time
		want   string
	}{
		{trustlist.StatusWithdrawn, change.Add(-time.Second), "QESig"},
		{trustlist.StatusWithdrawn, change, NotApplicable},
		{trustlist.StatusWithdrawn, change.Add(time.Second), "AdESig"},
		{trustlist.StatusGranted, change, "QESig"}, // a change that changes nothing
	} {
		got := Signature(Input{Chain: []*certificate.Certificate{c}, Services: services(test.then), Indication: verdict.TotalPassed, SignedAt: test.signed, Now: signed2025, Policy: strict(t, nil)})
		if got.Level != test.want {
			t.Errorf("%s at %s: %q, want %q", short(test.then), moment(test.signed), got.Level, test.want)
		}
		if fired(got.Findings)[verdict.RuleServiceConflict] != (test.want == NotApplicable) {
			t.Errorf("%s at %s: QUAL-CONFLICT is told of wrongly", short(test.then), moment(test.signed))
		}
	}
	// the certificate itself may have been issued at that second
	c = issuedAt(t, change)
	if got := Signature(Input{Chain: []*certificate.Certificate{c}, Services: services(trustlist.StatusWithdrawn), Indication: verdict.TotalPassed, SignedAt: signed2025, Now: signed2025, Policy: strict(t, nil)}); got.Level != NotApplicable {
		t.Errorf("issued at the second of the change: %q, want N/A", got.Level)
	}
}

// A chain of a self-issued certificate that another key signed goes on above it.
func TestSelfIssuedIsNoEnd(t *testing.T) {
	w := eutest.New(t)
	p := w.MemberState("EE").Provider("TEST Trust AS")
	older := p.CA("TEST CA", eutest.SelfSigned())
	newer := p.CA("TEST CA", eutest.IssuedBy(older), eutest.Unlisted())
	s := newer.Signer()
	chain := []*certificate.Certificate{cert(t, s.Certificate), cert(t, newer.Certificate), cert(t, older.Certificate)}
	if !chain[1].SelfIssued() || chain[1].KeyID == chain[2].KeyID {
		t.Fatal("want a self-issued certificate of a new key")
	}
	got := Signature(Input{Chain: chain, Services: lists(t, w).Services, Indication: verdict.TotalPassed, SignedAt: signed2025, Now: signed2025, Policy: strict(t, nil)})
	if got.Level != "QESig" {
		t.Errorf("%q, want QESig", got.Level)
		says(t, got.Findings)
	}
}

// An entry without an end and one that ended are named with their dates.
func TestTellsDates(t *testing.T) {
	got := law{ca: opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), eutest.Status{URI: eutest.Granted, Since: middle,
		Qualifications: []eutest.Qualification{{Qualifiers: []string{eutest.QCNoQSCD}, Criteria: anybody}}})), signer: opts(valid2024)}.judge(t)
	var sentences []string
	for _, f := range got.Findings {
		if f.Rule == verdict.RuleQualified {
			sentences = append(sentences, f.Says)
		}
	}
	want := []string{
		`The certificate of "TESTNUMBER,OK" was, when it was issued, 2024-03-10 12:00:00 UTC, a qualified certificate for electronic signatures with its key in a QSCD, under service "TEST CA" of "TEST Trust AS", listed as granted (CA/QC) from 2017-01-01 12:00:00 UTC to 2024-09-01 12:00:00 UTC by the trusted list of EE, number 1.`,
		`The certificate of "TESTNUMBER,OK" was, at best signature time, 2025-03-10 12:00:00 UTC, a qualified certificate for electronic signatures, under service "TEST CA" of "TEST Trust AS", listed as granted (CA/QC) since 2024-09-01 12:00:00 UTC by the trusted list of EE, number 1.`,
	}
	if len(sentences) != 2 || sentences[0] != want[0] || sentences[1] != want[1] {
		t.Errorf("told:\n%q\nwant\n%q", sentences, want)
	}
}
