package xades

import (
	"strings"

	"github.com/vidimus/vidimus/validate/xmldsig"
)

// resolver finds the detached contents that references mean (formats §12.2): the
// only file for the only reference to a file, whatever its name; else the file
// that the URI names (XMLDSig §4.4.3.2); else, where none bears the name, the file
// with that digest. A file that bears the signed name and was changed is never
// passed over for another that holds the signed content.
type resolver struct {
	files  *Files
	single bool               // there is one file, and one reference to a file
	asked  *xmldsig.Reference // the one that is being resolved
	match  map[*xmldsig.Reference]*hashedFile
}

// External implements xmldsig.Resolver. It looks at the given files and nowhere
// else: whatever scheme a URI has, nothing is fetched (attack X6).
func (r *resolver) External(_ *xmldsig.Reference, uri string, hasURI bool) ([]byte, string, bool) {
	f := r.find(r.asked, uri, hasURI)
	if f == nil {
		return nil, "", false
	}
	r.match[r.asked] = f
	if f.byDigest() {
		return nil, "", false
	}
	return f.Data, f.Name, true
}

func (r *resolver) find(ref *xmldsig.Reference, uri string, hasURI bool) *hashedFile {
	n := r.files.Len()
	if n == 0 {
		return nil
	}
	if r.single && !r.files.files[0].byDigest() {
		return r.files.files[0]
	}
	if !hasURI && n > 1 {
		// XMLDSig §4.4.3.1: no URI means what the application knows; with several
		// files it can know only by the digest.
		uri = ""
	}
	if hasURI {
		for _, name := range []string{decodeURI(uri), uri} {
			if i, ok := r.files.byName[name]; ok {
				return r.files.files[i]
			}
		}
	}
	if ref.Digest != "" && len(ref.Value) > 0 {
		if hits := r.files.withSum(ref.Digest, ref.Value); len(hits) > 0 {
			return r.files.files[hits[0]]
		}
	}
	return nil
}

// sameDocument says whether a URI points into the document of the signature.
func sameDocument(uri string, hasURI bool) bool {
	return hasURI && (uri == "" || uri[0] == '#')
}

// nameMatches says whether a file bears the name that a URI says. A plus sign may
// stand for a space, as old Estonian software wrote it (formats §2.3).
func nameMatches(uri, name string) bool {
	decoded := decodeURI(uri)
	return name == decoded || name == uri || name == strings.ReplaceAll(decoded, "+", " ") || name == decodeURI(strings.ReplaceAll(uri, "+", " "))
}

// decodeURI undoes percent-encoding, once (attack X13). What is not well encoded
// is left as it is.
func decodeURI(uri string) string {
	if !strings.Contains(uri, "%") {
		return uri
	}
	var b strings.Builder
	for i := 0; i < len(uri); i++ {
		if uri[i] != '%' {
			b.WriteByte(uri[i])
			continue
		}
		if i+2 >= len(uri) {
			return uri
		}
		hi, ok1 := hexDigit(uri[i+1])
		lo, ok2 := hexDigit(uri[i+2])
		if !ok1 || !ok2 {
			return uri
		}
		b.WriteByte(hi<<4 | lo)
		i += 2
	}
	return b.String()
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
