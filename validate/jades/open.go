// Package jades reads JSON signatures (ETSI TS 119 182-1, RFC 7515, RFC 7797) and
// what they carry. It judges nothing. Only whether a signature value verifies is
// looked at here, because the signing input is reported as a reference that is
// intact when it does (formats §12.2).
package jades

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
)

// File is detached content.
type File struct {
	Name string
	Data []byte
}

const (
	// maxFile bounds a JSON file: it is held in memory several times while it is read.
	maxFile = 256 << 20
	// maxDepth bounds counter-signatures of counter-signatures.
	maxDepth = 16
	// maxProperties bounds lists of one signature that serve no purpose when long.
	maxProperties = 100
	// maxUnsigned bounds the elements of etsiU.
	maxUnsigned = 5000
)

// reader reads one file.
type reader struct {
	files  *files
	budget *budget
	out    []*signature.Signature
	stamps int
}

// Open reads a JWS in compact, flattened or general JSON serialisation. files are
// the detached contents. A JSON object without signatures is a document without
// signatures. An error is a *signature.ReadError.
func Open(data []byte, detached []File) (*signature.Document, error) {
	return open(data, newFiles(detached))
}

func open(data []byte, detached *files) (*signature.Document, error) {
	if len(data) > maxFile {
		return nil, refuse(signature.TooLarge, "%d octets, at most %d are read", len(data), maxFile)
	}
	r := &reader{files: detached}
	r.budget = newBudget(len(data) + r.files.size())
	data = bytes.TrimSpace(data)
	var err error
	if len(data) > 0 && data[0] == '{' {
		err = r.readJSON(data)
	} else {
		err = r.readCompact(string(data), nil, 0)
	}
	if err != nil {
		return nil, err
	}
	signature.TellDuplicates(r.out)
	return &signature.Document{Form: signature.FormJAdES, Signatures: r.out}, nil
}

// refuse makes the error of a file that is not read.
func refuse(code signature.ErrorCode, format string, args ...any) *signature.ReadError {
	return &signature.ReadError{Code: code, Message: "reading JSON signature: " + fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *signature.ReadError {
	return refuse(signature.Malformed, format, args...)
}

// parts are the texts of one signature as they stand in the file (RFC 7515 §3).
type parts struct {
	protected  string
	payload    *string // nil: there is none
	unusable   bool    // there is a payload that is no string
	signature  string
	header     *value // the unprotected header
	serialised string // "compact", "flattened" or "general"
}

// readCompact reads the compact serialisation (RFC 7515 §7.1). A payload that is
// not encoded may hold anything but full stops in a valid file (RFC 7797 §5.2); it
// is what lies between the first and the last.
func (r *reader) readCompact(s string, master *source, depth int) error {
	first, last := strings.IndexByte(s, '.'), strings.LastIndexByte(s, '.')
	if first < 1 || first == last || last == len(s)-1 || !isBase64URL(s[:first]) || !isBase64URL(s[last+1:]) {
		return refuse(signature.UnsupportedFormat, "it is neither a JSON object nor three base64url parts with full stops between them")
	}
	p := parts{protected: s[:first], signature: s[last+1:], serialised: "compact"}
	if payload := s[first+1 : last]; payload != "" {
		p.payload = &payload
	}
	return r.read(p, master, depth)
}

// readJSON reads the JSON serialisations (RFC 7515 §7.2).
func (r *reader) readJSON(data []byte) error {
	top, err := parse(data)
	if err != nil {
		return malformed("%v", err)
	}
	return r.readObject(top, nil, 0)
}

func (r *reader) readObject(top *value, master *source, depth int) error {
	list, general := top.get("signatures"), top.has("signatures")
	if general && (top.has("signature") || top.has("protected") || top.has("header")) {
		return malformed("it has %q and the members of the flattened form too, which RFC 7515 §7.2.2 forbids", "signatures")
	}
	if general {
		if list.kind != array {
			return malformed("%q is not an array", "signatures")
		}
		for i, one := range list.list {
			if one.kind != object {
				return malformed("signature %d is not an object", i+1)
			}
			if err := r.readOne(one, top, "general", master, depth); err != nil {
				return err
			}
		}
		return nil
	}
	if !top.has("signature") {
		if top.has("payload") && top.has("protected") {
			return malformed("it has a payload and a protected header, and no signature")
		}
		return nil
	}
	return r.readOne(top, top, "flattened", master, depth)
}

// readOne reads one signature object; the payload is in top.
func (r *reader) readOne(one, top *value, serialised string, master *source, depth int) error {
	p := parts{serialised: serialised}
	sig := one.get("signature")
	if sig == nil || sig.kind != text {
		return malformed("a signature has no value (member %q)", "signature")
	}
	p.signature = sig.text
	if v := one.get("protected"); v != nil {
		if v.kind != text {
			return malformed("a protected header is not a string")
		}
		p.protected = v.text
	}
	if v := one.get("header"); v != nil {
		if v.kind != object {
			return malformed("an unprotected header is not an object")
		}
		p.header = v
	}
	if v := top.get("payload"); v != nil {
		if v.kind == text {
			if v.text != "" {
				p.payload = &v.text
			}
		} else {
			p.unusable = true
		}
	}
	return r.read(p, master, depth)
}
