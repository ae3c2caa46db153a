package validate

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/jades"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xades"
)

// openDigested has the right reader open a file whose detached contents are known by
// their digests only (EN 319 102-1 §5.2.7: hashes in place of the data).
func openDigested(data []byte, digests []Digested) (*signature.Document, error) {
	xml := bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("<"))
	switch {
	case len(data) > signature.MaxSignatureFile:
		return nil, notByDigest("The file has %d octets", len(data))
	case bytes.HasPrefix(data, []byte("PK")), bytes.HasPrefix(data, []byte("%PDF-")):
		return nil, notByDigest("A container or a PDF holds its contents")
	case xml && isXMLRecord(data), len(data) > 0 && data[0] == 0x30 && ers.Is(data):
		return nil, notByDigest("The file is an evidence record")
	case xml:
		return xades.OpenDigested(data, digestedAs(digests, xmlDigest))
	case len(data) > 0 && data[0] == 0x30:
		return cades.OpenDigested(data, digestedAs(digests, cmsDigest))
	case isJSON(data):
		return jades.OpenDigested(data, digestedAs(digests, func(d Digested) jades.Digested { return jades.Digested(d) }))
	}
	return nil, notByDigest("The file is neither XML, CMS nor JSON")
}

func notByDigest(why string, args ...any) error {
	return &signature.ReadError{Code: signature.UnsupportedFormat,
		Message: fmt.Sprintf(why, args...) + "; only a XAdES, CAdES or JAdES signature, or a time-stamp token, " +
			fmt.Sprintf("of at most %d octets is judged by digests in place of its contents.", signature.MaxSignatureFile)}
}

func xmlDigest(d Digested) xades.Digested {
	return xades.Digested{Name: d.Name, Digest: d.Digest, Sum: ofContent(d)}
}
func cmsDigest(d Digested) cades.Digested {
	return cades.Digested{Name: d.Name, Digest: d.Digest, Sum: ofContent(d)}
}

// ofContent is the digest of the content; nil where it is one of something else, or is
// none: a digest that was cut short must not meet a reference that was.
func ofContent(d Digested) []byte {
	if d.Encoded || len(d.Sum) != d.Digest.Size() {
		return nil
	}
	return d.Sum
}

// digestedAs gives digests the type of a reader.
func digestedAs[T any](digests []Digested, as func(Digested) T) []T {
	out := make([]T, len(digests))
	for i, d := range digests {
		out[i] = as(d)
	}
	return out
}
