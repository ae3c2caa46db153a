package qualify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/verdict"
)

// The default certificate is of 2024-03-10 and signs a year later; enactment is well
// before both.
var enactment = eutest.Day(2020, 5, 16)

// zz is a URI of the third country's own words.
func zz(name string) string { return eutest.Foreign("ZZ", name) }

func zzQualifier(name string) string { return zz("TrustedList/SvcInfoExt/" + name) }

// agreed is an agreement of one equivalence with this history.
func agreed(history ...eutest.EquivalenceStatus) []eutest.Equivalence {
	return []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: history}}
}

// recognised is the equivalence of the Commission's sample, enacted, changed by change.
func recognised(change ...func(*eutest.EquivalenceStatus)) eutest.EquivalenceStatus {
	e := eutest.Recognition("ZZ", eutest.Enacted, enactment)
	for _, c := range change {
		c(&e)
	}
	return e
}

func status(s string, at time.Time) eutest.EquivalenceStatus {
	return eutest.Recognition("ZZ", s, at)
}

// zzCA lists the authority as the sample knows it, and zzSigner states that the
// certificate is qualified under the third country's law.
var (
	zzCA     = eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1))
	zzSigner = eutest.ForeignQC("ZZ")
)

func zzQC(change func(*eutest.QCStatements)) eutest.Option {
	q := eutest.QualifiedSignature()
	q.CCLegislation = []string{"ZZ"}
	change(&q)
	return eutest.QC(q)
}

// third is a law under an agreement; what differs from the sample is set by the caller.
func third(l law) law {
	if l.agreement == nil {
		l.agreement = agreed(recognised())
	}
	l.ca = append(opts(zzCA), l.ca...)
	l.signer = append(opts(zzSigner), l.signer...)
	return l
}

