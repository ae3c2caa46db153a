package eutest

// QCStatements is what the extension 1.3.6.1.5.5.7.1.3 says (EN 319 412-5).
type QCStatements struct {
	Compliance    bool     // QcCompliance, esi4-qcStatement-1
	SSCD          bool     // QcSSCD, esi4-qcStatement-4
	Types         []string // QcType, esi4-qcStatement-6: ESign, ESeal, Web
	CCLegislation []string // QcCClegislation, esi4-qcStatement-7: countries
	PDS           string   // QcPDS, esi4-qcStatement-5: a URL, in English
	Semantics     string   // pkixQCSyntax-v2: SemanticsNatural, SemanticsLegal
	Raw           [][]byte // further statements, each the DER of one QCStatement
}

// The types of QcType and the identifiers of semantics (EN 319 412-5 §4.2.3, EN 319 412-1 §5.1.1).
const (
	ESign            = "0.4.0.1862.1.6.1"
	ESeal            = "0.4.0.1862.1.6.2"
	Web              = "0.4.0.1862.1.6.3"
	SemanticsNatural = "0.4.0.194121.1.1"
	SemanticsLegal   = "0.4.0.194121.1.2"
)

// QualifiedSignature are the statements of a qualified certificate for electronic
// signatures whose key is in a QSCD, as Smart-ID's.
func QualifiedSignature() QCStatements {
	return QCStatements{Compliance: true, SSCD: true, Types: []string{ESign}, PDS: "https://pds.example/en.pdf", Semantics: SemanticsNatural}
}

// QualifiedSeal are those of a qualified certificate for electronic seals on a QSCD.
func QualifiedSeal() QCStatements {
	return QCStatements{Compliance: true, SSCD: true, Types: []string{ESeal}, PDS: "https://pds.example/en.pdf", Semantics: SemanticsLegal}
}

func (q *QCStatements) der() []byte {
	var out [][]byte
	add := func(id string, info ...[]byte) { out = append(out, sequence(append([][]byte{oid(id)}, info...)...)) }
	if q.Semantics != "" {
		add("1.3.6.1.5.5.7.11.2", sequence(oid(q.Semantics)))
	}
	if q.Compliance {
		add("0.4.0.1862.1.1")
	}
	if q.SSCD {
		add("0.4.0.1862.1.4")
	}
	if len(q.Types) > 0 {
		add("0.4.0.1862.1.6", sequence(oids(q.Types)...))
	}
	if len(q.CCLegislation) > 0 {
		var countries [][]byte
		for _, c := range q.CCLegislation {
			countries = append(countries, printable(c))
		}
		add("0.4.0.1862.1.7", sequence(countries...))
	}
	if q.PDS != "" {
		add("0.4.0.1862.1.5", sequence(sequence(ia5(q.PDS), printable("en"))))
	}
	return sequence(append(out, q.Raw...)...)
}
