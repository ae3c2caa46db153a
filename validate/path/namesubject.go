package path

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// oidSmtpUTF8Mailbox is the otherName of addresses with a local part beyond ASCII,
// to which constraints on rfc822Name apply (RFC 9598 §6).
const oidSmtpUTF8Mailbox = "1.3.6.1.5.5.7.8.9"

// subjectName is a name of a certificate, made ready for comparing.
type subjectName struct {
	form   int
	text   string   // as it stands, for reports
	rdns   []string // DirectoryName: canonical
	local  string   // RFC822Name: before the @
	host   string   // RFC822Name, DNSName, URIName: in lower case, without the last dot
	ip     []byte
	broken string // why it cannot be compared; empty: it can
}

func (n subjectName) kind() string { return formNames[n.form] }

func (n subjectName) shown() string {
	const most = 200
	if len(n.text) > most {
		return fmt.Sprintf("%q…", n.text[:most])
	}
	return fmt.Sprintf("%q", n.text)
}

func (n subjectName) why() string {
	if n.broken == "" {
		return ""
	}
	return ": " + n.broken
}

// of lists the names of a certificate of the forms that are constrained: the subject
// if it is not empty, the addresses in it, and subjectAltName (RFC 5280 §4.2.1.10).
// The standard asks for the subject's emailAddress where there is no subjectAltName;
// here it always counts, for programs show it always.
func (s *nameState) of(c *certificate.Certificate) ([]subjectName, error) {
	var out []subjectName
	if len(c.Subject.RDNs) > 0 && s.constrains(DirectoryName) {
		out = append(out, subjectName{form: DirectoryName, text: c.Subject.String(), rdns: canonicalName(c.Subject)})
	}
	if s.constrains(RFC822Name) {
		for _, v := range c.Subject.All(certificate.OIDEmailAddress) {
			out = append(out, mailboxName(v))
		}
	}
	e, ok := c.Extension(certificate.OIDSubjectAltName)
	if !ok {
		return out, nil
	}
	list, err := ParseGeneralNames(e.Value)
	if err != nil {
		return nil, fmt.Errorf("subjectAltName: %w", err)
	}
	for _, g := range list {
		if g.Form == OtherName && s.constrains(RFC822Name) {
			if v, ok := utf8Mailbox(g); ok {
				out = append(out, mailboxName(v))
			}
		}
		if !s.constrains(g.Form) {
			continue
		}
		out = append(out, readySubjectName(g))
	}
	return out, nil
}

func readySubjectName(g GeneralName) subjectName {
	n := subjectName{form: g.Form, text: string(g.Value)}
	switch g.Form {
	case RFC822Name:
		return mailboxName(n.text)
	case DNSName:
		n.host, n.broken = hostOf(strings.TrimPrefix(n.text, "*."))
		if strings.HasPrefix(n.text, "*.") && n.broken == "" {
			n.host = "*." + n.host
		}
	case DirectoryName:
		name, err := certificate.ParseName(g.Value)
		if err != nil {
			n.broken = err.Error()
			return n
		}
		n.text, n.rdns = name.String(), canonicalName(name)
	case URIName:
		n.host, n.broken = uriHost(n.text)
	case IPAddress:
		n.ip, n.text = g.Value, fmt.Sprintf("%x", g.Value)
		if len(n.ip) != 4 && len(n.ip) != 16 {
			n.broken = fmt.Sprintf("an address of %d octets", len(n.ip))
		}
	default:
		n.text = fmt.Sprintf("%x", g.Raw)
		n.broken = "names of this form are not compared"
	}
	return n
}

// utf8Mailbox reads the value of an SmtpUTF8Mailbox.
func utf8Mailbox(g GeneralName) (string, bool) {
	r := der.NewReader(g.Value)
	id, err := r.Expect(der.Universal, der.TagOID)
	if err != nil || id.OID() != oidSmtpUTF8Mailbox {
		return "", false
	}
	e, err := r.Expect(der.ContextSpecific, 0)
	if err != nil {
		return "", true // an address that cannot be read is none that is permitted
	}
	inner := e.Reader()
	s, err := inner.Expect(der.Universal, der.TagUTF8String)
	if err != nil {
		return "", true
	}
	return string(s.Body), true
}
