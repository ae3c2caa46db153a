package eutest

import (
	"fmt"
	"strings"
)

// Countersign puts a counter-signature over the first signature of the container's
// last signature file into it (EN 319 132-1 §5.2.7.2). The signature needs unsigned
// properties: level T at least.
func (c *Container) Countersign(signer *Signer, o SignOptions) *Container {
	c.world.tb.Helper()
	last := &c.Signatures[len(c.Signatures)-1]
	last.Raw = c.world.Countersign(last.Raw, fmt.Sprintf("S%d", c.count-1), signer, o)
	return c
}

// Countersign puts a counter-signature over the signature with an Id into a file. By
// default its own Id is that of the signature with -C behind it.
func (w *World) Countersign(file []byte, id string, signer *Signer, o SignOptions) []byte {
	w.tb.Helper()
	if o.ID == "" {
		o.ID = id + "-C"
	}
	o.defaults(w, signer)
	r := reference{id: o.ID + "-ref-0", uri: "#" + id + "-SIG", typ: "http://uri.etsi.org/01903#CountersignedSignature", transforms: []string{o.C14N}}
	r.octets = func(document string) ([]byte, error) {
		return partOf(document, &SignOptions{ID: id, C14N: o.C14N}, "SignatureValue")
	}
	const end = "</xades:UnsignedSignatureProperties>"
	before, after, found := strings.Cut(string(file), end)
	if !found {
		w.tb.Fatalf("virtual EU: counter-signing %s: it has no unsigned properties", id)
	}
	return w.finish(signer, &o, []reference{r}, "", func(signature string) string {
		return before + "<xades:CounterSignature>" + signature + "</xades:CounterSignature>" + end + after
	})
}
