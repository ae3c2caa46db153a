package certificate

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/algo"
)

// Name is a distinguished name.
type Name struct {
	Raw  []byte             // its DER; nil when it was read from a string
	RDNs [][]AttributeValue // in the order of the DER: usually the country first
}

// AttributeValue is one attribute of a name.
type AttributeValue struct {
	OID   string // dotted; "#" and the content octets in hexadecimal if it is no object identifier
	Value string // text, whatever string type it was written in; "#" and the DER in hexadecimal if it is no string
	Tag   int    // ASN.1 tag of the value: 12 UTF8String, 19 PrintableString, …; 0 when read from a string
}

// Bounds on names: real ones have some ten attributes; more only cost time.
const (
	maxNameSize   = 64 << 10
	maxAttributes = 256
)

// ParseName reads the DER of a Name (RFC 5280 §4.1.2.4). An empty name is allowed.
// der is kept, not copied.
func ParseName(der []byte) (Name, error) {
	n := Name{Raw: der}
	if len(der) > maxNameSize {
		return n, fmt.Errorf("reading name: %d octets, at most %d", len(der), maxNameSize)
	}
	rdns, err := inside(der, tagSequence)
	if err != nil {
		return n, fmt.Errorf("reading name: %w", err)
	}
	// All attributes share one array: names are the most of what reading a
	// certificate allocates.
	attributes := make([]AttributeValue, 0, 8)
	var ends [maxAttributes]int
	count := 0
	for !rdns.empty() {
		set, err := rdns.want(tagSet)
		if err != nil {
			return n, fmt.Errorf("reading name: %w", err)
		}
		for in := (reader{set.content}); !in.empty(); {
			a, err := readAttribute(&in)
			if err != nil {
				return n, fmt.Errorf("reading name: attribute %d: %w", len(attributes)+1, err)
			}
			attributes = append(attributes, a)
		}
		if count == maxAttributes || len(attributes) > maxAttributes {
			return n, fmt.Errorf("reading name: more than %d attributes", maxAttributes)
		}
		ends[count] = len(attributes)
		count++
	}
	n.RDNs = make([][]AttributeValue, count)
	for i, start := 0, 0; i < count; i++ {
		n.RDNs[i] = attributes[start:ends[i]:ends[i]]
		start = ends[i]
	}
	return n, nil
}

func readAttribute(in *reader) (AttributeValue, error) {
	seq, err := in.want(tagSequence)
	if err != nil {
		return AttributeValue{}, err
	}
	r := reader{seq.content}
	id, err := r.want(tagOID)
	if err != nil {
		return AttributeValue{}, err
	}
	value, err := r.next()
	if err != nil {
		return AttributeValue{}, err
	}
	if !r.empty() {
		return AttributeValue{}, fmt.Errorf("%d octets follow its value", len(r.b))
	}
	return AttributeValue{OID: oidName(id.content), Value: text(value), Tag: int(value.tag)}, nil
}

// oidName is the dotted form, or for octets that are no object identifier "#" and
// their hexadecimal form: an odd attribute or extension must not hide the rest.
func oidName(content []byte) string {
	if oid, ok := algo.OIDString(content); ok {
		return oid
	}
	return "#" + hex.EncodeToString(clip(content))
}

// Get returns the first value of an attribute type, or nothing.
func (n Name) Get(oid string) string {
	for _, rdn := range n.RDNs {
		for _, a := range rdn {
			if a.OID == oid {
				return a.Value
			}
		}
	}
	return ""
}

// All returns all values of an attribute type, in order.
func (n Name) All(oid string) []string {
	var out []string
	for _, rdn := range n.RDNs {
		for _, a := range rdn {
			if a.OID == oid {
				out = append(out, a.Value)
			}
		}
	}
	return out
}

// CommonName is the first common name, or nothing.
func (n Name) CommonName() string { return n.Get(OIDCommonName) }

// EqualFold compares two names as RFC 5280 §7.1 does: RDN by RDN in order, the
// attributes of one RDN as a set, values without regard to case, to runs of white
// space and to the string type that they were written in. Where a rule asks for
// names that are equal in DER, compare Raw instead.
func (n Name) EqualFold(o Name) bool {
	if n.Raw != nil && bytes.Equal(n.Raw, o.Raw) {
		return true
	}
	if len(n.RDNs) != len(o.RDNs) {
		return false
	}
	for i := range n.RDNs {
		if !sameRDN(n.RDNs[i], o.RDNs[i]) {
			return false
		}
	}
	return true
}

// sameRDN compares two RDNs as sets. Those of many attributes are sorted first, since
// comparing each with each would let a hostile name cost its square.
func sameRDN(a, b []AttributeValue) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 1 && a[0].OID == b[0].OID && a[0].Value == b[0].Value {
		return true
	}
	return slices.Equal(canonical(a), canonical(b))
}

// canonical is the sorted list of the attributes in a form that is the same for equal
// ones.
func canonical(rdn []AttributeValue) []string {
	out := make([]string, len(rdn))
	for i, a := range rdn {
		out[i] = a.OID + "=" + strings.Map(foldRune, squeeze(a.Value))
	}
	slices.Sort(out)
	return out
}

// foldRune maps all runes that differ only in case to the least of them.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// squeeze drops white space at the ends and makes one space of each run (RFC 4518 §2.6.1).
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// Reversed is the same name with its RDNs in the opposite order: some writers of
// name strings do not reverse them as RFC 4514 §2.1 says.
func (n Name) Reversed() Name {
	out := Name{RDNs: make([][]AttributeValue, len(n.RDNs))}
	for i, rdn := range n.RDNs {
		out.RDNs[len(n.RDNs)-1-i] = rdn
	}
	return out
}

// MatchesString says whether a name string, such as an X509IssuerName, means this
// name, in either order of its parts.
func (n Name) MatchesString(s string) bool {
	o, ok := ParseNameString(s)
	return ok && (n.EqualFold(o) || n.EqualFold(o.Reversed()))
}
