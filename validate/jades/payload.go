package jades

import (
	"bytes"
	"io"
	"strconv"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// The mechanisms of sigD (TS 119 182-1 §5.2.8).
const (
	byHTTPHeaders = "http://uri.etsi.org/19182/HttpHeaders"
	byURI         = "http://uri.etsi.org/19182/ObjectIdByURI"
	byURIHash     = "http://uri.etsi.org/19182/ObjectIdByURIHash"
)

// payload is what a signature is over.
type payload struct {
	found  bool
	why    string      // it was not found
	text   []byte      // as it stands in the signing input
	octets []byte      // decoded; nil where it is spread over files
	id     evidence.ID // of the octets

	byHash  bool    // the files are hashed in the header (ObjectIdByURIHash)
	files   []*file // that the payload is made of, or that sigD hashes; nil where one is not found
	entries []*signature.Reference
	ids     []evidence.ID // of what was found and is intact

	headersOf string // name of the HTTP message whose headers are signed
}

// readPayload finds the payload and makes the signing input (RFC 7515 §5.1, RFC
// 7797 §3).
func (s *source) readPayload() error {
	p := &s.payload
	var of []*file
	switch {
	case s.unusable:
		p.why = "the payload is not a string"
	case s.sigD != nil:
		var err error
		if of, err = s.referenced(); err != nil {
			return err
		}
	case s.parts.payload != nil:
		s.attached(*s.parts.payload)
	case s.master != nil:
		// A detached counter-signature is over the value of its master.
		p.found, p.octets = true, s.master.out.Value
		p.text = []byte(s.master.signature)
		if s.raw {
			p.text = p.octets
		}
		p.id = evidence.Of(p.octets)
	case len(s.reader.files.list) == 1:
		of = s.reader.files.list
	default:
		p.why = "there is no payload, and " + strconv.Itoa(len(s.reader.files.list)) + " detached files were given: it would be one"
	}
	if _, only := onlyDigest(of); only {
		p.why = saysOctets
		return nil
	}
	if of != nil {
		if err := s.fromFiles(of); err != nil {
			return err
		}
	}
	if !p.found {
		return nil
	}
	if !s.budget.take(len(s.protected) + len(p.text)) {
		return s.budget.err()
	}
	s.out.Signed = bytes.Join([][]byte{[]byte(s.protected), p.text}, []byte{'.'})
	return nil
}

// attached takes the payload that stands in the file.
func (s *source) attached(payload string) {
	p := &s.payload
	p.text = []byte(payload)
	if s.raw {
		p.found, p.octets, p.id = true, p.text, evidence.Of(p.text)
		return
	}
	octets, ok := decodeURL(payload)
	if !ok {
		p.why = "the payload is not base64url"
		return
	}
	p.found, p.octets, p.id = true, octets, evidence.Of(octets)
	p.ids = []evidence.ID{p.id}
}

// fromFiles makes the payload of detached files, one after another.
func (s *source) fromFiles(of []*file) error {
	p := &s.payload
	var text bytes.Buffer
	if err := s.writeFiles(spending{&text, s.budget}, of); err != nil {
		return err
	}
	p.found, p.text, p.files = true, text.Bytes(), of
	if len(of) == 1 {
		p.octets = of[0].Data
	}
	for _, f := range of {
		p.ids = append(p.ids, f.evidenceID())
	}
	if len(of) == 1 {
		p.id = p.ids[0]
	}
	return nil
}

func (s *source) writeFiles(w io.Writer, of []*file) error {
	for _, f := range of {
		if err := f.write(w, !s.raw); err != nil {
			return err
		}
	}
	return nil
}

// referenced follows sigD. It returns the files that the payload is made of; nil
// where there are none.
func (s *source) referenced() ([]*file, error) {
	p := &s.payload
	mechanism := s.sigD.str("mId")
	pars, ok := s.sigD.get("pars").strings()
	switch {
	case mechanism == byURIHash && ok:
		return nil, s.hashed(pars)
	case mechanism == byURI && ok:
		if s.parts.payload != nil {
			p.why = "there is a payload, and sigD says that it is detached"
			return nil, nil
		}
		if len(pars) > signature.MaxReferences {
			return nil, refuse(signature.TooLarge, "%d references in one signature, at most %d are read", len(pars), signature.MaxReferences)
		}
		var of []*file
		for _, uri := range pars {
			f := s.reader.files.named(uri)
			if f == nil {
				p.why = "no detached file bears the name " + strconv.Quote(short(uri))
				return nil, nil
			}
			of = append(of, f)
		}
		if len(of) == 0 {
			p.why = "sigD names no object"
		}
		return of, nil
	case mechanism == byHTTPHeaders && ok:
		return nil, s.signedHeaders(pars)
	default:
		p.why = "the mechanism of sigD, " + strconv.Quote(short(mechanism)) + ", is not known or lacks its objects"
	}
	return nil, nil
}

// hashed follows ObjectIdByURIHash: the payload is empty, and each object has its
// digest in the header (TS 119 182-1 §5.2.8.3).
func (s *source) hashed(pars []string) error {
	p := &s.payload
	if s.parts.payload != nil {
		p.why = "there is a payload, and sigD says that it is empty"
		return nil
	}
	if len(pars) > signature.MaxReferences {
		return refuse(signature.TooLarge, "%d references in one signature, at most %d are read", len(pars), signature.MaxReferences)
	}
	values, _ := s.sigD.get("hashV").strings()
	types, _ := s.sigD.get("ctys").strings()
	if len(values) != len(pars) {
		s.problem(signature.BadStructure, "The header sigD names %d objects and has %d hash values.", len(pars), len(values))
	}
	p.found, p.byHash, p.text = true, true, []byte{}
	name := s.sigD.str("hashM")
	d := digests[name]
	if d != "" {
		// Each file is hashed once, however many objects there are.
		for _, f := range s.reader.files.list {
			if _, done := f.sums[sumKey{d, !s.raw}]; !done && !s.budget.take(2*len(f.Data)) {
				return s.budget.err()
			}
			f.sum(d, !s.raw)
		}
	}
	bySum := map[string]*file{}
	for _, f := range s.reader.files.list {
		if sum := f.sum(d, !s.raw); sum != nil && bySum[string(sum)] == nil {
			bySum[string(sum)] = f
		}
	}
	all := true
	for i, uri := range pars {
		ref := &signature.Reference{Type: signature.RefSigDEntry, Name: uri, URI: uri, Digest: d, DigestName: name, Scope: signature.ScopeFull}
		if i < len(values) {
			ref.Value, _ = decodeAny(values[i])
		}
		if i < len(types) {
			ref.MIMEType = types[i]
		}
		f := s.match(uri, ref.Value, bySum, len(pars))
		if f == nil {
			all = false
			ref.Why = "no detached file has this digest or name"
		} else if f.digested && d != "" && f.sum(d, !s.raw) == nil {
			all = false
			ref.Why = f.lacks(d, !s.raw)
		} else {
			p.files = append(p.files, f)
			ref.Found, ref.File, ref.DataID = true, f.Name, f.evidenceID()
			ref.NameMatches = s.reader.files.named(uri) == f || f.Name == uri
			ref.Computed = f.sum(d, !s.raw)
			if ref.Intact = len(ref.Value) > 0 && bytes.Equal(ref.Computed, ref.Value); ref.Intact {
				if !ref.DataID.IsZero() {
					p.ids = append(p.ids, ref.DataID)
				}
			} else if d == "" {
				ref.Why = "the hash algorithm " + strconv.Quote(short(name)) + " is not one of JAdES"
			} else {
				ref.Why = "the digest of the file is not the one in the header"
			}
		}
		p.entries = append(p.entries, ref)
	}
	if !all || len(pars) == 0 {
		p.files = nil
	}
	return nil
}

// match finds the file of an entry: the only one, whatever its name; else that
// with the digest, else that with the name (formats §12.2).
func (s *source) match(uri string, value []byte, bySum map[string]*file, entries int) *file {
	if entries == 1 && len(s.reader.files.list) == 1 {
		return s.reader.files.list[0]
	}
	if f := bySum[string(value)]; f != nil && len(value) > 0 {
		return f
	}
	return s.reader.files.named(uri)
}

// writePayload writes the payload of a time-stamp over content or of an archive
// time-stamp: with sigD the octets of the files, in base64url unless b64 is false,
// also where sigD only hashes them (formats §6). ok is false where it is not at hand.
func (s *source) writePayload(w io.Writer) (ok bool, err error) {
	if s.payload.byHash {
		if _, only := onlyDigest(s.payload.files); only || s.payload.files == nil {
			return false, nil
		}
		return true, s.writeFiles(w, s.payload.files)
	}
	if !s.payload.found {
		return false, nil
	}
	_, err = w.Write(s.payload.text)
	return true, err
}
