package eutest

import (
	"crypto"
	"fmt"
	"slices"
	"strings"
)

// An ASiC container may hold CAdES signatures, time-stamps and evidence records,
// each over an ASiCManifest that lists files with their digests (EN 319 162-1 §A.4).
// Such a container needs no META-INF/manifest.xml, and has none here.

// SignCAdES adds a CAdES signature over the container's files as they are now: over
// a manifest of them, and in ASiC-S over the one file.
func (c *Container) SignCAdES(signer *Signer, o SignOptions) *Container {
	c.world.tb.Helper()
	c.NoManifest = true
	if c.MIMEType == ASiCS {
		raw := c.world.SignCAdES(signer, c.Files[0].Raw, true, o)
		c.Signatures = append(c.Signatures, File{Name: "META-INF/signature.p7s", Raw: raw})
		return c
	}
	c.count++
	name := fmt.Sprintf("META-INF/signature%03d.p7s", c.count)
	manifest := File{Name: fmt.Sprintf("META-INF/ASiCManifest%03d.xml", c.count), Raw: asicManifest(name, "application/x-pkcs7-signature", c.Files)}
	raw := c.world.SignCAdES(signer, manifest.Raw, true, o)
	c.Signatures = append(c.Signatures, manifest, File{Name: name, Raw: raw})
	return c
}

// Timestamp adds a time-stamp over the container's files, signatures and manifests
// as they are now, but for those that the manifest leaves out.
func (c *Container) Timestamp(tsa *TSA, o TokenOptions, leftOut ...string) *Container {
	c.world.tb.Helper()
	c.NoManifest = true
	c.count++
	name := fmt.Sprintf("META-INF/timestamp%03d.tst", c.count)
	manifest := File{Name: fmt.Sprintf("META-INF/ASiCArchiveManifest%03d.xml", c.count), Raw: asicManifest(name, "application/vnd.etsi.timestamp-token", c.listed(leftOut))}
	c.Signatures = append(c.Signatures, manifest, File{Name: name, Raw: tsa.Token(manifest.Raw, o)})
	return c
}

// Record adds an evidence record over the container's files, signatures and manifests
// as they are now, but for those that the manifest leaves out.
func (c *Container) Record(o RecordOptions, leftOut ...string) *Container {
	c.world.tb.Helper()
	c.count++
	name := fmt.Sprintf("META-INF/evidencerecord%03d.ers", c.count)
	files := c.listed(leftOut)
	var data [][]byte
	for _, f := range files {
		data = append(data, f.Raw)
	}
	c.Signatures = append(c.Signatures,
		File{Name: fmt.Sprintf("META-INF/ASiCEvidenceRecordManifest%03d.xml", c.count), Raw: asicManifest(name, "", files)},
		File{Name: name, Raw: c.world.EvidenceRecord(o, data...)})
	return c
}

// listed are the files and the contents of META-INF but for some names.
func (c *Container) listed(but []string) []File {
	return slices.DeleteFunc(slices.Concat(c.Files, c.Signatures), func(f File) bool { return slices.Contains(but, f.Name) })
}

// asicManifest is an ASiCManifest of files for the file at reference.
func asicManifest(reference, mediaType string, files []File) []byte {
	var b strings.Builder
	if mediaType != "" {
		mediaType = ` MimeType="` + mediaType + `"`
	}
	fmt.Fprintf(&b, `%s<asic:ASiCManifest xmlns:asic="%s" xmlns:ds="%s"><asic:SigReference URI="%s"%s/>`, xmlHeader, nsASiC, nsDS, escapeURI(reference), mediaType)
	for _, f := range files {
		fmt.Fprintf(&b, `<asic:DataObjectReference URI="%s" MimeType="%s"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>%s</ds:DigestValue></asic:DataObjectReference>`,
			escapeURI(f.Name), escapeAttribute(f.mediaType()), b64(digestOf(crypto.SHA256, f.Raw)))
	}
	b.WriteString(`</asic:ASiCManifest>`)
	return []byte(b.String())
}
