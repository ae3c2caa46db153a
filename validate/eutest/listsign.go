package eutest

import "strings"

const tslMediaType = "application/vnd.etsi.tsl+xml"

// signList signs a list as TS 119 612 §5.7 and annex B ask: one enveloped signature at
// the end of the root, XAdES baseline B, Reference URI="" with the transforms
// enveloped and exclusive C14N; SigningCertificate (V1) in version 5, V2 in version 6.
func (w *World) signList(document string, s *ListSettings, signer *Certificate) []byte {
	w.tb.Helper()
	document = edit(document, s.Edit)
	if !s.Unsigned {
		if s.Signer != nil {
			signer = s.Signer
		}
		o := s.Sign
		o.Level = B
		if o.ID == "" {
			o.ID = "Signature-TL"
		}
		if o.At.IsZero() {
			o.At = s.SignedAt
		}
		if o.At.IsZero() {
			o.At = s.issued(w)
		}
		if !o.Reference.V1 && !o.Reference.V2 && s.version() == 5 {
			o.Reference.V1 = true
		}
		before := o.BeforeDigests
		o.BeforeDigests = func(x string) string {
			// A list's signature has one data reference and no DataObjectFormat of a named type.
			x = strings.Replace(x, "<xades:MimeType>text/xml</xades:MimeType>", "<xades:MimeType>"+tslMediaType+"</xades:MimeType>", 1)
			return edit(x, before)
		}
		document = string(w.SignEnveloped(&Signer{Certificate: signer}, []byte(document), o))
	}
	return []byte(edit(document, s.After))
}
