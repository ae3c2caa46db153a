// Package ers reads evidence records: RFC 4998 (ASN.1) and RFC 6283 (XML). It
// does the arithmetic of their hash trees (what each time-stamp is over, whether
// each renewal holds what it renews, which data objects the first group names)
// and judges nothing: tokens are not verified here, and no time is compared.
//
// Words: an archive time-stamp is a token with the hash tree whose root it stamps;
// a chain holds archive time-stamps of one hash algorithm, each renewing the one
// before; a new chain renews all old ones together with the data. The first group
// is the first list of hash values of a tree: only there a data object counts
// (attack A3).
package ers

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// The names of the two syntaxes in signature.EvidenceRecord.Form.
const (
	FormASN1 = "RFC 4998"
	FormXML  = "RFC 6283"
)

// File is a data object that a record may be over.
type File struct {
	Name string
	Data []byte
}

// Open reads an evidence record that stands by itself, in either syntax; files are
// the data that it is over. An error is a *signature.ReadError.
func Open(data []byte, files []File) (*signature.Document, error) {
	r, err := parse(data)
	if err != nil {
		return nil, err
	}
	r.budget.forFiles(files)
	r.objects = r.fileObjects(files)
	r.alone = true
	return &signature.Document{Form: signature.FormEvidenceRecord, Records: []*signature.EvidenceRecord{r.read("")}}, nil
}

// Is says whether the data begin as an evidence record in ASN.1 does: SEQUENCE,
// INTEGER 1, SEQUENCE OF AlgorithmIdentifier (RFC 4998 §3.1). Records in XML are
// told by their root element, EvidenceRecord in NamespaceXML.
func Is(data []byte) bool {
	top := der.NewReader(data)
	_, r, err := top.Sequence()
	if err != nil {
		return false
	}
	version, err := r.Expect(der.Universal, der.TagInteger)
	if err != nil || !bytes.Equal(version.Body, []byte{1}) {
		return false
	}
	_, algorithms, err := r.Sequence()
	if err != nil {
		return false
	}
	// SignedData without ContentInfo has a SET here; SEQUENCEs of other kinds have
	// no AlgorithmIdentifier inside.
	if algorithms.Empty() {
		return r.Peek(der.Universal, der.TagSequence)
	}
	_, one, err := algorithms.Sequence()
	return err == nil && one.Peek(der.Universal, der.TagOID)
}

// parse reads a record in the syntax that its first octets show.
func parse(data []byte) (*record, error) {
	if len(data) > signature.MaxSignatureFile {
		return nil, refuse(signature.TooLarge, "%d octets, at most %d are read", len(data), signature.MaxSignatureFile)
	}
	if isXML(data) {
		return parseXML(data)
	}
	return parseASN1(data)
}

// isXML says whether data begin as a document in UTF-8 does.
func isXML(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	return len(data) > 0 && data[0] == '<'
}

// refuse makes the error of a record that is not read.
func refuse(code signature.ErrorCode, format string, args ...any) *signature.ReadError {
	return &signature.ReadError{Code: code, Message: "reading evidence record: " + fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *signature.ReadError {
	return refuse(signature.Malformed, format, args...)
}
