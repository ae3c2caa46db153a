package siva

// The JSON of SiVa's reports. Members without a value are left out, as SiVa does.

type answer struct {
	Report validationReport `json:"validationReport"`
}

type validationReport struct {
	Conclusion conclusion `json:"validationConclusion"`
	Process    *process   `json:"validationProcess,omitempty"` // of a detailed report
	Diagnostic *facts     `json:"diagnosticData,omitempty"`    // of a diagnostic report
}

type conclusion struct {
	Policy               policyReport      `json:"policy"`
	ValidationTime       string            `json:"validationTime"`
	ValidationLevel      string            `json:"validationLevel,omitempty"`
	ValidatedDocument    *validatedFile    `json:"validatedDocument,omitempty"`
	SignatureForm        string            `json:"signatureForm,omitempty"`
	ValidationWarnings   []message         `json:"validationWarnings,omitempty"`
	SignaturesCount      int               `json:"signaturesCount"`
	ValidSignaturesCount int               `json:"validSignaturesCount"`
	Signatures           []signatureReport `json:"signatures,omitempty"`
	TimeStampTokens      []tokenReport     `json:"timeStampTokens,omitempty"`
}

type policyReport struct {
	Description string `json:"policyDescription"`
	Name        string `json:"policyName"`
	URL         string `json:"policyUrl"`
}

type validatedFile struct {
	Filename string `json:"filename"`
}

type message struct {
	Content string `json:"content"`
}

type signatureReport struct {
	ID                 string              `json:"id"`
	SignatureFormat    string              `json:"signatureFormat"`
	SignatureMethod    string              `json:"signatureMethod,omitempty"`
	SignatureLevel     string              `json:"signatureLevel,omitempty"`
	SignedBy           string              `json:"signedBy,omitempty"`
	Subject            *subjectName        `json:"subjectDistinguishedName,omitempty"`
	Indication         string              `json:"indication"`
	SubIndication      string              `json:"subIndication,omitempty"`
	Errors             []message           `json:"errors,omitempty"`
	Warnings           []message           `json:"warnings,omitempty"`
	SignatureScopes    []scope             `json:"signatureScopes,omitempty"`
	ClaimedSigningTime string              `json:"claimedSigningTime,omitempty"`
	Info               *info               `json:"info,omitempty"`
	Certificates       []certificateReport `json:"certificates,omitempty"`
}

type subjectName struct {
	SerialNumber string `json:"serialNumber,omitempty"`
	CommonName   string `json:"commonName,omitempty"`
	GivenName    string `json:"givenName,omitempty"`
	Surname      string `json:"surname,omitempty"`
}

type scope struct {
	Name     string `json:"name"`
	Scope    string `json:"scope"`
	Content  string `json:"content"`
	HashAlgo string `json:"hashAlgo,omitempty"` // of contents that were given by their digests
	Hash     string `json:"hash,omitempty"`
}

type info struct {
	BestSignatureTime           string         `json:"bestSignatureTime,omitempty"`
	TimeAssertionMessageImprint string         `json:"timeAssertionMessageImprint,omitempty"`
	OCSPResponseCreationTime    string         `json:"ocspResponseCreationTime,omitempty"`
	TimestampCreationTime       string         `json:"timestampCreationTime,omitempty"`
	SignerRole                  []claimedRole  `json:"signerRole,omitempty"`
	Place                       *place         `json:"signatureProductionPlace,omitempty"`
	SigningReason               string         `json:"signingReason,omitempty"`
	ArchiveTimeStamps           []archiveStamp `json:"archiveTimeStamps,omitempty"`
}

type claimedRole struct {
	ClaimedRole string `json:"claimedRole"`
}

type place struct {
	CountryName     string `json:"countryName,omitempty"`
	StateOrProvince string `json:"stateOrProvince,omitempty"`
	City            string `json:"city,omitempty"`
	PostalCode      string `json:"postalCode,omitempty"`
}

type archiveStamp struct {
	SignedTime    string `json:"signedTime"`
	Indication    string `json:"indication"`
	SubIndication string `json:"subIndication,omitempty"`
	SignedBy      string `json:"signedBy,omitempty"`
	Country       string `json:"country,omitempty"`
	Content       string `json:"content"`
}

type certificateReport struct {
	CommonName string             `json:"commonName"`
	Type       string             `json:"type,omitempty"`
	Content    string             `json:"content"`
	Issuer     *certificateReport `json:"issuer,omitempty"`
}

type tokenReport struct {
	Indication    string              `json:"indication"`
	SubIndication string              `json:"subIndication,omitempty"`
	Level         string              `json:"timestampLevel,omitempty"`
	SignedBy      string              `json:"signedBy,omitempty"`
	SignedTime    string              `json:"signedTime"`
	Errors        []message           `json:"errors,omitempty"`
	Warnings      []message           `json:"warnings,omitempty"`
	Certificates  []certificateReport `json:"certificates,omitempty"`
	Scopes        []scope             `json:"timestampScopes,omitempty"`
}
