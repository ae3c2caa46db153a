package jades

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// source is one signature while it is read, and what its imprints need later.
type source struct {
	*reader
	parts
	out     *signature.Signature
	master  *source
	header  *value // the protected header
	raw     bool   // b64 is false: the payload is not encoded (RFC 7797)
	payload payload
	sum     []byte // hash of the signing input by the algorithm of the signature
	sigD    *value
	iat     time.Time // zero: there is none, or it cannot be read
	sigT    time.Time
	etsiU   []unsigned
	mixed   bool // etsiU has both styles of elements

	certificates []*certificate.Certificate // of KeyInfo, those that can be read
	stamps       []stamp
	counters     []counter
	material     []tally // what the first i+1 elements of etsiU carry
}

// counter is a counter-signature with its place in etsiU.
type counter struct {
	place int
	of    *signature.Signature
}

// read reads one signature and, after it, its counter-signatures.
func (r *reader) read(p parts, master *source, depth int) error {
	if len(r.out) >= signature.MaxSignatures {
		return refuse(signature.TooLarge, "more than %d signatures", signature.MaxSignatures)
	}
	if depth > maxDepth {
		return refuse(signature.TooLarge, "counter-signatures nested deeper than %d levels", maxDepth)
	}
	s := &source{reader: r, parts: p, master: master, header: &value{kind: object},
		out: &signature.Signature{Form: signature.FormJAdES, Properties: true}}
	if master != nil {
		s.out.Master = master.out
	}
	raw, ok := decodeURL(p.protected)
	if !ok {
		return malformed("a protected header is not base64url")
	}
	if len(raw) > 0 {
		h, err := parse(raw)
		if err != nil {
			return malformed("a protected header: %v", err)
		}
		if h.kind != object {
			return malformed("a protected header is not an object")
		}
		s.header = h
	}
	if s.out.Value, ok = decodeURL(p.signature); !ok || len(s.out.Value) == 0 {
		s.out.ValueProblem = "the signature value is not base64url"
	}
	for _, name := range s.header.names {
		// RFC 7515 §4: the two headers have no name in common. Only the protected one
		// is followed here; another reader may follow the other.
		if p.header.has(name) {
			s.problem(signature.BadStructure, "The name %q stands in the protected and in the unprotected header.", short(name))
			s.out.ValueProblem = "a name stands in the protected and in the unprotected header, so that the signature can be read in two ways"
			break
		}
	}
	s.readHeader()
	if err := s.readPayload(); err != nil {
		return err
	}
	r.out = append(r.out, s.out)
	h := sha256.New()
	h.Write(s.out.Value)
	h.Write(s.out.Signed)
	s.out.ObjectID = evidence.ID(h.Sum(nil))
	s.out.ID = fmt.Sprintf("S-%X", s.out.ObjectID[:])
	if s.payload.found {
		s.sum, _ = s.out.Algorithm.Digest.Sum(s.out.Signed)
	}
	if err := s.readUnsigned(depth); err != nil {
		return err
	}
	s.readKeys()
	s.readReferences()
	s.cover()
	s.readStructure()
	return nil
}

// readKeys lists the certificates offered for the signer: x5c, or where there is
// none all embedded ones (formats §1.2). Nothing is fetched (jku, x5u).
func (s *source) readKeys() {
	for _, one := range s.header.items("x5c") {
		if der, ok := decodeAny(one.text); ok && one.kind == text && len(s.out.KeyInfo) < signature.MaxCertificates {
			s.out.KeyInfo = append(s.out.KeyInfo, der)
		} else {
			s.problem(signature.BadStructure, "An element of the header x5c is no base64.")
		}
	}
	if !s.header.has("x5c") {
		s.out.KeyInfo = s.out.Embedded.Certificates
	}
	for i, der := range s.out.KeyInfo {
		if i >= maxSignerTries {
			break
		}
		if c, err := certificate.Parse(der); err == nil {
			s.certificates = append(s.certificates, c)
		}
	}
}

// maxSignerTries bounds the certificates that are read to find the signer.
const maxSignerTries = 50

