package qualify

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// stamp is one case of qualification digest §9: a time-stamp of 2025-03-10 that is
// proven to have existed at existed, judged at the end of 2025.
type stamp struct {
	name    string
	unit    []eutest.Option
	also    func(w *eutest.World, p *eutest.Provider, tsa *eutest.TSA)
	existed time.Time               // default: now, as of the newest stamp
	levels  map[string]policy.Level // that differ from the strict policy
	checked Checked
	want    string
	tells   *verdict.Rule
}

func stamps() []stamp {
	begun := since(eutest.Granted, eutest.Day(2024, 1, 1))
	now := eutest.Day(2025, 12, 1)
	other := func(serviceType string, o ...eutest.Option) func(*eutest.World, *eutest.Provider, *eutest.TSA) {
		return func(_ *eutest.World, p *eutest.Provider, tsa *eutest.TSA) {
			p.Service(serviceType, "again", []*eutest.Certificate{tsa.Certificate}, o...)
		}
	}
	return []stamp{
		{name: "granted throughout", want: "QTSA"},
		{name: "withdrawn since, and nothing proves it earlier", unit: opts(eutest.HistoryOf(begun, since(eutest.Withdrawn, eutest.Day(2025, 6, 1)))), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "withdrawn since, and covered before", unit: opts(eutest.HistoryOf(begun, since(eutest.Withdrawn, eutest.Day(2025, 6, 1)))), existed: eutest.Day(2025, 5, 1), want: "QTSA"},
		{name: "withdrawn at the second of its proof", unit: opts(eutest.HistoryOf(begun, since(eutest.Withdrawn, eutest.Day(2025, 6, 1)))), existed: eutest.Day(2025, 6, 1), want: "QTSA"},
		{name: "withdrawn the second before", unit: opts(eutest.HistoryOf(begun, since(eutest.Withdrawn, eutest.Day(2025, 6, 1)))), existed: eutest.Day(2025, 6, 1).Add(time.Second), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "not yet granted when it was made", unit: opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2025, 6, 1)))), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "granted to the second", unit: opts(eutest.HistoryOf(since(eutest.Granted, eutest.DefaultTime))), want: "QTSA"},
		{name: "granted a second too late", unit: opts(eutest.HistoryOf(since(eutest.Granted, eutest.DefaultTime.Add(time.Second)))), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "smartcases 164: listed, but not as qualified", unit: opts(eutest.ServiceType("TSA/TSS-QC")), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "listed as TSA", unit: opts(eutest.ServiceType(eutest.TSTPub), eutest.HistoryOf(since(eutest.RecognisedNationally, eutest.Day(2024, 1, 1)))), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "first TSA, then QTST", unit: opts(eutest.HistoryOf(eutest.Status{URI: eutest.RecognisedNationally, Since: eutest.Day(2024, 1, 1), Type: eutest.TSTPub}, since(eutest.Granted, eutest.Day(2025, 1, 1)))), want: "QTSA"},
		{name: "only its authority is listed, as CA/QC", unit: opts(eutest.Unlisted()), want: "TSA", tells: verdict.RuleTimestampQualified, also: func(_ *eutest.World, p *eutest.Provider, _ *eutest.TSA) {
			p.Service(eutest.CAQC, "root", []*eutest.Certificate{p.Root().Certificate}, eutest.ASI(eutest.ForeSignatures))
		}},
		{name: "only its authority is listed, as TSA/QTST", unit: opts(eutest.Unlisted()), want: "QTSA", also: func(_ *eutest.World, p *eutest.Provider, _ *eutest.TSA) {
			p.Service(eutest.QTST, "root", []*eutest.Certificate{p.Root().Certificate})
		}},
		{name: "no conflict rule: withdrawn beside granted", also: other(eutest.QTST, eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2024, 1, 1)))), want: "QTSA"},
		{name: "two entries, one for each time", unit: opts(eutest.HistoryOf(begun, since(eutest.Withdrawn, eutest.Day(2025, 6, 1)))), also: other(eutest.QTST, eutest.HistoryOf(since(eutest.Granted, eutest.Day(2025, 7, 1)))), want: "QTSA"},
		{name: "not listed", unit: opts(eutest.Unlisted()), want: "N/A", tells: verdict.RuleListReached},
		{name: "version 4", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.TSA) { w.MemberState("EE").List.Version = 4 }, want: "N/A", tells: verdict.RuleListVersion},
		{name: "a third country's list", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.TSA) {
			w.MemberState("EE").List.Type = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/UAlist"
		}, want: "N/A", tells: verdict.RuleListReached},
		{name: "an expired list", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.TSA) {
			w.MemberState("EE").List.Next = now.AddDate(0, 0, -1)
		}, want: "QTSA", tells: verdict.RuleListExpired},
		{name: "an expired list that the policy does not use", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.TSA) {
			w.MemberState("EE").List.Next = now.AddDate(0, 0, -1)
		}, levels: levels("eIDAS/TLNotExpired", policy.Fail), want: "N/A", tells: verdict.RuleListExpired},
		{name: "a stale list", checked: checkedAt(now.AddDate(0, 0, -1)), want: "QTSA", tells: verdict.RuleListFresh},
		{name: "a stale list that the policy does not use", checked: checkedAt(now.AddDate(0, 0, -1)), levels: levels("eIDAS/TLFreshness", policy.Fail), want: "N/A", tells: verdict.RuleListFresh},
		{name: "a critical extension that nobody knows", unit: opts(eutest.RawServiceExtension(`<tsl:Extension Critical="true"><x:Moon xmlns:x="urn:moon">full</x:Moon></tsl:Extension>`)), want: "TSA", tells: verdict.RuleTimestampQualified},
	}
}

