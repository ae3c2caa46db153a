package ers

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// NamespaceXML is the namespace of RFC 6283.
const NamespaceXML = "urn:ietf:params:xml:ns:ers"

// parseXML reads a document whose root is EvidenceRecord (RFC 6283 §2.1).
func parseXML(data []byte) (*record, error) {
	doc, err := xmldom.Parse(data, xmldom.Limits{Depth: signature.MaxXMLDepth, Attributes: signature.MaxXMLAttributes, Nodes: signature.MaxXMLNodes, Size: signature.MaxSignatureFile})
	if err != nil {
		out := malformed("%v", err)
		var p *xmldom.ParseError
		if errors.As(err, &p) && p.Problem == xmldom.HasDoctype {
			out.Code = signature.Hostile
		} else if errors.As(err, &p) && p.Problem == xmldom.LimitExceeded {
			out.Code = signature.TooLarge
		}
		return nil, out
	}
	return parseElement(doc.Root, data)
}

// parseElement reads an EvidenceRecord element; raw are the octets that identify it.
func parseElement(root *xmldom.Node, raw []byte) (*record, error) {
	if !root.Is(NamespaceXML, "EvidenceRecord") {
		return nil, refuse(signature.UnsupportedFormat, "the root element is {%s}%s, not {%s}EvidenceRecord", short(root.Space), short(root.Local), NamespaceXML)
	}
	if v, ok := root.Attribute("Version"); ok && v != "1.0" {
		return nil, refuse(signature.UnsupportedFormat, "version %q, RFC 6283 knows only 1.0", short(v))
	}
	r := &record{form: FormXML, raw: raw, treeless: true, budget: newBudget(len(raw))}
	if root.First(NamespaceXML, "EncryptionInformation") != nil {
		r.problem("The record is over encrypted data (EncryptionInformation); only data as encrypted can match it.")
	}
	sequences := root.All(NamespaceXML, "ArchiveTimeStampSequence")
	if len(sequences) != 1 {
		return nil, malformed("%d elements ArchiveTimeStampSequence, RFC 6283 §2.1 wants one", len(sequences))
	}
	r.sequence = sequences[0]
	chains, err := ordered(r.sequence, "ArchiveTimeStampChain")
	if err != nil {
		return nil, err
	}
	if len(chains) > maxChains {
		return nil, refuse(signature.TooLarge, "%d chains of archive time-stamps, at most %d are read", len(chains), maxChains)
	}
	for _, n := range chains {
		if err := r.chainXML(n); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// ordered lists the children of this name by their @Order, which begins at 1 and
// leaves nothing out (RFC 6283 §2.1): an order that can be read in two ways is none.
func ordered(parent *xmldom.Node, local string) ([]*xmldom.Node, error) {
	all := parent.All(NamespaceXML, local)
	if len(all) == 0 {
		return nil, malformed("%s holds no %s", parent.Local, local)
	}
	out := make([]*xmldom.Node, len(all))
	for _, n := range all {
		text, _ := n.Attribute("Order")
		at, err := strconv.Atoi(strings.Trim(text, " \t\r\n"))
		if err != nil || at < 1 || at > len(all) || out[at-1] != nil {
			return nil, malformed("%s with @Order %q among %d; the orders are 1 to %d, each once", local, short(text), len(all), len(all))
		}
		out[at-1] = n
	}
	return out, nil
}

// once refuses an element that has one of these children more than once: two
// readers could take different ones.
func once(n *xmldom.Node, locals ...string) error {
	for _, l := range locals {
		if count := len(n.All(NamespaceXML, l)); count > 1 {
			return malformed("%s holds %d elements %s, RFC 6283 allows one", n.Local, count, l)
		}
	}
	return nil
}

// chainXML reads one ArchiveTimeStampChain (RFC 6283 §2.1, §4.1).
func (r *record) chainXML(n *xmldom.Node) error {
	if err := once(n, "DigestMethod", "CanonicalizationMethod"); err != nil {
		return err
	}
	c := &chain{node: n}
	r.chains = append(r.chains, c)
	c.digestName, _ = n.First(NamespaceXML, "DigestMethod").Attribute("Algorithm")
	c.digest = algo.DigestByURI(c.digestName)
	c.methodURI, _ = n.First(NamespaceXML, "CanonicalizationMethod").Attribute("Algorithm")
	var ok bool
	if c.method, ok = xmldom.MethodByURI(c.methodURI); !ok {
		return refuse(signature.UnsupportedFormat, "chain %d uses the canonicalisation %q, which is not known", len(r.chains), short(c.methodURI))
	}
	stamps, err := ordered(n, "ArchiveTimeStamp")
	if err != nil {
		return err
	}
	for _, one := range stamps {
		if err := r.stampXML(c, one); err != nil {
			return err
		}
	}
	return nil
}

// stampXML reads one ArchiveTimeStamp (RFC 6283 §3.1).
func (r *record) stampXML(c *chain, n *xmldom.Node) error {
	if err := once(n, "HashTree", "TimeStamp"); err != nil {
		return err
	}
	s := &stamp{node: n.First(NamespaceXML, "TimeStamp")}
	if tree := n.First(NamespaceXML, "HashTree"); tree != nil {
		s.tree = true
		lists, err := ordered(tree, "Sequence")
		if err != nil {
			return err
		}
		for _, list := range lists {
			var group [][]byte
			for _, v := range list.All(NamespaceXML, "DigestValue") {
				sum, ok := decode64(v.Content())
				if !ok {
					return malformed("a DigestValue of chain %d is not base64", len(r.chains))
				}
				group = append(group, sum)
			}
			if err := r.addGroup(s, group); err != nil {
				return err
			}
		}
	}
	tokens := s.node.All(NamespaceXML, "TimeStampToken")
	if len(tokens) != 1 {
		return malformed("%d elements TimeStampToken in an archive time-stamp of chain %d, RFC 6283 §3.1.2 wants one", len(tokens), len(r.chains))
	}
	if kind, _ := tokens[0].Attribute("Type"); kind != "RFC3161" {
		return refuse(signature.UnsupportedFormat, "a time-stamp token of type %q, only RFC3161 is read", short(kind))
	}
	var ok bool
	if s.raw, ok = decode64(tokens[0].Content()); !ok {
		return malformed("a TimeStampToken of chain %d is not base64", len(r.chains))
	}
	r.cryptographicInformation(s)
	return r.addStamp(c, s)
}

// cryptographicInformation keeps the certificates, CRLs and OCSP answers beside a
// token (RFC 6283 §3.1.3).
func (r *record) cryptographicInformation(s *stamp) {
	for _, n := range s.node.First(NamespaceXML, "CryptographicInformationList").All(NamespaceXML, "CryptographicInformation") {
		kind, _ := n.Attribute("Type")
		var list, all *[][]byte
		switch kind {
		case "CERT":
			list, all = &s.material.Certificates, &r.embedded.Certificates
		case "CRL":
			list, all = &s.material.CRLs, &r.embedded.CRLs
		case "OCSP":
			list, all = &s.material.OCSPs, &r.embedded.OCSPs
		default:
			continue
		}
		raw, ok := decode64(n.Content())
		if !ok {
			r.problem("A CryptographicInformation of type %s is not base64.", kind)
		} else if len(*all) < signature.MaxCertificates {
			*list, *all = append(*list, raw), append(*all, raw)
		}
	}
}

// decode64 reads base64; white space may stand anywhere, padding may lack.
func decode64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, " \t\r\n") {
		s = string(slices.DeleteFunc([]byte(s), func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }))
	}
	out, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return out, err == nil && len(out) > 0
}

// short bounds a text of the file that is shown in a sentence.
func short(s string) string {
	if len(s) > 100 {
		return fmt.Sprintf("%s… (%d octets)", strings.ToValidUTF8(s[:100], ""), len(s))
	}
	return s
}
