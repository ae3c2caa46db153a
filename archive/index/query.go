package index

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Query says which bundles are looked for: those to which all of it applies. What is
// left empty asks nothing. Words, serial number, scheme, level, verdict, format and
// times of signing apply to one and the same signature.
type Query struct {
	ID           string // the bundle's; its first digits are enough
	File         string // words of the file's name
	Signer       string // words of the signer's names or serial number, without case and accents
	SerialNumber string // its beginning, e.g. "PNOEE-"
	Country      string // of the signer
	Scheme       string // eID scheme, e.g. "Smart-ID"
	Level        string // of the scheme
	Digest       string // SHA-256 or SHA-512 of a file in the bundle, hexadecimal
	Form         string // e.g. "ASiC-E"
	Format       string // its beginning, e.g. "XAdES" or "XAdES-BASELINE-LT"
	Policy       string

	Verdicts      []string // any of these: TOTAL-PASSED, TOTAL-FAILED, INDETERMINATE
	SubIndication string
	Qualification string
	Territory     string // of a list that the verdict rests on

	SignedFrom, SignedTo       time.Time // best signature time; To is exclusive, here and below
	ClaimedFrom, ClaimedTo     time.Time
	ValidatedFrom, ValidatedTo time.Time
	ExpiresBefore              time.Time // something that the bundle rests on ends before
	UnlockedBefore             time.Time // the store's lock ends before, or there is none

	Sealed  *bool // has an evidence record
	Damaged *bool

	Sort   Sort
	Desc   bool
	Limit  int    // 1 to MaxLimit; 0 means DefaultLimit
	Cursor string // Page.Next of the page before; Sort and Desc must be the same
}

// Sort is by what results are ordered; bundles without it come last, or first when
// descending.
type Sort string

// The orders. Bundles that are equal in it come by ID.
const (
	ByID        Sort = "id"
	ByFile      Sort = "file"
	BySigned    Sort = "signed" // earliest best signature time
	ByValidated Sort = "validated"
	ByExpiry    Sort = "expiry"
)

// column is the column of an order.
var column = map[Sort]string{ByID: "id", ByFile: "file", BySigned: "signed", ByValidated: "validated", ByExpiry: "ends"}

// Limits of a query.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
	maxText      = 256 // octets of a filter
	maxWords     = 16
)

// QueryError says what is wrong with a query.
type QueryError struct{ Why string }

func (e *QueryError) Error() string { return "searching the index: " + e.Why }

// check finds what no query can mean.
func (q *Query) check() error {
	for name, v := range map[string]string{"id": q.ID, "file": q.File, "signer": q.Signer, "serial number": q.SerialNumber, "country": q.Country,
		"scheme": q.Scheme, "level": q.Level, "form": q.Form, "format": q.Format, "policy": q.Policy, "sub-indication": q.SubIndication,
		"qualification": q.Qualification, "territory": q.Territory, "digest": q.Digest, "verdicts": strings.Join(q.Verdicts, "")} {
		if len(v) > maxText {
			return &QueryError{fmt.Sprintf("the %s has %d octets, at most %d are looked for", name, len(v), maxText)}
		}
	}
	for name, v := range map[string]string{"signer": q.Signer, "file": q.File} {
		if v != "" && fold(v, maxText) == "" {
			return &QueryError{fmt.Sprintf("the %s %q has no letter and no digit", name, v)}
		}
		if n := len(strings.Fields(fold(v, maxText))); n > maxWords {
			return &QueryError{fmt.Sprintf("the %s has %d words, at most %d are looked for", name, n, maxWords)}
		}
	}
	if d := q.Digest; d != "" && (len(d) != 64 && len(d) != 128 || strings.Trim(strings.ToLower(d), "0123456789abcdef") != "") {
		return &QueryError{fmt.Sprintf("the digest %q is no SHA-256 (64 hexadecimal digits) and no SHA-512 (128)", d)}
	}
	for _, v := range q.Verdicts {
		if !slices.Contains([]string{"TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"}, strings.ToUpper(v)) {
			return &QueryError{fmt.Sprintf("%q is no verdict; there are TOTAL-PASSED, TOTAL-FAILED and INDETERMINATE", v)}
		}
	}
	if q.Sort != "" && column[q.Sort] == "" {
		return &QueryError{fmt.Sprintf("nothing is ordered by %q; there are id, file, signed, validated and expiry", q.Sort)}
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return &QueryError{fmt.Sprintf("a page of %d bundles; 1 to %d are given", q.Limit, MaxLimit)}
	}
	return nil
}

