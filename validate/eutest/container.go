package eutest

import (
	"fmt"
	"slices"
	"strings"
)

// The container types (EN 319 162-1 §4.3.3).
const (
	ASiCE = "application/vnd.etsi.asic-e+zip"
	ASiCS = "application/vnd.etsi.asic-s+zip"
)

// Container is an ASiC container in the making.
type Container struct {
	MIMEType   string // "": no mimetype entry
	Files      []File // what is signed, in order
	NoManifest bool
	Manifest   func(xml string) string // edits META-INF/manifest.xml
	Signatures []File                  // META-INF/signaturesN.xml, in order
	Extra      []Entry                 // further entries, at the end
	Comment    string
	// Edit changes the ZIP file before it is written: hostile entries, duplicates.
	Edit func(*Archive)

	world *World
	count int
}

// Container begins an ASiC-E container of files.
func (w *World) Container(files ...File) *Container {
	return &Container{MIMEType: ASiCE, Files: slices.Clone(files), world: w}
}

// Sign adds a signature over the container's files as they are now, in a signature
// file of its own.
func (c *Container) Sign(signer *Signer, o SignOptions) *Container {
	c.world.tb.Helper()
	if o.ID == "" {
		o.ID = fmt.Sprintf("S%d", c.count)
	}
	raw := c.world.SignatureFile(signer, c.Files, o)
	name := fmt.Sprintf("META-INF/signatures%d.xml", len(c.Signatures))
	if c.MIMEType == ASiCS {
		name = "META-INF/signatures.xml"
	}
	c.Signatures = append(c.Signatures, File{Name: name, Raw: raw})
	c.count++
	return c
}

// SignBeside adds a signature to the last signature file, beside those in it.
func (c *Container) SignBeside(signer *Signer, o SignOptions) *Container {
	c.world.tb.Helper()
	if len(c.Signatures) == 0 {
		return c.Sign(signer, o)
	}
	if o.ID == "" {
		o.ID = fmt.Sprintf("S%d", c.count)
	}
	raw := string(c.world.SignatureFile(signer, c.Files, o))
	start, end := strings.Index(raw, "<ds:Signature "), strings.LastIndex(raw, "</asic:XAdESSignatures>")
	last := &c.Signatures[len(c.Signatures)-1]
	at := strings.LastIndex(string(last.Raw), "</asic:XAdESSignatures>")
	if start < 0 || end < 0 || at < 0 {
		c.world.tb.Fatalf("virtual EU: putting signature %s beside another: a hook has changed the root element", o.ID)
	}
	last.Raw = []byte(string(last.Raw[:at]) + raw[start:end] + string(last.Raw[at:]))
	c.count++
	return c
}

// Replace changes a file after it was signed.
func (c *Container) Replace(name string, raw []byte) *Container {
	for i := range c.Files {
		if c.Files[i].Name == name {
			c.Files[i].Raw = raw
		}
	}
	return c
}

// Remove takes a file out after it was signed.
func (c *Container) Remove(name string) *Container {
	var kept []File
	for _, f := range c.Files {
		if f.Name != name {
			kept = append(kept, f)
		}
	}
	c.Files = kept
	return c
}

// Add puts files in after signing: they are in the manifest, but not signed.
func (c *Container) Add(files ...File) *Container {
	c.Files = append(c.Files[:len(c.Files):len(c.Files)], files...)
	return c
}

// Archive is the container as a ZIP file that can still be changed.
func (c *Container) Archive() *Archive {
	a := &Archive{Comment: c.Comment}
	if c.MIMEType != "" {
		a.Entries = append(a.Entries, Entry{Name: "mimetype", Data: []byte(c.MIMEType)})
	}
	for _, f := range c.Files {
		a.Entries = append(a.Entries, Entry{Name: f.Name, Data: f.Raw, Deflate: true})
	}
	if !c.NoManifest {
		a.Entries = append(a.Entries, Entry{Name: "META-INF/manifest.xml", Data: []byte(edit(c.manifest(), c.Manifest)), Deflate: true})
	}
	for _, s := range c.Signatures {
		a.Entries = append(a.Entries, Entry{Name: s.Name, Data: s.Raw, Deflate: true})
	}
	a.Entries = append(a.Entries, c.Extra...)
	if c.Edit != nil {
		c.Edit(a)
	}
	return a
}

// Bytes is the container's ZIP file.
func (c *Container) Bytes() []byte { return c.Archive().Bytes() }

// manifest is META-INF/manifest.xml (EN 319 162-1 §4.4.3.1 b, OpenDocument 1.2 part 3).
func (c *Container) manifest() string {
	var b strings.Builder
	fmt.Fprintf(&b, `%s<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type="%s"/>`, xmlHeader, c.MIMEType)
	for _, f := range c.Files {
		fmt.Fprintf(&b, `<manifest:file-entry manifest:full-path="%s" manifest:media-type="%s"/>`, escapeAttribute(f.Name), escapeAttribute(f.mediaType()))
	}
	b.WriteString(`</manifest:manifest>`)
	return b.String()
}

// Sign is an ASiC-E container of the files with one XAdES signature.
func (w *World) Sign(signer *Signer, files []File, o SignOptions) []byte {
	w.tb.Helper()
	return w.Container(files...).Sign(signer, o).Bytes()
}

// Text is a text file, in short.
func Text(name, content string) File {
	return File{Name: name, Raw: []byte(content), MediaType: "text/plain"}
}
