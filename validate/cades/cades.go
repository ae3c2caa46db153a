// Package cades reads CMS signatures (ETSI EN 319 122, RFC 5652) and what they
// carry: attached and detached, with any number of signers, counter-signatures and
// time-stamps; and time-stamp tokens that stand alone. It judges nothing: it finds
// what each signature is over, computes the digests, and hands over the octets
// that the value was made over.
package cades

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
)

// File is detached content, given beside the signature.
type File struct {
	Name string
	Data []byte
}

// Open reads a CMS file, DER or BER; a lone time-stamp token goes to OpenToken.
// files are the detached contents: one is the content of detached signatures, two
// or more are none (formats §12.2). A SignedData without SignerInfo is a document
// without signatures. An error is a *signature.ReadError.
func Open(data []byte, files []File) (*signature.Document, error) {
	if err := tooLarge(data); err != nil {
		return nil, err
	}
	sd, err := cms.Parse(data)
	if err != nil {
		return nil, malformed("the CMS file", err)
	}
	if sd.ContentType == cms.OIDTSTInfo {
		return OpenToken(data, files)
	}
	return opened(sd, detached(files))
}

func opened(sd *cms.SignedData, content *Content) (*signature.Document, error) {
	found, err := ReadSignedData(sd, "", content)
	if err != nil {
		return nil, err
	}
	return &signature.Document{Form: signature.FormCAdES, Signatures: found}, nil
}

// detached is the content that files given beside a signature make: the only one.
func detached(files []File) *Content {
	if len(files) != 1 {
		return nil
	}
	return NewContent(files[0].Name, files[0].Data)
}

func tooLarge(data []byte) error {
	if len(data) <= signature.MaxFileSize {
		return nil
	}
	return &signature.ReadError{Code: signature.TooLarge,
		Message: fmt.Sprintf("reading CMS: %d octets, at most %d are read", len(data), signature.MaxFileSize)}
}

// malformed words the refusal of what is no CMS.
func malformed(where string, err error) error {
	var refused *signature.ReadError
	if errors.As(err, &refused) {
		return refused
	}
	return &signature.ReadError{Code: signature.Malformed, Message: fmt.Sprintf("reading %s: %v", where, err),
		Hint: "CMS is read in DER or BER, without PEM or other wrapping"}
}
