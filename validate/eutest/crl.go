package eutest

import (
	"crypto"
	"time"
)

// CRLOptions say what a CRL holds. The zero value: next update a week later, all
// that the CA had revoked by then, signed by the CA.
type CRLOptions struct {
	NextUpdate        time.Time
	NoNextUpdate      bool
	Number            int64     // default 1
	ExpiredCertsSince time.Time // expiredCertsOnCRL, 2.5.29.60
	IDP               []byte    // DER of an IssuingDistributionPoint; critical
	DeltaBase         int64     // deltaCRLIndicator; critical
	Signer            *Certificate
	SignerName        *Certificate // issuer name of the CRL, where another's
	Digest            crypto.Hash
	WrongSignature    bool
	InvalidityDate    time.Time    // in each entry
	EntryReason       int          // in each entry, whatever the reason of the revocation
	EntryIssuer       *Certificate // certificateIssuer of each entry; critical
	Extension         []byte       // DER of one further crlExtension
}

// CRL is the CA's certificate revocation list at a time (RFC 5280 §5).
func (ca *CA) CRL(at time.Time, o CRLOptions) []byte {
	w := ca.world
	w.tb.Helper()
	signer, name := ca.Certificate, ca.Certificate
	if o.Signer != nil {
		signer, name = o.Signer, o.Signer
	}
	if o.SignerName != nil {
		name = o.SignerName
	}
	if o.NextUpdate.IsZero() {
		o.NextUpdate = at.AddDate(0, 0, 7)
	}
	if o.Number == 0 {
		o.Number = 1
	}
	o.Digest = defaultHash(signer.Key, o.Digest)
	algorithm := signatureAlgorithmDER(signer.Key, o.Digest)
	tbs := [][]byte{small(1), algorithm, nameDER(name.subject), cmsTime(at)}
	if !o.NoNextUpdate {
		tbs = append(tbs, cmsTime(o.NextUpdate))
	}
	if entries := ca.crlEntries(at, &o); len(entries) > 0 {
		tbs = append(tbs, sequence(entries...))
	}
	tbs = append(tbs, explicit(0, sequence(o.extensions(name)...)))
	data := sequence(tbs...)
	value, err := signer.Key.signDER(o.Digest, data)
	w.check(err)
	if o.WrongSignature {
		value[len(value)-1] ^= 1
	}
	return sequence(data, algorithm, bits(value))
}

func (ca *CA) crlEntries(at time.Time, o *CRLOptions) [][]byte {
	var out [][]byte
	for _, c := range ca.revocation {
		r, revoked := ca.status(c, at)
		if !revoked {
			continue
		}
		var extensions [][]byte
		if o.EntryReason != Unspecified {
			r.reason = o.EntryReason
		}
		if r.reason != Unspecified {
			extensions = append(extensions, sequence(oid("2.5.29.21"), octets(enumerated(byte(r.reason)))))
		}
		if !o.InvalidityDate.IsZero() {
			extensions = append(extensions, sequence(oid("2.5.29.24"), octets(generalizedTime(o.InvalidityDate))))
		}
		if o.EntryIssuer != nil {
			names := sequence(explicit(4, nameDER(o.EntryIssuer.subject)))
			extensions = append(extensions, sequence(oid("2.5.29.29"), tlv(tagBoolean, []byte{0xff}), octets(names)))
		}
		entry := [][]byte{integer(c.number), cmsTime(r.at)}
		if len(extensions) > 0 {
			entry = append(entry, sequence(extensions...))
		}
		out = append(out, sequence(entry...))
	}
	return out
}

func (o *CRLOptions) extensions(issuer *Certificate) [][]byte {
	critical := tlv(tagBoolean, []byte{0xff})
	out := [][]byte{
		sequence(oid("2.5.29.35"), octets(sequence(implicit(0, issuer.keyID())))),
		sequence(oid("2.5.29.20"), octets(small(o.Number))),
	}
	if !o.ExpiredCertsSince.IsZero() {
		out = append(out, sequence(oid("2.5.29.60"), octets(generalizedTime(o.ExpiredCertsSince))))
	}
	if len(o.IDP) > 0 {
		out = append(out, sequence(oid("2.5.29.28"), critical, octets(o.IDP)))
	}
	if o.DeltaBase > 0 {
		out = append(out, sequence(oid("2.5.29.27"), critical, octets(small(o.DeltaBase))))
	}
	if len(o.Extension) > 0 {
		out = append(out, o.Extension)
	}
	return out
}
