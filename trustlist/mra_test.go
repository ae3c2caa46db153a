package trustlist

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// mraXML wraps equivalences into an agreement of a pointer.
func mraXML(equivalences string) []byte {
	return pointerXML(`<m:MutualRecognitionAgreementInformation technicalType="1" version="2" MRADepth="1" pointingContractingPartyLegislation=" urn:eu " pointedContractingPartyLegislation="urn:zz">` +
		equivalences + `</m:MutualRecognitionAgreementInformation>`)
}

func pointerXML(information string) []byte {
	return listXML(goodScheme+`<PointersToOtherTSL><OtherTSLPointer><TSLLocation>https://zz.test/</TSLLocation><AdditionalInformation><OtherInformation><TSLType>`+
		`http://uri.etsi.org/TrstSvc/TrustedList/TSLType/ZZlist</TSLType></OtherInformation><OtherInformation><SchemeTerritory>zz</SchemeTerritory></OtherInformation><OtherInformation>`+
		information+`</OtherInformation></AdditionalInformation></OtherTSLPointer></PointersToOtherTSL>`, "")
}

const (
	typesXML = `<m:TrustServiceTSLTypeEquivalenceList><m:TrustServiceTSLTypeListPointingParty><m:TrustServiceTSLType><ServiceTypeIdentifier>` + ServiceCAQC +
		`</ServiceTypeIdentifier><AdditionalServiceInformation><URI xml:lang="en"> ` + ForeSignatures + ` </URI></AdditionalServiceInformation></m:TrustServiceTSLType></m:TrustServiceTSLTypeListPointingParty>` +
		`<m:TrustServiceTSLTypeListPointedParty><m:TrustServiceTSLType><ServiceTypeIdentifier>urn:zz:ca</ServiceTypeIdentifier></m:TrustServiceTSLType></m:TrustServiceTSLTypeListPointedParty></m:TrustServiceTSLTypeEquivalenceList>`
	statusesXML = `<m:TrustServiceTSLStatusEquivalenceList><m:TrustServiceTSLStatusValidEquivalence><m:TrustServiceTSLStatusListPointingParty><ServiceStatus>` + StatusGranted +
		`</ServiceStatus></m:TrustServiceTSLStatusListPointingParty><m:TrustServiceTSLStatusListPointedParty><ServiceStatus>urn:zz:good</ServiceStatus></m:TrustServiceTSLStatusListPointedParty></m:TrustServiceTSLStatusValidEquivalence>` +
		`<m:TrustServiceTSLStatusInvalidEquivalence><m:TrustServiceTSLStatusListPointingParty><ServiceStatus>` + StatusWithdrawn +
		`</ServiceStatus></m:TrustServiceTSLStatusListPointingParty><m:TrustServiceTSLStatusListPointedParty><ServiceStatus>urn:zz:bad</ServiceStatus></m:TrustServiceTSLStatusListPointedParty></m:TrustServiceTSLStatusInvalidEquivalence></m:TrustServiceTSLStatusEquivalenceList>`
	statementXML = `<q:otherCriteriaList><m:QcStatementSet><m:QcStatement><m:QcStatementId><xa:Identifier Qualifier="OIDAsURN">urn:oid:0.4.0.1862.1.7</xa:Identifier></m:QcStatementId>` +
		`<m:QcStatementInfo><m:QcCClegislation>zz</m:QcCClegislation></m:QcStatementInfo></m:QcStatement></m:QcStatementSet></q:otherCriteriaList>`
)

func statusXML(status, since string) string {
	return `<m:TrustServiceEquivalenceStatus>` + mraPrefix + status + `</m:TrustServiceEquivalenceStatus><m:TrustServiceEquivalenceStatusStartingTime>` + since + `</m:TrustServiceEquivalenceStatusStartingTime>`
}

func contentXML(context, pointing, pointed string) string {
	return `<m:CertificateContentReferenceEquivalence><m:CertificateContentReferenceEquivalenceContext>` + context + `</m:CertificateContentReferenceEquivalenceContext>` + pointing + pointed + `</m:CertificateContentReferenceEquivalence>`
}

