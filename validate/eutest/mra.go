package eutest

import (
	"fmt"
	"strings"
	"time"
)

// Statuses of an equivalence (mra_schema_v2.xsd), without their prefix.
const (
	Enacted  = "enacted"
	Repealed = "repealed"

	prefixMRA = "http://ec.europa.eu/tools/lotl/mra/"
)

// Contexts of certificate content, without their prefix.
const (
	ContextCompliance = "QcCompliance"
	ContextType       = "QcType"
	ContextQSCD       = "QcQSCD"
)

// Agreement is a MutualRecognitionAgreementInformation, as it stands in the pointer to
// a third country's list. The zero value of what is not named is that of the
// Commission's sample: technical type, version and depth 1.
type Agreement struct {
	TechnicalType, Version, Depth int
	Pointing, Pointed             string // legislations; "urn:test:eu" and "urn:test:CC" by default
	Equivalences                  []Equivalence
	Raw                           string // XML of further children
}

// Equivalence is a TrustServiceEquivalenceInformation.
type Equivalence struct {
	LegalIdentifier string
	History         []EquivalenceStatus // in any order; the latest Since is the current one
	Raw             string              // XML of further children
}

// EquivalenceStatus is one status of an equivalence, and what is equivalent while it lasts.
type EquivalenceStatus struct {
	Status                          string // Enacted, Repealed; a full URI is taken as it is
	Since                           time.Time
	PointingTypes, PointedTypes     []TypeASI
	PointingValid, PointedValid     []string // statuses
	PointingInvalid, PointedInvalid []string
	Contents                        []ContentEquivalence
	Qualifiers                      [][2]string // pointing, pointed
}

// TypeASI is a service type and the additional information beside it, "" for none.
type TypeASI struct{ Type, ASI string }

// ContentEquivalence is a CertificateContentReferenceEquivalence.
type ContentEquivalence struct {
	Context           string // ContextCompliance, …; a full URI is taken as it is
	Pointing, Pointed Criteria
}

// QCStatementSet is the XML of an otherCriteriaList with one QcStatementSet, for
// Criteria.Raw. A statement is a dotted OID; after a "=" stands the OID of a QcType or
// the country of a QcCClegislation: "0.4.0.1862.1.7=ZZ".
func QCStatementSet(statements ...string) string {
	var b strings.Builder
	b.WriteString(`<sie:otherCriteriaList><mra:QcStatementSet>`)
	for _, s := range statements {
		id, value, more := strings.Cut(s, "=")
		b.WriteString(`<mra:QcStatement><mra:QcStatementId><xades:Identifier Qualifier="OIDAsURN">urn:oid:` + id + `</xades:Identifier></mra:QcStatementId>`)
		switch {
		case more && strings.Contains(value, "."):
			b.WriteString(`<mra:QcStatementInfo><mra:QcType><xades:Identifier Qualifier="OIDAsURN">urn:oid:` + value + `</xades:Identifier></mra:QcType></mra:QcStatementInfo>`)
		case more:
			b.WriteString(`<mra:QcStatementInfo><mra:QcCClegislation>` + escapeText(value) + `</mra:QcCClegislation></mra:QcStatementInfo>`)
		}
		b.WriteString(`</mra:QcStatement>`)
	}
	return b.String() + `</mra:QcStatementSet></sie:otherCriteriaList>`
}

// ThirdCountry returns the country of that territory code with a list of the type
// CClist, made at first use. The list of lists points to it under Agreement; without
// equivalences none is enacted.
func (w *World) ThirdCountry(territory string) *MemberState {
	w.tb.Helper()
	m := w.MemberState(territory)
	if m.Agreement == nil {
		m.List.Type = tslPrefix + "TSLType/" + territory + "list"
		m.Agreement = &Agreement{Pointing: "urn:test:eu", Pointed: "urn:test:" + territory}
	}
	return m
}

// Foreign is a URI of a third country's own words: Foreign("ZZ", "Svcstatus/granted").
func Foreign(territory, name string) string {
	lower := strings.ToLower(territory)
	return "http://" + lower + "-trusted-list.go." + lower + "/TrstSvc/" + name
}

// The third country's words in Recognition.
const (
	ForeignType    = "Svctype/CA/QC/for-eSig"
	ForeignGranted = "TrustedList/Svcstatus/granted"
	ForeignEnded   = "TrustedList/Svcstatus/withdrawn"
)

