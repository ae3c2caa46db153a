package asic

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

const nsManifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

// maxListed bounds how many names one sentence lists.
const maxListed = 10

// manifest is META-INF/manifest.xml (ODF 1.2 part 3 §3): path to media type.
type manifest struct {
	order []string
	types map[string]string
}

// readManifest reads META-INF/manifest.xml; false where it cannot be read.
func readManifest(data []byte) (manifest, bool) {
	m := manifest{types: map[string]string{}}
	if len(data) > signature.MaxSignatureFile {
		return m, false
	}
	doc, err := xmldom.Parse(data, xmldom.DefaultLimits)
	if err != nil || !doc.Root.Is(nsManifest, "manifest") {
		return m, false
	}
	attribute := func(n *xmldom.Node, local string) string {
		for _, a := range n.Attrs {
			if a.Space == nsManifest && a.Local == local {
				return a.Value
			}
		}
		return ""
	}
	for _, n := range doc.Root.All(nsManifest, "file-entry") {
		path := attribute(n, "full-path")
		if _, twice := m.types[path]; !twice {
			m.order = append(m.order, path)
		}
		m.types[path] = attribute(n, "media-type")
	}
	return m, true
}

// isASiCManifest says whether the entry is a readable ASiCManifest: it shows what
// an ASiC-E container holds as META-INF/manifest.xml does.
func isASiCManifest(e *entry) bool {
	if !isASiCManifestName(e.name) || !e.readable {
		return false
	}
	_, ok := ers.ReadManifest(e.name, e.data)
	return ok
}

// checkManifest compares the manifest with the files of the container and with
// what the signatures say of them (formats §2.3). ODF lists more than it signs,
// and is left alone.
func checkManifest(m manifest, doc *signature.Document) {
	present := map[string]bool{}
	var missing, unlisted []string
	for _, f := range doc.Container.DataFiles {
		present[f] = true
		if _, ok := m.types[f]; !ok {
			unlisted = append(unlisted, f)
		}
	}
	for _, f := range m.order {
		if f != "/" && !strings.HasSuffix(f, "/") && f != mimetypeFile && !strings.HasPrefix(f, metaFolder) && !present[f] {
			missing = append(missing, f)
		}
	}
	if len(missing) > 0 {
		doc.Problems = append(doc.Problems, signature.Problem{Code: signature.ManifestMismatch,
			Says: "The manifest names files that are not in the container: " + list(missing) + "."})
	}
	if len(unlisted) > 0 {
		doc.Problems = append(doc.Problems, signature.Problem{Code: signature.ManifestMismatch,
			Says: "The manifest does not name files of the container: " + list(unlisted) + "."})
	}
	for _, s := range doc.Signatures {
		for _, r := range s.References {
			if want, ok := m.types[r.File]; ok && r.Found && r.MIMEType != "" && want != "" && want != r.MIMEType {
				s.Problems = append(s.Problems, signature.Problem{Code: signature.ManifestMismatch,
					Says: fmt.Sprintf("The manifest says that %q is of type %q, the signature %q.", r.File, want, r.MIMEType)})
			}
		}
	}
}

// list writes names into a sentence, escaped, and not too many of them.
func list(names []string) string {
	var s strings.Builder
	for i, n := range names {
		if i == maxListed {
			fmt.Fprintf(&s, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%q", n)
	}
	return s.String()
}