func pointingXML(criteria string) string {
	return `<m:CertificateContentDeclarationPointingParty assert="none">` + criteria + `</m:CertificateContentDeclarationPointingParty>`
}

func pointedXML(criteria string) string {
	return `<m:CertificateContentDeclarationPointedParty assert="all">` + criteria + `</m:CertificateContentDeclarationPointedParty>`
}

func qualifierXML(pointing, pointed string) string {
	return `<m:QualifierEquivalence><m:QualifierPointingParty uri="` + pointing + `"/><m:QualifierPointedParty uri="` + pointed + `"/></m:QualifierEquivalence>`
}

// equivalenceXML is an equivalence; rest stands between its statuses and its end.
func equivalenceXML(status, since, rest string) string {
	return `<m:TrustServiceEquivalenceInformation><m:TrustServiceLegalIdentifier>QCForESig</m:TrustServiceLegalIdentifier>` + typesXML + statusXML(status, since) + statusesXML + rest + `</m:TrustServiceEquivalenceInformation>`
}

func historyXML(instances ...string) string {
	return `<m:TrustServiceEquivalenceHistory><m:TrustServiceEquivalenceHistoryInstance>` +
		strings.Join(instances, `</m:TrustServiceEquivalenceHistoryInstance><m:TrustServiceEquivalenceHistoryInstance>`) + `</m:TrustServiceEquivalenceHistoryInstance></m:TrustServiceEquivalenceHistory>`
}

func wholeMRA() []byte {
	return mraXML(equivalenceXML("repealed", "2024-01-01T00:00:00Z",
		`<m:CertificateContentReferencesEquivalenceList>`+contentXML(MRAContextCompliance, pointingXML(statementXML), pointedXML(statementXML))+`</m:CertificateContentReferencesEquivalenceList>`+
			`<m:TrustServiceTSLQualificationExtensionEquivalenceList><m:TrustServiceTSLQualificationExtensionName/><m:QualifierEquivalenceList>`+qualifierXML(infoExtPrefix+"QcStatement", "urn:zz:qc")+
			`</m:QualifierEquivalenceList><m:QualifierEquivalenceList>`+qualifierXML(QCNoQSCD, "urn:zz:no")+`</m:QualifierEquivalenceList></m:TrustServiceTSLQualificationExtensionEquivalenceList>`+
			historyXML(typesXML+statusXML("enacted", "2020-01-01T00:00:00Z")+statusesXML)+historyXML(typesXML+statusXML("enacted", "2022-01-01T00:00:00Z")+statusesXML)))
}

