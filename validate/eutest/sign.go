package eutest

import (
	"fmt"
	"slices"
	"strings"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// SignatureFile is META-INF/signaturesN.xml of an ASiC container: one detached XAdES
// signature over files, inside asic:XAdESSignatures.
func (w *World) SignatureFile(signer *Signer, files []File, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	return w.finish(signer, &o, fileReferences(files, &o), "", func(signature string) string {
		return xmlHeader + `<asic:XAdESSignatures xmlns:asic="` + nsASiC + `">` + signature + `</asic:XAdESSignatures>`
	})
}

// SignDetached is a plain XML file: a ds:Signature over files that stand beside it.
func (w *World) SignDetached(signer *Signer, files []File, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	return w.finish(signer, &o, fileReferences(files, &o), "", func(signature string) string { return xmlHeader + signature })
}

// SignEnveloped signs an XML document and puts the signature at the end of its root.
func (w *World) SignEnveloped(signer *Signer, document []byte, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	at := strings.LastIndex(string(document), "</")
	if at < 0 {
		w.tb.Fatalf("virtual EU: signing an enveloped document: its root has no end tag")
	}
	r := reference{id: o.ID + "-ref-0", mediaType: "text/xml", transforms: []string{enveloped, o.C14N}}
	r.octets = func(document string) ([]byte, error) {
		root, err := parseXML(document)
		if err != nil {
			return nil, err
		}
		return root.canonical(o.C14N == ExclusiveC14N, root.find("Signature", o.ID)), nil
	}
	return w.finish(signer, &o, []reference{r}, "", func(signature string) string {
		return string(document[:at]) + signature + string(document[at:])
	})
}

// SignEnveloping signs XML content inside the signature, in a ds:Object of its own.
func (w *World) SignEnveloping(signer *Signer, content []byte, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	id := o.ID + "-Object"
	r := reference{id: o.ID + "-ref-0", uri: "#" + id, typ: nsDS + "Object", mediaType: "text/xml", transforms: []string{o.C14N}}
	r.octets = func(document string) ([]byte, error) { return canonicalOf(document, o.C14N, "Object", id) }
	object := `<ds:Object Id="` + id + `" MimeType="text/xml">` + string(content) + `</ds:Object>`
	return w.finish(signer, &o, []reference{r}, object, func(signature string) string { return xmlHeader + signature })
}

func fileReferences(files []File, o *SignOptions) []reference {
	var out []reference
	for _, f := range files {
		if o.Only != nil && !slices.Contains(o.Only, f.Name) {
			continue
		}
		out = append(out, reference{
			id: fmt.Sprintf("%s-ref-%d", o.ID, len(out)), uri: escapeURI(f.Name), mediaType: f.mediaType(),
			octets: func(string) ([]byte, error) { return f.Raw, nil },
		})
	}
	return out
}

func (f File) mediaType() string {
	if f.MediaType == "" {
		return "application/octet-stream"
	}
	return f.MediaType
}

// escapeURI percent-encodes a file name as a relative URI (RFC 3986 §2.3): its UTF-8
// but for unreserved characters and slashes.
func escapeURI(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// finish makes the signature in its document: digests, value, unsigned properties.
func (w *World) finish(signer *Signer, o *SignOptions, references []reference, objects string, place func(signature string) string) []byte {
	w.tb.Helper()
	properties := reference{typ: "http://uri.etsi.org/01903#SignedProperties", uri: "#" + o.ID + "-SignedProperties", transforms: []string{o.C14N}}
	properties.octets = func(document string) ([]byte, error) {
		return canonicalOf(document, o.C14N, "SignedProperties", o.ID+"-SignedProperties")
	}
	references = append(references, properties)
	document := edit(place(signatureXML(signer, o, references, objects)), o.BeforeDigests)
	for i, r := range references {
		mark := fmt.Sprintf("@@DIGEST-%d@@", i)
		if !strings.Contains(document, mark) {
			continue // a hook took the reference out
		}
		octets, err := r.octets(document)
		w.check(err)
		document = strings.Replace(document, mark, b64(digestOf(o.Digest, octets)), 1)
	}
	document = edit(document, o.BeforeValue)
	info, err := signedInfo(document, o)
	w.check(err)
	value, err := signer.Key.signXML(info, o)
	w.check(err)
	if o.WrongValue {
		value[len(value)-1] ^= 1
	}
	document = edit(strings.Replace(document, "@@VALUE@@", b64(value), 1), o.BeforeTimestamp)
	document, err = w.unsigned(document, signer, o, references)
	w.check(err)
	return []byte(edit(document, o.After))
}

func edit(document string, hook func(string) string) string {
	if hook == nil {
		return document
	}
	return hook(document)
}

// signedInfo is the canonical SignedInfo of the signature in the making.
func signedInfo(document string, o *SignOptions) ([]byte, error) {
	return partOf(document, o, "SignedInfo")
}

// partOf is the canonical form of a child of the signature.
func partOf(document string, o *SignOptions, local string) ([]byte, error) {
	root, err := parseXML(document)
	if err != nil {
		return nil, err
	}
	if s := root.find("Signature", o.ID); s != nil {
		if e := s.find(local, ""); e != nil {
			return e.canonical(o.C14N == ExclusiveC14N, nil), nil
		}
	}
	return nil, fmt.Errorf("signing: the signature %q has no %s", o.ID, local)
}
