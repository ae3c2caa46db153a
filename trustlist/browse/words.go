package browse

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
)

// What the URIs of TS 119 612 mean, for people. A URI that is not here is told as it
// is, shortened.

// serviceWords is what a service type is (TS 119 612 §5.5.1), and what such a service
// issues while it is at work; "" where nothing is issued that anybody would verify.
type serviceWords struct{ says, issues string }

var serviceTypes = map[string]serviceWords{
	"CA/QC":                     {"issues qualified certificates", ""}, // for what: its additional service information
	"CA/PKC":                    {"issues certificates that are not qualified", "certificates that are not qualified"},
	"NationalRootCA-QC":         {"national root of authorities that issue qualified certificates", "certificates of authorities that issue qualified ones"},
	"Certstatus/OCSP":           {"answers by OCSP whether certificates that are not qualified were revoked", "OCSP answers about certificates that are not qualified"},
	"Certstatus/OCSP/QC":        {"answers by OCSP whether qualified certificates were revoked", "OCSP answers about qualified certificates"},
	"Certstatus/CRL":            {"lists which certificates that are not qualified were revoked", "CRLs of certificates that are not qualified"},
	"Certstatus/CRL/QC":         {"lists which qualified certificates were revoked", "CRLs of qualified certificates"},
	"TSA":                       {"issues time-stamps that are not qualified", "time-stamps that are not qualified"},
	"TSA/QTST":                  {"issues qualified time-stamps", "qualified time-stamps"},
	"TSA/TSS-QC":                {"issues time-stamps, as a part of issuing qualified certificates", "time-stamps that are not qualified"},
	"TSA/TSS-AdESQCandQES":      {"issues time-stamps for signatures with qualified certificates", "time-stamps that are not qualified"},
	"EDS":                       {"delivers electronically, with evidence", ""},
	"EDS/Q":                     {"qualified electronic registered delivery", ""},
	"EDS/REM":                   {"registered electronic mail", ""},
	"EDS/REM/Q":                 {"qualified registered electronic mail", ""},
	"PSES":                      {"preserves electronic signatures", ""},
	"PSES/Q":                    {"qualified preservation of electronic signatures and seals", ""},
	"AdESValidation":            {"validates electronic signatures", ""},
	"AdESGeneration":            {"creates electronic signatures", ""},
	"QESValidation/Q":           {"qualified validation of qualified signatures and seals", ""},
	"RemoteQSigCDManagement/Q":  {"manages qualified signature creation devices on behalf of signers", ""},
	"RemoteQSealCDManagement/Q": {"manages qualified seal creation devices on behalf of seal creators", ""},
	"EAA/Q":                     {"issues qualified electronic attestations of attributes", "qualified electronic attestations of attributes"},
	"EAA/Pub-EAA":               {"issues attestations of attributes on behalf of a public body", "electronic attestations of attributes of a public body"},
	"EAA":                       {"issues electronic attestations of attributes", "electronic attestations of attributes that are not qualified"},
	"ElectronicArchiving":       {"electronic archiving", ""},
	"ElectronicArchiving/Q":     {"qualified electronic archiving", ""},
	"Ledgers":                   {"records data in an electronic ledger", ""},
	"Ledgers/Q":                 {"records data in a qualified electronic ledger", ""},
	"RA":                        {"registers and verifies who asks for a certificate", ""},
	"RA/nothavingPKIid":         {"registers and verifies who asks for a certificate, without a key of its own", ""},
	"ACA":                       {"issues attribute certificates", "attribute certificates"},
	"SignaturePolicyAuthority":  {"publishes signature policies", ""},
	"Archiv":                    {"archives", ""},
	"Archiv/nothavingPKIid":     {"archives, without a key of its own", ""},
	"IdV":                       {"verifies identities", ""},
	"IdV/nothavingPKIid":        {"verifies identities, without a key of its own", ""},
	"KEscrow":                   {"keeps keys in escrow", ""},
	"KEscrow/nothavingPKIid":    {"keeps keys in escrow, without a key of its own", ""},
	"PPwd":                      {"issues PINs and passwords", ""},
	"PPwd/nothavingPKIid":       {"issues PINs and passwords, without a key of its own", ""},
	"TLIssuer":                  {"issues trusted lists", ""},
	"unspecified":               {"a trust service of a type that the list does not say", ""},
}

