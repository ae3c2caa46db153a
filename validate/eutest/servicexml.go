package eutest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// xml is a TSPService: the current entry and its history (TS 119 612 §5.5, §5.6).
func (s *Service) xml() string {
	current, history := latest(s.History)
	identity := identityXML(s.Certificates...)
	if s.OnlySKI {
		identity = s.keyIdentifiers()
	}
	var b strings.Builder
	b.WriteString(`<tsl:TSPService><tsl:ServiceInformation>` + s.entry(current, identity) + `</tsl:ServiceInformation>`)
	if len(history) > 0 {
		if s.BySKI {
			identity = s.keyIdentifiers()
		}
		b.WriteString(`<tsl:ServiceHistory>`)
		for _, h := range history {
			b.WriteString(`<tsl:ServiceHistoryInstance>` + s.entry(h, identity) + `</tsl:ServiceHistoryInstance>`)
		}
		b.WriteString(`</tsl:ServiceHistory>`)
	}
	b.WriteString(`</tsl:TSPService>`)
	return b.String()
}

func (s *Service) keyIdentifiers() string {
	var b strings.Builder
	for _, c := range s.Certificates {
		b.WriteString(`<tsl:DigitalId><tsl:X509SKI>` + b64(c.keyID()) + `</tsl:X509SKI></tsl:DigitalId>`)
	}
	return b.String()
}

func (s *Service) entry(at Status, identity string) string {
	typ, asi, qualified := s.Type, s.ASI, s.Qualified
	if at.Type != "" {
		typ = at.Type
	}
	if at.ASI != nil || at.Unqualified {
		asi = at.ASI
	}
	if at.Qualifications != nil || at.Unqualified {
		qualified = at.Qualifications
	}
	return fmt.Sprintf(`<tsl:ServiceTypeIdentifier>%s</tsl:ServiceTypeIdentifier><tsl:ServiceName>%s</tsl:ServiceName><tsl:ServiceDigitalIdentity>%s</tsl:ServiceDigitalIdentity><tsl:ServiceStatus>%s</tsl:ServiceStatus><tsl:StatusStartingTime>%s</tsl:StatusStartingTime>%s`,
		prefixed(prefixServiceType, typ), s.names(), identity, prefixed(prefixServiceStatus, at.URI), timeXML(at.Since), s.extensions(asi, qualified))
}

// names are those in other languages, then the English one.
func (s *Service) names() string {
	var b strings.Builder
	for _, language := range slices.Sorted(maps.Keys(s.Translations)) {
		b.WriteString(`<tsl:Name xml:lang="` + language + `">` + escapeText(s.Translations[language]) + `</tsl:Name>`)
	}
	return b.String() + nameXML(s.Name)
}

// extensions is ServiceInformationExtensions (TS 119 612 §5.5.9).
func (s *Service) extensions(asi []string, qualified []Qualification) string {
	var b strings.Builder
	if !s.Expired.IsZero() {
		b.WriteString(`<tsl:Extension Critical="false"><tsl:ExpiredCertsRevocationInfo>` + timeXML(s.Expired) + `</tsl:ExpiredCertsRevocationInfo></tsl:Extension>`)
	}
	if len(qualified) > 0 {
		b.WriteString(`<tsl:Extension Critical="true"><sie:Qualifications>`)
		for _, q := range qualified {
			b.WriteString(`<sie:QualificationElement><sie:Qualifiers>`)
			for _, uri := range q.Qualifiers {
				b.WriteString(`<sie:Qualifier uri="` + prefixed(prefixServiceExtension, uri) + `"/>`)
			}
			b.WriteString(`</sie:Qualifiers>` + q.Criteria.xml() + `</sie:QualificationElement>`)
		}
		b.WriteString(`</sie:Qualifications></tsl:Extension>`)
	}
	for _, uri := range asi {
		b.WriteString(`<tsl:Extension Critical="true"><tsl:AdditionalServiceInformation><tsl:URI xml:lang="en">` + prefixed(prefixServiceExtension, uri) + `</tsl:URI></tsl:AdditionalServiceInformation></tsl:Extension>`)
	}
	b.WriteString(s.RawExtension)
	if b.Len() == 0 {
		return ""
	}
	return `<tsl:ServiceInformationExtensions>` + b.String() + `</tsl:ServiceInformationExtensions>`
}

// xml is a CriteriaList (TS 119 612 §5.5.9.2.3).
func (c *Criteria) xml() string {
	var b strings.Builder
	b.WriteString(`<sie:CriteriaList`)
	if c.Assert != "" {
		b.WriteString(` assert="` + c.Assert + `"`)
	}
	b.WriteString(`>`)
	for _, usage := range c.KeyUsage {
		b.WriteString(`<sie:KeyUsage>`)
		for _, bit := range slices.Sorted(maps.Keys(usage)) {
			fmt.Fprintf(&b, `<sie:KeyUsageBit name="%s">%t</sie:KeyUsageBit>`, bit, usage[bit])
		}
		b.WriteString(`</sie:KeyUsage>`)
	}
	for _, set := range c.PolicySets {
		b.WriteString(`<sie:PolicySet>`)
		for _, policy := range set {
			b.WriteString(`<sie:PolicyIdentifier>` + c.identifier(policy) + `</sie:PolicyIdentifier>`)
		}
		b.WriteString(`</sie:PolicySet>`)
	}
	for i := range c.Nested {
		b.WriteString(c.Nested[i].xml())
	}
	if len(c.ExtendedUsages)+len(c.SubjectHas) > 0 {
		b.WriteString(`<sie:otherCriteriaList>`)
		if len(c.ExtendedUsages) > 0 {
			b.WriteString(`<tslx:ExtendedKeyUsage>`)
			for _, id := range c.ExtendedUsages {
				b.WriteString(`<tslx:KeyPurposeId>` + c.identifier(id) + `</tslx:KeyPurposeId>`)
			}
			b.WriteString(`</tslx:ExtendedKeyUsage>`)
		}
		if len(c.SubjectHas) > 0 {
			b.WriteString(`<tslx:CertSubjectDNAttribute>`)
			for _, id := range c.SubjectHas {
				b.WriteString(`<tslx:AttributeOID>` + c.identifier(id) + `</tslx:AttributeOID>`)
			}
			b.WriteString(`</tslx:CertSubjectDNAttribute>`)
		}
		b.WriteString(`</sie:otherCriteriaList>`)
	}
	b.WriteString(c.Raw + `</sie:CriteriaList>`)
	return b.String()
}

func (c *Criteria) identifier(id string) string {
	if c.OIDsAsURN {
		return `<xades:Identifier Qualifier="OIDAsURN">urn:oid:` + id + `</xades:Identifier>`
	}
	return `<xades:Identifier>` + id + `</xades:Identifier>`
}
