package qualify

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

var (
	issued2024 = eutest.Day(2024, 3, 10) // when the default signer's certificate begins
	middle     = eutest.Day(2024, 9, 1)
	signed2025 = eutest.DefaultTime
	old        = eutest.Day(2015, 6, 1) // under Directive 1999/93/EC
)

var valid2024 = eutest.Valid(issued2024, issued2024.AddDate(3, 0, 0))

// lateList makes Estonia's list one that was to be replaced long ago.
func lateList(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
	w.MemberState("EE").List.Issued, w.MemberState("EE").List.Next = eutest.Day(2024, 6, 1), eutest.Day(2024, 12, 1)
}

// checkedAt says of every list that it was last known to be the published one then.
func checkedAt(t time.Time) Checked { return func(*trustlist.List) time.Time { return t } }

// staleOnly says of one list that it was checked a year ago, and of the others, now.
func staleOnly(territory string) Checked {
	return func(l *trustlist.List) time.Time {
		if l.Territory == territory {
			return signed2025.AddDate(-1, 0, 0)
		}
		return signed2025
	}
}

func levels(constraint string, l policy.Level) map[string]policy.Level {
	return map[string]policy.Level{constraint: l}
}

// laws are the steps of the procedure, told one departure at a time. Numbers are those
// of the project's digest of TS 119 615, "smartcases" those of its odd cases.
func laws() []law {
	return []law{
		{name: "all is well", want: "QESig"},
		{name: "a seal", ca: opts(eutest.ASI(eutest.ForeSeals)), signer: opts(eutest.Seal()), want: "QESeal"},

		// §4: lists
		{name: "not listed", ca: opts(eutest.Unlisted()), want: "N/A", tells: rules(verdict.RuleListReached)},
		{name: "attack C6: a look-alike CA of the same name", want: "N/A", ca: opts(eutest.Unlisted()),
			also: func(w *eutest.World, p *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
				w.MemberState("LV").Provider("TEST Trust AS").CA("TEST CA") // the same subject but for C
				p.CA("TEST CA")                                             // the very same subject, another key
			}, tells: rules(verdict.RuleListReached)},
		{name: "version 4", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Version = 4
		}, tells: rules(verdict.RuleListVersion)},
		{name: "version 5", want: "QESig", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Version = 5
		}, keeps: rules(verdict.RuleListVersion)},
		{name: "no version", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.NoVersion = true
		}, tells: rules(verdict.RuleListVersion)},
		{name: "the list of lists has version 4", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.LOTL().List.Version = 4
		}, tells: rules(verdict.RuleListVersion)},
		{name: "version 4 before it was asked", clock: eutest.Day(2017, 6, 1), want: "QESig", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Version = 4
		}},
		{name: "version 4 does not spoil another country's list", want: "QESig", also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Version = 4
			w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
		}, tells: rules(verdict.RuleListVersion)},
		{name: "smartcases 148: past nextUpdate only warns", want: "QESig", also: lateList, tells: rules(verdict.RuleListExpired)},
		{name: "the list of lists is past nextUpdate", want: "QESig", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.LOTL().List.Issued, w.LOTL().List.Next = eutest.Day(2024, 6, 1), eutest.Day(2024, 12, 1)
		}, tells: rules(verdict.RuleListExpired)},
		{name: "a late list qualifies nothing where the policy says so", want: "N/A", also: lateList, levels: levels("eIDAS/TLNotExpired", policy.Fail), tells: rules(verdict.RuleListExpired)},
		{name: "nor does one that a late list of lists points to", want: "N/A", levels: levels("eIDAS/TLNotExpired", policy.Fail), also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.LOTL().List.Issued, w.LOTL().List.Next = eutest.Day(2024, 6, 1), eutest.Day(2024, 12, 1)
		}, tells: rules(verdict.RuleListExpired)},
		{name: "a late list of another country spoils nothing", want: "QESig", levels: levels("eIDAS/TLNotExpired", policy.Fail), also: func(w *eutest.World, p *eutest.Provider, ca *eutest.CA, s *eutest.Signer) {
			lateList(w, p, ca, s)
			w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
		}, tells: rules(verdict.RuleListExpired)},
		{name: "a list in time is used under that policy", want: "QESig", levels: levels("eIDAS/TLNotExpired", policy.Fail), keeps: rules(verdict.RuleListExpired)},
		{name: "a copy that was checked as long ago as the policy allows", want: "QESig", checked: checkedAt(signed2025.Add(-6 * time.Hour)), levels: levels("eIDAS/TLFreshness", policy.Fail), keeps: rules(verdict.RuleListFresh)},
		{name: "a copy that was checked a second longer ago only warns", want: "QESig", checked: checkedAt(signed2025.Add(-6*time.Hour - time.Second)), tells: rules(verdict.RuleListFresh)},
		{name: "it qualifies nothing where the policy says so", want: "N/A", checked: checkedAt(signed2025.Add(-6*time.Hour - time.Second)), levels: levels("eIDAS/TLFreshness", policy.Fail), tells: rules(verdict.RuleListFresh)},
		{name: "nor does one that a stale list of lists points to", want: "N/A", checked: staleOnly("EU"), levels: levels("eIDAS/TLFreshness", policy.Fail), tells: rules(verdict.RuleListFresh)},
		{name: "a stale list of another country spoils nothing, and is not told of", want: "QESig", checked: staleOnly("LV"), levels: levels("eIDAS/TLFreshness", policy.Fail), also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("LV").Provider("X").CA("X CA")
		}, keeps: rules(verdict.RuleListFresh)},
		{name: "a stale list of another country beside a fresh one", want: "QESig", checked: staleOnly("LV"), levels: levels("eIDAS/TLFreshness", policy.Fail), also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
		}, tells: rules(verdict.RuleListFresh)},
		{name: "when a copy was checked is not known, and not asked", want: "QESig", checked: checkedAt(time.Time{}), levels: levels("eIDAS/TLFreshness", policy.Fail), keeps: rules(verdict.RuleListFresh)},
		{name: "a copy that was checked after the time of validation", want: "QESig", checked: checkedAt(signed2025.AddDate(1, 0, 0)), levels: levels("eIDAS/TLFreshness", policy.Fail), keeps: rules(verdict.RuleListFresh)},
		{name: "a stale copy is not asked about where the policy says so", want: "QESig", checked: checkedAt(signed2025.AddDate(-1, 0, 0)), levels: levels("eIDAS/TLFreshness", policy.Ignore), keeps: rules(verdict.RuleListFresh)},
		{name: "a late list is not asked about where the policy says so", want: "QESig", also: lateList, levels: levels("eIDAS/TLNotExpired", policy.Ignore), keeps: rules(verdict.RuleListExpired)},
		{name: "version 4 counts where the policy says so", want: "QESig", levels: levels("eIDAS/TLVersion", policy.Warn), also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Version = 4
		}, tells: rules(verdict.RuleListVersion)},
		{name: "a closed list never expires (Brexit)", want: "QESig", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Issued, w.MemberState("EE").List.Closed = eutest.Day(2020, 12, 31), true
		}, keeps: rules(verdict.RuleListExpired)},
		{name: "a third country's list never qualifies", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Type = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/UAlist"
		}, tells: rules(verdict.RuleListReached)},

		// §5 step 1: the date
		{name: "issued before the service was listed (14.4)", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.Granted, middle))), signer: opts(valid2024),
			tells: rules(verdict.RuleServiceAtTime, verdict.RuleQualifiedAtSigning)},
		{name: "signed before the certificate began, and the service too (14.4)", want: "AdESig", signedAt: eutest.Day(2016, 1, 1), now: signed2025,
			tells: rules(verdict.RuleServiceAtTime)},

		// step 3: the type of service
		{name: "listed as CA/PKC", want: "AdESig", ca: opts(eutest.ServiceType(eutest.CAPKC)), tells: rules(verdict.RuleServiceType)},
		{name: "CA/PKC beside CA/QC (14.1)", want: "QESig", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAPKC, "the same for others", []*eutest.Certificate{ca.Certificate}, eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
		}, keeps: rules(verdict.RuleServiceType, verdict.RuleServiceConflict)},
		{name: "CA/PKC granted and CA/PKC withdrawn at one time", want: "N/A", ca: opts(eutest.ServiceType(eutest.CAPKC)),
			also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
				p.Service(eutest.CAPKC, "again", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures), eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
			}, tells: rules(verdict.RuleServiceType, verdict.RuleServiceConflict)},

		// step 4: coverage
		{name: "smartcases 157: no additional service information", want: "AdESig", ca: opts(eutest.ASI()), tells: rules(verdict.RuleServiceCovers)},
		{name: "none is needed for one issued under the Directive", clock: old, want: "QESig", ca: opts(eutest.ASI()), signedAt: signed2025, keeps: rules(verdict.RuleServiceCovers)},
		{name: "seals only, for signatures", want: "AdESig", ca: opts(eutest.ASI(eutest.ForeSeals)), tells: rules(verdict.RuleServiceCovers)},
		{name: "seals only, and the list calls it a seal", want: "QESeal", ca: opts(eutest.ASI(eutest.ForeSeals), qualify(eutest.QCForESeal))},
		{name: "signatures only, and the list calls the seal a signature", want: "QESig", ca: opts(qualify(eutest.QCForESig)), signer: opts(eutest.Seal())},
		{name: "signatures only, a seal by type alone", want: "AdESeal", ca: opts(qualify(eutest.QCStatement)), signer: opts(qc(false, false, eutest.ESeal)),
			tells: rules(verdict.RuleServiceCovers)},
		{name: "websites only, and the list calls it a website", want: "Not AdES", ca: opts(eutest.ASI(eutest.ForWebSiteAuthentication), qualify(eutest.QCForWSA))},
		{name: "legal persons only, for signatures", want: "AdESig", ca: opts(qualify(eutest.QCForLegalPerson)), tells: rules(verdict.RuleServiceCovers)},
		{name: "legal persons, for seals", want: "QESeal", ca: opts(eutest.ASI(eutest.ForeSeals), qualify(eutest.QCForLegalPerson)), signer: opts(eutest.Seal())},
		{name: "an unknown type is covered by anything", want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSeals)), signer: opts(qc(true, true, eutest.ESign, eutest.ESeal)),
			keeps: rules(verdict.RuleServiceCovers), tells: rules(verdict.RuleCertificateType)},

		{name: "websites only, and the list calls the seal a website", want: "Not AdES", ca: opts(eutest.ASI(eutest.ForWebSiteAuthentication), qualify(eutest.QCForWSA)), signer: opts(eutest.Seal()),
			keeps: rules(verdict.RuleServiceCovers)},
		{name: "signatures only, and the list calls the website a signature", want: "QESig", ca: opts(qualify(eutest.QCForESig)), signer: opts(qc(true, true, eutest.Web))},
		{name: "seals only, and the list calls the website a seal", want: "QESeal", ca: opts(eutest.ASI(eutest.ForeSeals), qualify(eutest.QCForESeal)), signer: opts(qc(true, true, eutest.Web))},
		{name: "two usages override nothing", want: "AdESeal", ca: opts(qualify(eutest.QCForESig, eutest.QCForESeal)), signer: opts(eutest.Seal()), tells: rules(verdict.RuleServiceCovers)},

		// step 6: conflict
		{name: "smartcases 154: two services contradict each other", want: "N/A", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "again", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures), eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
		}, tells: rules(verdict.RuleServiceConflict)},
		{name: "in conflict at signing only", want: "N/A", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "again", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures), eutest.HistoryOf(since(eutest.Withdrawn, middle)))
		}, tells: rules(verdict.RuleServiceConflict, verdict.RuleQualifiedAtSigning)},
		{name: "in two countries' lists, and they agree (14.2)", want: "QESig", also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
		}, keeps: rules(verdict.RuleServiceConflict)},
		{name: "in two countries' lists, and they differ (14.2)", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures), qualify(eutest.QCNoQSCD))
		}, tells: rules(verdict.RuleServiceConflict)},
		{name: "websites cannot differ in a device", want: "Not AdES", signer: opts(qc(true, true, eutest.Web)), ca: opts(eutest.ASI(eutest.ForWebSiteAuthentication)),
			also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
				w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForWebSiteAuthentication), qualify(eutest.QCNoQSCD))
			}, keeps: rules(verdict.RuleServiceConflict)},
		{name: "one of two usages and one of one", want: "N/A", ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), qualify(eutest.QCForESig, eutest.QCForESeal)),
			also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
				p.Service(eutest.CAQC, "again", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals))
			}, tells: rules(verdict.RuleServiceConflict)},
		{name: "one that does not cover it is no party to a conflict", want: "QESig", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "seals", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSeals), eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
		}, keeps: rules(verdict.RuleServiceConflict)},

		// steps 7 and 8: status
		{name: "granted before it existed (§7 row 5)", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.Granted, d.Add(-time.Second)))), tells: rules(verdict.RuleServiceConsistent)},
		{name: "withdrawn before it existed (§7 row 5)", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.Withdrawn, d.Add(-time.Second)))), tells: rules(verdict.RuleServiceConsistent)},
		{name: "withdrawn all along", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1)))), tells: rules(verdict.RuleServiceGranted)},
		{name: "smartcases 149: withdrawn between issuance and signing (14.3)", want: "AdESig", signer: opts(valid2024),
			ca:    opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), since(eutest.Withdrawn, middle))),
			tells: rules(verdict.RuleServiceGranted, verdict.RuleQualifiedAtSigning)},
		{name: "attack C8: issued after it was withdrawn, granted again at signing", want: "AdESig", signer: opts(valid2024),
			ca: opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), since(eutest.Withdrawn, eutest.Day(2024, 1, 1)), since(eutest.Granted, middle)))},
		{name: "smartcases 150: withdrawn after signing (14.3)", want: "QESig", now: eutest.Day(2025, 12, 1), signer: opts(valid2024),
			ca:    opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), since(eutest.Withdrawn, eutest.Day(2025, 6, 1)))),
			keeps: rules(verdict.RuleServiceGranted)},
		{name: "recognised at national level is not granted", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.RecognisedNationally, eutest.Day(2017, 1, 1)))), tells: rules(verdict.RuleServiceGranted)},
		{name: "set by national law is not granted", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.SetByNationalLaw, eutest.Day(2017, 1, 1)))), tells: rules(verdict.RuleServiceGranted)},
		{name: "under supervision is a word of the Directive", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.UnderSupervision, d))), tells: rules(verdict.RuleServiceGranted)},
		{name: "under supervision to this day", clock: old, want: "QESig", signedAt: signed2025, ca: opts(eutest.HistoryOf(since(eutest.UnderSupervision, eutest.Day(2010, 1, 1))))},
		{name: "supervision in cessation", clock: old, want: "QESig", ca: opts(eutest.HistoryOf(since(eutest.SupervisionInCessation, eutest.Day(2010, 1, 1))))},
		{name: "accredited", clock: old, want: "QESig", ca: opts(eutest.HistoryOf(since(eutest.Accredited, eutest.Day(2010, 1, 1))))},
		{name: "supervision ceased", clock: old, want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.SupervisionCeased, eutest.Day(2010, 1, 1)))), tells: rules(verdict.RuleServiceGranted)},
		{name: "supervision revoked", clock: old, want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.SupervisionRevoked, eutest.Day(2010, 1, 1))))},
		{name: "accreditation ceased", clock: old, want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.AccreditationCeased, eutest.Day(2010, 1, 1))))},
		{name: "accreditation revoked", clock: old, want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.AccreditationRevoked, eutest.Day(2010, 1, 1))))},

		// step 9: qualified
		{name: "the certificate does not say so", want: "AdESig", signer: opts(qc(false, true, eutest.ESign)), tells: rules(verdict.RuleQualified)},
		{name: "smartcases 156: the list says it instead", want: "QESig", signer: opts(qc(false, true, eutest.ESign)), ca: opts(qualify(eutest.QCStatement)), keeps: rules(verdict.RuleQualified)},
		{name: "smartcases 156: the list says that it is not (14.12)", want: "AdESig", ca: opts(qualify(eutest.NotQualified)), tells: rules(verdict.RuleQualified)},
		{name: "for others only", want: "QESig", ca: opts(eutest.Qualify(eutest.Criteria{Assert: "all", PolicySets: [][]string{{"1.2.3.4"}}}, eutest.NotQualified))},
		{name: "smartcases 158: qualified under another law (14.8)", want: "AdESig",
			signer: opts(eutest.QC(eutest.QCStatements{Compliance: true, SSCD: true, Types: []string{eutest.ESign}, CCLegislation: []string{"CH"}})), tells: rules(verdict.RuleQualified)},
		{name: "a device without a qualified certificate (14.10)", want: "AdESig", signer: opts(qc(false, true, eutest.ESign)), ca: opts(qualify(eutest.QCWithQSCD))},

		// step 10: the type
		{name: "smartcases 155: two types (14.9)", want: "Unknown-QC", signer: opts(qc(true, false, eutest.ESign, eutest.ESeal)), tells: rules(verdict.RuleCertificateType, verdict.RuleQSCD)},
		{name: "smartcases 155: two types and not qualified", want: "Unknown", signer: opts(qc(false, false, eutest.ESign, eutest.ESeal))},
		{name: "a type twice is one", want: "QESig", signer: opts(qc(true, true, eutest.ESign, eutest.ESign))},
		{name: "no type means signatures", want: "QESig", signer: opts(qc(true, true))},
		{name: "a type that nobody knows", want: "QESig", signer: opts(qc(true, true, "1.2.3"))},
		{name: "no statement, no type", want: "Unknown", signer: opts(eutest.NoQC())},
		{name: "the list tells the type", want: "QESeal", ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), qualify(eutest.QCForESeal))},
		{name: "under the Directive all are for signatures", clock: old, want: "QESig", signer: opts(eutest.Seal())},
		{name: "smartcases 160: a certificate for websites", want: "Not AdES", ca: opts(eutest.ASI(eutest.ForWebSiteAuthentication)), signer: opts(qc(true, true, eutest.Web))},
		{name: "not even qualified", want: "Not AdES", signer: opts(qc(false, false, eutest.Web))},

		// step 11: the device
		{name: "the certificate does not name one", want: "AdESig-QC", signer: opts(qc(true, false, eutest.ESign)), tells: rules(verdict.RuleQSCD)},
		{name: "the list names one", want: "QESig", signer: opts(qc(true, false, eutest.ESign)), ca: opts(qualify(eutest.QCWithQSCD)), keeps: rules(verdict.RuleQSCD)},
		{name: "managed on behalf (14.11)", want: "QESig", signer: opts(qc(true, false, eutest.ESign)), ca: opts(qualify(eutest.QCQSCDManagedOnBehalf))},
		{name: "as in the certificate: yes", want: "QESig", ca: opts(qualify(eutest.QCQSCDStatusAsInCert))},
		{name: "as in the certificate: no", want: "AdESig-QC", signer: opts(qc(true, false, eutest.ESign)), ca: opts(qualify(eutest.QCQSCDStatusAsInCert))},
		{name: "the list says no", want: "AdESig-QC", ca: opts(qualify(eutest.QCNoQSCD)), tells: rules(verdict.RuleQSCD)},
		{name: "Directive: the list names one", clock: old, want: "QESig", signer: opts(qc(true, false)), ca: opts(qualify(eutest.QCWithSSCD))},
		{name: "Directive: as in the certificate", clock: old, want: "QESig", ca: opts(qualify(eutest.QCSSCDStatusAsInCert))},
		{name: "Directive: the list says no", clock: old, want: "AdESig-QC", ca: opts(qualify(eutest.QCNoSSCD))},
		{name: "Directive: nothing said", clock: old, want: "AdESig-QC", signer: opts(qc(true, false))},
		{name: "Directive: a word of the Regulation is no word", clock: old, want: "AdESig-QC", signer: opts(qc(true, false)), ca: opts(qualify(eutest.QCWithQSCD))},
		{name: "smartcases 152: a device at signing only", want: "QESig", signer: opts(qc(true, false, eutest.ESign), valid2024),
			ca: opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), eutest.Status{URI: eutest.Granted, Since: middle,
				Qualifications: []eutest.Qualification{{Qualifiers: []string{eutest.QCWithQSCD}, Criteria: anybody}}})), tells: rules(verdict.RuleQualifiedAtSigning)},
		{name: "smartcases 152: a device at issuance only (attack C8)", want: "AdESig-QC", signer: opts(valid2024),
			ca: opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), eutest.Status{URI: eutest.Granted, Since: middle,
				Qualifications: []eutest.Qualification{{Qualifiers: []string{eutest.QCNoQSCD}, Criteria: anybody}}})), tells: rules(verdict.RuleQSCD)},

		// §6: both times together
		{name: "smartcases 151: a signature at issuance, a seal at signing", want: "Unknown-QC-QSCD", signer: opts(valid2024),
			ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), eutest.Status{URI: eutest.Granted, Since: middle,
				Qualifications: []eutest.Qualification{{Qualifiers: []string{eutest.QCForESeal}, Criteria: anybody}}})), tells: rules(verdict.RuleQualifiedAtSigning)},
		{name: "an old Estonian seal: a signature under the Directive, a seal since", clock: old, signedAt: signed2025, want: "Unknown-QC",
			signer: opts(qc(true, false)), ca: opts(eutest.ASI(eutest.ForeSeals), eutest.HistoryOf(eutest.Status{URI: eutest.UnderSupervision, Since: eutest.Day(2010, 1, 1), Unqualified: true},
				eutest.Status{URI: eutest.Granted, Since: d, Qualifications: []eutest.Qualification{{Qualifiers: []string{eutest.QCForESeal}, Criteria: anybody}}}))},

		// §7: consistency
		{name: "row 1: qualified and not qualified", want: "AdESig", ca: opts(qualify(eutest.QCStatement, eutest.NotQualified)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 2: legal persons and signatures", want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), qualify(eutest.QCForLegalPerson, eutest.QCForESig)),
			signer: opts(eutest.Seal()), tells: rules(verdict.RuleServiceConsistent, verdict.RuleCertificateType)},
		{name: "row 3, smartcases 153: with and without a device", want: "AdESig-QC", ca: opts(qualify(eutest.QCWithQSCD, eutest.QCNoQSCD)), tells: rules(verdict.RuleServiceConsistent, verdict.RuleQSCD)},
		{name: "row 3: as in the certificate, and without", want: "AdESig-QC", ca: opts(qualify(eutest.QCQSCDStatusAsInCert, eutest.QCNoQSCD)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3: on behalf, and without", want: "AdESig-QC", ca: opts(qualify(eutest.QCQSCDManagedOnBehalf, eutest.QCNoQSCD)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3: contradiction across two entries", want: "AdESig-QC", ca: opts(qualify(eutest.QCWithQSCD), qualify(eutest.QCNoQSCD)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3A: as in the certificate, and with", want: "AdESig-QC", ca: opts(qualify(eutest.QCQSCDStatusAsInCert, eutest.QCWithQSCD)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3A: as in the certificate, and on behalf", want: "AdESig-QC", ca: opts(qualify(eutest.QCQSCDStatusAsInCert, eutest.QCQSCDManagedOnBehalf)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3B, smartcases 159: a word of the Directive since the Regulation", want: "AdESig-QC", ca: opts(qualify(eutest.QCWithSSCD)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3B: the other one", want: "AdESig-QC", ca: opts(qualify(eutest.QCNoSSCD)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 3B: both vocabularies agree", want: "QESig", signer: opts(qc(true, false, eutest.ESign)), ca: opts(qualify(eutest.QCWithSSCD, eutest.QCWithQSCD)), keeps: rules(verdict.RuleServiceConsistent)},
		{name: "row 3C: a qualifier that nobody knows", want: "QESig", ca: opts(qualify("http://example.eu/QCOfTheMoon")), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 4: two usages", want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), qualify(eutest.QCForESig, eutest.QCForESeal)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 6: a seal under the Directive", clock: old, want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForeSeals), qualify(eutest.QCForESeal)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 6: a website under the Directive", clock: old, want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSignatures, eutest.ForWebSiteAuthentication), qualify(eutest.QCForWSA)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 6: for seals only, under the Directive", clock: old, want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSeals)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 6: for websites only, under the Directive", clock: old, want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForWebSiteAuthentication)), tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 7: a usage without its information", clock: old, signedAt: old, want: "Unknown-QC-QSCD", ca: opts(eutest.ASI(eutest.ForeSeals, eutest.ForWebSiteAuthentication), qualify(eutest.QCForESig)),
			tells: rules(verdict.RuleServiceConsistent)},
		{name: "row 7: a usage where no information is at all", clock: old, want: "QESig", ca: opts(eutest.ASI(), qualify(eutest.QCForESig)), keeps: rules(verdict.RuleServiceConsistent)},
		{name: "a criterion that nobody knows (TS 119 612 §5.5.9.2.2)", want: "QESig", tells: rules(verdict.RuleServiceConsistent),
			ca: opts(eutest.Qualify(eutest.Criteria{Assert: "all", Raw: `<x:Moon xmlns:x="urn:moon">full</x:Moon>`}, eutest.QCNoQSCD))},
		{name: "a critical extension that nobody knows (TS 119 612 §5.5.9)", want: "AdESig", tells: rules(verdict.RuleServiceConsistent),
			ca: opts(eutest.RawServiceExtension(`<tsl:Extension Critical="true"><x:Moon xmlns:x="urn:moon">full</x:Moon></tsl:Extension>`))},

		// step 12: names
		{name: "a provider that was renamed", want: "QESig", ca: opts(eutest.Subject(eutest.NameAttribute{Type: "O", Value: "Other AS"}, eutest.NameAttribute{Type: "CN", Value: "Other CA"})),
			tells: rules(verdict.RuleProviderName)},
		{name: "a provider that its certificate does not name", want: "QESig", ca: opts(eutest.Subject(eutest.NameAttribute{Type: "CN", Value: "TEST CA"})), tells: rules(verdict.RuleProviderName)},
		{name: "its trade name will do, in any case", want: "QESig", ca: opts(eutest.Subject(eutest.NameAttribute{Type: "O", Value: "vatee-1"}, eutest.NameAttribute{Type: "CN", Value: "Other CA"})),
			keeps: rules(verdict.RuleProviderName)},

		// §14: the chain
		{name: "the signer himself is listed (14.5)", ca: opts(eutest.Unlisted()), want: "QESig", also: func(_ *eutest.World, p *eutest.Provider, _ *eutest.CA, s *eutest.Signer) {
			p.Service(eutest.CAQC, "the signer", []*eutest.Certificate{s.Certificate}, eutest.ASI(eutest.ForeSignatures))
		}},
		{name: "only the root is listed (14.6)", ca: opts(eutest.Unlisted()), want: "QESig", also: func(_ *eutest.World, p *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "root", []*eutest.Certificate{p.Root().Certificate}, eutest.ASI(eutest.RootCAQC, eutest.ForeSignatures))
		}},
		{name: "smartcases 165: history by key identifier only", want: "AdESig", ca: opts(eutest.HistoryBySKI(), eutest.HistoryOf(since(eutest.Granted, eutest.Day(2017, 1, 1)), since(eutest.Withdrawn, middle))), signer: opts(valid2024)},
		{name: "another certificate of the same name and key is listed", ca: opts(eutest.Unlisted()), want: "QESig", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "twin", []*eutest.Certificate{ca.Twin()}, eutest.ASI(eutest.ForeSignatures))
		}},

		// Smart-ID
		{name: "Smart-ID since 2019", want: "QESig", ca: opts(eutest.SmartIDQualifiers()), signer: opts(eutest.SmartID())},
		{name: "Smart-ID of 2017: no device yet", clock: eutest.Day(2018, 6, 1), want: "AdESig-QC", ca: opts(eutest.SmartIDQualifiers()), signer: opts(eutest.SmartID2017()), tells: rules(verdict.RuleQSCD)},
		{name: "Smart-ID Basic under a listed authority", want: "Unknown", ca: opts(eutest.SmartIDQualifiers()), signer: opts(eutest.SmartIDBasic()), tells: rules(verdict.RuleQualified)},
		{name: "attack C7: an NQ certificate that claims all, by an unlisted CA", want: "N/A", ca: opts(eutest.Unlisted()), signer: opts(eutest.SmartIDBasic(), qc(true, true, eutest.ESign))},
		{name: "attack C7: an NQ certificate that claims a device", want: "AdESig", ca: opts(eutest.SmartIDQualifiers()), signer: opts(eutest.SmartIDBasic(), qc(false, true, eutest.ESign))},
		{name: "attack C7: an authentication certificate", want: "Unknown", ca: opts(eutest.SmartIDQualifiers()), signer: opts(eutest.Authentication()), tells: rules(verdict.RuleQualified)},

		// the other indications
		{name: "smartcases 161: not passed", indication: verdict.Indeterminate, want: "Indeterminate QESig", tells: rules(verdict.RuleAdESPassed)},
		{name: "smartcases 161: failed", indication: verdict.TotalFailed, want: "Not AdES but QC with QSCD", tells: rules(verdict.RuleAdESPassed)},
		{name: "no list, failed: N/A all the same", indication: verdict.TotalFailed, ca: opts(eutest.Unlisted()), want: "N/A"},
		{name: "no acceptable list, failed: N/A all the same", indication: verdict.TotalFailed, want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("EE").List.Version = 4
		}},
		{name: "a conflict, failed", indication: verdict.TotalFailed, want: "Not AdES", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "again", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures), eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
		}},
		{name: "a conflict, not passed", indication: verdict.Indeterminate, want: "N/A", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(eutest.CAQC, "again", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures), eutest.HistoryOf(since(eutest.Withdrawn, eutest.Day(2017, 1, 1))))
		}},
	}
}