// mraLaws are the cases of trusted-lists digest §14 and qualification digest §5 step 2.
func mraLaws() []law {
	mra, one, cert := rules(verdict.RuleMRA), rules(verdict.RuleMRAOne), rules(verdict.RuleMRACertificate)
	content := func(contents ...eutest.ContentEquivalence) []eutest.Equivalence {
		return agreed(recognised(func(e *eutest.EquivalenceStatus) { e.Contents = contents }))
	}
	all := func(statements ...string) eutest.Criteria {
		return eutest.Criteria{Assert: "all", Raw: eutest.QCStatementSet(statements...)}
	}
	none := func(statements ...string) eutest.Criteria {
		return eutest.Criteria{Assert: "none", Raw: eutest.QCStatementSet(statements...)}
	}
	nested := func(assert string, c ...eutest.Criteria) eutest.Criteria {
		return eutest.Criteria{Assert: assert, Nested: c}
	}
	const compliance, sscd, qcType, legislation = "0.4.0.1862.1.1", "0.4.0.1862.1.4", "0.4.0.1862.1.6", "0.4.0.1862.1.7"
	sample := recognised().Contents
	list := []law{
		{name: "smartcases 158: an enacted agreement", want: "QESig", keeps: slices.Concat(mra, one, cert)},
		{name: "all the agreement's words in other order", want: "QESig", agreement: agreed(recognised(func(e *eutest.EquivalenceStatus) { slices.Reverse(e.Contents) }))},

		// the time: that which is asked about, and issuance
		{name: "repealed before issuance", want: "AdESig", agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, eutest.Day(2024, 1, 1))), tells: mra},
		{name: "repealed between issuance and signing", want: "AdESig", signer: opts(valid2024), agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, middle)),
			tells: rules(verdict.RuleMRA, verdict.RuleQualifiedAtSigning)},
		{name: "repealed at the second of signing", want: "AdESig", agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, signed2025)), signer: opts(valid2024), tells: mra},
		{name: "repealed the second after signing", want: "QESig", agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, signed2025.Add(time.Second))), signer: opts(valid2024), keeps: mra},
		{name: "repealed since", want: "QESig", now: eutest.Day(2025, 12, 1), agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, eutest.Day(2025, 6, 1))), keeps: mra},
		{name: "not yet enacted", want: "AdESig", agreement: agreed(status(eutest.Enacted, eutest.Day(2025, 6, 1))), tells: mra},
		{name: "enacted between issuance and signing", want: "AdESig", signer: opts(valid2024), agreement: agreed(status(eutest.Enacted, middle)), tells: mra},
		{name: "enacted at the second of issuance", want: "QESig", signer: opts(valid2024), agreement: agreed(status(eutest.Enacted, issued2024)), keeps: mra},
		{name: "repealed, and enacted again before issuance", want: "QESig", agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, eutest.Day(2021, 1, 1)), status(eutest.Enacted, eutest.Day(2022, 1, 1)))},
		{name: "issued between repeal and enactment, signed after", want: "AdESig", signer: opts(valid2024),
			agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, eutest.Day(2024, 1, 1)), status(eutest.Enacted, middle)), tells: mra},
		{name: "enacted at issuance and at signing, not between", want: "QESig", signer: opts(valid2024),
			agreement: agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, eutest.Day(2024, 6, 1)), status(eutest.Enacted, middle)), keeps: mra},
		{name: "a status that nobody knows", want: "AdESig", agreement: agreed(status("urn:dreamt", enactment)), tells: mra},
		{name: "no equivalence", want: "AdESig", agreement: []eutest.Equivalence{}, tells: mra},
		{name: "no agreement: not a list that counts", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.MemberState("ZZ").Agreement = nil
		}, tells: rules(verdict.RuleListReached)},

		// type and status
		{name: "another type", want: "AdESig", ca: opts(eutest.ServiceType(zz("Svctype/CA/PKC"))), tells: mra},
		{name: "the Union's own type", want: "AdESig", ca: opts(eutest.ServiceType(eutest.CAQC), eutest.ASI(eutest.ForeSignatures)), tells: mra},
		{name: "another status", want: "AdESig", ca: opts(eutest.HistoryOf(since(zz("TrustedList/Svcstatus/suspended"), eutest.Day(2018, 1, 1)))), tells: mra},
		{name: "the Union's own status", want: "AdESig", ca: opts(eutest.HistoryOf(since(eutest.Granted, eutest.Day(2018, 1, 1)))), tells: mra},
		{name: "a status that is not valid", want: "AdESig", ca: opts(eutest.HistoryOf(since(zz(eutest.ForeignEnded), eutest.Day(2018, 1, 1)))), tells: rules(verdict.RuleServiceGranted), keeps: mra},
		{name: "withdrawn between issuance and signing", want: "AdESig", signer: opts(valid2024),
			ca:    opts(eutest.HistoryOf(since(zz(eutest.ForeignGranted), eutest.Day(2018, 1, 1)), since(zz(eutest.ForeignEnded), middle))),
			tells: rules(verdict.RuleServiceGranted, verdict.RuleQualifiedAtSigning)},
		{name: "the additional information that the agreement asks for", want: "QESig", ca: opts(eutest.ASI(zzQualifier("ForSig"))),
			agreement: agreed(recognised(func(e *eutest.EquivalenceStatus) { e.PointedTypes[0].ASI = zzQualifier("ForSig") }))},
		{name: "and without it", want: "AdESig", ca: opts(eutest.ASI(zzQualifier("ForSeal"))),
			agreement: agreed(recognised(func(e *eutest.EquivalenceStatus) { e.PointedTypes[0].ASI = zzQualifier("ForSig") })), tells: mra},
		{name: "another service of the same authority, of which the agreement does not speak, is no news", want: "QESig", also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(zz("Svctype/Certstatus/OCSP"), "OCSP", []*eutest.Certificate{ca.Certificate}, eutest.HistoryOf(since(zz(eutest.ForeignGranted), eutest.Day(2018, 1, 1))))
		}, keeps: mra},
		{name: "another service of the same authority that was recognised once", want: "QESig", agreement: append(agreed(recognised()),
			agreed(status(eutest.Enacted, eutest.Day(2019, 1, 1)), recognised(func(e *eutest.EquivalenceStatus) {
				e.Status, e.PointedTypes[0].Type = eutest.Repealed, zz("Svctype/Certstatus/OCSP")
			}))...), also: func(_ *eutest.World, p *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			p.Service(zz("Svctype/Certstatus/OCSP"), "OCSP", []*eutest.Certificate{ca.Certificate}, eutest.HistoryOf(since(zz(eutest.ForeignGranted), eutest.Day(2018, 1, 1))))
		}, tells: mra},
		{name: "equivalent to another service than CA/QC", want: "AdESig", agreement: agreed(recognised(func(e *eutest.EquivalenceStatus) { e.PointingTypes[0].Type = eutest.CAPKC })),
			tells: rules(verdict.RuleServiceType), keeps: mra},
		{name: "equivalent for signatures, a certificate for seals", want: "AdESeal", ca: opts(eutest.ASI(eutest.ForeSeals)),
			signer: opts(zzQC(func(q *eutest.QCStatements) { q.Types = []string{eutest.ESeal} })), tells: rules(verdict.RuleServiceCovers, verdict.RuleMRACertificate)},
		{name: "older than the Union's law: its words are those of the agreement", want: "QESig", ca: opts(eutest.ForeignCA("ZZ", eutest.Day(2012, 1, 1)))},

		// one equivalence, and clear
		{name: "two equivalences", want: "AdESig", agreement: append(agreed(recognised()), agreed(recognised())...), tells: one},
		{name: "two equivalences, one of them repealed", want: "QESig", agreement: append(agreed(recognised()), agreed(status(eutest.Repealed, enactment))...), keeps: one},
		{name: "two equivalences, one of another type", want: "QESig", keeps: slices.Concat(mra, one),
			agreement: append(agreed(recognised(func(e *eutest.EquivalenceStatus) { e.PointedTypes[0].Type = zz("Svctype/TSA") })), agreed(recognised())...)},
		{name: "equivalent to two types", want: "AdESig", agreement: agreed(recognised(func(e *eutest.EquivalenceStatus) {
			e.PointingTypes = append(e.PointingTypes, eutest.TypeASI{Type: eutest.QTST})
		})), tells: one},
		{name: "an unclear equivalence beside a clear one", want: "AdESig", agreement: append(agreed(recognised(func(e *eutest.EquivalenceStatus) {
			e.PointingValid = []string{eutest.Granted, eutest.Accredited}
		})), agreed(recognised())...), tells: one},

		// what the certificate states
		{name: "no QcCClegislation: the country's authorities claim nothing of the Union's", want: "AdESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.CCLegislation = nil })), tells: cert},
		{name: "QcCClegislation of another country", want: "AdESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.CCLegislation = []string{"YY"} })), tells: cert},
		{name: "QcCClegislation in small letters", want: "QESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.CCLegislation = []string{"zz"} })), keeps: cert},
		{name: "QcCClegislation without compliance", want: "AdESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.Compliance = false })), tells: rules(verdict.RuleQualified)},
		{name: "no device", want: "AdESig-QC", signer: opts(zzQC(func(q *eutest.QCStatements) { q.SSCD = false })), tells: rules(verdict.RuleQSCD), keeps: cert},
		{name: "a device that the agreement asks more of", want: "AdESig-QC", agreement: content(sample[0], eutest.ContentEquivalence{Context: eutest.ContextQSCD, Pointing: all(sscd), Pointed: all(sscd, "0.4.0.1862.1.9")}),
			tells: rules(verdict.RuleMRACertificate, verdict.RuleQSCD)},
		{name: "a device that is stated in other words", want: "QESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.SSCD = false })),
			agreement: content(sample[0], eutest.ContentEquivalence{Context: eutest.ContextQSCD, Pointing: all(sscd), Pointed: all(legislation + "=ZZ")}), keeps: rules(verdict.RuleQSCD)},
		{name: "no content is equivalent: its law stays another country's", want: "AdESig", agreement: content(), tells: rules(verdict.RuleQualified), keeps: cert},
		{name: "no content is equivalent, and the certificate names no other law", want: "QESig", agreement: content(), signer: opts(eutest.QC(eutest.QualifiedSignature()))},
		{name: "the pointing declaration puts its words in the place of the others", want: "QESig", agreement: content(eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointing: all(compliance), Pointed: all(legislation + "=ZZ")})},
		{name: "of two countries' laws one is translated", want: "AdESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.CCLegislation = []string{"ZZ", "YY"} })),
			agreement: content(eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointing: all(compliance), Pointed: all(legislation + "=ZZ")}), tells: rules(verdict.RuleQualified)},
		{name: "the type is translated: a third country's word for signatures", want: "QESig", signer: opts(zzQC(func(q *eutest.QCStatements) { q.Types = []string{"1.2.3.4"} })),
			agreement: content(sample[0], sample[2], eutest.ContentEquivalence{Context: eutest.ContextType, Pointing: all(qcType + "=" + eutest.ESign), Pointed: all(qcType + "=1.2.3.4")})},
		{name: "the type is translated: a word for seals, which a signatures-only service covers as in the Union", want: "QESeal", signer: opts(zzQC(func(q *eutest.QCStatements) { q.Types = []string{"1.2.3.4"} })),
			agreement: content(sample[0], sample[2], eutest.ContentEquivalence{Context: eutest.ContextType, Pointing: all(qcType + "=" + eutest.ESeal), Pointed: all(qcType + "=1.2.3.4")}), keeps: rules(verdict.RuleServiceCovers)},
		{name: "a type that the agreement does not speak of", want: "Unknown", signer: opts(zzQC(func(q *eutest.QCStatements) { q.Types = []string{eutest.ESign, eutest.Web} })), tells: cert},
		{name: "a choice that the certificate has made", want: "QESig", agreement: content(sample[0], sample[2], eutest.ContentEquivalence{Context: eutest.ContextType, Pointed: none("1.2"),
			Pointing: nested("atLeastOne", all(qcType+"="+eutest.ESeal), all(qcType+"="+eutest.ESign))})},
		{name: "a choice of one", want: "QESig", agreement: content(sample[2], eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointed: all(legislation + "=ZZ"),
			Pointing: nested("all", nested("atLeastOne", all(compliance)), none(legislation))})},
		{name: "a choice that nobody has made", want: "AdESig", agreement: content(sample[2], eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointed: all(compliance, legislation+"=ZZ"),
			Pointing: nested("atLeastOne", all(compliance), all(compliance, "1.2.3"))}), tells: cert},
		{name: "none of what is nested", want: "AdESig", agreement: content(sample[2], eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointed: none("1.2.3"),
			Pointing: nested("none", nested("all", all(compliance), none("1.2.3")))}), tells: cert},
		{name: "a declaration about more than statements", want: "QESig", agreement: content(sample[1], sample[2], eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointed: sample[0].Pointed,
			Pointing: eutest.Criteria{Assert: "all", KeyUsage: []map[string]bool{nr}, Nested: []eutest.Criteria{all(compliance), none(legislation)}}})},
		{name: "a declaration about more, which is not so", want: "AdESig", agreement: content(sample[2], eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointed: sample[0].Pointed,
			Pointing: eutest.Criteria{Assert: "all", KeyUsage: []map[string]bool{{"nonRepudiation": false}}, Nested: []eutest.Criteria{all(compliance), none(legislation)}}}), tells: cert},
		{name: "a declaration that nobody can read", want: "AdESig", tells: cert, agreement: content(sample[2], eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointing: sample[0].Pointing,
			Pointed: eutest.Criteria{Assert: "all", Raw: `<x:Moon xmlns:x="urn:moon"/>`}})},
		{name: "a context touches its own statements only", want: "AdESig", tells: cert, agreement: content(eutest.ContentEquivalence{Context: eutest.ContextQSCD, Pointed: all(sscd), Pointing: all(sscd, compliance)},
			eutest.ContentEquivalence{Context: eutest.ContextCompliance, Pointed: all("1.2.3"), Pointing: all(compliance)})},
		{name: "read by the equivalence of the day of issuance", want: "QESig", signer: opts(valid2024), agreement: agreed(recognised(), eutest.EquivalenceStatus{Status: eutest.Enacted, Since: middle,
			PointingTypes: recognised().PointingTypes, PointedTypes: recognised().PointedTypes, PointingValid: recognised().PointingValid, PointedValid: recognised().PointedValid})},

		// qualifiers
		{name: "a qualifier: qualified without saying so", want: "QESig", ca: opts(qualify(zzQualifier("QcStatement"))), signer: opts(zzQC(func(q *eutest.QCStatements) { q.Compliance = false }))},
		{name: "a qualifier: not qualified", want: "AdESig", ca: opts(qualify(zzQualifier(eutest.NotQualified))), tells: rules(verdict.RuleQualified)},
		{name: "a qualifier: in a device", want: "QESig", ca: opts(qualify(zzQualifier(eutest.QCWithQSCD))), signer: opts(zzQC(func(q *eutest.QCStatements) { q.SSCD = false })), keeps: rules(verdict.RuleQSCD)},
		{name: "a qualifier: not in a device", want: "AdESig-QC", ca: opts(qualify(zzQualifier(eutest.QCNoQSCD))), tells: rules(verdict.RuleQSCD)},
		{name: "the Union's own qualifier gives nothing", want: "AdESig-QC", ca: opts(qualify(eutest.QCWithQSCD)), signer: opts(zzQC(func(q *eutest.QCStatements) { q.SSCD = false })),
			tells: rules(verdict.RuleServiceConsistent, verdict.RuleQSCD)},
		{name: "but it takes away", want: "AdESig", ca: opts(qualify(eutest.NotQualified)), tells: rules(verdict.RuleQualified)},
		{name: "a qualifier that nobody translates", want: "QESig", ca: opts(qualify(zzQualifier("QCOfTheMoon"))), tells: rules(verdict.RuleServiceConsistent)},
		{name: "a qualifier that is translated to what nobody knows", want: "QESig", ca: opts(qualify(zzQualifier("QCOfTheMoon"))), agreement: agreed(recognised(func(e *eutest.EquivalenceStatus) {
			e.Qualifiers = append(e.Qualifiers, [2]string{"urn:moon", zzQualifier("QCOfTheMoon")})
		})), tells: rules(verdict.RuleServiceConsistent)},

		// beside the Union's own lists
		{name: "also in a member state's list, and they agree", want: "QESig", signer: opts(eutest.QC(eutest.QualifiedSignature())), agreement: content(),
			also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
				w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
			}, keeps: rules(verdict.RuleServiceConflict)},
		{name: "also in a member state's list, where it is another law's", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
			w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
		}, tells: rules(verdict.RuleServiceConflict)},
		{name: "a repealed agreement spoils no member state's list", want: "QESig", signer: opts(eutest.QC(eutest.QualifiedSignature())), agreement: agreed(status(eutest.Repealed, enactment)),
			also: func(w *eutest.World, _ *eutest.Provider, ca *eutest.CA, _ *eutest.Signer) {
				w.MemberState("LV").Provider("X").Service(eutest.CAQC, "X", []*eutest.Certificate{ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
			}, tells: mra},
		{name: "a list of version 4", want: "N/A", also: func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
			w.ThirdCountry("ZZ").List.Version = 4
		}, tells: rules(verdict.RuleListVersion)},
		{name: "not passed", indication: verdict.Indeterminate, want: "Indeterminate QESig", tells: rules(verdict.RuleAdESPassed)},
	}
	for i := range list {
		name := list[i].name
		list[i] = third(list[i])
		list[i].name = "MRA: " + name
	}
	return list
}