func TestParseMRA(t *testing.T) {
	l := mustParse(t, wholeMRA())
	if len(l.Problems) > 0 {
		t.Errorf("problems: %v", l.Problems)
	}
	m := l.Pointers[0].MRA
	if m.TechnicalType != 1 || m.Version != 2 || m.Depth != 1 || m.Pointing != "urn:eu" || m.Pointed != "urn:zz" || len(m.Equivalences) != 1 {
		t.Fatalf("%+v", m)
	}
	e := m.Equivalences[0]
	if e.LegalIdentifier != "QCForESig" || len(e.Instances) != 3 {
		t.Fatalf("%+v", e)
	}
	want := EquivalenceInstance{Status: MRARepealed, Start: utc("2024-01-01T00:00:00Z"),
		Types:      TypeEquivalence{Pointing: []TypeASI{{ServiceCAQC, []string{ForeSignatures}}}, Pointed: []TypeASI{{Type: "urn:zz:ca"}}},
		Valid:      StatusEquivalence{Pointing: []string{StatusGranted}, Pointed: []string{"urn:zz:good"}},
		Invalid:    StatusEquivalence{Pointing: []string{StatusWithdrawn}, Pointed: []string{"urn:zz:bad"}},
		Qualifiers: []QualifierEquivalence{{infoExtPrefix + "QcStatement", "urn:zz:qc"}, {QCNoQSCD, "urn:zz:no"}},
		Contents: []ContentEquivalence{{Context: MRAContextCompliance,
			Pointing: Criteria{Assert: None, Items: []Criterion{{QCStatements: []QCStatementCriterion{{ID: "0.4.0.1862.1.7", CCLegislation: "ZZ"}}}}},
			Pointed:  Criteria{Assert: All, Items: []Criterion{{QCStatements: []QCStatementCriterion{{ID: "0.4.0.1862.1.7", CCLegislation: "ZZ"}}}}}}}}
	if got := *e.Instances[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for at, want := range map[string]string{"2019-12-31T23:59:59Z": "", "2020-01-01T00:00:00Z": "enacted 2020", "2022-01-01T00:00:00Z": "enacted 2022",
		"2023-12-31T23:59:59Z": "enacted 2022", "2024-01-01T00:00:00Z": "repealed 2024", "2030-01-01T00:00:00Z": "repealed 2024"} {
		got := ""
		if i := e.At(utc(at)); i != nil {
			got = fmt.Sprintf("%s %d", strings.TrimPrefix(i.Status, mraPrefix), i.Start.Year())
			if i.Enacted() != strings.HasPrefix(got, "enacted") {
				t.Errorf("%s: enacted is %v", got, i.Enacted())
			}
		}
		if got != want {
			t.Errorf("at %s %q, want %q", at, got, want)
		}
	}
}

// TestMRAProblems: what is odd is told, and applies to nothing or is passed over.
func TestMRAProblems(t *testing.T) {
	const day = "2020-01-01T00:00:00Z"
	contents := func(inside string) string {
		return equivalenceXML("enacted", day, `<m:CertificateContentReferencesEquivalenceList>`+inside+`</m:CertificateContentReferencesEquivalenceList>`)
	}
	for _, c := range []struct {
		name, says   string
		raw          []byte
		equivalences int
	}{
		{"nothing", "names no equivalence", mraXML(""), 0},
		{"no attributes", `MRADepth of the agreement of pointer 1 (ZZ https://zz.test/) is "", not a number`, pointerXML(`<m:MutualRecognitionAgreementInformation/>`), 0},
		{"no legislation", "pointedContractingPartyLegislation of the agreement", pointerXML(`<m:MutualRecognitionAgreementInformation/>`), 0},
		{"two agreements", "carries 2 mutual recognition agreements", pointerXML(`<m:MutualRecognitionAgreementInformation/><m:MutualRecognitionAgreementInformation/>`), 0},
		{"something else inside", "holds what we do not know", mraXML(`<m:Moon/>` + equivalenceXML("enacted", day, "")), 1},
		{"something else in an equivalence", "equivalence 1 of pointer 1 (ZZ https://zz.test/) holds what we do not know", mraXML(equivalenceXML("enacted", day, "<Moon/>")), 1},
		{"no start", "has no TrustServiceEquivalenceStatusStartingTime and is left out", mraXML(strings.Replace(equivalenceXML("enacted", day, ""), "StartingTime>", "Moon>", 2)), 0},
		{"no date", "nobody knows when it starts", mraXML(equivalenceXML("enacted", "soon", "")), 0},
		{"a status that nobody knows", "neither enacted nor repealed", mraXML(equivalenceXML("dreamt", day, "")), 1},
		{"no types", "has no TrustServiceTSLTypeEquivalenceList", mraXML(strings.Replace(equivalenceXML("enacted", day, ""), typesXML, "", 1)), 1},
		{"types twice", "stands 2 times", mraXML(equivalenceXML("enacted", day, typesXML)), 1},
		{"an empty type", "service type of equivalence 1 of pointer 1 (ZZ https://zz.test/) is empty", mraXML(strings.Replace(equivalenceXML("enacted", day, ""), "urn:zz:ca", "", 1)), 1},
		{"no pointed types", "has no TrustServiceTSLTypeListPointedParty", mraXML(strings.ReplaceAll(equivalenceXML("enacted", day, ""), "TypeListPointedParty", "Moon")), 1},
		{"no statuses", "has no TrustServiceTSLStatusEquivalenceList", mraXML(strings.Replace(equivalenceXML("enacted", day, ""), statusesXML, "", 1)), 1},
		{"no valid statuses", "has no TrustServiceTSLStatusValidEquivalence", mraXML(strings.ReplaceAll(equivalenceXML("enacted", day, ""), "StatusValid", "Moon")), 1},
		{"no pointed statuses", "has no TrustServiceTSLStatusListPointedParty", mraXML(strings.ReplaceAll(equivalenceXML("enacted", day, ""), "StatusListPointedParty", "Moon")), 1},
		{"an unknown context", "of a context that is unknown", mraXML(contents(contentXML("urn:moon", pointingXML(statementXML), pointedXML(statementXML)))), 1},
		{"an empty declaration", "empty declaration", mraXML(contents(contentXML(MRAContextQSCD, pointingXML(statementXML), pointedXML("")))), 1},
		{"no declaration", "has no CertificateContentDeclarationPointedParty", mraXML(contents(contentXML(MRAContextQSCD, pointingXML(statementXML), ""))), 1},
		{"a statement of the moon", "QcStatementInfo of 0.4.0.1862.1.7 without a type or country", mraXML(contents(contentXML(MRAContextQSCD, pointingXML(statementXML),
			pointedXML(strings.ReplaceAll(statementXML, "m:QcCClegislation", "m:QcMoonLegislation"))))), 1},
		{"half a qualifier", "names but one of the two", mraXML(equivalenceXML("enacted", day,
			`<m:TrustServiceTSLQualificationExtensionEquivalenceList><m:QualifierEquivalenceList><m:QualifierEquivalence><m:QualifierPointingParty uri="urn:x"/></m:QualifierEquivalence></m:QualifierEquivalenceList></m:TrustServiceTSLQualificationExtensionEquivalenceList>`)), 1},
		{"history without a date", "the history of equivalence 1", mraXML(equivalenceXML("enacted", day, historyXML(typesXML+statusesXML))), 1},
		{"history after the current status", "starts at 2021-01-01, after the current status", mraXML(equivalenceXML("enacted", day, historyXML(typesXML+statusXML("repealed", "2021-01-01T00:00:00Z")+statusesXML))), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := mustParse(t, c.raw)
			if !strings.Contains(strings.Join(l.Problems, "\n"), c.says) {
				t.Errorf("it says %q, want %q", l.Problems, c.says)
			}
			if m := l.Pointers[0].MRA; m == nil || len(m.Equivalences) != c.equivalences {
				t.Fatalf("%+v, want %d equivalences", m, c.equivalences)
			}
			for _, e := range l.Pointers[0].MRA.Equivalences {
				if len(e.Instances) != 1 {
					t.Errorf("%d instances, want 1", len(e.Instances))
				}
				// What cannot be read meets no certificate.
				for _, x := range e.Instances[0].Contents {
					if x.Pointed.Matches(testCertificate(t, nil)) {
						t.Errorf("%+v is met by any certificate", x.Pointed)
					}
				}
			}
		})
	}
}

