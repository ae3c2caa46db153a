package bundle

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Entries of the container itself.
const (
	mimetypePath    = "mimetype"
	manifestPath    = "manifest.json"
	odfManifestPath = "META-INF/manifest.xml"
	readmePath      = "README.txt"
	sumsPath        = "sha256sums.txt"
)

// optionalPaths are where the report stands in other voices than JSON, and what the store
// says of itself: bundles of before have none of these.
var optionalPaths = map[Role]string{ReportETSI: "report.xml", ReportHTML: "report.html", Store: "store.json"}

// originalPath is the safe name of original i: a number and, so that tools know
// the type, the extension of the given name where it is harmless.
func originalPath(i int, given string) string {
	return fmt.Sprintf("originals/%04d%s", i+1, extension(given, ".bin"))
}

func listPath(i int, role Role, given string) string {
	return fmt.Sprintf("lists/%04d-%s%s", i+1, role, extension(given, ".xml"))
}

// evidencePath names evidence by its hash; the extensions are those that tools
// know (RFC 5280 §4.2.2.1 .cer, .crl; EN 319 162-1 .tst).
func evidencePath(o evidence.Object) string {
	ext := ".bin"
	switch o.Kind {
	case evidence.Certificate:
		ext = ".cer"
	case evidence.OCSP:
		ext = ".ors"
	case evidence.CRL:
		ext = ".crl"
	case evidence.Timestamp:
		ext = ".tst"
	case evidence.TrustedList:
		ext = ".xml"
	}
	return "evidence/" + o.ID.String() + ext
}

// extension returns the extension of a given name, in lower case, if it is one
// to eight ASCII letters and digits.
func extension(given, otherwise string) string {
	dot := strings.LastIndexByte(given, '.')
	if dot < 0 || len(given)-dot < 2 || len(given)-dot > 9 {
		return otherwise
	}
	ext := []byte(given[dot:])
	for i, c := range ext[1:] {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c >= 'A' && c <= 'Z':
			ext[i+1] = c + 'a' - 'A'
		default:
			return otherwise
		}
	}
	return string(ext)
}

// named records a name as given. JSON strings are Unicode, file names are not:
// a name that is no UTF-8 is kept as octets.
func (e Entry) named(given string) Entry {
	if utf8.ValidString(given) {
		e.Name = given
	} else {
		e.NameBytes = []byte(given)
	}
	return e
}

// GivenName is the name under which the file was given.
func (e Entry) GivenName() string {
	if len(e.NameBytes) > 0 {
		return string(e.NameBytes)
	}
	return e.Name
}

// safePath says whether a path is one that Pack could have written: relative,
// ASCII letters, digits, dot, dash, slash, no empty and no dotted segment. Such
// a path is harmless on any file system and needs no flag in a ZIP header.
func safePath(p string) bool {
	if p == "" || len(p) > maxPath {
		return false
	}
	for i := range len(p) {
		c := p[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '/') {
			return false
		}
	}
	for s := range strings.SplitSeq(p, "/") {
		if s == "" || s[0] == '.' {
			return false
		}
	}
	return true
}

// fits says whether a path stands where entries of this role stand.
func (r Role) fits(path string) bool {
	switch {
	case r == Document, r == Detached:
		return strings.HasPrefix(path, "originals/")
	case r.isList():
		return strings.HasPrefix(path, "lists/")
	case r == Evidence:
		return strings.HasPrefix(path, "evidence/")
	case r == Report, r == Policy, r == Input:
		return path == string(r)+".json"
	case r == ReportETSI, r == ReportHTML, r == Store:
		return path == optionalPaths[r]
	case r == Wrapping:
		return path == mimetypePath || path == odfManifestPath || path == readmePath || path == sumsPath
	}
	return false
}