// mraStamps: a third country's time-stamping service under an agreement, at the
// time of the stamp and at that of its proof.
func mraStamps() []stamp {
	const qtst = "Svctype/TSA/qualified"
	equivalence := func(s string, at time.Time) eutest.EquivalenceStatus {
		e := status(s, at)
		e.PointingTypes, e.PointedTypes = []eutest.TypeASI{{Type: eutest.QTST}}, []eutest.TypeASI{{Type: zz(qtst)}}
		return e
	}
	country := func(history ...eutest.EquivalenceStatus) func(*eutest.World, *eutest.Provider, *eutest.TSA) {
		return func(w *eutest.World, _ *eutest.Provider, tsa *eutest.TSA) {
			w.ThirdCountry("ZZ").Agreement.Equivalences = agreed(history...)
			w.ThirdCountry("ZZ").Provider("ZZ Time").Service(zz(qtst), "ZZ Time", []*eutest.Certificate{tsa.Certificate},
				eutest.HistoryOf(since(zz(eutest.ForeignGranted), eutest.Day(2012, 1, 1)), since(zz(eutest.ForeignEnded), eutest.Day(2025, 9, 1))))
		}
	}
	early := eutest.Day(2025, 5, 1)
	unlisted := opts(eutest.Unlisted())
	return []stamp{
		{name: "MRA: recognised", unit: unlisted, also: country(equivalence(eutest.Enacted, enactment)), existed: early, want: "QTSA"},
		{name: "MRA: withdrawn since", unit: unlisted, also: country(equivalence(eutest.Enacted, enactment)), want: "TSA", tells: verdict.RuleTimestampQualified},
		{name: "MRA: repealed before its proof", unit: unlisted, also: country(equivalence(eutest.Enacted, enactment), equivalence(eutest.Repealed, eutest.Day(2025, 4, 1))), existed: early, want: "TSA", tells: verdict.RuleMRA},
		{name: "MRA: not yet enacted when it was made", unit: unlisted, also: country(equivalence(eutest.Enacted, eutest.Day(2025, 4, 1))), existed: early, want: "TSA", tells: verdict.RuleMRA},
		{name: "MRA: recognised beside another service", unit: unlisted, also: func(w *eutest.World, p *eutest.Provider, tsa *eutest.TSA) {
			w.ThirdCountry("ZZ").Provider("ZZ Time").Service(zz("Svctype/TSA"), "ZZ Time", []*eutest.Certificate{tsa.Certificate}, eutest.HistoryOf(since(zz(eutest.ForeignGranted), eutest.Day(2018, 1, 1))))
			country(equivalence(eutest.Enacted, enactment))(w, p, tsa)
		}, existed: early, want: "QTSA"},
		{name: "MRA: an agreement about certificates only", unit: unlisted, also: country(status(eutest.Enacted, enactment)), existed: early, want: "TSA", tells: verdict.RuleMRA},
	}
}

