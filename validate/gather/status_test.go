package gather_test

import (
	"bytes"
	"crypto/x509"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
)

// judge judges a document together with what was gathered for it.
func judge(t *testing.T, trust *path.Trust, doc *signature.Document, r gather.Result) string {
	t.Helper()
	p, err := policy.Named("practice")
	if err != nil {
		t.Fatal(err)
	}
	whole := *doc
	s := *doc.Signatures[0]
	s.Embedded.Certificates = append(s.Embedded.Certificates[:len(s.Embedded.Certificates):len(s.Embedded.Certificates)], r.Material.Certificates...)
	s.Embedded.OCSPs = append(s.Embedded.OCSPs[:len(s.Embedded.OCSPs):len(s.Embedded.OCSPs)], r.Material.OCSPs...)
	s.Embedded.CRLs = append(s.Embedded.CRLs[:len(s.Embedded.CRLs):len(s.Embedded.CRLs)], r.Material.CRLs...)
	whole.Signatures = []*signature.Signature{&s}
	res := ades.NewCase(ades.Facts{Document: &whole, Trust: trust, Policy: p, Now: judged}).Judge()[0]
	return strings.TrimSpace(string(res.Indication) + " " + string(res.SubIndication))
}

// A T-level file lacks one thing, the signer's OCSP answer: it is asked for once,
// and the file is then as good as one of level LT.
func TestTLevelIsClosed(t *testing.T) {
	w := begin(t)
	signer := w.ca.Signer()
	doc := w.sign(signer, eutest.SignOptions{})
	doc.Signatures = append(doc.Signatures, doc.Signatures...) // the same signer again
	trust := w.lists()
	src := serve().ocsp(ocspURL, w.ca.OCSP(), eutest.OCSPOptions{ProducedAt: judged}, signer.Certificate)
	request := []byte(nil)
	inner := src.answers["ocsp "+ocspURL]
	src.answers["ocsp "+ocspURL] = func(ctx2 ctx, q []byte) ([]byte, error) { request = q; return inner(ctx2, q) }
	if got := judge(t, trust, doc, gather.Result{}); !strings.HasPrefix(got, "INDETERMINATE") {
		t.Errorf("before: %s", got)
	}
	r := gather.Close(t.Context(), doc, trust, true, judged, src)
	same(t, "gathered", counts(r), "0 certificates, 1 OCSP answers, 0 CRLs, 0 notes, 1 fetches")
	same(t, "asked", src.questions(), "[ocsp "+ocspURL+" 1]")
	if got := judge(t, trust, doc, r); got != "TOTAL-PASSED" {
		t.Errorf("after: %s", got)
	}
	q, err := ocsp.ParseRequest(request)
	if err != nil || q.SerialNumber.Cmp(signer.Parsed.SerialNumber) != 0 {
		t.Errorf("the responder was asked about %+v, %v", q, err)
	}
	// What was gathered is there now: nothing more is asked.
	doc.Signatures[0].Embedded.OCSPs = r.Material.OCSPs
	same(t, "again", counts(gather.Close(t.Context(), doc, trust, true, judged, src)), counts(gather.Result{}))
}

func TestCompleteDocumentsAskNothing(t *testing.T) {
	w := begin(t)
	files := []eutest.SignOptions{{Level: eutest.LT}, {Level: eutest.LTA}}
	trust := w.lists()
	w.At(eutest.DefaultTime)
	for _, o := range files {
		raw := w.SignDetached(w.ca.Signer(), contract, o)
		src := serve()
		r := gather.Close(t.Context(), open(t, raw), trust, true, judged, src)
		same(t, "gathered", counts(r), counts(gather.Result{}))
		same(t, "asked", src.questions(), "[]")
	}
}

