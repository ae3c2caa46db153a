package eutest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

func TestListsVerify(t *testing.T) {
	w, _, _ := small(t)
	lv := w.MemberState("LV")
	lv.List.Version = 5
	lv.Provider("LVRTC").CA("TEST LV", eutest.HistoryOf(
		eutest.Status{URI: eutest.Granted, Since: eutest.EIDAS}, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2024, 1, 1)},
		eutest.Status{URI: eutest.UnderSupervision, Since: eutest.Day(2012, 1, 1), Unqualified: true}), eutest.HistoryBySKI())
	l := w.LOTL()
	signers := map[string]*eutest.Certificate{
		"eu-lotl-pivot-290.xml": l.Journal.Certificates[0], "eu-lotl-pivot-300.xml": l.Pivots[0].Signers[0], "eu-lotl.xml": l.Pivots[1].Signers[0],
		"EE.xml": w.MemberState("EE").Signers[0], "LV.xml": lv.Signers[0],
	}
	got := w.Lists()
	if len(got) != len(signers) {
		t.Fatalf("%d lists, want %d", len(got), len(signers))
	}
	for _, f := range got {
		j := judge(t, f.Raw, nil, spki(t, signers[f.Name]))
		if len(j) != 1 || !j[0].value || len(j[0].references) != 2 || !all(j[0].references) {
			t.Errorf("%s: %+v", f.Name, j)
		}
		v1, v2 := strings.Contains(string(f.Raw), "<xades:SigningCertificate>"), strings.Contains(string(f.Raw), "<xades:SigningCertificateV2>")
		if five := f.Name == "LV.xml"; v1 != five || v2 == five || strings.Contains(string(f.Raw), "Identifier>5<") != five {
			t.Errorf("%s: SigningCertificate %t, V2 %t", f.Name, v1, v2)
		}
	}
	xml := string(lv.File().Raw)
	at := -1
	for _, status := range []string{"/withdrawn<", "/granted<", "/undersupervision<"} {
		next := strings.Index(xml, status)
		if next < at {
			t.Errorf("%s stands before what is newer", status)
		}
		at = next
	}
	if strings.Count(xml, "<tsl:X509SKI>") != 2 || strings.Count(xml, "ForeSignatures") != 2 {
		t.Error("the history has no key identifiers, or the unqualified entry is qualified")
	}
}

func TestListsWrongOnPurpose(t *testing.T) {
	w, _, _ := small(t)
	ee := w.MemberState("EE")
	signer := ee.Signers[0]
	stranger := w.ListSigner("EE", "Stranger", "1")
	tests := map[string]struct {
		settings   eutest.ListSettings
		by         *eutest.Certificate
		signatures int
		value      bool
		data       bool
		contains   string
	}{
		"good":         {eutest.ListSettings{Sequence: 7}, signer, 1, true, true, "TSLSequenceNumber>7<"},
		"version 4":    {eutest.ListSettings{Version: 4}, signer, 1, true, true, "TSLVersionIdentifier>4<"},
		"closed":       {eutest.ListSettings{Closed: true}, signer, 1, true, true, "<tsl:NextUpdate/>"},
		"V1 in 6":      {eutest.ListSettings{Sign: eutest.SignOptions{Reference: eutest.Reference{V1: true}}}, signer, 1, true, true, "<xades:SigningCertificate>"},
		"unsigned":     {eutest.ListSettings{Unsigned: true}, signer, 0, false, false, ""},
		"stranger":     {eutest.ListSettings{Signer: stranger}, stranger, 1, true, true, ""},
		"edited first": {eutest.ListSettings{Edit: func(x string) string { return strings.ReplaceAll(x, "/granted<", "/withdrawn<") }}, signer, 1, true, true, "/withdrawn<"},
		"edited after": {eutest.ListSettings{After: func(x string) string { return strings.ReplaceAll(x, "/granted<", "/withdrawn<") }}, signer, 1, true, false, "/withdrawn<"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ee.List = test.settings
			raw := ee.File().Raw
			if !strings.Contains(string(raw), test.contains) {
				t.Errorf("no %s in the list", test.contains)
			}
			got := judge(t, raw, nil, spki(t, test.by))
			if len(got) != test.signatures {
				t.Fatalf("%d signatures, want %d", len(got), test.signatures)
			}
			for _, j := range got {
				if j.value != test.value || j.references[0] != test.data || !j.references[1] {
					t.Errorf("value %t, references %v; want %t, %t and true", j.value, j.references, test.value, test.data)
				}
			}
		})
	}
}

func TestPointersAndPivots(t *testing.T) {
	w, _, _ := small(t)
	w.MemberState("XX").List.NotPointed = true
	l := w.LOTL()
	third := l.NewPivot()
	third.Missing = true
	lotl := string(l.File().Raw)
	if strings.Contains(lotl, ">XX<") || strings.Count(lotl, "<tsl:OtherTSLPointer>") != 3 {
		t.Error("the list of lists points to a list that it is not to point to, or has not one pointer to itself and two to Estonia")
	}
	at := -1
	for _, uri := range []string{"eu-lotl-pivot-310.xml", "eu-lotl-pivot-300.xml", "eu-lotl-pivot-290.xml", "OJ.C_.2019.276.01"} {
		next := strings.Index(lotl, uri)
		if next < at {
			t.Errorf("%s does not come after what is newer", uri)
		}
		at = next
	}
	var names []string
	for _, f := range w.Lists() {
		names = append(names, f.Name)
	}
	if got, want := fmt.Sprint(names), "[eu-lotl.xml eu-lotl-pivot-290.xml eu-lotl-pivot-300.xml EE.xml XX.xml]"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	if j := judge(t, []byte(lotl), nil, spki(t, third.Signers[0])); !j[0].value {
		t.Error("the list of lists is not signed by whom the newest pivot names")
	}
	l.NoPivots()
	if j := judge(t, l.File().Raw, nil, spki(t, w.Anchors()[0].Certificate)); !j[0].value {
		t.Error("without pivots the list of lists is not signed by the Official Journal's certificate")
	}
}

func TestCriteria(t *testing.T) {
	w, ca, _ := small(t)
	ca.Service.Qualified = []eutest.Qualification{{Qualifiers: []string{eutest.QCWithQSCD, "urn:unknown"}, Criteria: eutest.Criteria{
		Assert: "atLeastOne", OIDsAsURN: true, Nested: []eutest.Criteria{{Assert: "none", KeyUsage: []map[string]bool{{"digitalSignature": true, "crlSign": false}}}},
		PolicySets: [][]string{{"1.2.3", "1.2.4"}}, ExtendedUsages: []string{"1.5"}, SubjectHas: []string{"2.5.4.5"},
	}}}
	xml := string(w.MemberState("EE").File().Raw)
	for _, part := range []string{
		`<sie:Qualifier uri="http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/QCWithQSCD"/><sie:Qualifier uri="urn:unknown"/>`,
		`<sie:CriteriaList assert="atLeastOne"><sie:PolicySet><sie:PolicyIdentifier><xades:Identifier Qualifier="OIDAsURN">urn:oid:1.2.3</xades:Identifier>`,
		`<sie:CriteriaList assert="none"><sie:KeyUsage><sie:KeyUsageBit name="crlSign">false</sie:KeyUsageBit><sie:KeyUsageBit name="digitalSignature">true<`,
		`<sie:otherCriteriaList><tslx:ExtendedKeyUsage><tslx:KeyPurposeId>`,
	} {
		if !strings.Contains(xml, part) {
			t.Errorf("no %s in the list", part)
		}
	}
}