// TestRecognitionIsTold: who recognises what, by which equivalence and since when,
// and what was in the way.
func TestRecognitionIsTold(t *testing.T) {
	yes := third(law{}).judge(t)
	for _, part := range []string{
		`Service "TEST CA" (CA/QC/for-eSig, granted) of "TEST Trust AS" in the trusted list of ZZ, number 1, is validated under the mutual recognition agreement of urn:test:eu with urn:test:ZZ: by equivalence "QCForESig", enacted on 2020-05-16 12:00:00 UTC, its type counts as CA/QC (ForeSignatures) and its status as granted.`,
		`by the trusted list of ZZ, number 1, validated under the mutual recognition agreement of urn:test:eu with urn:test:ZZ.`,
	} {
		n := 0
		for _, f := range yes.Findings {
			n += strings.Count(f.Says, part)
			if f.Level != verdict.Info {
				t.Errorf("%s: %s", f.Rule.ID, f.Says)
			}
		}
		if n != 1 {
			t.Errorf("it is said %d times, want once: %s", n, part)
			says(t, yes.Findings)
		}
	}
	for name, c := range map[string]struct {
		agreement []eutest.Equivalence
		says      string
	}{
		"none":     {[]eutest.Equivalence{}, "no equivalence names its type."},
		"repealed": {agreed(status(eutest.Enacted, enactment), status(eutest.Repealed, eutest.Day(2022, 1, 1))), `equivalence "QCForESig" has been repealed since 2022-01-01 12:00:00 UTC.`},
		"not yet":  {agreed(status(eutest.Enacted, eutest.Day(2025, 6, 1))), `equivalence "QCForESig" begins only on 2025-06-01 12:00:00 UTC.`},
		"status":   {agreed(recognised(func(e *eutest.EquivalenceStatus) { e.PointedValid = nil })), `equivalence "QCForESig" names its type, and not its status.`},
		"two":      {append(agreed(recognised()), agreed(recognised())...), `more than one equivalence names its type and status, "QCForESig" among them, so none is applied.`},
		"unclear":  {agreed(recognised(func(e *eutest.EquivalenceStatus) { e.PointingTypes = nil })), `does not tell to which of several types or statuses it is equivalent.`},
	} {
		got := third(law{agreement: c.agreement}).judge(t)
		at := slices.IndexFunc(got.Findings, func(f verdict.Finding) bool {
			return strings.Contains(f.Says, "is not recognised when it was issued, 2024-03-10 ") && strings.HasSuffix(f.Says, c.says) && strings.Contains(f.Says, "agreement of urn:test:eu with urn:test:ZZ")
		})
		if at < 0 {
			t.Errorf("%s: nothing ends in %q", name, c.says)
			says(t, got.Findings)
		} else if f := got.Findings[at]; f.About.String() == "" || len(f.By) != 1 {
			t.Errorf("%s: about %s, by %v", name, f.About, f.By)
		}
	}
}

