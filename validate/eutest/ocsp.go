package eutest

import (
	"crypto"
	"crypto/x509"
	"math/big"
	"time"
)

// Responder signs OCSP answers for a CA.
type Responder struct {
	*Certificate
	CA     *CA
	byName bool
	bare   bool // without its certificate in the answer
}

// OCSP makes a delegated responder: EKU OCSPSigning, id-pkix-ocsp-nocheck, issued by
// the CA, P-256, valid from the first of the clock's month for 35 days (SK's live about
// that long). Options make it wrong: ExtendedKeyUsage(false) without any, IssuedBy another
// CA, Valid, NoCheck(false), ByName.
func (ca *CA) OCSP(options ...Option) *Responder { return ca.responder(ca.world.now, options) }

func (ca *CA) responder(at time.Time, options []Option) *Responder {
	w := ca.world
	w.tb.Helper()
	from := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	cfg := &config{
		kind: KeyKind{"EC", 256}, issuer: ca, pathLen: -1,
		subject:   append(ca.subject[:len(ca.subject)-1:len(ca.subject)-1], NameAttribute{"CN", commonName(ca.subject) + " OCSP RESPONDER " + from.Format("200601")}),
		notBefore: from, notAfter: from.AddDate(0, 0, 35),
		usage: x509.KeyUsageDigitalSignature, extendedUsage: []string{"1.3.6.1.5.5.7.3.9"}, noCheck: true,
	}
	cfg.apply(options)
	return &Responder{Certificate: w.certify(cfg), CA: ca, byName: cfg.responderByName}
}

// OCSPDirect is the CA itself as responder; its answers hold no certificate.
func (ca *CA) OCSPDirect() *Responder {
	return &Responder{Certificate: ca.Certificate, CA: ca, bare: true}
}

// ResponderOf makes a responder of a certificate made elsewhere: a listed one, a wrong one.
func (ca *CA) ResponderOf(c *Certificate) *Responder { return &Responder{Certificate: c, CA: ca} }

// monthly is the responder that the CA has in the month of t.
func (ca *CA) monthly(t time.Time) *Responder {
	id := t.Format("200601")
	if ca.responders[id] == nil {
		ca.responders[id] = ca.responder(t, nil)
	}
	return ca.responders[id]
}

func commonName(name []NameAttribute) string {
	for _, a := range name {
		if a.Type == "CN" {
			return a.Value
		}
	}
	return ""
}

// OCSPOptions say what an OCSP answer holds. The zero value: produced and this
// update at the world's clock, no next update, the status that the CA knows,
// archive cut-off at the CA's notBefore, SHA-1 in the CertID, the responder's
// certificate inside; as SK answers (smart-id.md §6).
type OCSPOptions struct {
	ProducedAt, ThisUpdate, NextUpdate time.Time
	// Status forces "good", "revoked" or "unknown"; RevokedAt and Reason go with "revoked".
	Status          string
	RevokedAt       time.Time
	Reason          int
	ArchiveCutoff   time.Time
	NoArchiveCutoff bool
	Nonce           []byte
	Hash            crypto.Hash  // of the CertID
	Digest          crypto.Hash  // of the signature
	Serial          *big.Int     // another serial in the CertID
	Issuer          *Certificate // another issuer in the CertID
	ResponderID     *Certificate // says to be this one
	CertHash        bool         // ISIS-MTT certHash of the certificate (SHA-256)
	WrongSignature  bool
	NoCertificates  bool
	Certificates    []*Certificate // beside the responder's own
	Also            []*Certificate // further SingleResponses, of these certificates, with the same times
	Edit            func(tbs []byte) []byte
	ResponseStatus  byte // 0 successful; others make an answer without response bytes
}

