package path

import (
	"slices"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
)

// Office is what somebody speaks as about the certificates of an authority.
type Office int

// Who may tell of revocation beside the authority itself.
const (
	OCSPResponder Office = iota // RFC 6960 §4.2.2.2
	CRLIssuer                   // RFC 5280 §6.3.3 (f)
)

// offices are the types of services by which lists name holders of an office.
var offices = map[Office][]string{
	OCSPResponder: {trustlist.ServiceOCSPQC, trustlist.ServiceOCSP},
	CRLIssuer:     {trustlist.ServiceCRLQC, trustlist.ServiceCRL},
}

const ekuOCSPSigning = "1.3.6.1.5.5.7.3.9"

// MaySpeak asks whether one who signed an OCSP answer or a CRL may speak for the
// authority that issued the certificate concerned: the authority itself (a); a
// responder that it authorised directly (b); one appointed by the same trust
// service provider (c); one whom a list names for that provider (d); with plain
// anchors, one appointed under the same anchor (e). A responder is appointed by its
// extended key usage, a CRL issuer by the distribution point of the certificate,
// which package pkix asks. chain is that of the speaker, above that of the authority.
func (t *Trust) MaySpeak(as Office, chain *Chain, authority *certificate.Certificate, above *Chain) bool {
	speaker := chain.Certificates[0]
	if speaker.SameEntity(authority) { // (a)
		return true
	}
	appointed := as == CRLIssuer || slices.Contains(speaker.ExtKeyUsage, ekuOCSPSigning)
	up := chain.Issuer(0)
	if as == OCSPResponder && appointed && up != nil && up.SameEntity(authority) { // (b)
		return true
	}
	providers := map[*trustlist.Provider]bool{}
	for _, s := range t.servicesOf(append(above.AnchorCertificates(), authority)) {
		providers[s.Provider] = true
	}
	if slices.ContainsFunc(t.Services(speaker), func(s *trustlist.Service) bool { // (d)
		return providers[s.Provider] && wasEver(s, offices[as])
	}) {
		return true
	}
	if !appointed {
		return false
	}
	over := chain.AnchorCertificates()
	if up != nil {
		over = append(over, up)
	}
	return slices.ContainsFunc(t.servicesOf(over), func(s *trustlist.Service) bool { return providers[s.Provider] }) || // (c)
		sharePlainAnchor(chain, above) // (e)
}

// servicesOf are the services of several certificates.
func (t *Trust) servicesOf(certs []*certificate.Certificate) []*trustlist.Service {
	var out []*trustlist.Service
	for _, x := range certs {
		out = append(out, t.Services(x)...)
	}
	return out
}

// wasEver says whether a service was ever of one of some types.
func wasEver(s *trustlist.Service, types []string) bool {
	return slices.ContainsFunc(s.Instances, func(i *trustlist.Instance) bool { return slices.Contains(types, i.Type) })
}

// sharePlainAnchor says whether two chains reach one anchor that the caller trusts
// besides the lists.
func sharePlainAnchor(a, b *Chain) bool {
	for i, x := range a.Certificates {
		if a.Anchors[i] == nil || a.Anchors[i].Listed {
			continue
		}
		for j, y := range b.Certificates {
			if b.Anchors[j] != nil && !b.Anchors[j].Listed && x.SameEntity(y) {
				return true
			}
		}
	}
	return false
}
