package eutest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	tslPrefix  = "http://uri.etsi.org/TrstSvc/TrustedList/"
	typeTL     = tslPrefix + "TSLType/EUgeneric"
	typeLOTL   = tslPrefix + "TSLType/EUlistofthelists"
	tslRootTag = `<tsl:TrustServiceStatusList xmlns:tsl="http://uri.etsi.org/02231/v2#" xmlns:tslx="http://uri.etsi.org/02231/v2/additionaltypes#" xmlns:sie="http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#" xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:mra="http://ec.europa.eu/tools/lotl/mra/schema/v2#" TSLTag="http://uri.etsi.org/19612/TSLTag" Id="%s">`
)

// scheme is what SchemeInformation says, of a national list or a list of lists.
type scheme struct {
	id, territory, operator, typ, status string
	uris                                 []string // SchemeInformationURI, in order
	rules                                []string
	pointers                             string
	settings                             *ListSettings
}

// xml writes the list's root and SchemeInformation (TS 119 612 §5.3), then the rest.
func (s *scheme) xml(w *World, rest string) string {
	if s.settings.Territory != "" {
		s.territory = s.settings.Territory
	}
	if s.settings.Type != "" {
		s.typ = s.settings.Type
	}
	var b strings.Builder
	b.WriteString(xmlHeader)
	fmt.Fprintf(&b, tslRootTag, s.id)
	b.WriteString(`<tsl:SchemeInformation>`)
	if !s.settings.NoVersion {
		fmt.Fprintf(&b, `<tsl:TSLVersionIdentifier>%d</tsl:TSLVersionIdentifier>`, s.settings.version())
	}
	fmt.Fprintf(&b, `<tsl:TSLSequenceNumber>%d</tsl:TSLSequenceNumber><tsl:TSLType>%s</tsl:TSLType>`, s.settings.sequence(), s.typ)
	b.WriteString(`<tsl:SchemeOperatorName>` + nameXML(s.operator) + `</tsl:SchemeOperatorName><tsl:SchemeOperatorAddress>` + addressXML(s.territory) + `</tsl:SchemeOperatorAddress>`)
	b.WriteString(`<tsl:SchemeName>` + nameXML(s.territory+":TEST list, of no legal worth") + `</tsl:SchemeName><tsl:SchemeInformationURI>`)
	for _, u := range s.uris {
		b.WriteString(uriXML(u))
	}
	fmt.Fprintf(&b, `</tsl:SchemeInformationURI><tsl:StatusDeterminationApproach>%s</tsl:StatusDeterminationApproach><tsl:SchemeTypeCommunityRules>`, s.status)
	for _, r := range s.rules {
		b.WriteString(uriXML(r))
	}
	fmt.Fprintf(&b, `</tsl:SchemeTypeCommunityRules><tsl:SchemeTerritory>%s</tsl:SchemeTerritory><tsl:PolicyOrLegalNotice><tsl:TSLLegalNotice xml:lang="en">TEST</tsl:TSLLegalNotice></tsl:PolicyOrLegalNotice><tsl:HistoricalInformationPeriod>65535</tsl:HistoricalInformationPeriod>`, s.territory)
	if s.pointers != "" {
		b.WriteString(`<tsl:PointersToOtherTSL>` + s.pointers + `</tsl:PointersToOtherTSL>`)
	}
	fmt.Fprintf(&b, `<tsl:ListIssueDateTime>%s</tsl:ListIssueDateTime>`, timeXML(s.settings.issued(w)))
	if s.settings.Closed {
		b.WriteString(`<tsl:NextUpdate/>`)
	} else {
		fmt.Fprintf(&b, `<tsl:NextUpdate><tsl:dateTime>%s</tsl:dateTime></tsl:NextUpdate>`, timeXML(s.settings.next(w)))
	}
	b.WriteString(`</tsl:SchemeInformation>` + rest + `</tsl:TrustServiceStatusList>`)
	return b.String()
}

// listXML is the national list, unsigned.
func (m *MemberState) listXML() string {
	s := &scheme{
		id: "TL-" + m.Territory, territory: m.Territory, operator: m.Operator, typ: typeTL,
		status: tslPrefix + "StatusDetn/EUappropriate", uris: []string{"https://tsl.example/" + m.Territory},
		rules:    []string{tslPrefix + "schemerules/EUcommon", tslPrefix + "schemerules/" + m.Territory},
		pointers: pointerXML(LOTLURL, typeLOTL, "EU", lotlOperator, tslMediaType, m.world.lotl.current()), settings: &m.List,
	}
	var b strings.Builder
	for _, p := range m.Providers {
		b.WriteString(p.xml())
	}
	rest := ""
	if b.Len() > 0 {
		rest = `<tsl:TrustServiceProviderList>` + b.String() + `</tsl:TrustServiceProviderList>`
	}
	return s.xml(m.world, rest)
}

