package ades_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
)

// What a policy may ask beside what the processes ask, and mostly only warns of.
func TestLawConstraints(t *testing.T) { hold(t, lawsConstraints) }

const (
	signedUnder = "a signature under a policy that the deployment accepts"
	withStore   = "a signature that carries its policy's document"
	withChain   = "a signing-certificate attribute that names the chain"
	ofCompany   = "a certificate that names its holder"
	oneName     = "a token that names its unit"
)

// taking is the line of a policy that accepts some signature policies.
func taking(policies string) string {
	return "constraint\tSignatureConstraints/AcceptablePolicies\tFAIL\t" + policies + "\n"
}

// stored puts a policy document into the signature.
func stored(document string) func(string) string {
	const end = "</xades:UnsignedSignatureProperties>"
	return replace(end, `<x141:SignaturePolicyStore xmlns:x141="http://uri.etsi.org/01903/v1.4.1#"><x141:SignaturePolicyDocument>`+
		b64([]byte(document))+`</x141:SignaturePolicyDocument></x141:SignaturePolicyStore>`+end)
}

// naming has the signing-certificate attribute name a further certificate.
func naming(which func(s *scene, ca *eutest.CA) *eutest.Certificate) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		sum := sha256.Sum256(which(s, ca).Raw)
		const end = "</xades:SigningCertificateV2>"
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{BeforeDigests: replace(end,
			`<xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>`+b64(sum[:])+
				`</ds:DigestValue></xades:CertDigest></xades:Cert>`+end)})
	}
}

// called is a signer of another name.
func called(name ...eutest.NameAttribute) func(*scene) []byte {
	return func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(eutest.Subject(name...)), contract, eutest.SignOptions{})
	}
}

var strictly = map[string]policy.Level{
	"SignatureConstraints/SignedAttributes/SigningCertificateRefersCertificateChain":         policy.Fail,
	"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/UsePseudonym":         policy.Fail,
	"SignatureConstraints/PolicyHashMatch":                                                   policy.Fail,
	"Timestamp/TSAGeneralNameContentMatch":                                                   policy.Fail,
	"Revocation/SelfIssuedOCSP":                                                              policy.Fail,
	"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/CRLNextUpdatePresent": policy.Fail,
	"ContainerConstraints/FilenameAdherence":                                                 policy.Fail,
}

var lawsConstraints = []law{
	// §5.2.4
	{name: signedUnder, values: taking("1.2.3 NO_POLICY"), made: sign(eutest.SignOptions{Policy: "urn:oid:1.2.3"}), want: passed},
	{name: "a signature without a policy where that is accepted", values: taking("1.2.3 NO_POLICY"), made: sign(eutest.SignOptions{}), want: passed},
	{name: "an implied policy where any is accepted", values: taking("ANY_POLICY"), made: sign(eutest.SignOptions{Policy: "implied"}), want: passed},
	{name: "a signature under another policy", good: signedUnder, values: taking("1.2.3 NO_POLICY"), made: sign(eutest.SignOptions{Policy: "urn:oid:1.2.4"}),
		want: indeterminate + "POLICY_PROCESSING_ERROR", fires: []string{"VCI-POLICY-ACCEPTABLE"}},
	{name: "a signature under no policy where one is wanted", good: signedUnder, values: taking("1.2.3"), made: sign(eutest.SignOptions{}),
		want: indeterminate + "POLICY_PROCESSING_ERROR", fires: []string{"VCI-POLICY-ACCEPTABLE"}},
	{name: "an implied policy where one is wanted", good: signedUnder, values: taking("1.2.3"), made: sign(eutest.SignOptions{Policy: "implied"}),
		want: indeterminate + "POLICY_PROCESSING_ERROR", fires: []string{"VCI-POLICY-ACCEPTABLE"}},
	{name: withStore, levels: strictly, made: sign(eutest.SignOptions{Policy: "urn:oid:1.2.3", After: stored("urn:oid:1.2.3")}), want: passed},
	{name: "the document that it carries is another", good: withStore, levels: strictly, made: sign(eutest.SignOptions{Policy: "urn:oid:1.2.3", After: stored("urn:oid:1.2.4")}),
		want: indeterminate + "POLICY_PROCESSING_ERROR", fires: []string{"VCI-POLICY-HASH"}},

	// §5.2.3
	{name: withChain, levels: strictly, made: naming(func(_ *scene, ca *eutest.CA) *eutest.Certificate { return ca.Certificate }), want: passed},
	{name: "a signing-certificate attribute that names a stranger", good: withChain, levels: strictly, made: naming(func(s *scene, _ *eutest.CA) *eutest.Certificate { return s.sk.CA("TEST other").Certificate }),
		want: indeterminate + "NO_SIGNING_CERTIFICATE_FOUND", fires: []string{"ISC-CHAIN-REFERENCES"}},

	// EN 319 412-2 §4.2.4
	{name: ofCompany, levels: strictly, made: called(eutest.NameAttribute{Type: "C", Value: "EE"}, eutest.NameAttribute{Type: "organizationIdentifier", Value: "NTREE-12345678"}, eutest.NameAttribute{Type: "CN", Value: "Company AS"}), want: passed},
	{name: "a pseudonym where the policy wants a name", good: ofCompany, levels: strictly, made: called(eutest.NameAttribute{Type: "C", Value: "EE"}, eutest.NameAttribute{Type: "2.5.4.65", Value: "Zorro"}, eutest.NameAttribute{Type: "serialNumber", Value: "1"}),
		want: indeterminate + "CHAIN_CONSTRAINTS_FAILURE", fires: []string{"XCV-PSEUDONYM"}},

	// RFC 5280 §5.1.2.5, RFC 6960 §4.2.2.2
	{name: "a CRL without next update where the policy wants one", good: byCRL, levels: strictly, made: listed(eutest.CRLOptions{NoNextUpdate: true}), want: general, fires: []string{"XCV-NEXT-UPDATE"}},
	{name: "a signer that answers for itself where the policy wants another", good: byOCSP, levels: strictly, made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.ExtendedKeyUsage(false, "1.3.6.1.5.5.7.3.9"))
		own := ca.OCSP(eutest.WithKey(signer.Key), eutest.Natural("EE", "TESTNUMBER", "OK", "30303039914"))
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{own.Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: stamped.Add(1e9)})}})
	}, want: general, fires: []string{"XCV-SELF-ISSUED-OCSP"}},

	// RFC 3161 §2.3, §2.4.2
	{name: oneName, levels: strictly, made: sign(eutest.SignOptions{}), want: passed},
	{name: "a token that names another authority", good: oneName, levels: strictly, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{Timestamps: []eutest.Stamp{{TSA: s.tsa, Options: eutest.TokenOptions{Name: ca.Certificate}}}})
	}, want: passed, bst: judged, fires: []string{"TST-TSA-NAME"}},
	{name: "R6: a unit whose usage is not critical proves nothing", good: "a unit below a listed authority proves it", made: below(eutest.ExtendedKeyUsage(false, "1.3.6.1.5.5.7.3.8")),
		want: passed, bst: judged, fires: []string{"XCV-EKU-TSA"}},
	{name: "R6: a unit that may do other things proves nothing", good: "a unit below a listed authority proves it", made: below(eutest.ExtendedKeyUsage(true, "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.4")),
		want: passed, bst: judged, fires: []string{"XCV-EKU-TSA"}},

	// EN 319 162-1 §4.4.3.2
	{name: "a signature file of the right name", levels: strictly, made: sign(eutest.SignOptions{}), want: passed},
}

