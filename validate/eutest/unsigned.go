package eutest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// unsigned fills in the unsigned properties of the level: time-stamps,
// CertificateValues, RevocationValues, archive time-stamps (EN 319 132-1 §5.3 to §5.5).
func (w *World) unsigned(document string, signer *Signer, o *SignOptions, references []reference) (string, error) {
	if o.Level == B {
		return strings.Replace(document, "@@UNSIGNED@@", "", 1), nil
	}
	var inside string // what UnsignedSignatureProperties holds so far
	with := func() string {
		if inside == "" {
			return strings.Replace(document, "@@UNSIGNED@@", "", 1)
		}
		return strings.Replace(document, "@@UNSIGNED@@", `<xades:UnsignedProperties><xades:UnsignedSignatureProperties>`+
			inside+`</xades:UnsignedSignatureProperties></xades:UnsignedProperties>`, 1)
	}
	if !o.NoTimestamp {
		message, err := partOf(document, o, "SignatureValue")
		if err != nil {
			return "", err
		}
		for i, s := range o.Timestamps {
			token, err := s.token(o, message)
			if err != nil {
				return "", err
			}
			inside += timestampXML("xades:SignatureTimeStamp", "", fmt.Sprintf("%s-T%d", o.ID, i), o.C14N, token)
		}
	}
	if o.Level == LT || o.Level == LTA {
		inside += w.validationData(signer, o)
	}
	if o.Level == LTA {
		for i, s := range o.Archive {
			message, err := archiveMessage(with(), o, references)
			if err != nil {
				return "", err
			}
			token, err := s.token(o, message)
			if err != nil {
				return "", err
			}
			inside += timestampXML("xades141:ArchiveTimeStamp", ` xmlns:xades141="`+nsX141+`"`, fmt.Sprintf("%s-A%d", o.ID, i), o.C14N, token)
		}
	}
	return with(), nil
}

func (s Stamp) token(o *SignOptions, message []byte) ([]byte, error) {
	tsa := s.TSA
	if tsa == nil {
		tsa = o.TSA
	}
	if tsa == nil {
		return nil, fmt.Errorf("time-stamping: the signer's member state has no TSA; make one with Provider.TSA, or set SignOptions.TSA")
	}
	if s.Options.Time.IsZero() {
		s.Options.Time = o.At.Add(time.Second)
	}
	return tsa.Token(message, s.Options), nil
}

func timestampXML(name, namespace, id, c14n string, token []byte) string {
	return fmt.Sprintf(`<%[1]s%[2]s Id="%[3]s"><ds:CanonicalizationMethod Algorithm="%[4]s"/><xades:EncapsulatedTimeStamp>%[5]s</xades:EncapsulatedTimeStamp></%[1]s>`,
		name, namespace, id, c14n, b64(token))
}

// material is what LT keeps: all issuers above the signer and the TSUs, and an answer
// about each certificate that is not listed.
func (w *World) material(signer *Signer, o *SignOptions) (certificates []*Certificate, answers [][]byte) {
	add := func(list ...*Certificate) {
		for _, c := range list {
			if !slices.ContainsFunc(certificates, func(k *Certificate) bool { return bytes.Equal(k.Raw, c.Raw) }) {
				certificates = append(certificates, c)
			}
		}
	}
	at := o.genTime().Add(time.Second)
	answers = slices.Clone(o.OCSPs)
	if signer.Issuer != nil {
		add(signer.chain()[1:]...)
		if o.OCSPs == nil && o.CRLs == nil {
			answers = [][]byte{w.signerAnswer(signer, o, at)}
		}
		answers = append(answers, above(signer.Issuer.Certificate, at)...)
	}
	for _, s := range o.Timestamps {
		tsa := s.TSA
		if tsa == nil {
			tsa = o.TSA
		}
		if tsa != nil && !o.NoTimestamp {
			add(tsa.chain()[1:]...)
			answers = append(answers, above(tsa.Certificate, at)...)
		}
	}
	add(o.Certificates...)
	return certificates, answers
}

// validationData is CertificateValues and RevocationValues (EN 319 132-1 §5.4).
func (w *World) validationData(signer *Signer, o *SignOptions) string {
	certificates, answers := w.material(signer, o)
	var b strings.Builder
	if len(certificates) > 0 {
		b.WriteString(`<xades:CertificateValues>`)
		for _, c := range certificates {
			b.WriteString(`<xades:EncapsulatedX509Certificate>` + b64(c.Raw) + `</xades:EncapsulatedX509Certificate>`)
		}
		b.WriteString(`</xades:CertificateValues>`)
	}
	if o.NoRevocation || len(answers)+len(o.CRLs) == 0 {
		return b.String()
	}
	b.WriteString(`<xades:RevocationValues>`)
	values(&b, "CRL", o.CRLs)
	values(&b, "OCSP", answers)
	b.WriteString(`</xades:RevocationValues>`)
	return b.String()
}

func values(b *strings.Builder, kind string, list [][]byte) {
	if len(list) == 0 {
		return
	}
	b.WriteString(`<xades:` + kind + `Values>`)
	for _, raw := range list {
		fmt.Fprintf(b, `<xades:Encapsulated%[1]sValue>%[2]s</xades:Encapsulated%[1]sValue>`, kind, b64(raw))
	}
	b.WriteString(`</xades:` + kind + `Values>`)
}

func (w *World) signerAnswer(signer *Signer, o *SignOptions, at time.Time) []byte {
	options := o.OCSP
	if options.ProducedAt.IsZero() {
		options.ProducedAt = at
	}
	responder := o.Responder
	if responder == nil {
		responder = signer.Issuer.monthly(options.ProducedAt)
	}
	return responder.Response(signer.Certificate, options)
}

// above are answers about c and its issuers, up to the first that is listed.
func above(c *Certificate, at time.Time) [][]byte {
	var out [][]byte
	for ; !c.listed && c.Issuer != nil; c = c.Issuer.Certificate {
		out = append(out, c.Issuer.monthly(at).Response(c, OCSPOptions{ProducedAt: at}))
	}
	return out
}

// chain is the certificate and its issuers, the root last.
func (c *Certificate) chain() []*Certificate {
	out := []*Certificate{c}
	for c.Issuer != nil {
		c = c.Issuer.Certificate
		out = append(out, c)
	}
	return out
}

// archiveMessage is what an ArchiveTimeStamp of v1.4.1 stamps (EN 319 132-1 §5.5.2.2).
func archiveMessage(document string, o *SignOptions, references []reference) ([]byte, error) {
	root, err := parseXML(document)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, r := range references {
		octets, err := r.octets(document)
		if err != nil {
			return nil, err
		}
		out = append(out, octets...)
	}
	signature, exclusive := root.find("Signature", o.ID), o.C14N == ExclusiveC14N
	if signature == nil {
		return nil, fmt.Errorf("archive time-stamping: there is no signature %q", o.ID)
	}
	for _, local := range []string{"SignedInfo", "SignatureValue", "KeyInfo"} {
		if e := signature.find(local, ""); e != nil {
			out = append(out, e.canonical(exclusive, nil)...)
		}
	}
	if e := signature.find("UnsignedSignatureProperties", ""); e != nil {
		for _, property := range e.children {
			out = append(out, property.canonical(exclusive, nil)...)
		}
	}
	for _, e := range signature.children {
		if e.local == "Object" && e.find("QualifyingProperties", "") == nil {
			out = append(out, e.canonical(exclusive, nil)...)
		}
	}
	return out, nil
}