func TestLaw(t *testing.T) {
	tally := newTally()
	t.Run("laws", func(t *testing.T) {
		for _, l := range append(laws(), mraLaws()...) {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				got := l.judge(t)
				tally.add(got.Findings)
				if got.Level != l.want {
					t.Errorf("%q, want %q (at issuance %v, at signing %v)", got.Level, l.want, got.AtIssuance, got.AtSigning)
				}
				told := fired(got.Findings)
				for _, r := range l.tells {
					if !told[r] {
						t.Errorf("%s is not told of", r.ID)
					}
				}
				for _, r := range l.keeps {
					if told[r] {
						t.Errorf("%s is told of", r.ID)
					}
				}
				reasons(t, got)
				if t.Failed() || testing.Verbose() {
					says(t, got.Findings)
				}
			})
		}
		t.Run("time-stamps", func(t *testing.T) {
			for _, s := range append(stamps(), mraStamps()...) {
				t.Run(s.name, func(t *testing.T) { s.check(t, tally) })
			}
		})
	})
	tally.everyRule(t)
}

// reasons: what is no yes is always said, so that whoever reads the level finds the
// reason beside it, and qualification alters no indication.
func reasons(t *testing.T, got *Result) {
	t.Helper()
	if full := got.Level == "QESig" || got.Level == "QESeal" || got.Level == "Not AdES"; !full && len(fired(got.Findings)) == 0 {
		t.Errorf("%s, and no reason is told", got.Level)
	}
	for _, f := range got.Findings {
		if f.Says == "" || f.At.IsZero() || f.Passed || f.Level == verdict.Error {
			t.Errorf("finding %+v: want a sentence and a time, and never an error", f)
		}
	}
}

// tally counts in how many cases each rule was told of.
type tally struct {
	mu    sync.Mutex
	cases int
	told  map[*verdict.Rule]int
}

func newTally() *tally { return &tally{told: map[*verdict.Rule]int{}} }

func (y *tally) add(findings []verdict.Finding) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.cases++
	for r := range fired(findings) {
		y.told[r]++
	}
}

// everyRule demands of each rule of qualification a case that fires it and one that does not.
func (y *tally) everyRule(t *testing.T) {
	n := 0
	for _, r := range verdict.Rules() {
		if !strings.HasPrefix(r.ID, "QUAL-") {
			continue
		}
		n++
		if y.told[r] == 0 || y.told[r] == y.cases {
			t.Errorf("%s is told of in %d of %d cases; want some and not all", r.ID, y.told[r], y.cases)
		}
	}
	if n < 19 {
		t.Errorf("%d rules of qualification, want 19 at least", n)
	}
}
