package eutest

import "time"

// Service types (TS 119 612 §5.5.1), without the prefix that Service adds: a type
// that starts with "http" is taken as it is.
const (
	CAQC   = "CA/QC"
	CAPKC  = "CA/PKC"
	RootCA = "NationalRootCA-QC"
	QTST   = "TSA/QTST"
	TSTPub = "TSA"
	OCSPQC = "Certstatus/OCSP/QC"
	OCSPNQ = "Certstatus/OCSP"
)

// Service statuses (TS 119 612 §5.5.4), without their prefix.
const (
	Granted                 = "granted"
	Withdrawn               = "withdrawn"
	UnderSupervision        = "undersupervision"
	SupervisionInCessation  = "supervisionincessation"
	SupervisionCeased       = "supervisionceased"
	SupervisionRevoked      = "supervisionrevoked"
	Accredited              = "accredited"
	AccreditationCeased     = "accreditationceased"
	AccreditationRevoked    = "accreditationrevoked"
	SetByNationalLaw        = "setbynationallaw"
	DeprecatedByNationalLaw = "deprecatedbynationallaw"
	RecognisedNationally    = "recognisedatnationallevel"
	DeprecatedNationally    = "deprecatedatnationallevel"
)

// Additional service information and qualifiers (TS 119 612 §5.5.9), without their prefix.
const (
	ForeSignatures           = "ForeSignatures"
	ForeSeals                = "ForeSeals"
	ForWebSiteAuthentication = "ForWebSiteAuthentication"
	RootCAQC                 = "RootCA-QC"

	QCStatement            = "QCStatement"
	NotQualified           = "NotQualified"
	QCWithSSCD             = "QCWithSSCD"
	QCNoSSCD               = "QCNoSSCD"
	QCSSCDStatusAsInCert   = "QCSSCDStatusAsInCert"
	QCWithQSCD             = "QCWithQSCD"
	QCNoQSCD               = "QCNoQSCD"
	QCQSCDStatusAsInCert   = "QCQSCDStatusAsInCert"
	QCQSCDManagedOnBehalf  = "QCQSCDManagedOnBehalf"
	QCForLegalPerson       = "QCForLegalPerson"
	QCForESig              = "QCForESig"
	QCForESeal             = "QCForESeal"
	QCForWSA               = "QCForWSA"
	prefixServiceType      = "http://uri.etsi.org/TrstSvc/Svctype/"
	prefixServiceStatus    = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
	prefixServiceExtension = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"
)

// Status is one entry of a service's life: the status it has from Since on. What is
// empty is as the service's own options say.
type Status struct {
	URI            string // Granted, …; a full URI is taken as it is
	Since          time.Time
	Type           string // of this entry only
	ASI            []string
	Qualifications []Qualification
	Unqualified    bool // this entry has neither ASI nor qualifications
}

// Qualification is a QualificationElement: qualifiers, and the criteria that say
// which certificates they capture (TS 119 612 §5.5.9.2).
type Qualification struct {
	Qualifiers []string
	Criteria   Criteria
}

// Criteria is a CriteriaList. Assert "" leaves the attribute out.
type Criteria struct {
	Assert         string            // all, atLeastOne, none
	KeyUsage       []map[string]bool // one KeyUsage element each: names of bits, and what they must be
	PolicySets     [][]string        // one PolicySet each: dotted OIDs
	Nested         []Criteria        //
	ExtendedUsages []string          // tslx:ExtendedKeyUsage in otherCriteriaList
	SubjectHas     []string          // tslx:CertSubjectDNAttribute in otherCriteriaList
	OIDsAsURN      bool              // write policies as urn:oid:… with Qualifier="OIDAsURN"
	Raw            string            // XML of further children
}

// HistoryOf sets the service's statuses, in any order.
func HistoryOf(statuses ...Status) Option { return func(c *config) { c.history = statuses } }

// ServiceType sets the type of the listed service: CAQC, CAPKC, …
func ServiceType(t string) Option { return func(c *config) { c.serviceType = t } }

// ServiceName sets the name of the listed service; by default the certificate's.
func ServiceName(name string) Option { return func(c *config) { c.serviceName = name } }

