package trustlist

import "strings"

// Namespaces of TS 119 612 and of what it borrows. Prefixes differ from list to
// list; only namespaces are compared.
const (
	NamespaceTSL        = "http://uri.etsi.org/02231/v2#"
	NamespaceAdditional = "http://uri.etsi.org/02231/v2/additionaltypes#"
	NamespaceSIE        = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
	NamespaceXAdES      = "http://uri.etsi.org/01903/v1.3.2#"
	NamespaceDS         = "http://www.w3.org/2000/09/xmldsig#"
	NamespaceMRA        = "http://ec.europa.eu/tools/lotl/mra/schema/v2#"
)

// MIMETypeXML is the MimeType of a pointer to a machine-readable list.
const MIMETypeXML = "application/vnd.etsi.tsl+xml"

// TSLType URIs (TS 119 612 D.4).
const (
	TypeEUList        = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric"
	TypeEUListOfLists = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists"
)

const tslTypePrefix = "http://uri.etsi.org/trstsvc/trustedlist/tsltype/"

// kindOf tells lists apart by TSLType, ignoring case. Lists of lists of third
// countries are not lists of lists to us: nobody published their signers.
func kindOf(tslType string) Kind {
	t := strings.ToLower(strings.TrimSpace(tslType))
	switch t {
	case strings.ToLower(TypeEUListOfLists):
		return LOTL
	case strings.ToLower(TypeEUList):
		return TL
	}
	// CClist, CC being the country's two letters.
	if rest, ok := strings.CutPrefix(t, tslTypePrefix); ok && len(rest) == 6 && strings.HasSuffix(rest, "list") {
		return Foreign
	}
	return Unknown
}

// Service types that validation asks for (TS 119 612 §5.5.1).
const (
	serviceTypePrefix = "http://uri.etsi.org/TrstSvc/Svctype/"

	ServiceCAQC           = serviceTypePrefix + "CA/QC"
	ServiceCAPKC          = serviceTypePrefix + "CA/PKC"
	ServiceNationalRootQC = serviceTypePrefix + "NationalRootCA-QC"
	ServiceOCSPQC         = serviceTypePrefix + "Certstatus/OCSP/QC"
	ServiceOCSP           = serviceTypePrefix + "Certstatus/OCSP"
	ServiceCRLQC          = serviceTypePrefix + "Certstatus/CRL/QC"
	ServiceCRL            = serviceTypePrefix + "Certstatus/CRL"
	ServiceQTST           = serviceTypePrefix + "TSA/QTST"
	ServiceTSA            = serviceTypePrefix + "TSA"
	ServiceTSSQC          = serviceTypePrefix + "TSA/TSS-QC"
	ServiceTSSAdES        = serviceTypePrefix + "TSA/TSS-AdESQCandQES"
)

// Service statuses (TS 119 612 §5.5.4, annex J for those before eIDAS).
const (
	statusPrefix = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"

	StatusUnderSupervision          = statusPrefix + "undersupervision"
	StatusSupervisionInCessation    = statusPrefix + "supervisionincessation"
	StatusSupervisionCeased         = statusPrefix + "supervisionceased"
	StatusSupervisionRevoked        = statusPrefix + "supervisionrevoked"
	StatusAccredited                = statusPrefix + "accredited"
	StatusAccreditationCeased       = statusPrefix + "accreditationceased"
	StatusAccreditationRevoked      = statusPrefix + "accreditationrevoked"
	StatusGranted                   = statusPrefix + "granted"
	StatusWithdrawn                 = statusPrefix + "withdrawn"
	StatusSetByNationalLaw          = statusPrefix + "setbynationallaw"
	StatusDeprecatedByNationalLaw   = statusPrefix + "deprecatedbynationallaw"
	StatusRecognisedAtNationalLevel = statusPrefix + "recognisedatnationallevel"
	StatusDeprecatedAtNationalLevel = statusPrefix + "deprecatedatnationallevel"
)

// AdditionalServiceInformation URIs (TS 119 612 §5.5.9.4) and qualifiers (§5.5.9.2.3).
const (
	infoExtPrefix = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"

	ForeSignatures           = infoExtPrefix + "ForeSignatures"
	ForeSeals                = infoExtPrefix + "ForeSeals"
	ForWebSiteAuthentication = infoExtPrefix + "ForWebSiteAuthentication"
	RootCAQC                 = infoExtPrefix + "RootCA-QC"

	QCStatement           = infoExtPrefix + "QCStatement"
	NotQualified          = infoExtPrefix + "NotQualified"
	QCWithSSCD            = infoExtPrefix + "QCWithSSCD"
	QCNoSSCD              = infoExtPrefix + "QCNoSSCD"
	QCSSCDStatusAsInCert  = infoExtPrefix + "QCSSCDStatusAsInCert"
	QCWithQSCD            = infoExtPrefix + "QCWithQSCD"
	QCNoQSCD              = infoExtPrefix + "QCNoQSCD"
	QCQSCDStatusAsInCert  = infoExtPrefix + "QCQSCDStatusAsInCert"
	QCQSCDManagedOnBehalf = infoExtPrefix + "QCQSCDManagedOnBehalf"
	QCForLegalPerson      = infoExtPrefix + "QCForLegalPerson"
	QCForESig             = infoExtPrefix + "QCForESig"
	QCForESeal            = infoExtPrefix + "QCForESeal"
	QCForWSA              = infoExtPrefix + "QCForWSA"
)

// activeStatuses are those in which a service's certificate serves as an anchor
// under the strict policy: what the reference implementation calls granted or
// recognised at national level (trusted-lists digest §9).
var activeStatuses = map[string]bool{
	StatusUnderSupervision:          true,
	StatusSupervisionInCessation:    true,
	StatusAccredited:                true,
	StatusGranted:                   true,
	StatusSetByNationalLaw:          true,
	StatusRecognisedAtNationalLevel: true,
}

// ActiveStatus says whether a service of this status is at work.
func ActiveStatus(status string) bool { return activeStatuses[status] }
