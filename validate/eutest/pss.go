package eutest

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"
)

// signPSS is RSASSA-PSS (RFC 8017 §8.1.1, §9.1.1) with the salt, its length and
// the hash of MGF1 chosen by the caller: crypto/rsa has no deterministic salt and
// no second hash. The private operation is plain arithmetic: the keys are no secret.
func signPSS(key *rsa.PrivateKey, digest []byte, hash, mgf crypto.Hash, saltLength int) ([]byte, error) {
	emBits := key.N.BitLen() - 1
	emLen := (emBits + 7) / 8
	if emLen < hash.Size()+saltLength+2 {
		return nil, fmt.Errorf("signing with RSASSA-PSS: %d octets hold no %d of digest and %d of salt", emLen, hash.Size(), saltLength)
	}
	salt := mgf1(append([]byte("eutest salt "), digest...), crypto.SHA256, saltLength)
	h := hash.New()
	h.Write(make([]byte, 8))
	h.Write(digest)
	h.Write(salt)
	hashed := h.Sum(nil)
	db := make([]byte, emLen-hash.Size()-1)
	copy(db[len(db)-saltLength:], salt)
	db[len(db)-saltLength-1] = 1
	for i, b := range mgf1(hashed, mgf, len(db)) {
		db[i] ^= b
	}
	db[0] &= 0xff >> (8*emLen - emBits)
	em := append(append(db, hashed...), 0xbc)
	return privateRSA(key, new(big.Int).SetBytes(em)), nil
}

// privateRSA is RSASP1 (RFC 8017 §5.2.1) by the Chinese remainder theorem.
func privateRSA(key *rsa.PrivateKey, m *big.Int) []byte {
	p, q := key.Primes[0], key.Primes[1]
	one := big.NewInt(1)
	sp := new(big.Int).Exp(m, new(big.Int).Mod(key.D, new(big.Int).Sub(p, one)), p)
	sq := new(big.Int).Exp(m, new(big.Int).Mod(key.D, new(big.Int).Sub(q, one)), q)
	h := new(big.Int).Sub(sp, sq)
	h.Mul(h, new(big.Int).ModInverse(q, p)).Mod(h, p)
	return h.Mul(h, q).Add(h, sq).FillBytes(make([]byte, (key.N.BitLen()+7)/8))
}

func mgf1(seed []byte, hash crypto.Hash, n int) []byte {
	var out []byte
	for counter := 0; len(out) < n; counter++ {
		h := hash.New()
		h.Write(seed)
		h.Write([]byte{byte(counter >> 24), byte(counter >> 16), byte(counter >> 8), byte(counter)})
		out = h.Sum(out)
	}
	return out[:n]
}

// rawECDSA turns the DER of an ECDSA value into r and s, each of size octets.
func rawECDSA(der []byte, size int) ([]byte, error) {
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		return nil, fmt.Errorf("reading an ECDSA value: %w", err)
	}
	return append(v.R.FillBytes(make([]byte, size)), v.S.FillBytes(make([]byte, size))...), nil
}