// TestHostileMRA: what is repeated without end is refused, before it is kept.
func TestHostileMRA(t *testing.T) {
	const day = "2020-01-01T00:00:00Z"
	deep := strings.Repeat("<q:CriteriaList>", MaxCriteriaDepth+1) + strings.Repeat("</q:CriteriaList>", MaxCriteriaDepth+1)
	contents := func(inside string) []byte {
		return mraXML(equivalenceXML("enacted", day, `<m:CertificateContentReferencesEquivalenceList>`+inside+`</m:CertificateContentReferencesEquivalenceList>`))
	}
	oneType := `<m:TrustServiceTSLType><ServiceTypeIdentifier>urn:zz:ca</ServiceTypeIdentifier></m:TrustServiceTSLType>`
	oneStatus := `<ServiceStatus>urn:zz:good</ServiceStatus>`
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"equivalences": {mraXML(strings.Repeat("<m:TrustServiceEquivalenceInformation/>", MaxEquivalences+1)), "has 201 equivalences, at most 200"},
		"history":      {mraXML(equivalenceXML("enacted", day, historyXML(strings.Repeat("</m:TrustServiceEquivalenceHistoryInstance><m:TrustServiceEquivalenceHistoryInstance>", MaxInstances)))), "history instances, at most 1000"},
		"types":        {[]byte(strings.Replace(string(mraXML(equivalenceXML("enacted", day, ""))), oneType, strings.Repeat(oneType, MaxEquivalenceTerms+1), 1)), "101 service types, at most 100"},
		"statuses":     {[]byte(strings.Replace(string(mraXML(equivalenceXML("enacted", day, ""))), oneStatus, strings.Repeat(oneStatus, MaxEquivalenceTerms+1), 1)), "101 statuses, at most 100"},
		"contents":     {contents(strings.Repeat(`<m:CertificateContentReferenceEquivalence/>`, MaxEquivalenceTerms+1)), "101 equivalences of certificate content, at most 100"},
		"qualifiers": {mraXML(equivalenceXML("enacted", day, `<m:TrustServiceTSLQualificationExtensionEquivalenceList><m:QualifierEquivalenceList>`+strings.Repeat(qualifierXML("urn:a", "urn:b"), MaxEquivalenceTerms+1)+
			`</m:QualifierEquivalenceList></m:TrustServiceTSLQualificationExtensionEquivalenceList>`)), "more than 100 equivalences of qualifiers"},
		"criteria": {contents(contentXML(MRAContextType, pointingXML(deep), pointedXML(statementXML))), "nested deeper than 16"},
		"criteria of history": {mraXML(equivalenceXML("enacted", day, historyXML(typesXML+statusXML("enacted", "2019-01-01T00:00:00Z")+statusesXML+
			`<m:CertificateContentReferencesEquivalenceList>`+contentXML(MRAContextType, pointingXML(deep), pointedXML(statementXML))+`</m:CertificateContentReferencesEquivalenceList>`))), "nested deeper than 16"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(c.raw); err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "reading trusted list: ") {
				t.Errorf("it says %v, want %q", err, c.says)
			}
		})
	}
	// Longer than any real text, it is cut; a hundred thousand strange children cost little.
	start := time.Now()
	l := mustParse(t, mraXML(strings.Repeat("<m:Moon/>", 100_000)+strings.Replace(equivalenceXML("enacted", day, ""), "QCForESig", strings.Repeat("x", 2*MaxText), 1)))
	if got := len(l.Pointers[0].MRA.Equivalences[0].LegalIdentifier); got != MaxText || len(l.Problems) != MaxProblems+1 || time.Since(start) > 5*time.Second {
		t.Errorf("identifier of %d octets, %d problems, after %s", got, len(l.Problems), time.Since(start))
	}
}

