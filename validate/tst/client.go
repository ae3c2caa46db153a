package tst

import (
	"crypto"
	"errors"
	"fmt"
	"math/big"

	"github.com/digitorus/timestamp"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

// requestHashes are the digests that digitorus/timestamp can ask for.
var requestHashes = map[algo.Digest]crypto.Hash{
	algo.SHA256: crypto.SHA256, algo.SHA384: crypto.SHA384, algo.SHA512: crypto.SHA512,
}

// NewRequest makes the DER of a TimeStampReq (RFC 3161 §2.4.1) for a digest value,
// asking for the TSA's certificate. The nonce may be nil; random numbers are the
// caller's, since nothing here may differ from run to run.
func NewRequest(digest algo.Digest, value []byte, nonce *big.Int) ([]byte, error) {
	hash, ok := requestHashes[digest]
	if !ok {
		return nil, fmt.Errorf("making time-stamp request: digest %q, want SHA-256, SHA-384 or SHA-512", digest)
	}
	if len(value) != hash.Size() {
		return nil, fmt.Errorf("making time-stamp request: %d octets, %s has %d", len(value), digest, hash.Size())
	}
	request := timestamp.Request{HashAlgorithm: hash, HashedMessage: value, Certificates: true, Nonce: nonce}
	raw, err := request.Marshal()
	if err != nil {
		return nil, fmt.Errorf("making time-stamp request: %w", err)
	}
	return raw, nil
}

// ParseResponse reads a TimeStampResp (RFC 3161 §2.4.2) and returns its token,
// read and not verified. A response that was not granted is an error with the
// TSA's reason. The token is read by our own code: the library's reader would
// verify it on the way, and refuse what it cannot verify.
func ParseResponse(raw []byte) (*Token, error) {
	token, err := responseToken(raw)
	if err != nil {
		return nil, fmt.Errorf("reading time-stamp response: %w", err)
	}
	return Parse(token)
}

// responseToken reads TimeStampResp ::= SEQUENCE { status PKIStatusInfo,
// timeStampToken OPTIONAL }.
func responseToken(raw []byte) ([]byte, error) {
	if len(raw) > maxTokenSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(raw), maxTokenSize)
	}
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	_, info, err := r.Sequence()
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	e, err := info.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	n, err := e.Int()
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	if status := timestamp.Status(n); status != timestamp.Granted && status != timestamp.GrantedWithMods {
		return nil, fmt.Errorf("%s (status %d): %s", status, n, failure(info))
	}
	if r.Empty() {
		return nil, errors.New("granted, but without a token")
	}
	return r.Rest(), nil
}

// failure names the first bit of PKIFailureInfo that is set.
func failure(info der.Reader) timestamp.FailureInfo {
	for !info.Empty() {
		e, err := info.Next()
		if err != nil {
			break
		}
		if !e.Is(der.Universal, der.TagBitString) {
			continue // statusString
		}
		for bit := range 26 {
			if e.Bit(bit) {
				return timestamp.FailureInfo(bit)
			}
		}
	}
	return timestamp.UnknownFailureInfo
}
