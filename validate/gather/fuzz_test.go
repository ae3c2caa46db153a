package gather_test

import (
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/signature"
)

// everywhere gives the same octets to every question.
type everywhere []byte

func (e everywhere) OCSP(ctx, string, []byte) ([]byte, error) { return e, nil }
func (e everywhere) CRL(ctx, string) ([]byte, error)          { return e, nil }
func (e everywhere) Issuers(ctx, string) ([]byte, error)      { return e, nil }

// FuzzAnswers: whatever is answered, nothing panics, and what is kept is what was
// asked for.
func FuzzAnswers(f *testing.F) {
	w := begin(f)
	sub := w.ca.SubCA("TEST SUB", eutest.EC(256), eutest.IssuerURL(""))
	signer, lost := w.ca.Signer(eutest.URLs(ocspURL, crlURL)), sub.Signer(eutest.URLs(ocspURL, crlURL))
	ok := eutest.OCSPOptions{ProducedAt: judged}
	for _, seed := range [][]byte{
		nil, sub.Raw, sub.PEM(), certsOnly(f, sub.Certificate, w.ca.Certificate), w.ca.CRL(judged, eutest.CRLOptions{}),
		w.ca.OCSP().Response(signer.Certificate, ok), sub.OCSP().Response(lost.Certificate, ok),
	} {
		f.Add(seed)
	}
	trust, doc := w.trust(), bare(signature.Material{}, signer.Certificate, lost.Certificate)
	signed, issuer, child := read(f, signer.Raw), read(f, w.ca.Raw), read(f, lost.Raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := closed(trust, doc, everywhere(raw))
		if r.Fetches > gather.MaxFetches {
			t.Errorf("%d fetches", r.Fetches)
		}
		for _, c := range r.Material.Certificates {
			if err := child.CheckSignatureFrom(read(t, c)); err != nil {
				t.Errorf("kept an issuer of nobody: %v", err)
			}
		}
		for _, o := range r.Material.OCSPs {
			if x, err := revocation.ParseOCSP(o); err != nil || x.For(signed, issuer) == nil {
				t.Errorf("kept an answer about somebody else: %v", err)
			}
		}
		for _, l := range r.Material.CRLs {
			if x, err := revocation.ParseCRL(l); err != nil || x.Verify(issuer) != nil {
				t.Errorf("kept a CRL of somebody else: %v", err)
			}
		}
	})
}