// TestTwicePointed: a country whose list two pointers recognise has two equivalences
// for each service, and so none.
func TestTwicePointed(t *testing.T) {
	l := third(law{})
	l.also = func(w *eutest.World, _ *eutest.Provider, _ *eutest.CA, _ *eutest.Signer) {
		// Written as the first one is, by a world that is the same.
		other := eutest.New(t).At(eutest.DefaultTime)
		m := other.ThirdCountry("ZZ")
		m.Agreement.Equivalences = l.agreement
		xml := string(other.LOTL().File().Raw)
		at := strings.Index(xml, "<tsl:TSLLocation>"+m.URL())
		from, to := strings.LastIndex(xml[:at], "<tsl:OtherTSLPointer>"), at+strings.Index(xml[at:], "</tsl:OtherTSLPointer>")+len("</tsl:OtherTSLPointer>")
		w.LOTL().Pointers = xml[from:to]
	}
	if got := l.judge(t); got.Level != "AdESig" || !fired(got.Findings)[verdict.RuleMRAOne] {
		t.Errorf("%s", got.Level)
		says(t, got.Findings)
	}
}

// TestUnnamedAgreement: an agreement that names no legislation is told as one.
func TestUnnamedAgreement(t *testing.T) {
	l := &trustlist.List{MRA: &trustlist.MRA{Pointed: "urn:zz"}}
	if got := agreementName(l); got != "the mutual recognition agreement of a legislation that it does not name with urn:zz" {
		t.Error(got)
	}
}

