package eutest

import (
	"crypto"
	"crypto/x509"
	"math/big"
	"slices"
	"time"
)

// TSA is a time-stamping unit: its certificate is what the list names (as SK's).
type TSA struct {
	*Certificate
	// Service is its entry in the list; nil when it is not listed.
	Service  *Service
	Provider *Provider
	serial   int64
}

// TSA makes a time-stamping unit and lists it as TSA/QTST, granted since its
// notBefore. By default: P-256, valid from a year before the world's clock for
// seven years, critical EKU timeStamping, issued by the provider's root.
func (p *Provider) TSA(name string, options ...Option) *TSA {
	w := p.State.world
	w.tb.Helper()
	cfg := &config{
		kind: KeyKind{"EC", 256}, issuer: p.Root(), pathLen: -1,
		subject:   []NameAttribute{{"C", p.State.Territory}, {"O", p.Name}, {"CN", name}},
		notBefore: w.now.AddDate(-1, 0, 0), notAfter: w.now.AddDate(6, 0, 0),
		usage: x509.KeyUsageDigitalSignature, extendedUsage: []string{"1.3.6.1.5.5.7.3.8"}, extendedCritical: true,
		serviceType: QTST, serviceName: name,
	}
	t := &TSA{Certificate: w.certify(cfg.apply(options)), Provider: p}
	p.State.tsas = append(p.State.tsas, t)
	if !cfg.unlisted {
		cfg.defaultHistory(t.Certificate)
		t.Service = p.list(cfg, t.Certificate)
	}
	return t
}

// RevokedOn records that the issuer of the unit revoked it.
func (t *TSA) RevokedOn(at time.Time, reason int) *TSA {
	t.Issuer.Revoke(t.Certificate, at, reason)
	return t
}

// TokenOptions say what a time-stamp token holds. The zero value: made at the
// world's clock, SHA-256 imprint, policy BTSP 0.4.0.2023.1.1, accuracy one second.
type TokenOptions struct {
	Time           time.Time
	Hash           crypto.Hash // of the imprint
	Policy         string
	Accuracy       time.Duration // negative: none
	Nonce          *big.Int
	Ordering       bool
	NoName         bool         // without TSTInfo.tsa
	Name           *Certificate // TSTInfo.tsa names this one
	Qualified      bool         // esi4-qtstStatement-1 (EN 319 422 §9.1)
	Imprint        []byte       // this one, instead of the message's digest
	WrongImprint   bool         // an imprint of something else
	WrongSignature bool
	WrongDigest    bool // message-digest attribute of something else
	NoCertificate  bool
	Reference      string         // signing certificate attribute: "v2" (default), "v1", "none", "wrong"
	Certificates   []*Certificate // beside its own
	Revocation     [][]byte       // CRLs, and OCSP answers wrapped by OtherRevocation
	Digest         crypto.Hash    // of the signature
	Unsigned       [][]byte
}

// Token is a TimeStampToken over message (RFC 3161 §2.4.2): the imprint is its digest.
func (t *TSA) Token(message []byte, o TokenOptions) []byte {
	w := t.world
	w.tb.Helper()
	if o.Time.IsZero() {
		o.Time = w.now
	}
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.Policy == "" {
		o.Policy = "0.4.0.2023.1.1"
	}
	if o.Accuracy == 0 {
		o.Accuracy = time.Second
	}
	imprint := digestOf(o.Hash, message)
	if o.Imprint != nil {
		imprint = slices.Clone(o.Imprint)
	}
	if o.WrongImprint {
		imprint[0] ^= 1
	}
	t.serial++
	serial := new(big.Int).SetBytes(digestOf(crypto.SHA256, append(t.number.Bytes(), byte(t.serial>>8), byte(t.serial)))[:8])
	info := [][]byte{small(1), oid(o.Policy), sequence(sequence(oid(hashOIDs[o.Hash]), null()), octets(imprint)),
		integer(serial), generalizedTime(o.Time)}
	if o.Accuracy > 0 {
		info = append(info, accuracy(o.Accuracy))
	}
	if o.Ordering {
		info = append(info, tlv(tagBoolean, []byte{0xff}))
	}
	if o.Nonce != nil {
		info = append(info, integer(o.Nonce))
	}
	if !o.NoName {
		name := o.Name
		if name == nil {
			name = t.Certificate
		}
		info = append(info, explicit(0, tlv(0xa4, nameDER(name.subject))))
	}
	if o.Qualified {
		info = append(info, tlv(0xa1, sequence(oid("1.3.6.1.5.5.7.1.3"), octets(sequence(sequence(oid("0.4.0.19422.1.1")))))))
	}
	return w.CMS(t.Certificate, sequence(info...), CMSOptions{
		ContentType: "1.2.840.113549.1.9.16.1.4", Digest: o.Digest, SigningTime: o.Time, Reference: o.Reference,
		Certificates: o.Certificates, NoCertificate: o.NoCertificate, Revocation: o.Revocation, Unsigned: o.Unsigned,
		WrongSignature: o.WrongSignature, WrongDigest: o.WrongDigest,
	})
}

// accuracy is Accuracy (RFC 3161 §2.4.2): seconds, milliseconds, microseconds.
func accuracy(d time.Duration) []byte {
	var parts [][]byte
	if s := int64(d / time.Second); s > 0 {
		parts = append(parts, small(s))
	}
	if ms := int64(d % time.Second / time.Millisecond); ms > 0 {
		parts = append(parts, implicit(0, small(ms)[2:]))
	}
	if us := int64(d % time.Millisecond / time.Microsecond); us > 0 {
		parts = append(parts, implicit(1, small(us)[2:]))
	}
	return sequence(parts...)
}

// OtherRevocation wraps an OCSP answer as RevocationInfoChoice for a CMS (RFC 5940 §2).
func OtherRevocation(ocsp []byte) []byte {
	return tlv(0xa1, oid("1.3.6.1.5.5.7.16.2"), ocsp)
}
