package path

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// The forms of GeneralName, RFC 5280 §4.2.1.6: the tags of its CHOICE.
const (
	OtherName        = 0
	RFC822Name       = 1
	DNSName          = 2
	X400Address      = 3
	DirectoryName    = 4
	EDIPartyName     = 5
	URIName          = 6
	IPAddress        = 7
	RegisteredID     = 8
	generalNameForms = 9
)

var formNames = [generalNameForms]string{
	"otherName", "rfc822Name", "dNSName", "x400Address", "directoryName", "ediPartyName",
	"uniformResourceIdentifier", "iPAddress", "registeredID",
}

// maxGeneralNames bounds the names, and the subtrees, of one extension.
const maxGeneralNames = 4096

// GeneralName is one name of any form. Byte slices are parts of the input.
type GeneralName struct {
	Form  int    // OtherName to RegisteredID
	Raw   []byte // as received, with its tag
	Value []byte // contents; of a DirectoryName the DER of its Name
}

// readGeneralName reads one alternative of the CHOICE.
func readGeneralName(e der.Element) (GeneralName, error) {
	n := GeneralName{Form: e.Tag, Raw: e.Raw, Value: e.Body}
	if e.Class != der.ContextSpecific || e.Tag >= generalNameForms {
		return n, fmt.Errorf("a GeneralName has class %d and tag %d", e.Class, e.Tag)
	}
	if e.Indefinite {
		return n, errors.New("a GeneralName has an indefinite length, which DER forbids")
	}
	switch e.Tag {
	case RFC822Name, DNSName, URIName, IPAddress, RegisteredID:
		if e.Constructed {
			return n, fmt.Errorf("a %s is constructed", formNames[e.Tag])
		}
	case DirectoryName: // Name is a CHOICE, hence [4] is explicit
		name, err := der.One(e.Body)
		if err != nil {
			return n, fmt.Errorf("directoryName: %w", err)
		}
		if !name.Is(der.Universal, der.TagSequence) {
			return n, errors.New("a directoryName is no SEQUENCE")
		}
	}
	return n, nil
}

// readGeneralNames reads those that stand one after another in b.
func readGeneralNames(b []byte) ([]GeneralName, error) {
	var out []GeneralName
	for r := der.NewReader(b); !r.Empty(); {
		if len(out) == maxGeneralNames {
			return out, fmt.Errorf("more than %d names", maxGeneralNames)
		}
		e, err := r.Next()
		if err != nil {
			return out, err
		}
		n, err := readGeneralName(e)
		if err != nil {
			return out, err
		}
		out = append(out, n)
	}
	return out, nil
}

// ReadGeneralNames reads the contents of GeneralNames, without the SEQUENCE around
// them: distribution points tag that implicitly (RFC 5280 §4.2.1.13).
func ReadGeneralNames(contents []byte) ([]GeneralName, error) { return readGeneralNames(contents) }

// ParseGeneralNames reads GeneralNames, RFC 5280 §4.2.1.6: the value of subjectAltName.
func ParseGeneralNames(raw []byte) ([]GeneralName, error) {
	e, err := der.One(raw)
	if err != nil {
		return nil, err
	}
	if !e.Is(der.Universal, der.TagSequence) || !e.Constructed {
		return nil, errors.New("it is no SEQUENCE")
	}
	return readGeneralNames(e.Body)
}

// Key is the same string for names that are the same: directory names compared as
// names are (RFC 5280 §7.1), URIs without regard to the case of scheme and host
// (§7.4), DNS names without regard to case, all others octet for octet.
func (n GeneralName) Key() string {
	prefix := string(rune('0' + n.Form))
	switch n.Form {
	case DirectoryName:
		if name, err := certificate.ParseName(n.Value); err == nil {
			return prefix + NameKey(name)
		}
	case URIName:
		return prefix + foldURI(n.Value)
	case DNSName:
		return prefix + asciiLower(string(n.Value))
	}
	return prefix + string(n.Value)
}