// TestMRATranslation: which entry of one party's list answers to which of the other's.
func TestMRATranslation(t *testing.T) {
	one := func(typ string, asi ...string) TypeASI { return TypeASI{Type: typ, ASI: asi} }
	list := func(x ...TypeASI) []TypeASI { return x }
	sig, seal := one("CA", "sig"), one("CA", "seal")
	for _, c := range []struct {
		name              string
		pointing, pointed []TypeASI
		typ               string
		asi               []string
		want              TypeASI
		match             Match
	}{
		{"one for one", list(sig), list(one("zz")), "zz", nil, sig, Matched},
		{"another type", list(sig), list(one("zz")), "yy", nil, TypeASI{}, NoMatch},
		{"the additional information is not there", list(sig), list(one("zz", "a")), "zz", []string{"b"}, TypeASI{}, NoMatch},
		{"the additional information is there, and more", list(sig), list(one("zz", "a")), "zz", []string{"b", "a"}, sig, Matched},
		{"one for several", list(sig, seal), list(one("zz")), "zz", nil, one("CA", "sig", "seal"), Matched},
		{"several for one", list(sig), list(one("zz", "a"), one("zz", "b")), "zz", []string{"b"}, sig, Matched},
		{"in their order", list(sig, seal), list(one("zz", "a"), one("zz", "b")), "zz", []string{"b"}, seal, Matched},
		{"in their order, both", list(sig, seal), list(one("zz", "a"), one("zz", "b")), "zz", []string{"b", "a"}, one("CA", "sig", "seal"), Matched},
		{"two and three", list(sig, seal), list(one("zz", "a"), one("zz", "b"), one("zz", "c")), "zz", []string{"b"}, TypeASI{}, Unclear},
		{"two types at once", list(sig, one("TSA")), list(one("zz")), "zz", nil, TypeASI{}, Unclear},
		{"to nothing", nil, list(one("zz")), "zz", nil, TypeASI{}, Unclear},
		{"no additional information named: its own stays", list(one("CA")), list(one("zz")), "zz", []string{"seal"}, one("CA", "seal"), Matched},
		{"but for what was translated", list(one("CA")), list(one("zz", "a")), "zz", []string{"seal", "a"}, one("CA", "seal"), Matched},
		{"its own does not come along", list(sig), list(one("zz")), "zz", []string{"seal"}, sig, Matched},
	} {
		i := EquivalenceInstance{Types: TypeEquivalence{Pointing: c.pointing, Pointed: c.pointed}}
		got, match := i.Type(c.typ, c.asi)
		if match != c.match || got.Type != c.want.Type || strings.Join(got.ASI, " ") != strings.Join(c.want.ASI, " ") {
			t.Errorf("%s: %+v, %v; want %+v, %v", c.name, got, match, c.want, c.match)
		}
	}
	words := strings.Fields
	for _, c := range []struct {
		name           string
		valid, invalid StatusEquivalence
		want           string
		match          Match
	}{
		{"valid", StatusEquivalence{words("granted"), words("good fine")}, StatusEquivalence{}, "granted", Matched},
		{"not valid", StatusEquivalence{words("granted"), words("good")}, StatusEquivalence{words("withdrawn"), words("bad fine")}, "withdrawn", Matched},
		{"neither", StatusEquivalence{words("granted"), words("good")}, StatusEquivalence{words("withdrawn"), words("bad")}, "", NoMatch},
		{"both", StatusEquivalence{words("granted"), words("fine")}, StatusEquivalence{words("withdrawn"), words("fine")}, "", Unclear},
		{"in their order", StatusEquivalence{words("granted accredited"), words("good fine")}, StatusEquivalence{}, "accredited", Matched},
		{"one of several", StatusEquivalence{words("granted accredited"), words("fine")}, StatusEquivalence{}, "", Unclear},
		{"to nothing", StatusEquivalence{nil, words("fine")}, StatusEquivalence{}, "", Unclear},
	} {
		i := EquivalenceInstance{Valid: c.valid, Invalid: c.invalid}
		if got, match := i.StatusOf("fine"); got != c.want || match != c.match {
			t.Errorf("%s: %q, %v; want %q, %v", c.name, got, match, c.want, c.match)
		}
	}
	i := EquivalenceInstance{Qualifiers: []QualifierEquivalence{{infoExtPrefix + "QcStatement", "a"}, {QCNoQSCD, "a"}, {"urn:moon", "b"}}}
	if got := strings.Join(i.QualifiersOf("a"), " ") + " " + strings.Join(i.QualifiersOf("b"), " "); got != QCStatement+" "+QCNoQSCD+" urn:moon" || i.QualifiersOf("c") != nil {
		t.Errorf("qualifiers %s", got)
	}
}

