package algo

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

// pssEncoding is EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with knobs for what may go wrong.
type pssEncoding struct {
	digest, mgf      Digest
	salt             []byte
	trailer, divider byte
	padding          byte // stands where zeros belong
	topBits          byte // or-ed to the first octet of the masked block
}

func (p pssEncoding) sign(key rsaTestKey, sum []byte) []byte {
	bits := key.n.BitLen() - 1
	size := (bits + 7) / 8
	h, _ := p.digest.New()
	h.Write(make([]byte, 8))
	h.Write(sum)
	h.Write(p.salt)
	seed := h.Sum(nil)
	db := make([]byte, size-len(seed)-1)
	if gap := len(db) - len(p.salt) - 1; gap > 4 {
		db[gap-1] = p.padding
	}
	db[len(db)-len(p.salt)-1] = p.divider
	copy(db[len(db)-len(p.salt):], p.salt)
	unmask(db, seed, p.mgf)
	db[0] = db[0]&(0xff>>(8*size-bits)) | p.topBits
	return key.raise(join(db, seed, []byte{p.trailer}))
}

func TestPSSVerifiesOddSizes(t *testing.T) {
	message := []byte("vidimus")
	for _, bits := range []int{1024, 1025, 1026, 1031, 2041, 2047, 2048, 4095, 6143} {
		key := newRSATestKey(t, bits, 65537)
		public := key.public(t)
		for _, d := range []Digest{SHA1, SHA256, SHA3_384} {
			for _, mgf := range []Digest{SHA1, SHA256, SHA3_384} {
				for _, salt := range []int{0, 20, 32} {
					sum, _ := d.Sum(message)
					value := pssEncoding{digest: d, mgf: mgf, salt: bytes.Repeat([]byte{7}, salt), trailer: 0xbc, divider: 1}.sign(key, sum)
					if err := public.Verify(Signature{Scheme: PSS, Digest: d, MGF: mgf, SaltLength: salt}, message, value); err != nil {
						t.Errorf("%d bits, %s, MGF1 with %s, salt %d: %v", bits, d, mgf, salt, err)
					}
					if public.Verify(Signature{Scheme: PSS, Digest: d, MGF: mgf, SaltLength: salt + 1}, message, value) == nil {
						t.Errorf("%d bits, salt %d verifies as %d", bits, salt, salt+1)
					}
					if salt > 0 && public.Verify(Signature{Scheme: PSS, Digest: d, MGF: mgf, SaltLength: salt - 1}, message, value) == nil {
						t.Errorf("%d bits, salt %d verifies as %d", bits, salt, salt-1)
					}
				}
			}
		}
	}
}

func TestPSSIsStrict(t *testing.T) {
	message := []byte("vidimus")
	sum := sha256.Sum256(message)
	alg := Signature{Scheme: PSS, Digest: SHA256, MGF: SHA256, SaltLength: 32}
	right := pssEncoding{digest: SHA256, mgf: SHA256, salt: make([]byte, 32), trailer: 0xbc, divider: 1}
	// 2047 bits leave two bits of the first octet that must be zero.
	key := newRSATestKey(t, 2047, 65537)
	public := key.public(t)
	if err := public.Verify(alg, message, right.sign(key, sum[:])); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*pssEncoding){
		"trailer CC":     func(p *pssEncoding) { p.trailer = 0xcc },
		"divider 2":      func(p *pssEncoding) { p.divider = 2 },
		"padding":        func(p *pssEncoding) { p.padding = 1 },
		"MGF1 of SHA-1":  func(p *pssEncoding) { p.mgf = SHA1 },
		"hash SHA3-256":  func(p *pssEncoding) { p.digest = SHA3_256 },
		"top bit is set": func(p *pssEncoding) { p.topBits = 0x40 },
	} {
		wrong := right
		change(&wrong)
		for range 50 { // the value must stay below the modulus for the bit to survive
			if public.Verify(alg, message, wrong.sign(key, sum[:])) == nil {
				t.Errorf("%s: verifies", name)
				break
			}
		}
	}
	short := newRSATestKey(t, 512, 65537)
	if short.public(t).Verify(alg, message, make([]byte, 64)) == nil {
		t.Error("a key too short for its salt verifies")
	}
	// 8n+1 bits: the encoded message is an octet shorter than the modulus.
	edge := newRSATestKey(t, 1025, 65537)
	value := edge.raise(append([]byte{1}, bytes.Repeat([]byte{0xbc}, 128)...))
	if edge.public(t).Verify(alg, message, value) == nil {
		t.Error("an octet in front of the encoded message is not zero, and it verifies")
	}
}

func TestPSSKeyRestrictions(t *testing.T) {
	message := []byte("vidimus")
	sum := sha256.Sum256(message)
	key := newRSATestKey(t, 1024, 65537)
	params := pssParams(SHA256, SHA256, 20)
	public, err := ParsePublicKey(rsaSPKI(oidPSS, params, unsigned(key.n), unsigned(key.e)))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		salt int
		mgf  Digest
		ok   bool
	}{{20, SHA256, true}, {32, SHA256, true}, {19, SHA256, false}, {32, SHA1, false}} {
		value := pssEncoding{digest: SHA256, mgf: row.mgf, salt: make([]byte, row.salt), trailer: 0xbc, divider: 1}.sign(key, sum[:])
		err := public.Verify(Signature{Scheme: PSS, Digest: SHA256, MGF: row.mgf, SaltLength: row.salt}, message, value)
		if (err == nil) != row.ok {
			t.Errorf("salt %d, MGF1 with %s: %v", row.salt, row.mgf, err)
		}
	}
}

// pssParams builds RSASSA-PSS-params with all fields but the trailer stated.
func pssParams(digest, mgf Digest, salt byte) []byte {
	seq := func(tag byte, parts ...[]byte) []byte {
		content := join(parts...)
		return append([]byte{tag, byte(len(content))}, content...)
	}
	hash := func(d Digest) []byte { return seq(0x30, oidDER(digestInfoOIDs[d]), derNULL) }
	return seq(0x30, seq(0xa0, hash(digest)), seq(0xa1, seq(0x30, oidDER(oidMGF1), hash(mgf))), seq(0xa2, []byte{2, 1, salt}))
}
