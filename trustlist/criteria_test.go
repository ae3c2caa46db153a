package trustlist

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
)

// criteriaXML is a list with one qualification under these criteria.
func criteriaXML(criteria string) []byte {
	return listXML(goodScheme, provider(`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z",
		`<ServiceInformationExtensions><Extension Critical="true"><q:Qualifications><q:QualificationElement><q:Qualifiers><q:Qualifier uri="`+QCStatement+
			`"/><q:Qualifier uri="`+QCForESig+`"/></q:Qualifiers>`+criteria+`</q:QualificationElement></q:Qualifications></Extension></ServiceInformationExtensions>`)+
		`</TSPService>`))
}

func TestCriteria(t *testing.T) {
	cert := testCertificate(t, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageContentCommitment
		c.Subject = pkix.Name{CommonName: "MÄNNIK", Country: []string{"EE"}, ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 65}, Value: ""}}}
		for _, oid := range [][]uint64{{1, 2, 3}, {1, 2, 4}, {2, 5, 29, 32, 0}} {
			o, err := x509.OIDFromInts(oid)
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = append(c.Policies, o)
		}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
		c.ExtraExtensions = []pkix.Extension{qcStatements(t, asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 1},
			statement{asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}, []asn1.ObjectIdentifier{{0, 4, 0, 1862, 1, 6, 1}}},
			statement{asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 7}, []string{"CH"}})}
	})
	bare := testCertificate(t, nil)
	list := func(assert string, items ...string) string {
		return `<q:CriteriaList assert="` + assert + `"><q:Description>why</q:Description>` + strings.Join(items, "") + `</q:CriteriaList>`
	}
	bits := func(pairs ...string) string {
		var b strings.Builder
		for i := 0; i < len(pairs); i += 2 {
			b.WriteString(`<q:KeyUsageBit name="` + pairs[i] + `">` + pairs[i+1] + `</q:KeyUsageBit>`)
		}
		return `<q:KeyUsage>` + b.String() + `</q:KeyUsage>`
	}
	ids := func(element string, oids ...string) string {
		var b strings.Builder
		for _, o := range oids {
			b.WriteString(`<` + element + `><xa:Identifier>` + o + `</xa:Identifier></` + element + `>`)
		}
		return b.String()
	}
	policies := func(oids ...string) string {
		return `<q:PolicySet>` + ids("q:PolicyIdentifier", oids...) + `</q:PolicySet>`
	}
	other := func(s string) string { return `<q:otherCriteriaList>` + s + `</q:otherCriteriaList>` }
	eku := func(oids ...string) string {
		return other(`<x:ExtendedKeyUsage>` + ids("x:KeyPurposeId", oids...) + `</x:ExtendedKeyUsage>`)
	}
	subject := func(oids ...string) string {
		return other(`<x:CertSubjectDNAttribute>` + ids("x:AttributeOID", oids...) + `</x:CertSubjectDNAttribute>`)
	}
	qc := func(id, info string) string {
		if info != "" {
			info = `<m:QcStatementInfo>` + info + `</m:QcStatementInfo>`
		}
		return other(`<m:QcStatementSet><m:QcStatement>` + ids("m:QcStatementId", id) + info + `</m:QcStatement></m:QcStatementSet>`)
	}
	nr, ds := bits("nonRepudiation", "true"), bits("digitalSignature", "true")
	for _, c := range []struct {
		name, criteria string
		cert, bare     Outcome
	}{
		{"key usage", list("all", nr), Met, NotMet},
		{"key usage, wrong bit", list("all", ds), NotMet, NotMet},
		{"key usage, all of its bits", list("all", bits("nonRepudiation", " 1 ", "digitalSignature", "false")), Met, NotMet},
		{"key usage, one bit differs", list("all", bits("nonRepudiation", "true", "digitalSignature", "true")), NotMet, NotMet},
		{"no key usage reads as false", list("all", bits("crlSign", "false", "decipherOnly", "0")), Met, Met},
		{"policy", list("all", policies("1.2.3")), Met, NotMet},
		{"policies of one set, all", list("all", policies("1.2.3", "urn:oid:1.2.4")), Met, NotMet},
		{"policies of one set, one missing", list("all", policies("1.2.3", "1.2.5")), NotMet, NotMet},
		{"anyPolicy meets nothing", list("all", policies("9.9.9")), NotMet, NotMet},
		{"policy as URN in capitals and blanks", list("all", policies(" URN:OID:1.2.4\n")), Met, NotMet},
		{"policy with another prefix", list("all", policies("oid:1.2.3")), Met, NotMet},
		{"policy that is no OID", list("all", policies("https://x.test/1.2.3")), Undecided, Undecided},
		{"an empty policy set", list("all", `<q:PolicySet/>`), Undecided, Undecided},
		{"extended key usage", list("all", eku("1.3.6.1.5.5.7.3.4")), Met, NotMet},
		{"extended key usage, other", list("all", eku("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.1")), NotMet, NotMet},
		{"subject attribute", list("all", subject("2.5.4.6")), Met, NotMet},
		{"subject attribute, empty", list("all", subject("2.5.4.65")), NotMet, NotMet},
		{"QC statement", list("all", qc("0.4.0.1862.1.1", "")), Met, NotMet},
		{"QC statement, absent", list("all", qc("0.4.0.1862.1.4", "")), NotMet, NotMet},
		{"QC type", list("all", qc("0.4.0.1862.1.6", ids("m:QcType", "0.4.0.1862.1.6.1"))), Met, NotMet},
		{"QC type, other", list("all", qc("0.4.0.1862.1.6", ids("m:QcType", "0.4.0.1862.1.6.2"))), NotMet, NotMet},
		{"QC legislation", list("all", qc("0.4.0.1862.1.7", "<m:QcCClegislation>ch</m:QcCClegislation>")), Met, NotMet},
		{"all of two", list("all", nr, policies("1.2.3")), Met, NotMet},
		{"all of two, one not", list("all", nr, ds), NotMet, NotMet},
		{"one of two", list("atLeastOne", ds, nr), Met, NotMet},
		{"one of two, none", list("atLeastOne", ds, policies("1.2.9")), NotMet, NotMet},
		{"none of two", list("none", ds, policies("1.2.9")), Met, Met},
		{"none of two, one is", list("none", ds, nr), NotMet, Met},
		{"empty all", list("all"), Met, Met},
		{"empty atLeastOne", list("atLeastOne"), NotMet, NotMet},
		{"empty none", list("none"), Met, Met},
		{"no assert is all", `<q:CriteriaList>` + nr + ds + `</q:CriteriaList>`, NotMet, NotMet},
		{"an unknown assert", list("most", nr), Undecided, NotMet},
		{"nested: all(nr, one of two policies)", list("all", nr, list("atLeastOne", policies("1.2.9"), policies("1.2.4"))), Met, NotMet},
		{"nested: none in all", list("all", nr, list("none", policies("1.2.3"))), NotMet, NotMet},
		{"children of otherCriteriaList count one by one", list("atLeastOne", other(`<x:ExtendedKeyUsage>`+ids("x:KeyPurposeId", "9.9")+`</x:ExtendedKeyUsage><x:CertSubjectDNAttribute>`+
			ids("x:AttributeOID", "2.5.4.6")+`</x:CertSubjectDNAttribute>`)), Met, NotMet},
		{"unknown in all", list("all", nr, other("<strange/>")), Undecided, NotMet},
		{"unknown in atLeastOne", list("atLeastOne", nr, `<q:strange/>`), Met, Undecided},
		{"unknown in none", list("none", nr, `<q:strange/>`), NotMet, Undecided},
		{"unknown, nested under none", list("none", list("all", `<q:strange/>`)), Undecided, Undecided},
		{"an unknown bit", list("all", bits("magic", "true")), Undecided, Undecided},
		{"the criterion of another namespace", list("all", strings.ReplaceAll(nr, "q:KeyUsage>", "KeyUsage>")), Undecided, Undecided},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := mustParse(t, criteriaXML(c.criteria))
			i := l.Providers[0].Services[0].Instances[0]
			if len(i.Qualifications) != 1 {
				t.Fatal(l.Problems)
			}
			criteria := &i.Qualifications[0].Criteria
			if got := criteria.Evaluate(cert); got != c.cert || criteria.Matches(cert) != (c.cert == Met) {
				t.Errorf("for the certificate: %v, want %v", got, c.cert)
			}
			if got := criteria.Evaluate(bare); got != c.bare {
				t.Errorf("for a bare certificate: %v, want %v", got, c.bare)
			}
			if (c.cert == Undecided || c.bare == Undecided) != (len(l.Problems) > 0) {
				t.Errorf("problems %v", l.Problems)
			}
			captured, undecided := i.Captured(cert)
			both := []string{QCStatement, QCForESig}
			if slices.Equal(captured, both) != (c.cert == Met) || slices.Equal(undecided, both) != (c.cert == Undecided) {
				t.Errorf("captured %q, undecided %q", captured, undecided)
			}
		})
	}
}

func TestQualificationWithoutCriteria(t *testing.T) {
	for _, criteria := range []string{"", `<q:CriteriaList assert="all"/><q:CriteriaList assert="all"/>`} {
		l := mustParse(t, criteriaXML(criteria))
		if i := l.Providers[0].Services[0].Instances[0]; len(i.Qualifications) != 0 || len(l.Problems) == 0 {
			t.Errorf("%q: %+v, %v", criteria, i.Qualifications, l.Problems)
		}
	}
}
