package xmldsig

import (
	"encoding/asn1"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// readKeyInfo takes certificates and a bare key out of ds:KeyInfo (XMLDSig §4.5).
// RetrievalMethod and names are not followed: they would fetch.
func (s *Signature) readKeyInfo() {
	for _, data := range s.KeyInfo.All(Space, "X509Data") {
		for _, c := range data.All(Space, "X509Certificate") {
			der, problem := decode(c)
			if problem != "" {
				s.Problems = append(s.Problems, problem)
				continue
			}
			s.Certificates = append(s.Certificates, der)
		}
	}
	var problem string
	if n := s.KeyInfo.First(Space, "KeyValue"); n != nil {
		s.KeyValueSPKI, problem = keyValue(n)
	} else if n := s.KeyInfo.First(Space11, "DEREncodedKeyValue"); n != nil {
		s.KeyValueSPKI, problem = decode(n)
	}
	if problem != "" {
		s.Problems = append(s.Problems, problem)
	}
}

var (
	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidDSA = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}
	oidEC  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// keyValue turns a ds:KeyValue into a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
func keyValue(n *xmldom.Node) ([]byte, string) {
	var der []byte
	var err error
	switch {
	case n.First(Space, "RSAKeyValue") != nil:
		der, err = rsaKeyValue(n.First(Space, "RSAKeyValue"))
	case n.First(Space11, "ECKeyValue") != nil:
		der, err = ecKeyValue(n.First(Space11, "ECKeyValue"))
	case n.First(Space, "DSAKeyValue") != nil:
		der, err = dsaKeyValue(n.First(Space, "DSAKeyValue"))
	default:
		err = fmt.Errorf("neither RSAKeyValue, ECKeyValue nor DSAKeyValue")
	}
	if err != nil {
		return nil, fmt.Sprintf("KeyValue cannot be used: %v", err)
	}
	return der, ""
}

// rsaKeyValue reads XMLDSig §4.5.2.2.
func rsaKeyValue(n *xmldom.Node) ([]byte, error) {
	modulus, err := cryptoBinary(n, "Modulus")
	if err != nil {
		return nil, err
	}
	exponent, err := cryptoBinary(n, "Exponent")
	if err != nil {
		return nil, err
	}
	key, err := asn1.Marshal(struct{ N, E *big.Int }{modulus, exponent})
	if err != nil {
		return nil, err
	}
	return spki(oidRSA, asn1.RawValue{Tag: asn1.TagNull}, key)
}

// dsaKeyValue reads XMLDSig §4.5.2.1; P, Q and G must be there.
func dsaKeyValue(n *xmldom.Node) ([]byte, error) {
	var v [4]*big.Int
	for i, name := range []string{"P", "Q", "G", "Y"} {
		var err error
		if v[i], err = cryptoBinary(n, name); err != nil {
			return nil, err
		}
	}
	params, err := asn1.Marshal(struct{ P, Q, G *big.Int }{v[0], v[1], v[2]})
	if err != nil {
		return nil, err
	}
	key, err := asn1.Marshal(v[3])
	if err != nil {
		return nil, err
	}
	return spki(oidDSA, asn1.RawValue{FullBytes: params}, key)
}

// ecKeyValue reads XMLDSig 1.1 §4.5.2.3: a named curve and a point. Explicit
// parameters are refused (attack C2).
func ecKeyValue(n *xmldom.Node) ([]byte, error) {
	curve := n.First(Space11, "NamedCurve")
	if curve == nil {
		return nil, fmt.Errorf("ECKeyValue without NamedCurve; explicit parameters are refused")
	}
	uri, _ := curve.Attribute("URI")
	oid, err := oidFromURN(uri)
	if err != nil {
		return nil, err
	}
	point := n.First(Space11, "PublicKey")
	if point == nil {
		return nil, fmt.Errorf("ECKeyValue without PublicKey")
	}
	key, problem := decode(point)
	if problem != "" {
		return nil, fmt.Errorf("%s", problem)
	}
	params, err := asn1.Marshal(oid)
	if err != nil {
		return nil, err
	}
	return spki(oidEC, asn1.RawValue{FullBytes: params}, key)
}

func oidFromURN(uri string) (asn1.ObjectIdentifier, error) {
	dotted, ok := strings.CutPrefix(uri, "urn:oid:")
	parts := strings.Split(dotted, ".")
	if !ok || len(parts) < 3 || len(parts) > 20 {
		return nil, fmt.Errorf("the curve %q is no urn:oid", clip(uri))
	}
	oid := make(asn1.ObjectIdentifier, len(parts))
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("the curve %q is no urn:oid", clip(uri))
		}
		oid[i] = int(v)
	}
	return oid, nil
}

// cryptoBinary reads a ds:CryptoBinary: an unsigned big-endian number.
func cryptoBinary(n *xmldom.Node, local string) (*big.Int, error) {
	c := n.First(Space, local)
	if c == nil {
		return nil, fmt.Errorf("%s lacks %s", n.Local, local)
	}
	b, problem := decode(c)
	if problem != "" {
		return nil, fmt.Errorf("%s", problem)
	}
	if len(b) > 2049 { // 16384 bits, and a leading zero
		return nil, fmt.Errorf("%s has %d octets, at most 2049 are read", local, len(b))
	}
	return new(big.Int).SetBytes(b), nil
}

func spki(oid asn1.ObjectIdentifier, params asn1.RawValue, key []byte) ([]byte, error) {
	type algorithm struct {
		OID    asn1.ObjectIdentifier
		Params asn1.RawValue
	}
	return asn1.Marshal(struct {
		Algorithm algorithm
		Key       asn1.BitString
	}{algorithm{oid, params}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
}