// statuses are those of TS 119 612 §5.5.4 and annex J.
var statuses = map[string]string{
	"granted":                   "the supervisory body says that it meets the Regulation",
	"withdrawn":                 "the supervisory body took the granted status away, or the service ended",
	"undersupervision":          "under supervision (Directive 1999/93/EC)",
	"supervisionincessation":    "supervision in cessation: it ends its work, still supervised (Directive 1999/93/EC)",
	"supervisionceased":         "supervision ceased (Directive 1999/93/EC)",
	"supervisionrevoked":        "supervision revoked (Directive 1999/93/EC)",
	"accredited":                "accredited voluntarily (Directive 1999/93/EC)",
	"accreditationceased":       "accreditation ceased (Directive 1999/93/EC)",
	"accreditationrevoked":      "accreditation revoked (Directive 1999/93/EC)",
	"setbynationallaw":          "set by national law (before eIDAS)",
	"deprecatedbynationallaw":   "deprecated by national law (before eIDAS)",
	"recognisedatnationallevel": "recognised at national level: not a qualified service",
	"deprecatedatnationallevel": "not recognised at national level any more",
}

// informations are AdditionalServiceInformation and qualifiers (TS 119 612 §5.5.9).
var informations = map[string]string{
	"ForeSignatures":           "for electronic signatures",
	"ForeSeals":                "for electronic seals",
	"ForWebSiteAuthentication": "for web site authentication",
	"RootCA-QC":                "a root: its certificates are those of other authorities",
	"QCStatement":              "the certificate is qualified",
	"NotQualified":             "the certificate is not qualified",
	"QCWithSSCD":               "the key is in a secure signature creation device (before eIDAS)",
	"QCNoSSCD":                 "the key is in no secure signature creation device (before eIDAS)",
	"QCSSCDStatusAsInCert":     "whether the key is in a secure device stands in the certificate (before eIDAS)",
	"QCWithQSCD":               "the key is in a qualified signature or seal creation device",
	"QCNoQSCD":                 "the key is in no qualified signature or seal creation device",
	"QCQSCDStatusAsInCert":     "whether the key is in a qualified device stands in the certificate",
	"QCQSCDManagedOnBehalf":    "the key is in a qualified device that a provider manages for the holder",
	"QCForLegalPerson":         "the holder is a legal person",
	"QCForESig":                "the certificate is for electronic signatures",
	"QCForESeal":               "the certificate is for electronic seals",
	"QCForWSA":                 "the certificate is for web sites",
}

// Word is a URI of a list with its meaning.
type Word struct {
	URI  string `json:"uri"`
	Says string `json:"says"` // the URI, shortened, where we know no words for it
}

// ShortType is a service type without the prefix of ETSI: "CA/QC".
func ShortType(uri string) string { return after(uri, "/svctype/") }

// ShortStatus is a status without the prefix of ETSI: "granted".
func ShortStatus(uri string) string { return after(uri, "/svcstatus/") }

// TypeWords says in words what a service of this type does.
func TypeWords(uri string) string {
	if w, ok := serviceTypes[ShortType(uri)]; ok {
		return w.says
	}
	return ShortType(uri)
}

// StatusWords says in words what a status means.
func StatusWords(uri string) string {
	if w, ok := statuses[ShortStatus(uri)]; ok {
		return w
	}
	return ShortStatus(uri)
}

func information(uri string) Word {
	short := after(uri, "/svcinfoext/")
	if w, ok := informations[short]; ok {
		return Word{uri, w}
	}
	return Word{uri, short}
}

// after is what follows mark, which is in lower case, in either case.
func after(uri, mark string) string {
	if i := strings.Index(strings.ToLower(uri), mark); i >= 0 && len(strings.ToLower(uri)) == len(uri) {
		return uri[i+len(mark):]
	}
	return uri
}

// mayIssue says what a service may issue in this status; nothing while it is not at
// work. It is what the list says: whether a certificate counts is judged elsewhere.
// Of a third country's service it is what the agreement in force at a time makes of it.
func mayIssue(i *trustlist.Instance, at time.Time) []string {
	out := []string{}
	if i == nil || !i.Active() {
		return out
	}
	agreement := i.Service.Provider.List.MRA
	if agreement == nil {
		return issues(i.Type, i.ASI, i.PreEIDAS())
	}
	for _, e := range agreement.Equivalences {
		x := e.At(at)
		if x == nil || !x.Enacted() {
			continue
		}
		as, typed := x.Type(i.Type, i.ASI)
		status, known := x.StatusOf(i.Status)
		if typed != trustlist.Matched || known != trustlist.Matched || !trustlist.ActiveStatus(status) {
			continue
		}
		for _, w := range issues(as.Type, as.ASI, false) {
			out = append(out, w+", as recognised in the Union")
		}
	}
	return out
}

