package eutest_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// TestThirdCountry: the list of lists points to a third country's list of its own
// type with the agreement, and to a member state's without.
func TestThirdCountry(t *testing.T) {
	w, _, _ := small(t)
	zz := w.ThirdCountry("ZZ")
	if w.ThirdCountry("ZZ") != zz || w.MemberState("ZZ") != zz {
		t.Fatal("ZZ was made twice")
	}
	zz.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: []eutest.EquivalenceStatus{
		eutest.Recognition("ZZ", eutest.Enacted, eutest.Day(2020, 5, 16)), eutest.Recognition("ZZ", eutest.Repealed, eutest.Day(2024, 1, 1))}}}
	ca := zz.Provider("ZZ Trust").CA("ZZ CA", eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1)))
	ca.Signer(eutest.ForeignQC("ZZ"))
	lotl, list := string(w.LOTL().File().Raw), string(zz.File().Raw)
	if err := xml.Unmarshal([]byte(lotl), new(any)); err != nil {
		t.Errorf("the list of lists is not well-formed: %v", err)
	}
	if strings.Count(lotl, "<mra:MutualRecognitionAgreementInformation ") != 1 || strings.Count(lotl, "TSLType/ZZlist<") != 1 || strings.Count(list, "TSLType/ZZlist<") != 1 {
		t.Error("the list of lists has not one pointer to a list of the type ZZlist with an agreement, or the list is of another type")
	}
	repealed, history, enacted := strings.Index(lotl, "mra/repealed<"), strings.Index(lotl, "<mra:TrustServiceEquivalenceHistory>"), strings.Index(lotl, "mra/enacted<")
	if repealed < 0 || history < repealed || enacted < history {
		t.Errorf("the history does not stand after what is newer: %d, %d, %d", repealed, history, enacted)
	}
	for _, part := range []string{
		`<tsl:ServiceTypeIdentifier>http://zz-trusted-list.go.zz/TrstSvc/Svctype/CA/QC/for-eSig</tsl:ServiceTypeIdentifier>`,
		`<tsl:ServiceStatus>http://zz-trusted-list.go.zz/TrstSvc/TrustedList/Svcstatus/granted</tsl:ServiceStatus>`,
	} {
		if strings.Count(lotl, part) != 2 || strings.Count(list, part) != 1 {
			t.Errorf("%s stands %d times in the list of lists, and %d times in the list", part, strings.Count(lotl, part), strings.Count(list, part))
		}
	}
	for _, part := range []string{
		`<mra:CertificateContentDeclarationPointedParty assert="all"><sie:otherCriteriaList><mra:QcStatementSet>`, `<mra:QcCClegislation>ZZ</mra:QcCClegislation>`,
		`<mra:QcType><xades:Identifier Qualifier="OIDAsURN">urn:oid:0.4.0.1862.1.6.1</xades:Identifier></mra:QcType>`,
		`<mra:QualifierPointedParty uri="http://zz-trusted-list.go.zz/TrstSvc/TrustedList/SvcInfoExt/QCWithQSCD"/>`,
	} {
		if !strings.Contains(lotl, part) {
			t.Errorf("no %s in the list of lists", part)
		}
	}
	if j := judge(t, w.LOTL().File().Raw, nil, spki(t, w.LOTL().Pivots[1].Signers[0])); len(j) != 1 || !j[0].value {
		t.Error("the list of lists is not signed as before")
	}
}