// where is a condition with its arguments.
type where struct {
	all  []string
	args []any
}

func (w *where) and(condition string, args ...any) {
	w.all = append(w.all, condition)
	w.args = append(w.args, args...)
}

// among leaves only these bundles.
func (w *where) among(ids []any) {
	if len(ids) == 0 {
		w.and("1 = 0")
		return
	}
	w.and("b.id IN ("+marks(len(ids))+")", ids...)
}

func (w *where) is(column, value string) {
	if value != "" {
		w.and(column+" = ?", key(value))
	}
}

// begins compares octets, so that the database can use its index for it.
func (w *where) begins(column, value string) {
	if value != "" {
		w.and(column+" >= ? AND "+column+" < ?", key(value), key(value)+"\U0010FFFF")
	}
}

// holds wants every word of value somewhere in the column.
func (w *where) holds(column, value string) {
	for _, word := range strings.Fields(fold(value, maxText)) {
		w.and(column+" LIKE ?", "%"+word+"%") // letters and digits: nothing to escape
	}
}

// between leaves out what has no such time.
func (w *where) between(column string, from, to time.Time) {
	if !from.IsZero() {
		w.and(column+" >= ? AND "+column+" < ?", from.Unix(), never)
	}
	if !to.IsZero() {
		w.and(column+" < ?", to.Unix())
	}
}

// where is the query as a condition on vidimus_bundle b, without what stands in other
// tables.
func (q *Query) where(tenant string) *where {
	w := &where{}
	w.and("b.tenant = ?", tenant)
	w.begins("b.id", q.ID)
	w.holds("b.file", q.File)
	w.is("b.form", q.Form)
	w.is("b.policy", q.Policy)
	w.between("b.validated", q.ValidatedFrom, q.ValidatedTo)
	w.between("b.ends", time.Time{}, q.ExpiresBefore)
	if !q.UnlockedBefore.IsZero() {
		w.and("(b.lock_until < ? OR b.lock_until = ?)", q.UnlockedBefore.Unix(), never)
	}
	if q.Sealed != nil {
		w.and(map[bool]string{true: "b.records > 0", false: "b.records = 0"}[*q.Sealed]) // as the indexes have it, here and below
	}
	if q.Damaged != nil {
		w.and(map[bool]string{true: "b.damaged = 1", false: "b.damaged = 0"}[*q.Damaged])
	}
	// What one signature must be, the bundle's earliest and latest ones bound.
	if !q.SignedFrom.IsZero() {
		w.and("b.signed_last >= ?", q.SignedFrom.Unix())
	}
	if !q.SignedTo.IsZero() {
		w.and("b.signed < ?", q.SignedTo.Unix())
	}
	return w
}

// signature is what the query says of one and the same signature, as a condition on
// vidimus_signature; empty where it says nothing.
func (q *Query) signature() *where {
	s := &where{}
	s.holds("signer", q.Signer)
	s.begins("serial", q.SerialNumber)
	s.begins("format", q.Format)
	for column, value := range map[string]string{"country": q.Country, "scheme": q.Scheme, "level": q.Level, "sub_indication": q.SubIndication, "qualification": q.Qualification} {
		s.is(column, value)
	}
	if len(q.Verdicts) > 0 {
		var any []any
		for _, v := range q.Verdicts {
			any = append(any, key(v))
		}
		s.and("indication IN ("+marks(len(any))+")", any...)
	}
	s.between("signed", q.SignedFrom, q.SignedTo)
	s.between("claimed", q.ClaimedFrom, q.ClaimedTo)
	return s
}

// cursor is where a page ended.
type cursor struct {
	Sort Sort   `json:"s"`
	Desc bool   `json:"d,omitempty"`
	Text string `json:"t,omitempty"` // of the last row, where the order is by text
	Time int64  `json:"n,omitempty"`
	ID   string `json:"i"`
}

func (c cursor) String() string {
	raw, _ := json.Marshal(c) // of strings and numbers: never an error
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (q *Query) after() (*cursor, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	c := &cursor{}
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err == nil {
		err = json.Unmarshal(raw, c)
	}
	if err != nil || len(q.Cursor) > 4*maxColumn || c.ID == "" || text(c.ID, maxColumn) != c.ID || text(c.Text, maxColumn) != c.Text {
		return nil, &QueryError{"the cursor is none that was given"}
	}
	if c.Sort != q.Sort || c.Desc != q.Desc {
		return nil, &QueryError{"the cursor is that of another order"}
	}
	return c, nil
}
