package validate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/asic"
	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xades"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Open finds out what a file is by its first bytes, whatever its name says, and
// has the right reader open it.
func Open(f File, detached []File) (*signature.Document, *signature.ReadError) {
	if len(f.Data) > signature.MaxFileSize {
		return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("The file has %d octets; at most %d are read.", len(f.Data), signature.MaxFileSize)}
	}
	for _, d := range detached {
		if len(d.Data) > signature.MaxFileSize {
			return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("The detached content %q has more than %d octets, which is all that is read.", d.Name, signature.MaxFileSize)}
		}
	}
	doc, err := open(f, detached)
	return doc, readError(err)
}

// open opens the file with what is at hand of its detached contents.
func (r Request) open() (*signature.Document, *signature.ReadError) {
	if len(r.Digests) == 0 {
		return Open(r.File, r.Detached)
	}
	doc, err := openDigested(r.File.Data, r.Digests)
	return doc, readError(err)
}

// readError is what a reader says, as people are told it; nil for nil.
func readError(err error) *signature.ReadError {
	if err == nil {
		return nil
	}
	read := &signature.ReadError{Code: signature.Malformed, Message: err.Error()}
	var of *signature.ReadError
	if errors.As(err, &of) {
		*read = *of
	}
	read.Message, read.Hint = sentence(read.Message), sentence(read.Hint)
	return read
}

// sentence gives a message of a reader, which Go wants in small letters and without
// an end, the capital and the full stop that people want.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.HasSuffix(strings.TrimRight(s, "\")' "), ".") {
		s += "."
	}
	return s
}

func open(f File, detached []File) (*signature.Document, error) {
	switch head := bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf")); {
	case len(f.Data) == 0:
		return nil, &signature.ReadError{Code: signature.Malformed, Message: "The file is empty."}
	case bytes.HasPrefix(f.Data, []byte("PK")):
		return asic.Open(f.Name, f.Data)
	case bytes.HasPrefix(head, []byte("<")):
		if isXMLRecord(f.Data) {
			return ers.Open(f.Data, detachedAs(detached, func(d File) ers.File { return ers.File(d) }))
		}
		return xades.Open(f.Data, detachedAs(detached, func(d File) xades.File { return xades.File(d) }))
	case bytes.HasPrefix(f.Data, []byte("%PDF-")):
		return pades.Open(f.Data)
	case f.Data[0] == 0x30 && ers.Is(f.Data):
		return ers.Open(f.Data, detachedAs(detached, func(d File) ers.File { return ers.File(d) }))
	case f.Data[0] == 0x30:
		return cades.Open(f.Data, detachedAs(detached, func(d File) cades.File { return cades.File(d) }))
	case isJSON(f.Data):
		return openJSON(f, detached)
	}
	return nil, &signature.ReadError{
		Code:    signature.UnsupportedFormat,
		Message: "The file is no signature format that we know: neither a container, XML, a PDF, CMS nor JSON.",
		Hint:    "ASiC containers (.asice, .bdoc, .sce, .asics), PDF, XAdES, CAdES, JAdES, time-stamps and evidence records are judged.",
	}
}

// isXMLRecord says whether the root element is an evidence record of RFC 6283.
func isXMLRecord(data []byte) bool {
	if !bytes.Contains(data[:min(len(data), 4096)], []byte(ers.NamespaceXML)) {
		return false
	}
	doc, err := xmldom.Parse(data, xmldom.DefaultLimits)
	return err == nil && doc.Root.Is(ers.NamespaceXML, "EvidenceRecord")
}

// isJSON says whether the file begins as a JWS does: an object, or the compact form.
func isJSON(data []byte) bool {
	head := bytes.TrimLeft(data, " \t\r\n")
	return bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("eyJ"))
}

// detachedAs gives detached contents the type of a reader.
func detachedAs[T any](files []File, as func(File) T) []T {
	out := make([]T, len(files))
	for i, f := range files {
		out[i] = as(f)
	}
	return out
}