// Response is an OCSPResponse about a certificate (RFC 6960 §4.2.1).
func (r *Responder) Response(c *Certificate, o OCSPOptions) []byte {
	w := r.world
	w.tb.Helper()
	if o.ResponseStatus != 0 {
		return sequence(enumerated(o.ResponseStatus))
	}
	o.defaults(r)
	single := r.single(c, &o)
	for _, other := range o.Also {
		single = append(single, r.single(other, &OCSPOptions{ProducedAt: o.ProducedAt, ThisUpdate: o.ThisUpdate, NextUpdate: o.NextUpdate, Hash: o.Hash})...)
	}
	id := o.ResponderID
	if id == nil {
		id = r.Certificate
	}
	responderID := explicit(2, octets(id.keyID()))
	if r.byName {
		responderID = explicit(1, nameDER(id.subject))
	}
	tbs := [][]byte{responderID, generalizedTime(o.ProducedAt), sequence(single)}
	if len(o.Nonce) > 0 {
		tbs = append(tbs, explicit(1, sequence(sequence(oid("1.3.6.1.5.5.7.48.1.2"), octets(octets(o.Nonce))))))
	}
	data := sequence(tbs...)
	if o.Edit != nil {
		data = o.Edit(data)
	}
	value, err := r.Key.signDER(o.Digest, data)
	w.check(err)
	if o.WrongSignature {
		value[len(value)-1] ^= 1
	}
	basic := [][]byte{data, signatureAlgorithmDER(r.Key, o.Digest), bits(value)}
	var certificates []byte
	if !o.NoCertificates && !r.bare {
		certificates = append(certificates, r.Raw...)
	}
	for _, extra := range o.Certificates {
		certificates = append(certificates, extra.Raw...)
	}
	if len(certificates) > 0 {
		basic = append(basic, explicit(0, sequence(certificates)))
	}
	return sequence(enumerated(0), explicit(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octets(sequence(basic...)))))
}

func (o *OCSPOptions) defaults(r *Responder) {
	if o.ProducedAt.IsZero() {
		o.ProducedAt = r.world.now
	}
	if o.ThisUpdate.IsZero() {
		o.ThisUpdate = o.ProducedAt
	}
	if o.Hash == 0 {
		o.Hash = crypto.SHA1
	}
	o.Digest = defaultHash(r.Key, o.Digest)
	if o.ArchiveCutoff.IsZero() && r.CA.Parsed != nil {
		o.ArchiveCutoff = r.CA.Parsed.NotBefore
	}
}

// single is one SingleResponse.
func (r *Responder) single(c *Certificate, o *OCSPOptions) []byte {
	issuer, serial := o.Issuer, o.Serial
	if issuer == nil {
		issuer = r.CA.Certificate
	}
	if serial == nil {
		serial = c.number
	}
	known, revoked := r.CA.status(c, o.ThisUpdate)
	if o.Status != "" {
		known, revoked = revocation{o.RevokedAt, o.Reason}, o.Status == "revoked"
		if known.at.IsZero() {
			known.at = o.ThisUpdate
		}
	}
	status := implicit(0, nil)
	switch {
	case revoked:
		status = tlv(0xa1, generalizedTime(known.at), explicit(0, enumerated(byte(known.reason))))
	case o.Status == "unknown":
		status = implicit(2, nil)
	}
	out := [][]byte{
		sequence(sequence(oid(hashOIDs[o.Hash]), null()), octets(digestOf(o.Hash, nameDER(issuer.subject))),
			octets(digestOf(o.Hash, issuer.keyBits())), integer(serial)),
		status, generalizedTime(o.ThisUpdate),
	}
	if !o.NextUpdate.IsZero() {
		out = append(out, explicit(0, generalizedTime(o.NextUpdate)))
	}
	var extensions []byte
	if !o.NoArchiveCutoff && !o.ArchiveCutoff.IsZero() {
		extensions = append(extensions, sequence(oid("1.3.6.1.5.5.7.48.1.6"), octets(generalizedTime(o.ArchiveCutoff)))...)
	}
	if o.CertHash {
		extensions = append(extensions, sequence(oid("1.3.36.8.3.13"), octets(sequence(
			sequence(oid(hashOIDs[crypto.SHA256]), null()), octets(digestOf(crypto.SHA256, c.Raw)))))...)
	}
	if len(extensions) > 0 {
		out = append(out, explicit(1, sequence(extensions)))
	}
	return sequence(out...)
}