func (s stamp) check(t *testing.T, tally *tally) {
	t.Helper()
	now := eutest.Day(2025, 12, 1)
	w := eutest.New(t)
	p := w.MemberState("EE").Provider("TEST Trust AS")
	tsa := p.TSA("TEST TSA", s.unit...)
	if s.also != nil {
		s.also(w, p, tsa)
	}
	if s.existed.IsZero() {
		s.existed = now
	}
	chain := []*certificate.Certificate{cert(t, tsa.Certificate), cert(t, p.Root().Certificate)}
	got := Timestamp(chain, lists(t, w.At(now)).Services, s.checked, eutest.DefaultTime, s.existed, now, strict(t, s.levels))
	tally.add(got.Findings)
	told := fired(got.Findings)
	if got.Level != s.want || s.tells != nil && !told[s.tells] || s.tells == nil && len(told) > 0 {
		t.Errorf("%q, want %q and %v", got.Level, s.want, s.tells)
		says(t, got.Findings)
	}
}

func TestTimestampWithoutUnit(t *testing.T) {
	if got := Timestamp(nil, nil, nil, signed2025, signed2025, signed2025, nil); got.Level != NotApplicable {
		t.Errorf("%q, want N/A", got.Level)
	}
}

// The words of the Directive count for time-stamps of its days.
func TestTimestampEras(t *testing.T) {
	w := eutest.New(t).At(old)
	p := w.MemberState("EE").Provider("TEST Trust AS")
	for name, want := range map[string]string{eutest.Accredited: "QTSA", eutest.UnderSupervision: "QTSA", eutest.SupervisionCeased: "TSA", eutest.Granted: "TSA"} {
		tsa := p.TSA("TEST TSA "+name, eutest.HistoryOf(since(name, eutest.Day(2014, 1, 1))))
		snap := lists(t, w)
		if got := Timestamp([]*certificate.Certificate{cert(t, tsa.Certificate)}, snap.Services, nil, old, old, old, strict(t, nil)); got.Level != want {
			t.Errorf("%s since 2014: %q, want %q", name, got.Level, want)
		}
	}
}
