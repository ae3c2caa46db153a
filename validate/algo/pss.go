package algo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

var errPSS = errors.New("the RSASSA-PSS signature value does not verify")

// verifyPSS is RSASSA-PSS verification, RFC 8017 §8.1.2 and §9.1.2. The encoded
// message has one bit less than the modulus, so that with moduli of 8n+1 bits it is
// an octet shorter, and with odd sizes (2047, 6143) other bits must be zero.
func (k *PublicKey) verifyPSS(alg Signature, digest, value []byte) error {
	mgf := alg.MGF
	if mgf == "" {
		mgf = alg.Digest
	}
	salt := alg.SaltLength
	if salt == SaltAsDigest {
		salt = len(digest)
	}
	if salt < 0 || salt > maxSaltLength {
		return fmt.Errorf("RSASSA-PSS salt length %d is out of range", salt)
	}
	if p := k.PSSParameters; p != nil {
		// RFC 4055 §3.3: same hash functions, and a salt at least as long.
		if p.Digest != alg.Digest || p.MGF != mgf || salt < p.SaltLength {
			return fmt.Errorf("the key is only for RSASSA-PSS with %s, MGF1 with %s and a salt of at least %d octets", p.Digest, p.MGF, p.SaltLength)
		}
	}
	em, err := k.encodedMessage(value)
	if err != nil {
		return err
	}
	emBits := k.Bits - 1
	if emLen := (emBits + 7) / 8; emLen < len(em) {
		if em[0] != 0 {
			return errPSS
		}
		em = em[1:]
	}
	hLen := len(digest)
	if len(em) < hLen+salt+2 {
		return fmt.Errorf("RSA modulus of %d bits is too short for RSASSA-PSS with %s and a salt of %d octets", k.Bits, alg.Digest, salt)
	}
	if em[len(em)-1] != 0xbc {
		return errPSS
	}
	db, h := em[:len(em)-hLen-1], em[len(em)-hLen-1:len(em)-1]
	topMask := byte(0xff >> (8*len(em) - emBits))
	if db[0]&^topMask != 0 {
		return errPSS
	}
	if !unmask(db, h, mgf) {
		return fmt.Errorf("checking RSASSA-PSS signature: hash function %q of MGF1 is %w", mgf, ErrUnsupported)
	}
	db[0] &= topMask
	zeros := db[:len(db)-salt-1]
	for _, b := range zeros {
		if b != 0 {
			return errPSS
		}
	}
	if db[len(zeros)] != 1 {
		return errPSS
	}
	hash, ok := alg.Digest.New()
	if !ok {
		return fmt.Errorf("checking RSASSA-PSS signature: hash function %q is %w", alg.Digest, ErrUnsupported)
	}
	hash.Write(make([]byte, 8))
	hash.Write(digest)
	hash.Write(db[len(db)-salt:])
	if !bytes.Equal(hash.Sum(nil), h) {
		return errPSS
	}
	return nil
}

// unmask applies MGF1 (RFC 8017 §B.2.1) of seed to data in place.
func unmask(data, seed []byte, mgf Digest) bool {
	hash, ok := mgf.New()
	if !ok {
		return false
	}
	var counter [4]byte
	var sum []byte
	for i, n := 0, uint32(0); i < len(data); n++ {
		binary.BigEndian.PutUint32(counter[:], n)
		hash.Reset()
		hash.Write(seed)
		hash.Write(counter[:])
		sum = hash.Sum(sum[:0])
		for _, b := range sum {
			if i == len(data) {
				break
			}
			data[i] ^= b
			i++
		}
	}
	return true
}
