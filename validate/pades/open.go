// Package pades reads PDF files with signatures (ISO 32000-2 §12.8, ETSI EN 319
// 142) and what they carry. It has a narrow PDF reader of its own: objects, all
// revisions with their places, and nothing that would show a page. It tells what
// each signature covers and what later revisions changed, object by object; it
// verifies no signature value and judges nothing.
package pades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

// Open reads a PDF. A file without signatures gives a Document without signatures.
//
// An error is a *signature.ReadError: Encrypted where the empty password does not
// open the file, Malformed where there is no page tree to speak of (formats §13),
// Hostile or TooLarge beyond the bounds of package signature and of this reader.
func Open(data []byte) (*signature.Document, error) {
	if len(data) > signature.MaxFileSize {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("reading the PDF: %d octets, at most %d are read", len(data), signature.MaxFileSize)}
	}
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return nil, malformed("it does not begin with %PDF-")
	}
	f, err := open(data)
	if err != nil {
		return nil, err
	}
	all, err := f.signatures()
	if f.hostile != nil {
		return nil, f.hostile
	}
	if err != nil {
		return nil, err
	}
	doc := &signature.Document{Form: signature.FormPAdES}
	if len(all) > 0 {
		f.placeSignatures(all)
		collisions(all)
		if err := f.build(all, doc); err != nil {
			return nil, err
		}
		f.changes(all)
	}
	f.removedSignatures()
	if f.hostile != nil {
		return nil, f.hostile
	}
	for _, s := range all {
		if s.stamp {
			s.timestamp.Problems = append(s.timestamp.Problems, s.problems...)
		} else {
			s.signature.Problems = append(s.signature.Problems, s.problems...)
		}
	}
	doc.Problems = f.problems
	return doc, nil
}