// issues are the words for a type and its additional service information.
func issues(typ string, asi []string, preEIDAS bool) []string {
	out := []string{}
	if typ != trustlist.ServiceCAQC {
		if w := serviceTypes[ShortType(typ)]; w.issues != "" {
			out = append(out, w.issues)
		}
		return out
	}
	for _, uri := range asi {
		switch uri {
		case trustlist.ForeSignatures:
			out = append(out, "qualified certificates for electronic signatures")
		case trustlist.ForeSeals:
			out = append(out, "qualified certificates for electronic seals")
		case trustlist.ForWebSiteAuthentication:
			out = append(out, "qualified certificates for web sites")
		case trustlist.RootCAQC:
			out = append(out, "certificates of authorities that issue qualified ones")
		}
	}
	switch {
	case len(out) > 0:
	case preEIDAS:
		out = append(out, "qualified certificates for electronic signatures (Directive 1999/93/EC)")
	default:
		out = append(out, "qualified certificates, and the list does not say for what")
	}
	return out
}

// Scope says in words what holds for a status of a service beside its type: what it is
// for, and what the list says of its certificates; "nothing" where it says nothing.
func Scope(i *trustlist.Instance) string {
	var parts []string
	for _, uri := range i.ASI {
		parts = append(parts, information(uri).Says)
	}
	for n := range i.Qualifications {
		var says []string
		for _, w := range words(i.Qualifications[n].Qualifiers) {
			says = append(says, w.Says)
		}
		parts = append(parts, fmt.Sprintf("of certificates with %s: %s", criteriaWords(&i.Qualifications[n].Criteria), strings.Join(says, ", ")))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}

var keyUsages = []struct {
	bit  certificate.KeyUsage
	name string
}{
	{certificate.DigitalSignature, "digitalSignature"}, {certificate.NonRepudiation, "nonRepudiation"}, {certificate.KeyEncipherment, "keyEncipherment"},
	{certificate.DataEncipherment, "dataEncipherment"}, {certificate.KeyAgreement, "keyAgreement"}, {certificate.KeyCertSign, "keyCertSign"},
	{certificate.CRLSign, "crlSign"}, {certificate.EncipherOnly, "encipherOnly"}, {certificate.DecipherOnly, "decipherOnly"},
}

// criteriaWords says which certificates meet the criteria (TS 119 612 §5.5.9.2.2).
func criteriaWords(c *trustlist.Criteria) string {
	var parts []string
	for n := range c.Items {
		parts = append(parts, criterionWords(&c.Items[n]))
	}
	switch {
	case len(parts) == 0 && c.Assert == trustlist.AtLeastOne:
		return "no certificate"
	case len(parts) == 0:
		return "every certificate"
	case c.Assert == trustlist.AtLeastOne:
		return "at least one of: " + strings.Join(parts, "; ")
	case c.Assert == trustlist.None:
		return "none of: " + strings.Join(parts, "; ")
	}
	return strings.Join(parts, "; and ")
}

func criterionWords(c *trustlist.Criterion) string {
	switch {
	case c.Nested != nil:
		return "(" + criteriaWords(c.Nested) + ")"
	case c.Unknown != "":
		return "something that we do not know (" + c.Unknown + ")"
	case c.KeyUsage != nil:
		var bits []string
		for _, b := range c.KeyUsage {
			word := "with"
			if !b.Set {
				word = "without"
			}
			for _, k := range keyUsages {
				if k.bit == b.Bit {
					bits = append(bits, word+" "+k.name)
				}
			}
		}
		return "key usage " + strings.Join(bits, ", ")
	case c.Policies != nil:
		return "certificate policy " + strings.Join(c.Policies, " and ")
	case c.ExtKeyUsage != nil:
		return "key purpose " + strings.Join(c.ExtKeyUsage, " and ")
	case c.SubjectAttributes != nil:
		return "subject with attribute " + strings.Join(c.SubjectAttributes, " and ")
	}
	var out []string
	for _, q := range c.QCStatements {
		out = append(out, fmt.Sprintf("QC statement %s", strings.TrimSpace(strings.Join([]string{q.ID, q.Type, q.CCLegislation}, " "))))
	}
	return strings.Join(out, ", ")
}

// territories are the codes of TS 119 612 §5.3.10 with their names in English.
var territories = map[string]string{
	"AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EE": "Estonia", "EL": "Greece",
	"ES": "Spain", "EU": "European Union", "FI": "Finland", "FR": "France", "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IS": "Iceland", "IT": "Italy",
	"LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MD": "Moldova", "MT": "Malta", "NL": "Netherlands", "NO": "Norway",
	"PL": "Poland", "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia", "UA": "Ukraine", "UK": "United Kingdom",
}