// ASI sets the service's AdditionalServiceInformation; ASI() leaves it out.
func ASI(uris ...string) Option { return func(c *config) { c.asi = uris } }

// Qualify adds a QualificationElement to the service.
func Qualify(criteria Criteria, qualifiers ...string) Option {
	return func(c *config) {
		c.qualifiers = append(c.qualifiers[:len(c.qualifiers):len(c.qualifiers)], Qualification{qualifiers, criteria})
	}
}

// SmartIDQualifiers is what the Estonian list says of EID-SK 2016: QCStatement and
// QCForESig for nonRepudiation with the Smart-ID policy; nothing of a QSCD.
func SmartIDQualifiers() Option {
	return Qualify(Criteria{Assert: "all", KeyUsage: []map[string]bool{{"nonRepudiation": true}},
		PolicySets: [][]string{{"1.3.6.1.4.1.10015.17.2"}}}, QCStatement, QCForESig)
}

// ExpiredCertsRevocationInfo says since when the issuer keeps revocation data of expired certificates.
func ExpiredCertsRevocationInfo(since time.Time) Option { return func(c *config) { c.expired = since } }

// RawServiceExtension adds XML to the service's ServiceInformationExtensions: one or more tsl:Extension.
func RawServiceExtension(xml string) Option { return func(c *config) { c.rawSIE = xml } }

// HistoryBySKI makes the history entries name the certificate by its key identifier
// only, as real lists do; by default they hold the certificate.
func HistoryBySKI() Option { return func(c *config) { c.historySKI = true } }

// Unlisted keeps the certificate out of the trusted list.
func Unlisted() Option { return func(c *config) { c.unlisted = true } }

// Service is one trust service in a list.
type Service struct {
	Provider     *Provider
	Type, Name   string
	Certificates []*Certificate
	History      []Status // in any order; the latest Since is the current one
	ASI          []string
	Qualified    []Qualification
	Expired      time.Time
	RawExtension string
	BySKI        bool // history entries have an X509SKI only
	OnlySKI      bool // the current identity too: nothing ever matches it
	// Translations are the name in other languages, by their codes.
	Translations map[string]string
}

// Provider is a trust service provider in a national list.
type Provider struct {
	State      *MemberState
	Name       string
	TradeNames []string
	Services   []*Service
}

// Provider returns the provider of that name, made at first use.
func (m *MemberState) Provider(name string, tradeNames ...string) *Provider {
	for _, p := range m.Providers {
		if p.Name == name {
			return p
		}
	}
	p := &Provider{State: m, Name: name, TradeNames: tradeNames}
	m.Providers = append(m.Providers, p)
	return p
}

// Service lists certificates that were made elsewhere: the same CA in two lists, a
// signer itself, a responder. Without HistoryOf it is granted since the first
// certificate's notBefore (under supervision where that lies before eIDAS).
func (p *Provider) Service(serviceType, name string, certificates []*Certificate, options ...Option) *Service {
	cfg := (&config{serviceType: serviceType, serviceName: name}).apply(options)
	if len(certificates) > 0 {
		cfg.defaultHistory(certificates[0])
	}
	return p.list(cfg, certificates...)
}

func (c *config) defaultHistory(certificate *Certificate) {
	if len(c.history) > 0 || certificate.Parsed == nil {
		return
	}
	since := certificate.Parsed.NotBefore
	if since.Before(EIDAS) {
		c.history = []Status{{URI: UnderSupervision, Since: since}, {URI: Granted, Since: EIDAS}}
		return
	}
	c.history = []Status{{URI: Granted, Since: since}}
}

func (p *Provider) list(cfg *config, certificates ...*Certificate) *Service {
	for _, c := range certificates {
		c.listed = true
	}
	s := &Service{Provider: p, Type: cfg.serviceType, Name: cfg.serviceName, Certificates: certificates, History: cfg.history,
		ASI: cfg.asi, Qualified: cfg.qualifiers, Expired: cfg.expired, RawExtension: cfg.rawSIE, BySKI: cfg.historySKI}
	p.Services = append(p.Services, s)
	return s
}