// Recognition is the equivalence of the Commission's sample, in one status: certificates
// for electronic signatures by the third country's CAs, which state QcCompliance and
// QcCClegislation of that country.
func Recognition(territory, status string, since time.Time) EquivalenceStatus {
	sscd := Criteria{Assert: "all", Raw: QCStatementSet("0.4.0.1862.1.4")}
	onlySignatures := Criteria{Assert: "all", Nested: []Criteria{
		{Assert: "atLeastOne", Nested: []Criteria{{Assert: "all", Raw: QCStatementSet("0.4.0.1862.1.6=" + ESign)}, {Assert: "none", Raw: QCStatementSet("0.4.0.1862.1.6=" + ESign)}}},
		{Assert: "none", Raw: QCStatementSet("0.4.0.1862.1.6="+ESeal) + QCStatementSet("0.4.0.1862.1.6="+Web)}}}
	e := EquivalenceStatus{
		Status: status, Since: since,
		PointingTypes: []TypeASI{{CAQC, ForeSignatures}}, PointedTypes: []TypeASI{{Type: Foreign(territory, ForeignType)}},
		PointingValid: []string{Granted}, PointedValid: []string{Foreign(territory, ForeignGranted)},
		PointingInvalid: []string{Withdrawn}, PointedInvalid: []string{Foreign(territory, ForeignEnded)},
		Contents: []ContentEquivalence{
			{ContextCompliance, Criteria{Assert: "all", Nested: []Criteria{{Assert: "all", Raw: QCStatementSet("0.4.0.1862.1.1")}, {Assert: "none", Raw: QCStatementSet("0.4.0.1862.1.7")}}},
				Criteria{Assert: "all", Raw: QCStatementSet("0.4.0.1862.1.1", "0.4.0.1862.1.7="+territory)}},
			{ContextType, onlySignatures, onlySignatures},
			{ContextQSCD, sscd, sscd},
		},
	}
	for _, q := range []string{QCWithQSCD, QCNoQSCD, QCQSCDManagedOnBehalf, QCForESig, QCForESeal, QCForWSA, NotQualified, "QcStatement"} {
		e.Qualifiers = append(e.Qualifiers, [2]string{q, Foreign(territory, "TrustedList/SvcInfoExt/"+q)})
	}
	return e
}

// ForeignCA makes the options of a CA as Recognition knows it: the third country's
// service type, granted in its words since a day.
func ForeignCA(territory string, since time.Time) Option {
	return func(c *config) {
		c.serviceType, c.asi = Foreign(territory, ForeignType), nil
		c.history = []Status{{URI: Foreign(territory, ForeignGranted), Since: since}}
	}
}

// ForeignQC are the statements of a qualified certificate for electronic signatures
// under a third country's law, with its key in a device.
func ForeignQC(territory string) Option {
	q := QualifiedSignature()
	q.CCLegislation = []string{territory}
	return QC(q)
}

