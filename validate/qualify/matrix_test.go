package qualify

import (
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/verdict"
)

// The whole matrix of TS 119 615 §4.6, each row by a certificate of a listed authority.
func TestMatrix(t *testing.T) {
	all := eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals, eutest.ForWebSiteAuthentication)
	conflict := func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
		p.Service(eutest.CAQC, "again", []*eutest.Certificate{ca.Certificate}, all, eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
	}
	for _, row := range []struct {
		name   string
		signer []eutest.Option
		ca     []eutest.Option
		also   func(*eutest.World, *eutest.Provider, *eutest.CA, *eutest.Signer)
		want   [3]string // TOTAL-PASSED, INDETERMINATE, TOTAL-FAILED
	}{
		{name: "QC eSig QSCD", signer: opts(qc(true, true, eutest.ESign)), want: [3]string{"QESig", "Indeterminate QESig", "Not AdES but QC with QSCD"}},
		{name: "QC eSeal QSCD", signer: opts(qc(true, true, eutest.ESeal)), want: [3]string{"QESeal", "Indeterminate QESeal", "Not AdES but QC with QSCD"}},
		{name: "QC unknown QSCD", signer: opts(qc(true, true, eutest.ESign, eutest.ESeal)), want: [3]string{"Unknown-QC-QSCD", "Indeterminate Unknown-QC-QSCD", "Not AdES but QC with QSCD"}},
		{name: "QC eSig", signer: opts(qc(true, false, eutest.ESign)), want: [3]string{"AdESig-QC", "Indeterminate AdESig-QC", "Not AdES but QC"}},
		{name: "QC eSeal", signer: opts(qc(true, false, eutest.ESeal)), want: [3]string{"AdESeal-QC", "Indeterminate AdESeal-QC", "Not AdES but QC"}},
		{name: "QC unknown", signer: opts(qc(true, false, eutest.ESign, eutest.ESeal)), want: [3]string{"Unknown-QC", "Indeterminate Unknown-QC", "Not AdES but QC"}},
		{name: "QC WSA", signer: opts(qc(true, true, eutest.Web)), want: [3]string{"Not AdES", "Not AdES", "Not AdES"}},
		{name: "Cert WSA", signer: opts(qc(false, true, eutest.Web)), want: [3]string{"Not AdES", "Not AdES", "Not AdES"}},
		{name: "Cert eSig", signer: opts(qc(false, true, eutest.ESign)), want: [3]string{"AdESig", "Indeterminate AdESig", "Not AdES"}},
		{name: "Cert eSeal", signer: opts(qc(false, false, eutest.ESeal)), want: [3]string{"AdESeal", "Indeterminate AdESeal", "Not AdES"}},
		{name: "Cert unknown", signer: opts(eutest.NoQC()), want: [3]string{"Unknown", "Indeterminate Unknown", "Not AdES"}},
		{name: "conflict", also: conflict, want: [3]string{"N/A", "N/A", "Not AdES"}},
		{name: "no list reached", ca: opts(eutest.Unlisted()), want: [3]string{"N/A", "N/A", "N/A"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for n, i := range []verdict.Indication{verdict.TotalPassed, verdict.Indeterminate, verdict.TotalFailed} {
				l := law{ca: append(opts(all), row.ca...), signer: row.signer, also: row.also, indication: i}
				if got := l.judge(t); got.Level != row.want[n] {
					t.Errorf("%s: %q, want %q", i, got.Level, row.want[n])
				}
			}
		})
	}
}

func TestNoSigner(t *testing.T) {
	for _, i := range []verdict.Indication{verdict.TotalPassed, verdict.Indeterminate, verdict.TotalFailed} {
		got := Signature(Input{Indication: i, SignedAt: signed2025, Now: signed2025})
		if got.Level != NotApplicable || got.Reached || !fired(got.Findings)[verdict.RuleListReached] {
			t.Errorf("%s: %q, reached %t; want N/A with QUAL-LIST", i, got.Level, got.Reached)
		}
	}
}

// No cell is missing: whatever a qualification is and however a validation ends, the
// matrix has a word, and the word of a qualified signature stands under TOTAL-PASSED only.
func TestMatrixIsWhole(t *testing.T) {
	for _, qualified := range []bool{true, false} {
		for _, kind := range []Type{ESig, ESeal, WSA, Unknown} {
			for _, qscd := range []bool{true, false} {
				for _, i := range []verdict.Indication{verdict.TotalPassed, verdict.Indeterminate, verdict.TotalFailed, ""} {
					got := level(Qualification{Qualified: qualified, Type: kind, QSCD: qscd}, i)
					if got == "" {
						t.Errorf("%t %s %t under %q has no word", qualified, kind, qscd, i)
					}
					want := qualified && qscd && i == verdict.TotalPassed && (kind == ESig || kind == ESeal)
					if is := got == "QESig" || got == "QESeal"; is != want {
						t.Errorf("%t %s %t under %q is %q", qualified, kind, qscd, i, got)
					}
				}
			}
		}
	}
}

// Both times together, TS 119 615 §4.4: every pair.
func TestJoin(t *testing.T) {
	var all []Qualification
	for _, qualified := range []bool{true, false} {
		for _, kind := range []Type{ESig, ESeal, WSA, Unknown} {
			all = append(all, Qualification{Qualified: qualified, Type: kind})
			if qualified && kind != WSA {
				all = append(all, Qualification{Qualified: true, Type: kind, QSCD: true})
			}
		}
	}
	all = append(all, Qualification{Conflict: true, Type: Unknown})
	for _, issued := range all {
		for _, signed := range all {
			got := join(issued, signed)
			switch {
			case issued.Conflict || signed.Conflict:
				if !got.Conflict || got.Qualified || got.QSCD {
					t.Errorf("%v and %v give %v, want a conflict", issued, signed, got)
				}
			case got.Qualified != (issued.Qualified && signed.Qualified):
				t.Errorf("%v and %v give %v: qualified only if at both times", issued, signed, got)
			case got.Type != issued.Type && got.Type != Unknown, (got.Type == Unknown) != (issued.Type != signed.Type || issued.Type == Unknown):
				t.Errorf("%v and %v give %v: a type only if the same at both times", issued, signed, got)
			case got.QSCD != (got.Qualified && signed.QSCD):
				t.Errorf("%v and %v give %v: the device is asked at signing", issued, signed, got)
			}
		}
	}
}