// TestMRAAnchors: a third country's service is an anchor for as long as its status
// is one that the agreement calls active.
func TestMRAAnchors(t *testing.T) {
	c := testCertificate(t, nil)
	service := func(status, since string) string {
		return strings.Replace(inst("ServiceInformation", "CA/QC", "X", since, `<ServiceDigitalIdentity><DigitalId><X509Certificate>`+b64(c)+`</X509Certificate></DigitalId></ServiceDigitalIdentity>`), statusPrefix+"X", status, 1)
	}
	l := mustParse(t, listXML(strings.Replace(goodScheme, "EUgeneric", "ZZlist", 1), provider(`<TSPService>`+service("urn:zz:good", "2018-01-01T00:00:00Z")+`</TSPService>`)))
	if listed, active, _, _ := NewSnapshot(Contents{Lists: []*List{l}}).Span(c); !listed || active {
		t.Errorf("without an agreement: listed %v, active %v", listed, active)
	}
	l.MRA = mustParse(t, wholeMRA()).Pointers[0].MRA
	if _, active, start, end := NewSnapshot(Contents{Lists: []*List{l}}).Span(c); !active || !start.Equal(utc("2018-01-01T00:00:00Z")) || end != nil {
		t.Errorf("under the agreement: active %v, from %v to %v", active, start, end)
	}
	l.Providers[0].Services[0].Instances[0].Status = "urn:zz:bad"
	if _, active, _, _ := NewSnapshot(Contents{Lists: []*List{l}}).Span(c); active {
		t.Error("a status that is not valid makes an anchor")
	}
}

