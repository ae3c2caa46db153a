package eutest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"
)

// testKeys are RSA keys made beforehand: TEST KEYS - NOT SECRET (testkeys/README.md).
//
//go:embed testkeys/*.pem
var testKeys embed.FS

// KeyKind says what key to make: an algorithm and its size in bits.
type KeyKind struct {
	Algorithm string // "RSA" or "EC"
	Bits      int    // modulus, or field: 256, 384, 521
}

// Key is a test key that signs without randomness, so that a world has the same
// bytes at every run: ECDSA by RFC 6979, RSASSA-PSS with a salt derived from the
// digest. It is a crypto.Signer.
type Key struct {
	Kind KeyKind
	rsa  *rsa.PrivateKey
	ec   *ecdsa.PrivateKey
}

// keyCache keeps what was made in this process: RSA keys cost up to seconds.
var keyCache struct {
	sync.Mutex
	keys map[string]*Key
}

// key returns key number index of a kind: RSA from the embedded ones as far as
// they reach (then generated, so not the same at each run), EC derived from the seed.
func key(seed string, kind KeyKind, index int) (*Key, error) {
	name := fmt.Sprintf("%s %d %d", kind.Algorithm, kind.Bits, index)
	if kind.Algorithm == "EC" {
		name += " " + seed
	}
	keyCache.Lock()
	defer keyCache.Unlock()
	if k := keyCache.keys[name]; k != nil {
		return k, nil
	}
	k, err := makeKey(name, kind, index)
	if err != nil {
		return nil, fmt.Errorf("making %s test key of %d bits: %w", kind.Algorithm, kind.Bits, err)
	}
	if keyCache.keys == nil {
		keyCache.keys = map[string]*Key{}
	}
	keyCache.keys[name] = k
	return k, nil
}

func makeKey(name string, kind KeyKind, index int) (*Key, error) {
	if kind.Algorithm == "EC" {
		curve := map[int]elliptic.Curve{256: elliptic.P256(), 384: elliptic.P384(), 521: elliptic.P521()}[kind.Bits]
		if curve == nil {
			return nil, errors.New("the field has 256, 384 or 521 bits")
		}
		h1, h2 := sha512.Sum512([]byte("vidimus eutest 1 "+name)), sha512.Sum512([]byte("vidimus eutest 2 "+name))
		d := new(big.Int).SetBytes(append(h1[:], h2[:]...))
		d.Mod(d, new(big.Int).Sub(curve.Params().N, big.NewInt(1))).Add(d, big.NewInt(1))
		priv, err := ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, (kind.Bits+7)/8)))
		return &Key{Kind: kind, ec: priv}, err
	}
	file, err := testKeys.ReadFile(fmt.Sprintf("testkeys/rsa-%d-%d.pem", kind.Bits, index))
	if err != nil {
		priv, err := rsa.GenerateKey(rand.Reader, kind.Bits)
		return &Key{Kind: kind, rsa: priv}, err
	}
	block, _ := pem.Decode(file)
	if block == nil {
		return nil, errors.New("the embedded file is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	priv, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the embedded key is not RSA")
	}
	return &Key{Kind: kind, rsa: priv}, nil
}

// Public implements crypto.Signer.
func (k *Key) Public() crypto.PublicKey {
	if k.ec != nil {
		return k.ec.Public()
	}
	return k.rsa.Public()
}

// Sign implements crypto.Signer: ECDSA in DER, RSASSA-PKCS1-v1_5, or RSASSA-PSS
// when opts is *rsa.PSSOptions. Randomness is never used.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.ec != nil {
		return k.ec.Sign(nil, digest, opts)
	}
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		salt := pss.SaltLength
		if salt <= 0 {
			salt = opts.HashFunc().Size()
		}
		return signPSS(k.rsa, digest, opts.HashFunc(), opts.HashFunc(), salt)
	}
	return rsa.SignPKCS1v15(nil, k.rsa, opts.HashFunc(), digest)
}

// signRaw is ECDSA as XMLDSig and JWS want it: r and s, each as long as the field.
func (k *Key) signRaw(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	der, err := k.Sign(nil, digest, opts)
	if err != nil {
		return nil, err
	}
	return rawECDSA(der, (k.Kind.Bits+7)/8)
}