// A responder that is down gives a note, and nothing else: one sentence without
// the subject, its personal code, or the path of the address (S6).
func TestResponderDown(t *testing.T) {
	w := begin(t)
	secret := "http://aia.example/ocsp/38001085718?person=38001085718"
	signer := w.ca.Signer(eutest.Natural("EE", "ŽAIKOVSKI", "IGOR", "38001085718"), eutest.URLs(secret, ""))
	doc := w.sign(signer, eutest.SignOptions{})
	r := closed(w.trust(), doc, serve())
	same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 1 notes, 1 fetches")
	says(t, r, `The OCSP responder "http://aia.example" gave no answer that can be used about the certificate `)
	n := r.Notes[0]
	if n.Kind != gather.OCSP || n.About != read(t, signer.Raw).ID || n.Where != "http://aia.example" || !strings.Contains(n.Says, `"TEST EID-Q"`) {
		t.Errorf("the note is %+v", n)
	}
	for _, personal := range []string{"38001085718", "IGOR", "/ocsp"} {
		if strings.Contains(n.Says+n.Where, personal) {
			t.Errorf("the note holds %q: %s", personal, n.Says)
		}
	}
	if got := judge(t, w.lists(), doc, r); !strings.HasPrefix(got, "INDETERMINATE") {
		t.Errorf("judged: %s", got)
	}
}

// S7, R2, R3: an answer is kept only when it is about the certificate and signed
// by one who may speak for its issuer.
func TestS7_R2_R3_Answers(t *testing.T) {
	type scene struct {
		*world
		signer *eutest.Signer
		other  *eutest.CA
	}
	ok := eutest.OCSPOptions{ProducedAt: judged}
	with := func(edit func(*eutest.OCSPOptions)) eutest.OCSPOptions { o := ok; edit(&o); return o }
	tests := map[string]struct {
		raw  func(s *scene) []byte
		kept int
		note string
	}{
		"delegated responder": {func(s *scene) []byte { return s.ca.OCSP().Response(s.signer.Certificate, ok) }, 1, ""},
		"responder by name":   {func(s *scene) []byte { return s.ca.OCSP(eutest.ByName()).Response(s.signer.Certificate, ok) }, 1, ""},
		"the CA itself":       {func(s *scene) []byte { return s.ca.OCSPDirect().Response(s.signer.Certificate, ok) }, 1, ""},
		"revoked": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, with(func(o *eutest.OCSPOptions) { o.Status, o.RevokedAt = "revoked", eutest.Day(2025, 3, 1) }))
		}, 1, ""},
		"several certificates": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.ca.Signer().Certificate, with(func(o *eutest.OCSPOptions) { o.Also = []*eutest.Certificate{s.signer.Certificate} }))
		}, 1, ""},
		"status unknown": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, with(func(o *eutest.OCSPOptions) { o.Status = "unknown" }))
		}, 1, "the status is unknown"},
		"S7 another certificate": {func(s *scene) []byte { return s.ca.OCSP().Response(s.ca.Signer().Certificate, ok) }, 0, "about another certificate"},
		"R3 another issuer": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, with(func(o *eutest.OCSPOptions) { o.Issuer = s.other.Certificate }))
		}, 0, "about another certificate"},
		"R2 a stranger's responder": {func(s *scene) []byte {
			return s.ca.ResponderOf(s.other.OCSP().Certificate).Response(s.signer.Certificate, ok)
		}, 0, "may not speak"},
		"R2 another anchor's responder": {func(s *scene) []byte {
			return s.ca.ResponderOf(s.other.OCSP().Certificate).Response(s.signer.Certificate, ok)
		}, 0, "may not speak"},
		"R2 no EKU": {func(s *scene) []byte {
			return s.ca.OCSP(eutest.ExtendedKeyUsage(false)).Response(s.signer.Certificate, ok)
		}, 0, "may not speak"},
		"R2 a fellow customer of the CA": {func(s *scene) []byte {
			return s.ca.ResponderOf(s.ca.Signer().Certificate).Response(s.signer.Certificate, ok)
		}, 0, "may not speak"},
		"R2 the signer himself": {func(s *scene) []byte {
			return s.ca.ResponderOf(s.signer.Certificate).Response(s.signer.Certificate, ok)
		}, 0, "answers for its own certificate"},
		"R2 names another responder": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, with(func(o *eutest.OCSPOptions) { o.ResponderID = s.tsa.Certificate }))
		}, 0, "no certificate at hand"},
		"without its certificate": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, with(func(o *eutest.OCSPOptions) { o.NoCertificates = true }))
		}, 0, "no certificate at hand"},
		"R2 wrong signature": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, with(func(o *eutest.OCSPOptions) { o.WrongSignature = true }))
		}, 0, "no certificate at hand"},
		"try later": {func(s *scene) []byte {
			return s.ca.OCSP().Response(s.signer.Certificate, eutest.OCSPOptions{ResponseStatus: 3})
		}, 0, "reading OCSP response"},
		"nothing": {func(*scene) []byte { return nil }, 0, "the answer is empty"},
		"a page":  {func(*scene) []byte { return []byte("<html>\r\nLog in\u202e, please</html>") }, 0, "reading OCSP response"},
		"huge":    {func(*scene) []byte { return make([]byte, 256<<10+1) }, 0, "at most 262144 are read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &scene{world: begin(t)}
			s.signer, s.other = s.ca.Signer(), s.sk.CA("TEST OTHER-Q", eutest.SelfSigned())
			trust := s.trust()
			if strings.Contains(name, "another anchor") {
				trust = s.trust(s.other.Certificate)
			}
			doc := s.sign(s.signer, eutest.SignOptions{})
			r := closed(trust, doc, serve().raw("ocsp "+ocspURL, test.raw(s)))
			if len(r.Material.OCSPs) != test.kept || r.Fetches != 1 {
				t.Errorf("gathered: %s; %+v", counts(r), r.Notes)
			}
			if test.note == "" && len(r.Notes) != 0 {
				t.Errorf("notes: %+v", r.Notes)
			} else if test.note != "" {
				says(t, r, test.note)
			}
			verdict := judge(t, s.lists(), doc, r)
			if passed := verdict == "TOTAL-PASSED"; passed != (test.kept == 1 && test.note == "" && name != "revoked") {
				t.Errorf("judged: %s", verdict)
			}
		})
	}
}

