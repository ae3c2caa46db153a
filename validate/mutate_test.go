package validate_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/tst"
)

// stride is how many octets are passed by between two flips; VIDIMUS_MUTATE=all
// passes none by.
func stride(usual int) int {
	if os.Getenv("VIDIMUS_MUTATE") == "all" {
		return 1
	}
	return usual
}

// part is a base64 value of the signature file whose octets are flipped.
type part struct {
	name  string
	value *regexp.Regexp // its first group
	usual int            // stride
}

func whole(e string) *regexp.Regexp { return regexp.MustCompile(`<` + e + `[^>]*>([^<]+)</`) }

// A flipped octet of what is signed, of the value, of the signer's certificate, of
// the answer or of the token never leaves a signature TOTAL-PASSED and proven as
// it was.
func TestNoFlipPasses(t *testing.T) {
	w := begin(t, eutest.RSA(2048))
	w.Sign(w.ca.Signer(), contract, eutest.SignOptions{}) // makes the responder
	signer := w.ca.Signer(eutest.RSA(2048))
	c := w.Container(contract...).Sign(signer, eutest.SignOptions{PSS: true})
	v := w.validator(t, "strict")
	good := string(c.Signatures[0].Raw)
	judge := func(xml string) (indication, proven string) {
		c.Signatures[0].Raw = []byte(xml)
		got, err := v.Validate(validate.Request{File: validate.File{Name: "a.asice", Data: c.Bytes()}, At: judged})
		if err != nil {
			t.Fatal(err)
		}
		if got.Report.Error != nil || len(got.Report.Signatures) == 0 {
			return "refused", ""
		}
		s := got.Report.Signatures[0]
		return s.Indication, s.ProvenBy
	}
	indication, proven := judge(good)
	if indication != "TOTAL-PASSED" || proven == "" {
		t.Fatalf("the container that is to be spoilt is %s", indication)
	}
	for _, p := range []part{
		{name: "signature value", value: whole("ds:SignatureValue"), usual: 5},
		{name: "signer certificate", value: whole("ds:X509Certificate"), usual: 31},
		{name: "OCSP answer", value: whole("xades:EncapsulatedOCSPValue"), usual: 37},
		{name: "token", value: whole("xades:EncapsulatedTimeStamp"), usual: 37},
		{name: "digest", value: whole("ds:DigestValue"), usual: 5},
	} {
		at := p.value.FindStringSubmatchIndex(good)
		der, err := base64.StdEncoding.DecodeString(good[at[2]:at[3]])
		if err != nil {
			t.Fatal(err)
		}
		survived, tried := 0, 0
		for i := 0; i < len(der); i += stride(p.usual) {
			spoilt := slices.Clone(der)
			spoilt[i] ^= 1 << (i % 8)
			tried++
			indication, by := judge(good[:at[2]] + base64.StdEncoding.EncodeToString(spoilt) + good[at[3]:])
			switch {
			case indication != "TOTAL-PASSED":
			case p.name == "token" && by == "":
				// The signature needs no time yet: it passes, but the token proves nothing.
			case p.name == "OCSP answer" || p.name == "token":
				survived++
				if p.name == "token" && !saysTheSame(der, spoilt, read(t, w.tsa.Raw)) || p.name == "OCSP answer" && !answersTheSame(der, spoilt) {
					t.Errorf("%s: flipping octet %d of %d (%#x) leaves TOTAL-PASSED", p.name, i, len(der), der[i])
				}
			default:
				t.Errorf("%s: flipping octet %d of %d leaves TOTAL-PASSED", p.name, i, len(der))
			}
		}
		t.Logf("%s: %d octets, %d flips, %d in parts that nobody signs", p.name, len(der), tried, survived)
	}
	c.Signatures[0].Raw = []byte(good)
	for i := 0; i < len(contract[0].Raw); i += stride(17) {
		spoilt := slices.Clone(contract[0].Raw)
		spoilt[i] ^= 1 << (i % 8)
		c.Replace("contract.txt", spoilt)
		if indication, _ := judge(good); indication != "TOTAL-FAILED" {
			t.Errorf("content: flipping octet %d leaves %s", i, indication)
		}
	}
}

// saysTheSame says whether a token still proves the same thing: the flip fell into
// what no signature covers, such as the certificate inside, which the list holds too.
func saysTheSame(was, is []byte, unit *certificate.Certificate) bool {
	a, err := tst.Parse(was)
	if err != nil {
		return false
	}
	b, err := tst.Parse(is)
	return err == nil && a.GenTime.Equal(b.GenTime) && bytes.Equal(a.Imprint, b.Imprint) && a.HashAlgorithm == b.HashAlgorithm && b.Verify(unit) == nil
}

// answersTheSame says whether an OCSP answer says what it did, signed by whom it was:
// the flip fell into the wrapping of the responder's certificate.
func answersTheSame(was, is []byte) bool {
	a, err := revocation.ParseOCSP(was)
	if err != nil || len(a.Certificates) == 0 {
		return false
	}
	b, err := revocation.ParseOCSP(is)
	return err == nil && a.ProducedAt.Equal(b.ProducedAt) && b.Verify(a.Certificates[0]) == nil
}

