package xmldsig

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/xmldom"
)

const (
	excl      = "http://www.w3.org/2001/10/xml-exc-c14n#"
	incl      = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	sha256URI = "http://www.w3.org/2001/04/xmlenc#sha256"
	rsa256    = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
)

// algs writes ds:Transforms with these algorithms; what follows a space is content.
func algs(transforms ...string) string {
	var b strings.Builder
	for _, t := range transforms {
		uri, content, _ := strings.Cut(t, " ")
		fmt.Fprintf(&b, `<ds:Transform Algorithm="%s">%s</ds:Transform>`, uri, content)
	}
	if b.Len() == 0 {
		return ""
	}
	return "<ds:Transforms>" + b.String() + "</ds:Transforms>"
}

// reference writes a ds:Reference; uri nil has no URI attribute.
func reference(uri *string, transforms, digest string) string {
	attr := ""
	if uri != nil {
		attr = ` URI="` + strings.NewReplacer(`&`, "&amp;", `"`, "&quot;").Replace(*uri) + `"`
	}
	return `<ds:Reference` + attr + `>` + transforms + `<ds:DigestMethod Algorithm="` + sha256URI + `"/><ds:DigestValue>` + digest + `</ds:DigestValue></ds:Reference>`
}

// signature writes a ds:Signature around SignedInfo and what follows the value.
func signature(method, references, after string) string {
	return `<ds:Signature xmlns:ds="` + Space + `" Id="sig"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + excl + `"/><ds:SignatureMethod Algorithm="` + method + `"/>` +
		references + `</ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue>` + after + `</ds:Signature>`
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(h[:])
}

func ptr(s string) *string { return &s }

// read parses doc and reads its first signature.
func read(t testing.TB, doc string) (*xmldom.Document, *Signature) {
	t.Helper()
	d, err := xmldom.Parse([]byte(doc), xmldom.Limits{})
	if err != nil {
		t.Fatalf("parsing %s: %v", doc, err)
	}
	var node *xmldom.Node
	d.Node.Walk(func(n *xmldom.Node) bool {
		if node == nil && n.Is(Space, "Signature") {
			node = n
		}
		return node == nil
	})
	s, err := Read(node)
	if err != nil {
		t.Fatalf("reading %s: %v", doc, err)
	}
	return d, s
}

// folder is a Resolver over named files.
type folder map[string]string

func (f folder) External(_ *Reference, uri string, hasURI bool) ([]byte, string, bool) {
	if !hasURI && len(f) == 1 {
		for name, data := range f {
			return []byte(data), name, true
		}
	}
	data, ok := f[uri]
	return []byte(data), uri, ok && hasURI
}