// The same for what the document holds: an answer that nobody may have given does
// not keep us from asking.
func TestHeldAnswersMustSpeak(t *testing.T) {
	w := begin(t)
	signer, other := w.ca.Signer(), w.sk.CA("TEST OTHER-Q", eutest.SelfSigned())
	ok := eutest.OCSPOptions{ProducedAt: judged}
	held := map[string]struct {
		raw  []byte
		asks int
	}{
		"right":         {w.ca.OCSP().Response(signer.Certificate, ok), 0},
		"of a stranger": {w.ca.ResponderOf(other.OCSP().Certificate).Response(signer.Certificate, ok), 1},
		"unknown":       {w.ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: judged, Status: "unknown"}), 1},
		"another's":     {w.ca.OCSP().Response(w.ca.Signer().Certificate, ok), 1},
	}
	for name, h := range held {
		src := serve().ocsp(ocspURL, w.ca.OCSP(), ok, signer.Certificate)
		r := closed(w.trust(), bare(signature.Material{OCSPs: [][]byte{h.raw}}, signer.Certificate), src)
		if r.Fetches != h.asks || len(r.Material.OCSPs) != h.asks || len(r.Notes) != 0 {
			t.Errorf("%s: %s", name, counts(r))
		}
	}
}

func TestAddressesInOrder(t *testing.T) {
	w := begin(t)
	urls := func(list ...string) eutest.Option {
		return eutest.EditCertificate(func(c *x509.Certificate) {
			c.OCSPServer = list
			c.CRLDistributionPoints = []string{"ldap://crl.example/cn=x", crlURL}
		})
	}
	signer := w.ca.Signer(urls("ldap://aia.example/", "file:///etc/passwd", "HTTP://one.example/", "http://one.example/", "javascript:x", "http://two.example/",
		"http://"+strings.Repeat("x", 3000)+".example/", "http://three.example/"))
	ok := eutest.OCSPOptions{ProducedAt: judged}
	src := serve().ocsp("http://two.example/", w.ca.OCSP(), ok, signer.Certificate)
	r := closed(w.trust(), bare(signature.Material{}, signer.Certificate), src)
	same(t, "asked", src.questions(), "[ocsp HTTP://one.example/ 1 ocsp http://one.example/ 1 ocsp http://two.example/ 1]")
	same(t, "gathered", counts(r), "0 certificates, 1 OCSP answers, 0 CRLs, 2 notes, 3 fetches")

	src = serve().raw("crl "+crlURL, w.ca.CRL(judged, eutest.CRLOptions{}))
	r = closed(w.trust(), bare(signature.Material{}, signer.Certificate), src)
	same(t, "gathered by CRL", counts(r), "0 certificates, 0 OCSP answers, 1 CRLs, 4 notes, 5 fetches")

	mute := w.ca.Signer(eutest.URLs("", ""), eutest.EditCertificate(func(c *x509.Certificate) { c.CRLDistributionPoints = []string{"ldap://x/"} }))
	r = closed(w.trust(), bare(signature.Material{}, mute.Certificate), src)
	same(t, "gathered without an address", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 1 notes, 0 fetches")
	says(t, r, "names no OCSP responder and no CRL")
}

// onlyCA is the DER of IssuingDistributionPoint { onlyContainsCACerts TRUE }.
var onlyCA = []byte{0x30, 0x03, 0x82, 0x01, 0xff}

func TestCRLs(t *testing.T) {
	tests := map[string]struct {
		raw  func(w *world) []byte
		note string
	}{
		"right":          {func(w *world) []byte { return w.ca.CRL(judged, eutest.CRLOptions{}) }, ""},
		"another issuer": {func(w *world) []byte { return w.sk.CA("TEST OTHER-Q").CRL(judged, eutest.CRLOptions{}) }, "of another issuer"},
		"another key": {func(w *world) []byte {
			return w.ca.CRL(judged, eutest.CRLOptions{Signer: w.tsa.Certificate, SignerName: w.ca.Certificate})
		}, "no key of its issuer verifies it"},
		"wrong signature": {func(w *world) []byte { return w.ca.CRL(judged, eutest.CRLOptions{WrongSignature: true}) }, "no key of its issuer verifies it"},
		"delta":           {func(w *world) []byte { return w.ca.CRL(judged, eutest.CRLOptions{DeltaBase: 1}) }, "delta"},
		"scope":           {func(w *world) []byte { return w.ca.CRL(judged, eutest.CRLOptions{IDP: onlyCA}) }, "only holds certificates of authorities"},
		"a page":          {func(*world) []byte { return []byte("<html>") }, "reading CRL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			url := eutest.URLs("", crlURL)
			a, b := w.ca.Signer(url), w.ca.Signer(url)
			src := serve().raw("crl "+crlURL, test.raw(w))
			r := closed(w.trust(), bare(signature.Material{}, a.Certificate, b.Certificate), src)
			same(t, "asked", src.questions(), "[crl "+crlURL+" 1]")
			if test.note == "" {
				same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 1 CRLs, 0 notes, 1 fetches")
				return
			}
			same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 2 notes, 1 fetches")
			if !strings.Contains(r.Notes[0].Says, test.note) {
				t.Errorf("notes: %+v", r.Notes)
			}
		})
	}
}