func (p *Provider) xml() string {
	var b strings.Builder
	b.WriteString(`<tsl:TrustServiceProvider><tsl:TSPInformation><tsl:TSPName>` + nameXML(p.Name) + `</tsl:TSPName>`)
	if len(p.TradeNames) > 0 {
		b.WriteString(`<tsl:TSPTradeName>`)
		for _, n := range p.TradeNames {
			b.WriteString(nameXML(n))
		}
		b.WriteString(`</tsl:TSPTradeName>`)
	}
	b.WriteString(`<tsl:TSPAddress>` + addressXML(p.State.Territory) + `</tsl:TSPAddress><tsl:TSPInformationURI>` + uriXML("https://tsp.example/") + `</tsl:TSPInformationURI></tsl:TSPInformation><tsl:TSPServices>`)
	for _, s := range p.Services {
		b.WriteString(s.xml())
	}
	b.WriteString(`</tsl:TSPServices></tsl:TrustServiceProvider>`)
	return b.String()
}

func nameXML(s string) string {
	return `<tsl:Name xml:lang="en">` + escapeText(s) + `</tsl:Name>`
}

func uriXML(s string) string {
	return `<tsl:URI xml:lang="en">` + escapeText(s) + `</tsl:URI>`
}

func addressXML(country string) string {
	return `<tsl:PostalAddresses><tsl:PostalAddress xml:lang="en"><tsl:StreetAddress>Test 1</tsl:StreetAddress><tsl:Locality>Test</tsl:Locality><tsl:CountryName>` + country + `</tsl:CountryName></tsl:PostalAddress></tsl:PostalAddresses><tsl:ElectronicAddress>` + uriXML("mailto:test@tsl.example") + `</tsl:ElectronicAddress>`
}

func identityXML(certificates ...*Certificate) string {
	var b strings.Builder
	for _, c := range certificates {
		b.WriteString(`<tsl:DigitalId><tsl:X509Certificate>` + b64(c.Raw) + `</tsl:X509Certificate></tsl:DigitalId>`)
	}
	return b.String()
}

// pointerXML is an OtherTSLPointer (TS 119 612 §5.3.13), with further OtherInformation.
func pointerXML(location, typ, territory, operator, mediaType string, signers []*Certificate, more ...string) string {
	rules := "EUcommon"
	if typ == typeLOTL {
		rules = "EUlistofthelists"
	}
	var ids strings.Builder
	for _, c := range signers {
		ids.WriteString(`<tsl:ServiceDigitalIdentity>` + identityXML(c) + `</tsl:ServiceDigitalIdentity>`)
	}
	other := func(x string) string { return `<tsl:OtherInformation>` + x + `</tsl:OtherInformation>` }
	return `<tsl:OtherTSLPointer><tsl:ServiceDigitalIdentities>` + ids.String() + `</tsl:ServiceDigitalIdentities><tsl:TSLLocation>` + location + `</tsl:TSLLocation><tsl:AdditionalInformation>` +
		other(`<tsl:TSLType>`+typ+`</tsl:TSLType>`) + other(`<tsl:SchemeTerritory>`+territory+`</tsl:SchemeTerritory>`) +
		other(`<tslx:MimeType>`+mediaType+`</tslx:MimeType>`) + other(`<tsl:SchemeOperatorName>`+nameXML(operator)+`</tsl:SchemeOperatorName>`) +
		other(`<tsl:SchemeTypeCommunityRules>`+uriXML(tslPrefix+"schemerules/"+rules)+`</tsl:SchemeTypeCommunityRules>`) +
		strings.Join(more, "") + `</tsl:AdditionalInformation></tsl:OtherTSLPointer>`
}

// prefixed completes a short name; a URI stays as it is.
func prefixed(prefix, name string) string {
	if strings.Contains(name, ":") {
		return name
	}
	return prefix + name
}

func latest(history []Status) (Status, []Status) {
	if len(history) == 0 {
		return Status{URI: Granted, Since: time.Unix(0, 0)}, nil
	}
	return latestOf(history, func(s Status) time.Time { return s.Since })
}

// latestOf orders a history, the newest first, and takes off its head.
func latestOf[T any](history []T, since func(T) time.Time) (current T, old []T) {
	sorted := slices.Clone(history)
	slices.SortStableFunc(sorted, func(a, b T) int { return since(b).Compare(since(a)) })
	if len(sorted) == 0 {
		return current, nil
	}
	return sorted[0], sorted[1:]
}