// xml is the OtherInformation of a pointer; nothing without an agreement.
func (a *Agreement) xml() string {
	if a == nil {
		return ""
	}
	number := func(n int) int {
		if n == 0 {
			return 1
		}
		return n
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<tsl:OtherInformation><mra:MutualRecognitionAgreementInformation technicalType="%d" version="%d" pointingContractingPartyLegislation="%s" pointedContractingPartyLegislation="%s" MRADepth="%d">`,
		number(a.TechnicalType), number(a.Version), a.Pointing, a.Pointed, number(a.Depth))
	for i := range a.Equivalences {
		a.Equivalences[i].write(&b)
	}
	b.WriteString(a.Raw + `</mra:MutualRecognitionAgreementInformation></tsl:OtherInformation>`)
	return b.String()
}

func (e *Equivalence) write(b *strings.Builder) {
	current, history := latestOf(e.History, func(s EquivalenceStatus) time.Time { return s.Since })
	b.WriteString(`<mra:TrustServiceEquivalenceInformation><mra:TrustServiceLegalIdentifier>` + escapeText(e.LegalIdentifier) + `</mra:TrustServiceLegalIdentifier>`)
	current.write(b)
	if len(history) > 0 {
		b.WriteString(`<mra:TrustServiceEquivalenceHistory>`)
		for i := range history {
			b.WriteString(`<mra:TrustServiceEquivalenceHistoryInstance>`)
			history[i].write(b)
			b.WriteString(`</mra:TrustServiceEquivalenceHistoryInstance>`)
		}
		b.WriteString(`</mra:TrustServiceEquivalenceHistory>`)
	}
	b.WriteString(e.Raw + `</mra:TrustServiceEquivalenceInformation>`)
}

func (s *EquivalenceStatus) write(b *strings.Builder) {
	types := func(party string, list []TypeASI) {
		b.WriteString(`<mra:TrustServiceTSLTypeList` + party + `>`)
		for _, t := range list {
			b.WriteString(`<mra:TrustServiceTSLType><tsl:ServiceTypeIdentifier>` + prefixed(prefixServiceType, t.Type) + `</tsl:ServiceTypeIdentifier>`)
			if t.ASI != "" {
				b.WriteString(`<tsl:AdditionalServiceInformation>` + uriXML(prefixed(prefixServiceExtension, t.ASI)) + `</tsl:AdditionalServiceInformation>`)
			}
			b.WriteString(`</mra:TrustServiceTSLType>`)
		}
		b.WriteString(`</mra:TrustServiceTSLTypeList` + party + `>`)
	}
	statuses := func(half string, pointing, pointed []string) {
		b.WriteString(`<mra:TrustServiceTSLStatus` + half + `Equivalence>`)
		for _, side := range []struct {
			party string
			list  []string
		}{{"PointingParty", pointing}, {"PointedParty", pointed}} {
			b.WriteString(`<mra:TrustServiceTSLStatusList` + side.party + `>`)
			for _, u := range side.list {
				b.WriteString(`<tsl:ServiceStatus>` + prefixed(prefixServiceStatus, u) + `</tsl:ServiceStatus>`)
			}
			b.WriteString(`</mra:TrustServiceTSLStatusList` + side.party + `>`)
		}
		b.WriteString(`</mra:TrustServiceTSLStatus` + half + `Equivalence>`)
	}
	b.WriteString(`<mra:TrustServiceTSLTypeEquivalenceList>`)
	types("PointingParty", s.PointingTypes)
	types("PointedParty", s.PointedTypes)
	b.WriteString(`</mra:TrustServiceTSLTypeEquivalenceList><mra:TrustServiceEquivalenceStatus>` + prefixed(prefixMRA, s.Status) + `</mra:TrustServiceEquivalenceStatus><mra:TrustServiceEquivalenceStatusStartingTime>` +
		timeXML(s.Since) + `</mra:TrustServiceEquivalenceStatusStartingTime><mra:TrustServiceTSLStatusEquivalenceList>`)
	statuses("Valid", s.PointingValid, s.PointedValid)
	statuses("Invalid", s.PointingInvalid, s.PointedInvalid)
	b.WriteString(`</mra:TrustServiceTSLStatusEquivalenceList>`)
	s.writeContents(b)
	s.writeQualifiers(b)
}

func (s *EquivalenceStatus) writeContents(b *strings.Builder) {
	if len(s.Contents) == 0 {
		return
	}
	b.WriteString(`<mra:CertificateContentReferencesEquivalenceList>`)
	for i := range s.Contents {
		c := &s.Contents[i]
		b.WriteString(`<mra:CertificateContentReferenceEquivalence><mra:CertificateContentReferenceEquivalenceContext>` + prefixed(prefixMRA, c.Context) + `</mra:CertificateContentReferenceEquivalenceContext>` +
			c.Pointing.as("mra:CertificateContentDeclarationPointingParty") + c.Pointed.as("mra:CertificateContentDeclarationPointedParty") + `</mra:CertificateContentReferenceEquivalence>`)
	}
	b.WriteString(`</mra:CertificateContentReferencesEquivalenceList>`)
}

func (s *EquivalenceStatus) writeQualifiers(b *strings.Builder) {
	if len(s.Qualifiers) == 0 {
		return
	}
	b.WriteString(`<mra:TrustServiceTSLQualificationExtensionEquivalenceList><mra:TrustServiceTSLQualificationExtensionName><mra:TrustServiceTSLQualificationExtensionNamePointingParty>sie:Q</mra:TrustServiceTSLQualificationExtensionNamePointingParty>` +
		`<mra:TrustServiceTSLQualificationExtensionNamePointedParty>sie:Q</mra:TrustServiceTSLQualificationExtensionNamePointedParty></mra:TrustServiceTSLQualificationExtensionName><mra:QualifierEquivalenceList>`)
	for _, q := range s.Qualifiers {
		b.WriteString(`<mra:QualifierEquivalence><mra:QualifierPointingParty uri="` + prefixed(prefixServiceExtension, q[0]) + `"/><mra:QualifierPointedParty uri="` + prefixed(prefixServiceExtension, q[1]) + `"/></mra:QualifierEquivalence>`)
	}
	b.WriteString(`</mra:QualifierEquivalenceList></mra:TrustServiceTSLQualificationExtensionEquivalenceList>`)
}

// as writes the criteria under another element's name.
func (c *Criteria) as(element string) string {
	x := c.xml()
	return "<" + element + strings.TrimSuffix(strings.TrimPrefix(x, "<sie:CriteriaList"), "</sie:CriteriaList>") + "</" + element + ">"
}