// Time-stamping units and CAs below the anchor are asked about as signers are.
func TestWhoIsAskedAbout(t *testing.T) {
	w := begin(t)
	url := func(host string) eutest.Option { return eutest.URLs("http://"+host+".example/", "") }
	sub := w.ca.SubCA("TEST SUB", url("sub"))
	tsa := w.sk.TSA("TEST TSU", eutest.Unlisted(), eutest.IssuedBy(w.ca), url("tsu"))
	listed := w.sk.CA("TEST LISTED ITSELF", eutest.IssuedBy(w.ca), url("no"))
	root := w.sk.CA("TEST ROOT", eutest.SelfSigned(), eutest.Unlisted(), url("no"))
	anchored := w.sk.CA("TEST ANCHORED", eutest.IssuerURL(caURL))
	held := w.ca.Signer(url("no"))
	doc := func(s *eutest.Signer, o eutest.SignOptions) *signature.Document { return w.sign(s, o) }
	certs := func(list ...*eutest.CA) signature.Material {
		var m signature.Material
		for _, c := range list {
			m.Certificates = append(m.Certificates, c.Raw)
		}
		return m
	}
	tests := map[string]struct {
		doc  *signature.Document
		want string
	}{
		"sub-CA":              {bare(certs(sub), sub.Signer(url("signer")).Certificate), "[ocsp http://signer.example/ 1 ocsp http://sub.example/ 1]"},
		"time-stamp":          {doc(w.ca.Signer(url("signer")), eutest.SignOptions{TSA: tsa}), "[ocsp http://signer.example/ 1 ocsp http://tsu.example/ 1]"},
		"wrong time-stamp":    {doc(w.ca.Signer(url("signer")), eutest.SignOptions{TSA: tsa, Timestamps: []eutest.Stamp{{Options: eutest.TokenOptions{WrongSignature: true}}}}), "[ocsp http://signer.example/ 1]"},
		"sub-CA of two":       {bare(certs(sub), sub.Signer(url("signer"), eutest.ShortTerm()).Certificate, sub.Signer(url("signer"), eutest.ShortTerm()).Certificate), "[ocsp http://sub.example/ 1]"},
		"issuer of an anchor": {bare(signature.Material{}, anchored.Signer(eutest.ShortTerm()).Certificate), "[]"},
		"CA of a responder only": {bare(signature.Material{Certificates: certs(sub).Certificates, OCSPs: [][]byte{
			w.ca.ResponderOf(sub.OCSP().Certificate).Response(held.Certificate, eutest.OCSPOptions{ProducedAt: judged}),
		}}, held.Certificate), "[]"},
		"anchor itself":                  {bare(signature.Material{}, w.ca.Certificate), "[]"},
		"under an anchor":                {bare(certs(listed), listed.Signer(url("signer")).Certificate), "[ocsp http://signer.example/ 1]"},
		"no anchor":                      {bare(certs(root), root.Signer(url("no"), eutest.IssuerURL("")).Certificate), "[]"},
		"short-term":                     {bare(signature.Material{}, w.ca.Signer(eutest.ShortTerm(), url("no")).Certificate), "[]"},
		"noRevAvail":                     {bare(signature.Material{}, w.ca.Signer(eutest.NoRevAvail(), url("no")).Certificate), "[]"},
		"nocheck is for responders only": {bare(signature.Material{}, w.ca.Signer(eutest.NoCheck(true), url("signer")).Certificate), "[ocsp http://signer.example/ 1]"},
		"a digest of one, the value of another": {func() *signature.Document {
			d := doc(w.ca.Signer(url("no")), eutest.SignOptions{})
			other := w.ca.Signer(url("no")).Raw
			d.Signatures[0].KeyInfo = append(d.Signatures[0].KeyInfo, other)
			d.Signatures[0].SigningCertificates = bare(signature.Material{}, &eutest.Certificate{Raw: other}).Signatures[0].SigningCertificates
			return d
		}(), "[]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			src := serve()
			r := closed(w.trust(listed.Certificate, anchored.Certificate), test.doc, src)
			same(t, "asked", src.questions(), test.want)
			if len(r.Notes) != r.Fetches {
				t.Errorf("%d fetches in vain, and the notes %+v", r.Fetches, r.Notes)
			}
		})
	}
}

