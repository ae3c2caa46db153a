package validate

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xades"
)

// Open finds out what a file is by its first bytes, whatever its name says, and
// has the right reader open it.
func Open(f File, detached []File) (*signature.Document, *signature.ReadError) {
	if len(f.Data) > signature.MaxFileSize {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("The file has %d octets; at most %d are read.", len(f.Data), signature.MaxFileSize)}
	}
	doc, err := open(f, detached)
	if err == nil {
		return doc, nil
	}
	var readErr *signature.ReadError
	if errors.As(err, &readErr) {
		return nil, readErr
	}
	return nil, &signature.ReadError{Code: signature.Malformed, Message: err.Error()}
}

func open(f File, detached []File) (*signature.Document, error) {
	switch head := bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf")); {
	case len(f.Data) == 0:
		return nil, &signature.ReadError{Code: signature.Malformed, Message: "The file is empty."}
	case bytes.HasPrefix(f.Data, []byte("PK")):
		return asic.Open(f.Name, f.Data)
	case bytes.HasPrefix(head, []byte("<")):
		files := make([]xades.File, len(detached))
		for i, d := range detached {
			files[i] = xades.File{Name: d.Name, Data: d.Data}
		}
		return xades.Open(f.Data, files)
	case bytes.HasPrefix(f.Data, []byte("%PDF-")):
		return nil, notYet("a PDF")
	case f.Data[0] == 0x30:
		return nil, notYet("ASN.1 (a CMS signature, a time-stamp or an evidence record)")
	case bytes.HasPrefix(bytes.TrimLeft(f.Data, " \t\r\n"), []byte("{")), bytes.HasPrefix(f.Data, []byte("eyJ")):
		return nil, notYet("a JSON signature")
	}
	return nil, &signature.ReadError{
		Code:    signature.UnsupportedFormat,
		Message: "The file is no signature format that we know: neither an ASiC container nor XML.",
		Hint:    "ASiC-E containers (.asice, .bdoc, .sce) and XML with XAdES signatures are judged.",
	}
}

func notYet(what string) error {
	return &signature.ReadError{
		Code:    signature.UnsupportedFormat,
		Message: fmt.Sprintf("The file is %s; this version judges XAdES signatures in ASiC containers and in XML only.", what),
	}
}
