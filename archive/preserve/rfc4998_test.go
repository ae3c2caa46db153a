package preserve_test

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"sort"
	"time"
)

// A second implementation of the arithmetic of RFC 4998, written from its text for
// these tests alone: by encoding/asn1, with nothing of the product in it.

type rfcRecord struct {
	Version    int
	Algorithms []pkix.AlgorithmIdentifier
	Sequence   []asn1.RawValue // chains
}

type rfcStamp struct {
	Digest     asn1.RawValue `asn1:"optional,tag:0"`
	Attributes asn1.RawValue `asn1:"optional,tag:1"`
	Tree       [][][]byte    `asn1:"optional,tag:2"`
	TimeStamp  asn1.RawValue
}

type rfcInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Value     []byte
	}
	Serial  asn1.RawValue
	GenTime time.Time `asn1:"generalized"`
}

var rfcHashes = map[string]crypto.Hash{
	"2.16.840.1.101.3.4.2.1": crypto.SHA256, "2.16.840.1.101.3.4.2.2": crypto.SHA384, "2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// rfcToken finds TSTInfo in ContentInfo { oid, [0] SignedData { version, digests, { oid, [0] OCTET STRING } … } }.
func rfcToken(raw []byte) (rfcInfo, error) {
	var info rfcInfo
	var content struct {
		Type   asn1.ObjectIdentifier
		Signed asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(raw, &content); err != nil {
		return info, err
	}
	var version int
	rest, err := asn1.Unmarshal(content.Signed.Bytes, &version)
	if err != nil { // RawValue with explicit keeps the inner element whole or not, by version of Go
		var inner asn1.RawValue
		if _, err := asn1.Unmarshal(content.Signed.Bytes, &inner); err != nil {
			return info, err
		}
		if rest, err = asn1.Unmarshal(inner.Bytes, &version); err != nil {
			return info, err
		}
	}
	var digests asn1.RawValue
	if rest, err = asn1.Unmarshal(rest, &digests); err != nil {
		return info, err
	}
	var encapsulated struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}
	if _, err = asn1.Unmarshal(rest, &encapsulated); err != nil {
		return info, err
	}
	_, err = asn1.Unmarshal(encapsulated.Content, &info)
	return info, err
}

func rfcHash(h crypto.Hash, parts ...[]byte) []byte {
	x := h.New()
	for _, p := range parts {
		x.Write(p)
	}
	return x.Sum(nil)
}

// rfcRoot is §4.3: the hash value must be in the first list; each list is sorted,
// concatenated and hashed, and the result joins the next.
func rfcRoot(h crypto.Hash, tree [][][]byte, leaf []byte) ([]byte, error) {
	if len(tree) == 0 {
		return leaf, nil
	}
	in := false
	for _, v := range tree[0] {
		in = in || bytes.Equal(v, leaf)
	}
	if !in {
		return nil, errors.New("the hash value is not in the first list")
	}
	var carried []byte
	for _, list := range tree {
		all := append([][]byte(nil), list...)
		if carried != nil {
			all = append(all, carried)
		}
		if len(all) < 2 {
			return nil, errors.New("a list of one value, which readers disagree about")
		}
		sort.Slice(all, func(i, j int) bool { return bytes.Compare(all[i], all[j]) < 0 })
		carried = rfcHash(h, all...)
	}
	return carried, nil
}

// rfcVerify is §5.3: the chains in their order, each renewal over what it renews. It
// returns the times of the tokens; the signatures on them it leaves to others.
func rfcVerify(raw, document []byte) (times []time.Time, err error) {
	var r rfcRecord
	if rest, err := asn1.Unmarshal(raw, &r); err != nil || len(rest) > 0 || r.Version != 1 {
		return nil, fmt.Errorf("record: %w, %d octets after it, version %d", err, len(rest), r.Version)
	}
	var before []byte // the chains before, as they stand
	named := map[string]bool{}
	for _, a := range r.Algorithms {
		named[a.Algorithm.String()] = true
	}
	for n, rawChain := range r.Sequence {
		var stamps []rfcStamp
		if _, err := asn1.Unmarshal(rawChain.FullBytes, &stamps); err != nil {
			return nil, fmt.Errorf("chain %d: %w", n+1, err)
		}
		var last []byte
		chainHash := crypto.Hash(0)
		for i, s := range stamps {
			info, err := rfcToken(s.TimeStamp.FullBytes)
			if err != nil {
				return nil, fmt.Errorf("token %d of chain %d: %w", i+1, n+1, err)
			}
			oid := info.Imprint.Algorithm.Algorithm.String()
			h := rfcHashes[oid]
			if h == 0 || !named[oid] || chainHash != 0 && chainHash != h {
				return nil, fmt.Errorf("token %d of chain %d: hash algorithm %s", i+1, n+1, oid)
			}
			chainHash = h
			leaf := rfcHash(h, document)
			switch {
			case i > 0:
				leaf = rfcHash(h, last)
			case n > 0:
				sequence, err := asn1.Marshal(asn1.RawValue{Class: 0, Tag: 16, IsCompound: true, Bytes: before})
				if err != nil {
					return nil, err
				}
				leaf = rfcHash(h, leaf, rfcHash(h, sequence))
			}
			root, err := rfcRoot(h, s.Tree, leaf)
			if err != nil || !bytes.Equal(root, info.Imprint.Value) {
				return nil, fmt.Errorf("archive time-stamp %d of chain %d: the root is %x, the token is over %x (%w)", i+1, n+1, root, info.Imprint.Value, err)
			}
			if len(times) > 0 && info.GenTime.Before(times[len(times)-1]) {
				return nil, fmt.Errorf("archive time-stamp %d of chain %d is older than the one before", i+1, n+1)
			}
			times, last = append(times, info.GenTime), s.TimeStamp.FullBytes
		}
		before = append(before, rawChain.FullBytes...)
	}
	return times, nil
}
