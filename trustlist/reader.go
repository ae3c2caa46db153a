package trustlist

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Reader reads lists that belong together. Certificates that stand in several
// lists or services are parsed once and shared, and so are the URIs: the 33 lists
// of the EU hold 3,742 certificates, of which 600 are repetitions. It is safe for
// concurrent use; what it returns does not depend on the order of reading.
type Reader struct {
	mu           sync.Mutex
	seed         maphash.Seed
	certificates map[uint64][]parsed // by a hash that is only a hint; the octets decide
	strings      map[string]string
}

type parsed struct {
	der         []byte
	certificate *certificate.Certificate
	err         error
}

// NewReader returns a reader that has seen nothing yet.
func NewReader() *Reader {
	return &Reader{seed: maphash.MakeSeed(), certificates: make(map[uint64][]parsed, 4096), strings: map[string]string{}}
}

// Limits are the bounds on the XML of a list.
func Limits() xmldom.Limits {
	return xmldom.Limits{Depth: MaxDepth, Attributes: MaxAttributes, Nodes: MaxNodes, Size: MaxListSize}
}

// Document reads the XML of a list, within Limits. It is apart from Read so that
// the check of the signature and the reading of the content share one tree.
func Document(raw []byte) (*xmldom.Document, error) {
	if len(raw) > MaxListSize {
		return nil, fmt.Errorf("reading trusted list: %d octets, at most %d", len(raw), MaxListSize)
	}
	if len(raw) == 0 {
		return nil, errors.New("reading trusted list: the file is empty")
	}
	doc, err := xmldom.Parse(raw, Limits())
	if err != nil {
		return nil, fmt.Errorf("reading trusted list: %w", err)
	}
	if doc.Transcoded {
		return nil, fmt.Errorf("reading trusted list: encoding %q, and lists are UTF-8 (TS 119 612 §5.1.3)", clip(doc.Encoding))
	}
	return doc, nil
}

// Parse reads one list. An error says that the file is no trusted list at all;
// breaches of the structure that leave something to read stand in List.Problems.
func (r *Reader) Parse(raw []byte) (*List, error) { return r.ParseAs(raw, evidence.Of(raw)) }

// ParseAs is Parse for a caller who has hashed raw already.
func (r *Reader) ParseAs(raw []byte, id evidence.ID) (*List, error) {
	doc, err := Document(raw)
	if err != nil {
		return nil, err
	}
	return r.Read(doc, id)
}

// Certificate parses a certificate, or returns the one that was parsed before
// from the same octets. The octets are copied.
func (r *Reader) Certificate(der []byte) (*certificate.Certificate, error) {
	hint := maphash.Bytes(r.seed, der)
	r.mu.Lock()
	p, ok := r.known(hint, der)
	r.mu.Unlock()
	if ok {
		return p.certificate, p.err
	}
	// Outside the lock: two readers may parse the same certificate, and one result stays.
	p.der = bytes.Clone(der)
	p.certificate, p.err = certificate.Parse(p.der)
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, ok := r.known(hint, der); ok {
		return first.certificate, first.err
	}
	r.certificates[hint] = append(r.certificates[hint], p)
	return p.certificate, p.err
}

func (r *Reader) known(hint uint64, der []byte) (parsed, bool) {
	for _, p := range r.certificates[hint] {
		if bytes.Equal(p.der, der) {
			return p, true
		}
	}
	return parsed{}, false
}

// intern returns one copy of strings that return thousands of times (types,
// statuses, qualifiers, policy OIDs), so that a list does not hold on to its XML.
func (r *Reader) intern(s string) string {
	if s == "" {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.strings[s]; ok {
		return known
	}
	c := strings.Clone(s)
	r.strings[c] = c
	return c
}

// decodeBase64 reads base64 with white space anywhere in it, into buf.
func decodeBase64(buf []byte, text string) ([]byte, error) {
	if len(text) > MaxCertificateText {
		return buf, fmt.Errorf("%d characters of base64, at most %d", len(text), MaxCertificateText)
	}
	// The decoder passes over line ends by itself; blanks and tabs are rare.
	buf = append(buf[:0], text...)
	if strings.ContainsAny(text, " \t") {
		kept := buf[:0]
		for _, c := range buf {
			if c != ' ' && c != '\t' {
				kept = append(kept, c)
			}
		}
		buf = kept
	}
	n, err := base64.StdEncoding.Decode(buf, buf)
	if err != nil {
		return buf, err
	}
	return buf[:n], nil
}
