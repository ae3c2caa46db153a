// Package xades reads XML signatures (ETSI EN 319 132, W3C XMLDSig 1.1) and what
// they carry. It verifies no signature value and judges nothing: it finds what
// each signature refers to, computes the digests, and hands over the octets that
// the value was made over.
package xades

import "github.com/vidimus/vidimus/validate/signature"

// Open reads an XML file with signatures. files are the detached contents.
// An error is a *signature.ReadError.
func Open(data []byte, files []File) (*signature.Document, error) {
	return open(data, NewFiles(files))
}

// OpenDigested reads an XML file with signatures whose detached contents are known
// by their digests only. An error is a *signature.ReadError.
func OpenDigested(data []byte, digests []Digested) (*signature.Document, error) {
	return open(data, newDigests(digests))
}

func open(data []byte, files *Files) (*signature.Document, error) {
	found, err := Read(data, "", files)
	if err != nil {
		return nil, err
	}
	return &signature.Document{Form: signature.FormXAdES, Signatures: found}, nil
}