// EN 319 162-1 §4.3.3.2, §4.4.3.2: names of signature files, as readers report them.
func TestNamesOfSignatureFiles(t *testing.T) {
	for name, want := range map[string]string{
		"META-INF/signatures0.xml": passed, "META-INF/mySignatures-2.xml": passed,
		"META-INF/one.xml": failed + "FORMAT_FAILURE", "signatures.xml": failed + "FORMAT_FAILURE", "META-INF/a/signatures.xml": failed + "FORMAT_FAILURE",
	} {
		got, heard := withFacts(t, strictly, func(s *signature.Signature) { s.Path = name })
		if got != want || strings.Contains(heard, "FC-FILE-NAME") != (want != passed) {
			t.Errorf("%s: %s, want %s; findings %s", name, got, want, heard)
		}
	}
}

// RFC 7518 §3.4: a JSON algorithm names a curve, and the key is on it.
func TestCurveOfAlgorithm(t *testing.T) {
	levels := map[string]policy.Level{"SignatureConstraints/SignedAttributes/EllipticCurveKeySize": policy.Fail}
	for name, want := range map[string]string{"ES256": passed, "ES384": indeterminate + "SIG_CONSTRAINTS_FAILURE", "ES512": indeterminate + "SIG_CONSTRAINTS_FAILURE", "PS256": passed} {
		got, heard := withFacts(t, levels, func(s *signature.Signature) { s.AlgorithmName = name })
		if got != want || strings.Contains(heard, "SAV-CURVE") != (want != passed) {
			t.Errorf("%s and a key on P-256: %s, want %s; findings %s", name, got, want, heard)
		}
	}
}

// EN 319 102-1 §5.2.7: an entry of a manifest that was found under another name.
func TestNameOfManifestEntry(t *testing.T) {
	levels := map[string]policy.Level{
		"SignatureConstraints/BasicSignatureConstraints/ManifestEntryNameMatch": policy.Fail,
		"SignatureConstraints/BasicSignatureConstraints/ReferenceDataNameMatch": policy.Warn,
	}
	for _, entry := range []bool{true, false} {
		want := passed
		if entry {
			want = indeterminate + "SIGNED_DATA_NOT_FOUND"
		}
		got, heard := withFacts(t, levels, func(s *signature.Signature) {
			for _, r := range s.References {
				if r.Scope != signature.ScopeNone {
					r.NameMatches, r.Lenient = false, entry
				}
			}
		})
		if got != want || !strings.Contains(heard, "CV-DATA-NAME") {
			t.Errorf("entry of a manifest: %t: %s, want %s; findings %s", entry, got, want, heard)
		}
	}
}

// withFacts judges a good signature of which a reader reports something else.
func withFacts(t *testing.T, levels map[string]policy.Level, change func(*signature.Signature)) (got, heard string) {
	t.Helper()
	o := lawsPolicies[0].judge(t)
	doc, refused := validate.Open(validate.File{Name: "file.asice", Data: o.file}, nil)
	if refused != nil {
		t.Fatal(refused)
	}
	change(doc.Signatures[0])
	p, err := policy.Named("strict")
	if err == nil {
		p, err = p.With(levels)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := ades.NewCase(ades.Facts{Document: doc, Trust: o.trust, Policy: p, Now: judged}).Judge()[0]
	out := outcome{results: []*ades.Result{r}}
	return words(r.Conclusion), out.heard()
}