// signer is the certificate that the signature is most likely to be of: the one
// that the signing-certificate reference names, else the first whose key verifies
// the value; verified says whether its key does.
func (s *source) signer() (who *certificate.Certificate, verified bool) {
	candidates := s.certificates
	if len(s.out.SigningCertificates) > 0 {
		ref := s.out.SigningCertificates[0]
		for _, c := range candidates {
			if sum, ok := ref.Digest.Sum(c.Raw); ok && bytes.Equal(sum, ref.Value) {
				return c, s.verifiedBy(c)
			}
		}
	}
	for i, c := range candidates {
		if i < 20 && s.verifiedBy(c) {
			return c, true
		}
	}
	return nil, false
}

func (s *source) verifiedBy(c *certificate.Certificate) bool {
	switch {
	case c.Key == nil || s.out.Signed == nil || s.out.ValueProblem != "":
		return false
	case s.out.Algorithm.Scheme == algo.EdDSA: // it hashes in its own way
		return c.Key.Verify(s.out.Algorithm, s.out.Signed, s.out.Value) == nil
	}
	return s.sum != nil && c.Key.VerifyDigest(s.out.Algorithm, s.sum, s.out.Value) == nil
}

// readReferences writes down the signing input, the entries of sigD and, of a
// counter-signature, the value that it is over (formats §12.2).
func (s *source) readReferences() {
	who, verified := s.signer()
	d := s.out.Algorithm.Digest
	if s.out.Algorithm.Scheme == algo.EdDSA && who != nil && who.Key != nil && who.Key.Algorithm == "Ed25519" {
		d = algo.SHA512 // RFC 8032 §5.1
	}
	input := &signature.Reference{Type: signature.RefJWSSigningInput, Digest: d, DigestName: s.out.AlgorithmName, Found: s.payload.found,
		Intact: s.payload.found && verified, NameMatches: true, Why: s.payload.why}
	if input.Found {
		if input.Computed = s.sum; s.sum == nil {
			input.Computed, _ = d.Sum(s.out.Signed)
		}
		if input.Intact {
			input.Value = input.Computed
			input.DataID = s.payload.id
		} else {
			input.Why = "the signature value does not verify over the header and the payload"
			if s.out.ValueProblem != "" {
				input.Why = s.out.ValueProblem
			}
		}
		input.Scope = signature.ScopeFull
		if len(s.payload.files) == 1 {
			input.File = s.payload.files[0].Name
		}
		if s.master != nil {
			input.Scope = signature.ScopeCounter
		}
		if s.payload.headersOf != "" { // of the message some headers, and of these no more than pars names
			input.Scope, input.File = signature.ScopePartial, s.payload.headersOf
		}
		if s.payload.byHash {
			input.Scope = signature.ScopeNone
			input.DataID = evidence.Of(nil)
		}
	}
	s.out.References = append(s.out.References, input)
	s.out.References = append(s.out.References, s.payload.entries...)
	if curve, ok := curves[s.out.AlgorithmName]; ok && who != nil && who.Key != nil && (who.Key.Algorithm != "EC" || who.Key.Bits != curve) {
		s.problem(signature.BadStructure, "The algorithm %s is for keys of %d bits on a NIST curve; the signer's key is %s with %d bits.", s.out.AlgorithmName, curve, who.Key.Algorithm, who.Key.Bits)
	}
	if s.master != nil {
		s.out.References = append(s.out.References, s.counterSigned(d))
	}
}

// counterSigned is the reference of a counter-signature to the value that it
// signs: its payload is the value of its master (TS 119 182-1 §5.3.2).
func (s *source) counterSigned(d algo.Digest) *signature.Reference {
	value := s.master.out.Value
	ref := &signature.Reference{Type: signature.RefCounterSignedValue, Digest: d, DigestName: s.out.AlgorithmName, NameMatches: true, Scope: signature.ScopeCounter,
		Found: s.payload.found, DataID: evidence.Of(value)}
	ref.Value, _ = d.Sum(s.payload.octets)
	ref.Computed, _ = d.Sum(value)
	if ref.Intact = ref.Found && len(value) > 0 && bytes.Equal(s.payload.octets, value); !ref.Intact {
		ref.Why = "what the counter-signature is over is not the value of the signature that it stands in"
	}
	return ref
}

func (s *source) problem(code signature.ProblemCode, format string, args ...any) {
	if len(s.out.Problems) < maxProperties {
		s.out.Problems = append(s.out.Problems, signature.Problem{Code: code, Says: fmt.Sprintf(format, args...)})
	}
}
