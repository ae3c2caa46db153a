package ers

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Object is what a record inside a signature is over: the signature itself
// (formats §10, "master signature digest"), or with an external CAdES record also
// the signed file.
type Object struct {
	// Type is RefMasterSignature, or RefArchiveObject for a file.
	Type signature.ReferenceType
	Name string
	File string // of a file
	// Sums are the hash values that the object may have, the likeliest first: of
	// the group of its parts in XAdES; in CAdES of the encoding as stored and then
	// as DER. They are asked for with the hash algorithm of each chain.
	Sums func(d algo.Digest) [][]byte
	// IDs of the data that the object covers, for EvidenceRecord.CoversData.
	IDs []evidence.ID
	// Signatures that the object covers.
	Signatures []*signature.Signature
}

// ReadEmbedded reads a record in ASN.1 that stands in a signature: in CAdES the
// value of the attribute, where the hash tree may lack; in XAdES the content of
// ASN1EvidenceRecord, where it may not (formats §10): treeless says which.
// Signatures and tokens that it covers are for the caller to fill in.
func ReadEmbedded(data []byte, treeless bool, objects []Object) (*signature.EvidenceRecord, error) {
	if isXML(data) {
		return nil, malformed("it is XML where ASN.1 should stand")
	}
	r, err := parse(data)
	if err != nil {
		return nil, err
	}
	return r.embed(treeless, objects), nil
}

// ReadElement reads an EvidenceRecord element that stands in a XAdES signature
// (SealingEvidenceRecords); raw are its octets in the file. It is canonicalised in
// the context of its document.
func ReadElement(n *xmldom.Node, raw []byte, objects []Object) (*signature.EvidenceRecord, error) {
	r, err := parseElement(n, raw)
	if err != nil {
		return nil, err
	}
	return r.embed(false, objects), nil
}

func (r *record) embed(treeless bool, objects []Object) *signature.EvidenceRecord {
	r.treeless = treeless
	for _, of := range objects {
		o := &object{kind: of.Type, name: of.Name, file: of.File, signatures: of.Signatures, ids: func() []evidence.ID { return of.IDs }}
		known := map[algo.Digest][][]byte{}
		o.sums = func(c *chain, yield func([]byte) bool) {
			sums, ok := known[c.digest]
			if !ok {
				sums = of.Sums(c.digest)
				known[c.digest] = sums
			}
			for _, sum := range sums {
				if sum != nil && !yield(sum) {
					return
				}
			}
		}
		r.objects = append(r.objects, o)
	}
	return r.read("")
}
