// Package tst reads time-stamp tokens (RFC 3161, RFC 5816) from their bytes as
// received. Reading and verifying are apart: a token with an unknown algorithm or
// a wrong value is still read, and there is something to report on.
package tst

import (
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/evidence"
)

const (
	oidQCStatements = "1.3.6.1.5.5.7.1.3"
	// oidQualified is esi4-qtstStatement-1, EN 319 422 §9.1.
	oidQualified = "0.4.0.19422.1.1"
	// maxTokenSize bounds a token; those with large CRLs inside are real.
	maxTokenSize = 64 << 20
	// maxExtensions bounds the extensions of TSTInfo.
	maxExtensions = 100
)

// Token is a TimeStampToken: SignedData with TSTInfo, RFC 3161 §2.4.2.
// Raw is the ContentInfo alone; padding after it is CMS.Trailing.
type Token struct {
	Raw    []byte
	ID     evidence.ID
	CMS    *cms.SignedData
	Signer *cms.Signer
	// Version of TSTInfo, 1; Policy is the TSA's policy OID.
	Version int
	Policy  string
	// HashAlgorithm and Imprint are messageImprint; HashAlgorithm is "" when not known.
	HashAlgorithm algo.Digest
	HashOID       string
	Imprint       []byte
	Serial        *big.Int
	// GenTime in UTC with fractions; Accuracy 0 when the token states none
	// (HasAccuracy false).
	GenTime     time.Time
	Accuracy    time.Duration
	HasAccuracy bool
	Ordering    bool
	Nonce       *big.Int
	// TSA is the tsa GeneralName in DER, nil when absent.
	TSA             []byte
	Extensions      []certificate.Extension
	CriticalUnknown []string
	// Qualified: the token claims esi4-qtstStatement-1. A claim of the TSA only.
	Qualified bool
	// Problems are departures from the standard that do not hinder reading.
	Problems []string

	once       sync.Once
	candidates []*certificate.Certificate
}

// Parse reads a token. It verifies nothing. A TimeStampResp, a token inside an
// OCTET STRING, and SignedData with other content or with other than one
// SignerInfo are errors.
func Parse(raw []byte) (*Token, error) {
	t, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("reading time-stamp token: %w", err)
	}
	return t, nil
}

func parse(raw []byte) (*Token, error) {
	if len(raw) > maxTokenSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(raw), maxTokenSize)
	}
	if err := wrapper(raw); err != nil {
		return nil, err
	}
	sd, err := cms.Parse(raw)
	if err != nil {
		return nil, err
	}
	if sd.ContentType != cms.OIDTSTInfo {
		return nil, fmt.Errorf("content type is %s, not TSTInfo", sd.ContentType)
	}
	if !sd.HasContent {
		return nil, errors.New("TSTInfo is missing")
	}
	if len(sd.Signers) != 1 {
		return nil, fmt.Errorf("%d SignerInfos, RFC 3161 §2.4.2 wants exactly one", len(sd.Signers))
	}
	t := &Token{Raw: sd.Raw, ID: evidence.Of(sd.Raw), CMS: sd, Signer: sd.Signers[0]}
	t.Problems = append(t.Problems, sd.Problems...)
	t.Problems = append(t.Problems, t.Signer.Problems...)
	return t, t.readInfo()
}

// wrapper names the two wrappers that are met in place of a token.
func wrapper(raw []byte) error {
	e, _, err := der.Next(raw)
	if err != nil {
		return err
	}
	if e.Is(der.Universal, der.TagOctetString) {
		return errors.New("an OCTET STRING, not a token")
	}
	inner := e.Reader()
	if e.Is(der.Universal, der.TagSequence) && inner.Peek(der.Universal, der.TagSequence) {
		return errors.New("a TimeStampResp, not a token")
	}
	return nil
}

func (t *Token) problem(format string, args ...any) {
	t.Problems = append(t.Problems, fmt.Sprintf(format, args...))
}

