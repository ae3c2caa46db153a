package algo

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// Verify checks a signature value over a message, which it hashes. nil means that it
// verifies. An error that wraps ErrUnsupported means that it could not be checked;
// any other that the value is wrong for this key, algorithm and message.
func (k *PublicKey) Verify(alg Signature, message, value []byte) error {
	if alg.Scheme == EdDSA {
		return k.verifyEdDSA(message, value)
	}
	if err := k.suits(alg); err != nil {
		return err
	}
	digest, ok := alg.Digest.Sum(message)
	if !ok {
		return fmt.Errorf("checking signature: hash function %q is %w", alg.Digest, ErrUnsupported)
	}
	return k.VerifyDigest(alg, digest, value)
}

// VerifyDigest is Verify for a message that was hashed already. EdDSA has no such
// form and answers an error that wraps ErrUnsupported.
func (k *PublicKey) VerifyDigest(alg Signature, digest, value []byte) error {
	if err := k.suits(alg); err != nil {
		return err
	}
	if alg.Digest.Size() == 0 {
		return fmt.Errorf("checking signature: hash function %q is %w", alg.Digest, ErrUnsupported)
	}
	if len(digest) != alg.Digest.Size() {
		return fmt.Errorf("checking signature: hash value of %d octets, %s has %d", len(digest), alg.Digest, alg.Digest.Size())
	}
	switch alg.Scheme {
	case RSA:
		return k.verifyPKCS1(alg.Digest, digest, value)
	case PSS:
		return k.verifyPSS(alg, digest, value)
	case ECDSA:
		return k.verifyECDSA(alg.Raw, digest, value)
	case PlainECDSA:
		return k.verifyECDSA(true, digest, value)
	case DSA:
		return k.verifyDSA(alg.Raw, digest, value)
	}
	return fmt.Errorf("checking signature: a hash value signed with %s is %w", alg.Scheme, ErrUnsupported)
}

// suits says whether the scheme and the key belong together.
func (k *PublicKey) suits(alg Signature) error {
	want := map[Scheme]string{RSA: "RSA", PSS: "RSA", ECDSA: "EC", PlainECDSA: "EC", DSA: "DSA"}[alg.Scheme]
	switch {
	case alg.Scheme == "":
		return fmt.Errorf("checking signature: its algorithm is %w", ErrUnsupported)
	case alg.Scheme == EdDSA:
		return fmt.Errorf("checking signature: a hash value signed with EdDSA is %w", ErrUnsupported)
	case want != k.Algorithm:
		return fmt.Errorf("the key is an %s key, and the signature algorithm is %s", k.Algorithm, alg.Scheme)
	case alg.Scheme == RSA && k.PSSOnly:
		return errors.New("the key is for RSASSA-PSS only (RFC 4055 §1.2), and the signature algorithm is RSA PKCS#1 v1.5")
	}
	return nil
}

// verifyEdDSA is PureEdDSA, RFC 8032 §5.1.7.
func (k *PublicKey) verifyEdDSA(message, value []byte) error {
	switch k.Algorithm {
	case "Ed25519":
		if !ed25519.Verify(k.ed25519, message, value) {
			return errors.New("the Ed25519 signature value does not verify")
		}
		return nil
	case "Ed448":
		return fmt.Errorf("checking signature: Ed448 is %w", ErrUnsupported)
	}
	return fmt.Errorf("the key is an %s key, and the signature algorithm is EdDSA", k.Algorithm)
}
