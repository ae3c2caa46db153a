package preservation

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	hashed "github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// Where an evidence record stands in an ASiC-E container, and the manifest that says
// what it is over (EN 319 162-1 §4.4.3.2 and annex A.4).
const (
	recordPath         = "META-INF/evidencerecord001.ers"
	recordManifestPath = "META-INF/ASiCEvidenceRecordManifest001.xml"
)

// digestURIs name the hash algorithms of records in XML (RFC 6931, XML Encryption).
var digestURIs = map[algo.Digest]string{
	algo.SHA256: "http://www.w3.org/2001/04/xmlenc#sha256",
	algo.SHA384: "http://www.w3.org/2001/04/xmldsig-more#sha384",
	algo.SHA512: "http://www.w3.org/2001/04/xmlenc#sha512",
}

// withRecord writes a bundle anew with its evidence record inside, where the standard
// has it. The record is over manifest.json, which has the hashes of all other files.
func withRecord(b *bundle.Bundle, record []byte) ([]byte, error) {
	xml, err := recordManifest(b.RawManifest, record)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	add := func(name string, data []byte) error {
		// CreateRaw writes the sizes before the data, and no extra field: the mimetype must
		// stand so (annex A.1).
		e, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
			CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))})
		if err == nil {
			_, err = e.Write(data)
		}
		if err != nil {
			return fmt.Errorf("embedding an evidence record: %w", err)
		}
		return nil
	}
	first := true
	for e, data := range b.Objects { // mimetype is the first
		if err := add(e.Path, data); err != nil {
			return nil, err
		}
		if first {
			first = false
			if err := add(preserve.DataObject, b.RawManifest); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range []struct {
		path string
		data []byte
	}{{recordManifestPath, xml}, {recordPath, record}} {
		if err := add(f.path, f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("embedding an evidence record: %w", err)
	}
	return out.Bytes(), nil
}

// recordManifest is the ASiCManifest of an evidence record. Its digest is by the
// algorithm of the first archive time-stamp, as the standard asks.
func recordManifest(manifest, record []byte) ([]byte, error) {
	doc, refused := validate.Open(validate.File{Name: "record.ers", Data: record}, []validate.File{{Name: preserve.DataObject, Data: manifest}})
	if refused != nil {
		return nil, fmt.Errorf("reading an evidence record of the store: %s", refused.Message)
	}
	if len(doc.Records) != 1 || len(doc.Records[0].Digests) == 0 {
		return nil, fmt.Errorf("reading an evidence record of the store: it reads as %d records, or has no hash algorithm", len(doc.Records))
	}
	d := doc.Records[0].Digests[0]
	sum, ok := d.Sum(manifest)
	if !ok || digestURIs[d] == "" {
		return nil, fmt.Errorf("embedding an evidence record: no name in XML for the hash algorithm %q", d)
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
  <asic:SigReference URI="%s" MimeType="%s"/>
  <asic:DataObjectReference URI="%s" MimeType="%s">
    <ds:DigestMethod Algorithm="%s"/>
    <ds:DigestValue>%s</ds:DigestValue>
  </asic:DataObjectReference>
</asic:ASiCManifest>
`, recordPath, typeOctets, preserve.DataObject, typeJSON, digestURIs[d], base64.StdEncoding.EncodeToString(sum)), nil
}

// altered looks whether a container that is a bundle with a record inside holds every
// file of its manifest.json as it says: the record is over that alone. It is the first
// file that is not so, or "".
func altered(data []byte, k *signature.Container) string {
	if k == nil {
		return ""
	}
	has := map[string]hashed.ID{}
	for _, e := range k.Entries {
		has[e.Name] = e.SHA256
	}
	manifest, ok := bundleManifest(data, has[preserve.DataObject])
	if !ok {
		return ""
	}
	for _, e := range manifest.Entries {
		if has[e.Path] != e.SHA256 {
			return e.Path
		}
		delete(has, e.Path)
	}
	for _, own := range []string{preserve.DataObject, recordPath, recordManifestPath} {
		delete(has, own)
	}
	for _, name := range slices.Sorted(maps.Keys(has)) {
		return name
	}
	return ""
}

// bundleManifest reads the manifest.json of a container whose reader gave its hash; ok
// is false where it is none of a bundle.
func bundleManifest(data []byte, want hashed.ID) (m bundle.Manifest, ok bool) {
	if want.IsZero() {
		return m, false
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return m, false
	}
	f, err := r.Open(preserve.DataObject)
	if err != nil {
		return m, false
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, bundle.MaxManifest+1))
	if err != nil || hashed.Of(raw) != want {
		return m, false
	}
	m, err = bundle.ParseManifest(raw)
	return m, err == nil
}