// A responder without ocsp-nocheck is asked about too: at the CA, and never by
// its own word.
func TestRespondersAreAskedAbout(t *testing.T) {
	w := begin(t)
	signer := w.ca.Signer()
	responder := w.ca.OCSP(eutest.NoCheck(false), eutest.URLs("http://r.example/", crlURL))
	ok := eutest.OCSPOptions{ProducedAt: judged}
	src := serve().ocsp(ocspURL, responder, ok, signer.Certificate).
		ocsp("http://r.example/", responder, ok, responder.Certificate).
		raw("crl "+crlURL, w.ca.CRL(judged, eutest.CRLOptions{}))
	doc := w.sign(signer, eutest.SignOptions{})
	r := closed(w.trust(), doc, src)
	same(t, "gathered", counts(r), "0 certificates, 1 OCSP answers, 1 CRLs, 1 notes, 3 fetches")
	says(t, r, "answers for its own certificate")
	if got := judge(t, w.lists(), doc, r); got != "TOTAL-PASSED" {
		t.Errorf("judged: %s", got)
	}

	// Responders of responders of responders: the depth is bounded.
	chain := make([]*eutest.Responder, 10)
	src = serve()
	for i := range chain {
		chain[i] = w.ca.OCSP(eutest.NoCheck(false), eutest.URLs("http://r"+string(rune('0'+i))+".example/", ""))
	}
	src.ocsp(ocspURL, chain[0], ok, signer.Certificate)
	for i := range chain[1:] {
		src.ocsp("http://r"+string(rune('0'+i))+".example/", chain[i+1], ok, chain[i].Certificate)
	}
	r = closed(w.trust(), doc, src)
	same(t, "gathered of a long chain", counts(r), "0 certificates, 3 OCSP answers, 0 CRLs, 0 notes, 3 fetches")
	for i := range r.Material.OCSPs[1:] {
		if a, b := sum(r.Material.OCSPs[i]), sum(r.Material.OCSPs[i+1]); bytes.Compare(a, b) >= 0 {
			t.Error("the answers are not in the order of their hashes")
		}
	}
}