// TestTranslationLeavesTheCertificate: what is translated is a copy.
func TestTranslationLeavesTheCertificate(t *testing.T) {
	c := &certificate.Certificate{QC: certificate.QCStatements{Statements: []string{oidQcCompliance, oidQcType, oidQcCClegislation}, Types: []string{oidTypeESign, oidTypeESeal},
		CCLegislation: []string{"ZZ", "YY"}, Compliance: true, HasCCLegislation: true}}
	drop := func(s ...trustlist.QCStatementCriterion) trustlist.Criteria {
		return trustlist.Criteria{Assert: trustlist.None, Items: []trustlist.Criterion{{QCStatements: s}}}
	}
	other := drop(trustlist.QCStatementCriterion{ID: "1.2.3"})
	got, lost := translate(c, []trustlist.ContentEquivalence{
		{Context: trustlist.MRAContextType, Pointing: drop(trustlist.QCStatementCriterion{ID: oidQcType, Type: oidTypeESign}, trustlist.QCStatementCriterion{ID: oidQcType, Type: oidTypeESeal}), Pointed: other},
		{Context: trustlist.MRAContextCompliance, Pointing: drop(trustlist.QCStatementCriterion{ID: oidQcCClegislation, CCLegislation: "zz"}), Pointed: other},
	})
	if len(got.Types) > 0 || slices.Contains(got.Statements, oidQcType) || !slices.Equal(got.CCLegislation, []string{"YY"}) || !got.HasCCLegislation || !got.Compliance || lost != nil {
		t.Errorf("%+v, lost %v", got, lost)
	}
	if len(c.QC.Types) != 2 || !slices.Equal(c.QC.CCLegislation, []string{"ZZ", "YY"}) || len(c.QC.Statements) != 3 {
		t.Errorf("the certificate says %+v", c.QC)
	}
}