// TestAgreement: to which list a pointer with an agreement points.
func TestAgreement(t *testing.T) {
	l := mustParse(t, wholeMRA())
	to := &List{Territory: "ZZ", Type: "HTTP://uri.etsi.org/TrstSvc/TrustedList/TSLType/zzlist"}
	if m := l.Agreement(to); m == nil || len(m.Equivalences) != 1 {
		t.Errorf("%+v", m)
	}
	for _, other := range []*List{{Territory: "YY", Type: to.Type}, {Territory: "ZZ", Type: TypeEUList}, {Type: to.Type}} {
		if l.Agreement(other) != nil {
			t.Errorf("an agreement for a list of %q, type %s", other.Territory, other.Type)
		}
	}
	l.Pointers = append(l.Pointers, l.Pointers[0])
	if m := l.Agreement(to); len(m.Equivalences) != 2 || len(l.Pointers[0].MRA.Equivalences) != 1 {
		t.Errorf("two pointers: %+v", m)
	}
}

// TestCorpusMRA reads the Commission's own sample.
func TestCorpusMRA(t *testing.T) {
	l := corpusList(t, "lists", "files", "mra-lotl.xml")
	var m *MRA
	for _, p := range l.Pointers {
		if p.MRA != nil {
			m = p.MRA
			if p.Kind() != Foreign || p.Territory != "XX" || len(p.Certificates) != 1 {
				t.Errorf("pointer %+v", p)
			}
		}
	}
	for _, p := range l.Problems {
		if strings.Contains(p, "agreement") || strings.Contains(p, "equivalence") || strings.Contains(p, "criterion") {
			t.Errorf("problem: %s", p)
		}
	}
	if m == nil || len(m.Equivalences) != 1 || m.TechnicalType != 1 || m.Version != 1 || m.Depth != 1 {
		t.Fatalf("%+v", m)
	}
	const zz = "http://zz-trusted-list.go.zz/TrstSvc/"
	i := m.Equivalences[0].At(utc("2021-01-01T00:00:00Z"))
	if i == nil || !i.Enacted() || m.Equivalences[0].At(utc("2020-05-16T23:59:58Z")) != nil || len(i.Contents) != 3 || len(i.Qualifiers) != 8 {
		t.Fatalf("%+v", i)
	}
	if typ, match := i.Type(zz+"Svctype/CA/QC/for-eSig", nil); match != Matched || typ.Type != ServiceCAQC || strings.Join(typ.ASI, " ") != ForeSignatures {
		t.Errorf("type %+v, %v", typ, match)
	}
	for status, want := range map[string]string{"granted": StatusGranted, "withdrawn": StatusWithdrawn} {
		if got, match := i.StatusOf(zz + "TrustedList/Svcstatus/" + status); match != Matched || got != want {
			t.Errorf("%s is %q, %v", status, got, match)
		}
	}
	if got := i.QualifiersOf(zz + "TrustedList/SvcInfoExt/QcStatement"); len(got) != 1 || got[0] != QCStatement {
		t.Errorf("QcStatement is %q", got)
	}
	for n, context := range []string{MRAContextCompliance, MRAContextType, MRAContextQSCD} {
		if x := i.Contents[n]; x.Context != context || len(x.Pointed.Items) == 0 || len(x.Pointing.Items) == 0 {
			t.Errorf("%+v", x)
		}
	}
	if q := i.Contents[0].Pointed.Items[0].QCStatements; len(q) != 2 || q[1].CCLegislation != "ZZ" {
		t.Errorf("%+v", q)
	}
}
