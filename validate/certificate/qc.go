package certificate

// QCStatements is what the extension 1.3.6.1.5.5.7.1.3 says (EN 319 412-5, RFC 3739
// §3.2.6). A statement whose value is malformed is left out and told in Problems.
type QCStatements struct {
	Present    bool
	Statements []string // dotted OIDs of all statements, in order, malformed ones too

	Compliance bool // QcCompliance, 0.4.0.1862.1.1
	SSCD       bool // QcSSCD, 0.4.0.1862.1.4

	Types []string // QcType: dotted OIDs, 0.4.0.1862.1.6.{1 eSign, 2 eSeal, 3 web}

	HasCCLegislation   bool     // QcCClegislation is there, whether readable or not
	CCLegislation      []string // its countries: qualified under their law, not the EU's
	HasQSCDLegislation bool
	QSCDLegislation    []string // QcQSCDlegislation: countries

	LimitValue           *LimitValue
	RetentionYears       int // QcRetentionPeriod; -1 when absent
	PDS                  []PDSLocation
	IdentMethods         []string // QcIdentMethod: dotted OIDs
	SemanticsIdentifiers []string // of pkixQCSyntax-v2: dotted OIDs 0.4.0.194121.1.{1..4}
	PSD2                 bool     // 0.4.0.19495.2 is there

	Problems []string
}

// LimitValue is QcLimitValue: Amount·10^Exponent of Currency.
type LimitValue struct {
	Currency         string // three letters, or the ISO 4217 number in decimal
	Amount, Exponent int64
}

// PDSLocation is one entry of QcPDS.
type PDSLocation struct{ URL, Language string }

// HasType says whether QcType holds this identifier.
func (q *QCStatements) HasType(oid string) bool {
	for _, t := range q.Types {
		if t == oid {
			return true
		}
	}
	return false
}

// The values of QcType, EN 319 412-5 §4.2.3.
const (
	QcTypeESign = "0.4.0.1862.1.6.1"
	QcTypeESeal = "0.4.0.1862.1.6.2"
	QcTypeWeb   = "0.4.0.1862.1.6.3"
)
