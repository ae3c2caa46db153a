package cades

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

const (
	// maxCounterDepth bounds counter-signatures of counter-signatures.
	maxCounterDepth = 10
	// maxCandidates bounds the certificates that one sid may name.
	maxCandidates = 20
)

// Option changes how a CMS is read.
type Option func(*reader)

// InPDF leaves counter-signatures and archive time-stamps unread, as PDF
// signatures have none (formats §5.1).
func InPDF(r *reader) { r.inPDF = true }

// reader reads one SignedData.
type reader struct {
	sd     *cms.SignedData
	path   string
	inPDF  bool
	out    []*signature.Signature
	stamps int

	certificates []*certificate.Certificate // of SignedData, readable ones
	bySerial     map[string][]*certificate.Certificate
	mu           sync.Mutex // guards what follows once imprints are asked for
	budget       int64
	indexes      map[algo.Digest]*memberIndex
}

// source is one SignerInfo while it is read, and what its imprints need later.
type source struct {
	*reader
	si       *cms.Signer
	out      *signature.Signature
	master   *source
	content  *Content
	attached bool
	stamps   []stamp
	counters []counter
	carried  []signature.Material // what each unsigned attribute carries
	hashes   map[attributeKey]map[string][]place
	prefixes map[algo.Digest]*prefix
	encoded  [][]byte // fields of SignerInfo, for archive time-stamps v3
	refs     *signature.Reference
	sums     map[sumKey]map[string][]byte
}

// stamp is a time-stamp token with the attribute that it stands in.
type stamp struct {
	place int // index among the unsigned attributes, -1 for signed ones
	oid   string
	out   *signature.Timestamp
	token *tst.Token
	index *hashIndex // of an archive time-stamp v3
}

func (s stamp) genTime() time.Time { return s.token.GenTime }

// counter is a counter-signature with its place among the unsigned attributes.
type counter struct {
	place, value int
	of           *source
}

// Read reads the signatures of one CMS file: each SignerInfo is one, followed by
// its counter-signatures. path is where the file lies in its container, "" for a
// file by itself. content is what a detached signature is over, nil where it is
// not at hand; eContent is taken where there is one. An error is a
// *signature.ReadError: what is read is no CMS with SignedData.
func Read(data []byte, path string, content *Content, options ...Option) ([]*signature.Signature, error) {
	where := "the CMS file"
	if path != "" {
		where = fmt.Sprintf("%q", path)
		if len(data) > signature.MaxSignatureFile {
			return nil, &signature.ReadError{Code: signature.TooLarge,
				Message: fmt.Sprintf("reading %s: %d octets, at most %d are read", where, len(data), signature.MaxSignatureFile)}
		}
	}
	sd, err := cms.Parse(data)
	if err != nil {
		return nil, malformed(where, err)
	}
	return ReadSignedData(sd, path, content, options...)
}

// ReadSignedData is Read for a CMS that was parsed already.
func ReadSignedData(sd *cms.SignedData, path string, content *Content, options ...Option) ([]*signature.Signature, error) {
	r := &reader{sd: sd, path: path, bySerial: map[string][]*certificate.Certificate{}, indexes: map[algo.Digest]*memberIndex{}}
	for _, o := range options {
		o(r)
	}
	attached := sd.HasContent
	if attached {
		content = NewContent("", sd.Content)
	}
	// Archive time-stamps v2 hash the whole message, each: a thousand of them must
	// not cost a thousand passes over it.
	r.budget = 64<<20 + 16*int64(len(sd.Raw)+content.Size())
	for _, raw := range sd.Certificates {
		if c, err := certificate.Parse(raw); err == nil {
			r.certificates = append(r.certificates, c)
			key := c.Serial.String()
			r.bySerial[key] = append(r.bySerial[key], c)
		}
	}
	for _, si := range sd.Signers {
		if _, err := r.read(si, content, attached, nil, 0); err != nil {
			return nil, err
		}
	}
	signature.TellDuplicates(r.out)
	return r.out, nil
}

// read reads one SignerInfo and, after it, its counter-signatures.
func (r *reader) read(si *cms.Signer, content *Content, attached bool, master *source, depth int) (*source, error) {
	if len(r.out) >= signature.MaxSignatures {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("reading CMS: more than %d signatures", signature.MaxSignatures)}
	}
	s := &source{reader: r, si: si, master: master, content: content, attached: attached,
		hashes: map[attributeKey]map[string][]place{}, prefixes: map[algo.Digest]*prefix{}, sums: map[sumKey]map[string][]byte{},
		out: &signature.Signature{Path: r.path, Form: signature.FormCAdES, Algorithm: si.SignatureAlgorithm, AlgorithmName: si.SignatureOID, Value: si.Value}}
	if master != nil {
		s.out.Master = master.out
	}
	r.out = append(r.out, s.out)
	for _, p := range slices.Concat(si.Problems, r.problems(master)) {
		s.problem(signature.BadStructure, "%s.", p)
	}
	s.readMaterial()
	s.readSigner()
	s.readSignedOctets()
	s.readReference()
	s.identify()
	s.readAttributes()
	if err := s.readTimestamps(); err != nil {
		return nil, err
	}
	if err := s.readCounters(depth); err != nil {
		return nil, err
	}
	s.cover()
	s.readStructure()
	s.readRecords()
	return s, nil
}

// problems are those of the SignedData; they are told once, with each signature
// that is no counter-signature.
func (r *reader) problems(master *source) []string {
	if master != nil {
		return nil
	}
	return r.sd.Problems
}

func (s *source) problem(code signature.ProblemCode, format string, args ...any) {
	if len(s.out.Problems) < 100 {
		s.out.Problems = append(s.out.Problems, signature.Problem{Code: code, Says: fmt.Sprintf(format, args...)})
	}
}

// identify derives the identities of the signature from its value and what that
// is over.
func (s *source) identify() {
	over := s.out.Signed
	if !s.si.HasSignedAttributes {
		id := s.content.ID()
		over = id[:]
	}
	h := sha256.New()
	h.Write(over)
	h.Write(s.si.Value)
	s.out.ID = fmt.Sprintf("S-%X", h.Sum(nil))
	s.out.ObjectID = evidence.Of(append(append([]byte{}, s.si.Value...), over...))
}

// readCounters reads the counter-signatures of RFC 5652 §11.4: each value of each
// attribute is a SignerInfo over the value of this one.
func (s *source) readCounters(depth int) error {
	if s.inPDF {
		return nil
	}
	for place, a := range s.si.UnsignedAttributes {
		if a.OID != cms.OIDCounterSignature {
			continue
		}
		for i, raw := range a.Values {
			if depth == maxCounterDepth {
				s.problem(signature.BadStructure, "Counter-signatures of counter-signatures are nested deeper than %d; the others are not read.", maxCounterDepth)
				return nil
			}
			si, err := cms.ParseCounterSignature(raw)
			if err != nil {
				s.problem(signature.BadStructure, "A counter-signature cannot be read: %v.", err)
				continue
			}
			of, err := s.read(si, NewContent("", s.si.Value), false, s, depth+1)
			if err != nil {
				return err
			}
			s.counters = append(s.counters, counter{place, i, of})
		}
	}
	return nil
}