// readInfo reads TSTInfo, RFC 3161 §2.4.2.
func (t *Token) readInfo() error {
	info, err := der.One(t.CMS.Content)
	if err != nil {
		return fmt.Errorf("TSTInfo: %w", err)
	}
	if !info.Is(der.Universal, der.TagSequence) {
		return errors.New("TSTInfo is not a SEQUENCE")
	}
	r := info.Reader()
	version, err := r.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return fmt.Errorf("version: %w", err)
	}
	if t.Version, err = version.Int(); err != nil {
		return fmt.Errorf("version: %w", err)
	}
	if t.Version != 1 {
		t.problem("TSTInfo version %d, not 1", t.Version)
	}
	policy, err := r.Expect(der.Universal, der.TagOID)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	t.Policy = policy.OID()
	if err := t.readImprint(&r); err != nil {
		return fmt.Errorf("messageImprint: %w", err)
	}
	serial, err := r.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return fmt.Errorf("serialNumber: %w", err)
	}
	if t.Serial, err = serial.Integer(); err != nil {
		return fmt.Errorf("serialNumber: %w", err)
	}
	genTime, err := r.Expect(der.Universal, der.TagGeneralizedTime)
	if err != nil {
		return fmt.Errorf("genTime: %w", err)
	}
	if t.GenTime, err = genTime.Time(); err != nil {
		return fmt.Errorf("genTime: %w", err)
	}
	if last := genTime.Body[len(genTime.Body)-1]; last != 'Z' {
		t.problem("genTime %q does not end with Z", genTime.Body)
	}
	return t.readOptional(&r)
}

// readImprint reads MessageImprint.
func (t *Token) readImprint(r *der.Reader) error {
	_, fields, err := r.Sequence()
	if err != nil {
		return err
	}
	_, alg, err := fields.Sequence()
	if err != nil {
		return err
	}
	oid, err := alg.Expect(der.Universal, der.TagOID)
	if err != nil {
		return err
	}
	t.HashOID = oid.OID()
	t.HashAlgorithm = algo.DigestByOID(t.HashOID)
	hash, err := fields.Expect(der.Universal, der.TagOctetString)
	if err != nil {
		return err
	}
	if t.Imprint, err = hash.Octets(); err != nil {
		return err
	}
	if size := t.HashAlgorithm.Size(); size > 0 && size != len(t.Imprint) {
		t.problem("messageImprint has %d octets, %s gives %d", len(t.Imprint), t.HashAlgorithm, size)
	}
	return nil
}

// readOptional reads the fields of TSTInfo after genTime.
func (t *Token) readOptional(r *der.Reader) error {
	accuracy, ok, err := r.Optional(der.Universal, der.TagSequence)
	if err != nil {
		return fmt.Errorf("accuracy: %w", err)
	}
	if ok {
		t.HasAccuracy = true
		if t.Accuracy, err = readAccuracy(accuracy.Reader()); err != nil {
			return fmt.Errorf("accuracy: %w", err)
		}
	}
	ordering, ok, err := r.Optional(der.Universal, der.TagBoolean)
	if err != nil {
		return fmt.Errorf("ordering: %w", err)
	}
	if ok {
		if t.Ordering, err = ordering.Bool(); err != nil {
			return fmt.Errorf("ordering: %w", err)
		}
	}
	nonce, ok, err := r.Optional(der.Universal, der.TagInteger)
	if err != nil {
		return fmt.Errorf("nonce: %w", err)
	}
	if ok {
		if t.Nonce, err = nonce.Integer(); err != nil {
			return fmt.Errorf("nonce: %w", err)
		}
	}
	tsa, ok, err := r.Optional(der.ContextSpecific, 0)
	if err != nil {
		return fmt.Errorf("tsa: %w", err)
	}
	if ok {
		t.TSA = tsa.Body
	}
	list, ok, err := r.Optional(der.ContextSpecific, 1)
	if err != nil {
		return fmt.Errorf("extensions: %w", err)
	}
	if ok {
		if err := t.readExtensions(list.Reader()); err != nil {
			return fmt.Errorf("extensions: %w", err)
		}
	}
	if !r.Empty() {
		t.problem("%d octets inside TSTInfo after its last field", len(r.Rest()))
	}
	return nil
}

// readAccuracy reads Accuracy ::= SEQUENCE { seconds INTEGER, millis [0]
// INTEGER (1..999), micros [1] INTEGER (1..999) }, all optional.
func readAccuracy(r der.Reader) (time.Duration, error) {
	var sum time.Duration
	for _, part := range []struct {
		class, tag int
		unit       time.Duration
		most       int
	}{
		// A hundred years and more of accuracy say nothing, and would overflow.
		{der.Universal, der.TagInteger, time.Second, 1 << 31},
		{der.ContextSpecific, 0, time.Millisecond, 999},
		{der.ContextSpecific, 1, time.Microsecond, 999},
	} {
		e, ok, err := r.Optional(part.class, part.tag)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		n, err := e.Int()
		if err != nil {
			return 0, err
		}
		if n < 0 || n > part.most {
			return 0, fmt.Errorf("%d is out of range", n)
		}
		sum += time.Duration(n) * part.unit
	}
	if !r.Empty() {
		return 0, fmt.Errorf("%d octets after its last field", len(r.Rest()))
	}
	return sum, nil
}
