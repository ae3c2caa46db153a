package bundle

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/vidimus/vidimus/validate/evidence"
)

// mimetype is the media type of EN 319 162-1 Annex A.1: with it, every ASiC tool
// opens a bundle, and an evidence record can later be added in the standard place.
const mimetype = "application/vnd.etsi.asic-e+zip"

// wrap adds the entries that make the container readable without us, and sorts.
func wrap(parts []part) ([]part, error) {
	if n := len(parts) + 4; n > MaxEntries {
		return nil, fmt.Errorf("%d entries, at most %d are allowed", n, MaxEntries)
	}
	add := func(path string, data []byte) {
		parts = append(parts, part{entry: Entry{Path: path, Role: Wrapping}, data: data})
	}
	add(readmePath, []byte(readme))
	byPath(parts)
	odf := odfManifest(parts)
	add(odfManifestPath, odf)
	add(mimetypePath, []byte(mimetype))
	byPath(parts)
	add(sumsPath, sums(parts))
	byPath(parts)
	return parts, nil
}

// byPath sorts by path, mimetype first.
func byPath(parts []part) {
	sort.Slice(parts, func(i, j int) bool {
		a, b := parts[i].entry.Path, parts[j].entry.Path
		if a == mimetypePath || b == mimetypePath {
			return a == mimetypePath && b != mimetypePath
		}
		return a < b
	})
}

// sums is what `sha256sum -c` reads: all entries but manifest.json, which hashes
// this file, and this file itself. It leaves the hashes in the entries.
func sums(parts []part) []byte {
	var b bytes.Buffer
	for i, p := range parts {
		parts[i].entry.SHA256 = evidence.Of(p.data)
		fmt.Fprintf(&b, "%s  %s\n", parts[i].entry.SHA256, p.entry.Path)
	}
	return b.Bytes()
}

// odfManifest lists the files as EN 319 162-1 §4.4.3 and OpenDocument 1.2 part 3
// §4 ask of an ASiC-E container with XAdES. Paths are safe, so nothing is escaped.
func odfManifest(parts []part) []byte {
	var b strings.Builder
	line := func(path, media string) {
		fmt.Fprintf(&b, "  <manifest:file-entry manifest:full-path=%q manifest:media-type=%q/>\n", path, media)
	}
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
		"<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">\n")
	line("/", mimetype)
	line(manifestPath, "application/json")
	line(sumsPath, "text/plain")
	for _, p := range parts {
		line(p.entry.Path, mediaType(p.entry.Path))
	}
	b.WriteString("</manifest:manifest>\n")
	return []byte(b.String())
}

func mediaType(path string) string {
	switch path[strings.LastIndexByte(path, '.'):] {
	case ".json":
		return "application/json"
	case ".txt":
		return "text/plain"
	case ".xml":
		return "application/xml"
	case ".html":
		return "text/html"
	case ".pdf":
		return "application/pdf"
	case ".cer":
		return "application/pkix-cert"
	case ".crl":
		return "application/pkix-crl"
	case ".ors":
		return "application/ocsp-response"
	case ".tst":
		return "application/vnd.etsi.timestamp-token"
	}
	return "application/octet-stream"
}

// readme is for someone who finds the file in thirty years and has none of our
// software. A change of its words changes the ID of bundles packed from then on;
// those packed before stay valid, since the manifest says what their words are.
const readme = `This file is an evidence bundle
===============================

It keeps a digitally signed document together with the proof of what the
signature was worth on the day it was checked. It was written by "vidimus"
(Latin: "we have seen"). You need no special program to read it: it is a
plain ZIP file, and nothing in it is compressed or encrypted.

What is inside
--------------
report.html     the judgement for people: open it in any browser; it needs no network
report.xml      the same as an ETSI TS 119 102-2 validation report, for other software
report.json     the same with every reason; the other two say nothing else
originals/      the signed file as it was given, and files signed along with it
                (their original names are in manifest.json, under "name")
evidence/       certificates (.cer), revocation answers (.ors is OCSP, .crl),
                time-stamp tokens (.tst); each named by the SHA-256 of its bytes
lists/          the lists of trusted authorities that the judgement relies on
policy.json     the rules by which it was judged
input.json      the validation time, the options, the version of the software
store.json      what the archive enforced that it was first put into: whether anybody
                could delete it there or write over it, and for how long nobody could
manifest.json   every file above with its size, SHA-256 and SHA-512
sha256sums.txt  the same SHA-256 values, a file a line
mimetype, META-INF/manifest.xml
                make the file an ASiC-E container (ETSI EN 319 162-1)

How to check that nothing was altered (unzip and openssl are enough)
--------------------------------------------------------------------
1. Unpack it:               unzip BUNDLE
2. Take its identity:       openssl dgst -sha256 manifest.json
   The 64 digits are the ID of this bundle. Compare them with the ID that you
   were given when the bundle was made, or that stands in your archive's books.
3. Check the list of sums:  openssl dgst -sha256 sha256sums.txt
   The 64 digits must stand in manifest.json, at "sha256sums.txt".
4. Check any file:          openssl dgst -sha256 report.json
   The 64 digits must stand in sha256sums.txt, before the name of the file.
   Where sha256sum is at hand, it checks all files: sha256sum -c sha256sums.txt
   No other file may be there but manifest.json and sha256sums.txt.

How to look at the evidence
---------------------------
A certificate:              openssl x509 -inform DER -noout -text -in evidence/NAME.cer
An OCSP answer:             openssl ocsp -noverify -resp_text -respin evidence/NAME.ors
A list of revocations:      openssl crl -inform DER -noout -text -in evidence/NAME.crl
A time-stamp:               openssl ts -reply -token_in -text -in evidence/NAME.tst

How to judge again
------------------
"vidimus replay BUNDLE" repeats the judgement from these files alone, without
a network, and must give the same report again, byte for byte. Any other validator
of ETSI EN 319 102-1 can be given the files in originals/, evidence/ and lists/
and the time in input.json.
`