// Responders that the lists name, and those of another CA of the same provider,
// may speak; those of another provider may not.
func TestListedResponders(t *testing.T) {
	ok := eutest.OCSPOptions{ProducedAt: judged}
	tests := map[string]struct {
		raw  func(w *world, signer *eutest.Certificate) []byte
		kept string
	}{
		"of another CA of the provider": {func(w *world, s *eutest.Certificate) []byte {
			return w.ca.ResponderOf(w.sk.CA("TEST OTHER-Q").OCSP().Certificate).Response(s, ok)
		}, "0 certificates, 1 OCSP answers, 0 CRLs, 0 notes, 1 fetches"},
		"listed itself": {func(w *world, s *eutest.Certificate) []byte {
			r := w.ca.OCSP(eutest.ByName(), eutest.SelfSigned())
			w.sk.Service(eutest.OCSPQC, "TEST RESPONDER", []*eutest.Certificate{r.Certificate})
			return r.Response(s, eutest.OCSPOptions{ProducedAt: judged, NoCertificates: true})
		}, "1 certificates, 1 OCSP answers, 0 CRLs, 0 notes, 1 fetches"},
		"of another provider": {func(w *world, s *eutest.Certificate) []byte {
			other := w.MemberState("LV").Provider("LVRTC", "VATLV-1").CA("TEST LV-Q")
			return w.ca.ResponderOf(other.OCSP().Certificate).Response(s, ok)
		}, "0 certificates, 0 OCSP answers, 0 CRLs, 1 notes, 1 fetches"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			signer := w.ca.Signer()
			doc := w.sign(signer, eutest.SignOptions{})
			src := serve().raw("ocsp "+ocspURL, test.raw(w, signer.Certificate))
			trust := w.lists()
			r := closed(trust, doc, src)
			same(t, "gathered", counts(r), test.kept)
			if got := judge(t, trust, doc, r); (got == "TOTAL-PASSED") != (len(r.Material.OCSPs) == 1) {
				t.Errorf("judged: %s", got)
			}
		})
	}
}
