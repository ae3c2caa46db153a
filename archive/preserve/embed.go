package preserve

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// maxEmbedded bounds what is put into a token beside it, in octets: each record of
// the tree holds it again, and CRLs of some states have megabytes.
const maxEmbedded = 1 << 20

// Octets of CMS (RFC 5652 §5.1) and of an OCSP answer in it (RFC 5940 §2.1).
var (
	ocspOID    = der.Encode(tagOID, []byte{0x2b, 6, 1, 5, 5, 7, 16, 2}) // id-ri-ocsp-response
	versionFit = []byte{0x02, 1, 5}                                     // with other revocation information
)

const (
	tagCertificates = 0xa0
	tagRevocation   = 0xa1
	tagOther        = 0xa1 // OtherRevocationInfoFormat
)

// embed puts certificates, OCSP answers and CRLs into the unsigned fields of a token
// (RFC 5652 §5.1 certificates and crls), where the next renewal, which is over the
// whole timeStamp field, proves that they existed in time (RFC 4998 §5.2). What
// stands there already stays. The signature is not touched.
func embed(raw []byte, m signature.Material) (*tst.Token, error) {
	size := 0
	for _, list := range [][][]byte{m.Certificates, m.OCSPs, m.CRLs} {
		for _, one := range list {
			size += len(one)
		}
	}
	if size > maxEmbedded {
		return nil, fmt.Errorf("the OCSP answers, CRLs and certificates that its token rests on have %d octets, and each record would hold them; at most %d are kept", size, maxEmbedded)
	}
	out, err := withMaterial(raw, m)
	if err != nil {
		return nil, fmt.Errorf("putting revocation data into a time-stamp: %w", err)
	}
	return inDER(out)
}

func withMaterial(raw []byte, m signature.Material) ([]byte, error) {
	top := der.NewReader(raw)
	_, content, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	kind, err := content.Expect(der.Universal, der.TagOID)
	if err != nil {
		return nil, err
	}
	wrapped, ok, err := content.Optional(der.ContextSpecific, 0)
	if err != nil || !ok {
		return nil, errors.Join(errors.New("it is no SignedData"), err)
	}
	in := wrapped.Reader()
	_, fields, err := in.Sequence()
	if err != nil {
		return nil, err
	}
	var head [3][]byte // version, digestAlgorithms, encapContentInfo
	for i := range head {
		e, err := fields.Next()
		if err != nil {
			return nil, err
		}
		head[i] = e.Raw
	}
	certificates, err := members(&fields, 0)
	if err != nil {
		return nil, err
	}
	answers, err := members(&fields, 1)
	if err != nil {
		return nil, err
	}
	certificates = append(certificates, m.Certificates...)
	answers = append(answers, m.CRLs...)
	for _, ocsp := range m.OCSPs {
		answers = append(answers, der.Encode(tagOther, ocspOID, ocsp))
	}
	if len(m.OCSPs) > 0 {
		head[0] = versionFit
	}
	signed := der.Encode(tagSequence, head[0], head[1], head[2], set(tagCertificates, certificates), set(tagRevocation, answers), fields.Rest())
	return der.Encode(tagSequence, kind.Raw, der.Encode(0xa0, signed)), nil
}

// members are the elements of an optional field.
func members(in *der.Reader, tag int) ([][]byte, error) {
	field, ok, err := in.Optional(der.ContextSpecific, tag)
	if err != nil || !ok {
		return nil, err
	}
	var out [][]byte
	for each := field.Reader(); !each.Empty(); {
		e, err := each.Next()
		if err != nil {
			return nil, err
		}
		out = append(out, e.Raw)
	}
	return out, nil
}

// set writes an optional SET OF in DER: sorted (X.690 §11.6), each member once.
func set(tag byte, members [][]byte) []byte {
	if len(members) == 0 {
		return nil
	}
	slices.SortFunc(members, bytes.Compare)
	return der.Encode(tag, slices.CompactFunc(members, bytes.Equal)...)
}