// Every octet of the signature file that is not inside of a value: a flip leaves
// the same verdict about the same things, or none that passes.
func TestFlippedMarkupNeverSaysMore(t *testing.T) {
	w := begin(t)
	c := w.Container(contract...).Sign(w.ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise), eutest.SignOptions{})
	v := w.validator(t, "practice")
	good := c.Signatures[0].Raw
	for i := 0; i < len(good); i += stride(41) {
		spoilt := slices.Clone(good)
		spoilt[i] ^= 1 << (i % 7)
		c.Signatures[0].Raw = spoilt
		if got := report(t, v, "a.asice", c.Bytes()); bytes.Contains(got, []byte(`"indication":"TOTAL-PASSED"`)) {
			t.Errorf("a revoked signer passes with octet %d flipped: %q", i, spoilt[max(0, i-20):min(len(spoilt), i+20)])
		}
	}
}

var hashes = regexp.MustCompile(`"document":\{[^}]*\}`)

// anonymous is a report without what names the file.
func anonymous(raw []byte) string { return hashes.ReplaceAllString(string(raw), "") }

func reversed[T any](list []T) []T {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// The order in which things lie is no evidence: entries, certificates, answers,
// anchors and lists.
func TestOrderMakesNoDifference(t *testing.T) {
	w := begin(t)
	sub := w.ca.SubCA("TEST between")
	cross := sub.CrossCertifiedBy(w.ca)
	home := w.ca.Provider.CA("HOME", eutest.SelfSigned(), eutest.Unlisted())
	more := []*eutest.Certificate{cross, sub.CrossCertifiedBy(home), home.Certificate, w.ca.Twin()}
	signer := sub.Signer()
	answers := [][]byte{sub.OCSP().Response(signer.Certificate, eutest.OCSPOptions{}), sub.OCSP().Response(signer.Certificate, eutest.OCSPOptions{}),
		w.ca.OCSP().Response(sub.Certificate, eutest.OCSPOptions{}), w.ca.OCSP().Response(cross, eutest.OCSPOptions{}),
		sub.OCSP(eutest.ExtendedKeyUsage(false)).Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 11)})}
	crls := [][]byte{w.ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{}), sub.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}
	w.MemberState("LV").Provider("LVRTC").CA("TEST LV")
	o := eutest.SignOptions{OCSPs: answers, Certificates: more, CRLs: crls}
	c := w.Container(contract...).Sign(signer, o)
	raw := c.Bytes()
	good := string(c.Signatures[0].Raw)
	snapshot := w.lists(t, nil)
	anchors := []*certificate.Certificate{read(t, w.ca.Provider.Root().Raw), read(t, home.Raw), read(t, w.tsa.Raw)}
	validator := func(trust *path.Trust) *validate.Validator {
		v, err := validate.New(trust, named(t, "strict"))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, plain := range map[string]bool{"lists": false, "plain anchors": true, "both": true} {
		s := snapshot
		if name == "plain anchors" {
			s = nil
		}
		with := func(a []*certificate.Certificate) *validate.Validator {
			if !plain {
				a = nil
			}
			return validator(path.NewTrust(s, a))
		}
		want := anonymous(report(t, with(anchors), "a.asice", raw))
		same := func(what string, got []byte) {
			t.Helper()
			if g := anonymous(got); g != want {
				t.Errorf("%s: another order of %s gives another report:\n%s\n%s", name, what, g, want)
			}
		}
		same("anchors", report(t, with(reversed(anchors)), "a.asice", raw))
		for what, tag := range map[string]string{"certificates": "xades:EncapsulatedX509Certificate", "OCSP answers": "xades:EncapsulatedOCSPValue", "CRLs": "xades:EncapsulatedCRLValue"} {
			c.Signatures[0].Raw = []byte(turned(good, tag))
			same(what, report(t, with(anchors), "a.asice", c.Bytes()))
		}
		c.Signatures[0].Raw = []byte(good)
		c.Edit = func(a *eutest.Archive) { slices.Reverse(a.Entries[1:]) }
		same("entries", report(t, with(anchors), "a.asice", c.Bytes()))
		c.Edit = nil
	}
	want := report(t, validator(path.NewTrust(snapshot, nil)), "a", raw)
	if got := report(t, validator(path.NewTrust(w.lists(t, slices.Reverse[[]lotl.File]), nil)), "a", raw); !bytes.Equal(got, want) {
		t.Errorf("another order of lists gives another report:\n%s\n%s", got, want)
	}
	for range 20 { // maps are read in another order each time
		if got := report(t, validator(path.NewTrust(snapshot, nil)), "a", raw); !bytes.Equal(got, want) {
			t.Fatalf("two runs give two reports:\n%s\n%s", got, want)
		}
	}
}

// turned puts the elements of one name in the opposite order.
func turned(x, tag string) string {
	e := regexp.MustCompile(`<` + tag + `>[^<]*</` + tag + `>`)
	all := e.FindAllString(x, -1)
	slices.Reverse(all)
	if len(all) < 2 {
		panic("there are no two " + tag)
	}
	var b strings.Builder
	rest := x
	for _, v := range all {
		i := e.FindStringIndex(rest)
		b.WriteString(rest[:i[0]] + v)
		rest = rest[i[1]:]
	}
	return b.String() + rest
}
