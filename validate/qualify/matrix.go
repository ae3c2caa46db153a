package qualify

import "github.com/vidimus/vidimus/validate/verdict"

// row is one line of the matrix: a final certificate qualification.
type row struct {
	qualified bool
	kind      Type
	qscd      bool
}

// matrix is the table of TS 119 615 §4.6, literally: what a signature is called
// by its certificate and by its indication (TOTAL-PASSED, INDETERMINATE,
// TOTAL-FAILED).
var matrix = map[row][3]string{
	{true, ESig, true}:      {"QESig", "Indeterminate QESig", "Not AdES but QC with QSCD"},
	{true, ESeal, true}:     {"QESeal", "Indeterminate QESeal", "Not AdES but QC with QSCD"},
	{true, Unknown, true}:   {"Unknown-QC-QSCD", "Indeterminate Unknown-QC-QSCD", "Not AdES but QC with QSCD"},
	{true, ESig, false}:     {"AdESig-QC", "Indeterminate AdESig-QC", "Not AdES but QC"},
	{true, ESeal, false}:    {"AdESeal-QC", "Indeterminate AdESeal-QC", "Not AdES but QC"},
	{true, Unknown, false}:  {"Unknown-QC", "Indeterminate Unknown-QC", "Not AdES but QC"},
	{true, WSA, true}:       {"Not AdES", "Not AdES", "Not AdES"},
	{true, WSA, false}:      {"Not AdES", "Not AdES", "Not AdES"},
	{false, WSA, false}:     {"Not AdES", "Not AdES", "Not AdES"},
	{false, ESig, false}:    {"AdESig", "Indeterminate AdESig", "Not AdES"},
	{false, ESeal, false}:   {"AdESeal", "Indeterminate AdESeal", "Not AdES"},
	{false, Unknown, false}: {"Unknown", "Indeterminate Unknown", "Not AdES"},
}

// level reads the matrix.
func level(q Qualification, i verdict.Indication) string {
	column := 1
	switch i {
	case verdict.TotalPassed:
		column = 0
	case verdict.TotalFailed:
		column = 2
	}
	if q.Conflict {
		return [3]string{NotApplicable, NotApplicable, "Not AdES"}[column]
	}
	return matrix[row{q.Qualified, q.Type, q.Qualified && q.QSCD}][column]
}
