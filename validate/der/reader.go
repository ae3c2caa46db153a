package der

import "fmt"

// Reader steps through the elements of constructed contents.
type Reader struct {
	rest []byte
	at   int // offset of rest where the outermost reader began
	ends *ends
}

// NewReader reads the elements that stand one after another in b.
func NewReader(b []byte) Reader { return Reader{rest: b} }

// Empty says whether nothing is left.
func (r *Reader) Empty() bool { return len(r.rest) == 0 }

// Rest returns the octets that were not read yet.
func (r *Reader) Rest() []byte { return r.rest }

// Next reads the next element.
func (r *Reader) Next() (Element, error) {
	e, rest, err := next(r.rest, r.at, r.ends)
	if err != nil {
		return Element{}, err
	}
	r.at += len(r.rest) - len(rest)
	r.rest, r.ends = rest, e.ends
	return e, nil
}

// Expect reads the next element and wants this class and tag number.
func (r *Reader) Expect(class, tag int) (Element, error) {
	if r.Empty() {
		return Element{}, fmt.Errorf("ASN.1 element %s is missing", name(class, tag))
	}
	e, err := r.Next()
	if err != nil {
		return Element{}, err
	}
	if !e.Is(class, tag) {
		return Element{}, fmt.Errorf("ASN.1 element %s where %s should stand", name(e.Class, e.Tag), name(class, tag))
	}
	return e, nil
}

// Sequence reads the next element as SEQUENCE and returns it with a reader of its children.
func (r *Reader) Sequence() (Element, Reader, error) {
	e, err := r.Expect(Universal, TagSequence)
	if err == nil && !e.Constructed {
		err = fmt.Errorf("ASN.1 SEQUENCE is primitive")
	}
	return e, e.Reader(), err
}

// Optional reads the next element if it has this class and tag number.
func (r *Reader) Optional(class, tag int) (Element, bool, error) {
	if !r.Peek(class, tag) {
		return Element{}, false, nil
	}
	e, err := r.Next()
	return e, err == nil, err
}

// Peek says whether the next element has this class and tag number (below 31).
func (r *Reader) Peek(class, tag int) bool {
	return len(r.rest) > 0 && int(r.rest[0]>>6) == class && int(r.rest[0]&0x1f) == tag
}

var universalNames = map[int]string{
	TagBoolean: "BOOLEAN", TagInteger: "INTEGER", TagBitString: "BIT STRING", TagOctetString: "OCTET STRING",
	TagNull: "NULL", TagOID: "OBJECT IDENTIFIER", TagEnumerated: "ENUMERATED", TagUTF8String: "UTF8String",
	TagSequence: "SEQUENCE", TagSet: "SET", TagUTCTime: "UTCTime", TagGeneralizedTime: "GeneralizedTime",
}

// name writes a tag as a specification would.
func name(class, tag int) string {
	switch class {
	case Universal:
		if s, ok := universalNames[tag]; ok {
			return s
		}
		return fmt.Sprintf("[UNIVERSAL %d]", tag)
	case Application:
		return fmt.Sprintf("[APPLICATION %d]", tag)
	case ContextSpecific:
		return fmt.Sprintf("[%d]", tag)
	}
	return fmt.Sprintf("[PRIVATE %d]", tag)
}
