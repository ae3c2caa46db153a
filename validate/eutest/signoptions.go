package eutest

import (
	"crypto"
	"time"
)

// Level is the baseline level to make.
type Level int

// The levels (EN 319 132-1 §6). The zero value is LT.
const (
	LT Level = iota
	B
	T
	LTA
)

// Canonicalisation methods (formats.md §1.1).
const (
	ExclusiveC14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
	InclusiveC14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	C14N11        = "http://www.w3.org/2006/12/xml-c14n11"
)

// File is a file of a container, a detached file, or a list.
type File struct {
	Name string
	Raw  []byte
	// MediaType as the manifest and DataObjectFormat say; "" is application/octet-stream.
	MediaType string
}

// SignOptions say how a signature is made. The zero value: level LT at the world's
// clock, SHA-256, the method that fits the key, SigningCertificateV2, the time-stamp
// one second after signing by the first listed TSA of the signer's provider, an OCSP
// answer one second after the time-stamp from the CA's responder of that month.
type SignOptions struct {
	Level Level
	ID    string // of ds:Signature; default S0, S1, … within a container

	At        time.Time // when it was made: claimed, time-stamped and answered; default the world's clock
	Claimed   time.Time // the claimed SigningTime, where that differs
	NoClaimed bool

	Digest    crypto.Hash // of references and of the certificate reference; default SHA-256
	Hash      crypto.Hash // of the signature method; default Digest, or what fits the key
	PSS       bool        // RSASSA-PSS: #sha256-rsa-MGF1 …
	PSSParams bool        // RSASSA-PSS written as #rsa-pss with RSAPSSParams
	PSSSalt   int         // salt length; default that of the digest (others break the method's law)
	DER       bool        // an ECDSA value in DER, which XMLDSig forbids
	Algorithm string      // JAdES: the alg that the header names; default what fits key and digest
	C14N      string      // of SignedInfo, SignedProperties and time-stamps; default exclusive

	Reference  Reference
	KeyInfo    []*Certificate // default: the signer's certificate; NoKeyInfo for none
	NoKeyInfo  bool
	Only       []string // references to these files only; default all
	Policy     string   // SignaturePolicyIdentifier with this identifier; "implied"
	Roles      []string // ClaimedRoles
	Commitment string   // CommitmentTypeIndication for all data objects

	TSA          *TSA
	Timestamps   []Stamp // instead of the one by default
	Archive      []Stamp // archive time-stamps of LTA; default one a day later
	NoRevocation bool    // LT without RevocationValues
	NoTimestamp  bool    // T, LT, LTA without a signature time-stamp
	Responder    *Responder
	OCSP         OCSPOptions // of the signer's answer
	OCSPs        [][]byte    // instead of the signer's answer; CAs between get theirs still
	CRLs         [][]byte
	Certificates []*Certificate // further CertificateValues

	// Hooks edit the signature file's XML, in this order. Digests, value and tokens that
	// are still to come stand in it as @@…@@.
	BeforeDigests   func(xml string) string
	BeforeValue     func(xml string) string // digests are in, SignedInfo is about to be signed
	BeforeTimestamp func(xml string) string // the value is in
	After           func(xml string) string // the file as it will be written

	WrongValue bool // spoil the signature value
}

// Stamp is one time-stamp of a signature.
type Stamp struct {
	TSA     *TSA // default that of the options
	Options TokenOptions
	// ForeignIndex: the ats-hash-index of a CAdES archive time-stamp names what the
	// signature does not hold.
	ForeignIndex bool
}

// Reference says how the signature names its signer's certificate.
type Reference struct {
	V1, V2 bool // default V2 alone
	None   bool
	Wrong  bool         // digest of something else
	Of     *Certificate // of another certificate
}

func (o *SignOptions) defaults(w *World, signer *Signer) {
	if o.At.IsZero() {
		o.At = w.now
	}
	if o.Claimed.IsZero() {
		o.Claimed = o.At
	}
	if o.Digest == 0 {
		o.Digest = crypto.SHA256
	}
	if o.Hash == 0 {
		o.Hash = defaultHash(signer.Key, 0)
		if o.Digest != crypto.SHA256 {
			o.Hash = o.Digest
		}
	}
	if o.C14N == "" {
		o.C14N = ExclusiveC14N
	}
	if o.ID == "" {
		o.ID = "S0"
	}
	if !o.Reference.V1 {
		o.Reference.V2 = true
	}
	if o.KeyInfo == nil && !o.NoKeyInfo {
		o.KeyInfo = []*Certificate{signer.Certificate}
	}
	if o.PSSSalt == 0 {
		o.PSSSalt = o.Hash.Size()
	}
	if o.TSA == nil && signer.CA != nil {
		o.TSA = signer.CA.Provider.tsa()
	}
	if len(o.Timestamps) == 0 && !o.NoTimestamp {
		o.Timestamps = []Stamp{{Options: TokenOptions{Time: o.At.Add(time.Second)}}}
	}
	if len(o.Archive) == 0 {
		o.Archive = []Stamp{{Options: TokenOptions{Time: o.At.AddDate(0, 0, 1)}}}
	}
}

// genTime is the time of the first signature time-stamp, or a second after signing.
func (o *SignOptions) genTime() time.Time {
	if len(o.Timestamps) > 0 && !o.Timestamps[0].Options.Time.IsZero() {
		return o.Timestamps[0].Options.Time
	}
	return o.At.Add(time.Second)
}
