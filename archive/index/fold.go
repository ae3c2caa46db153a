package index

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Bounds of what goes into a column, in octets. PostgreSQL indexes at most 2,704.
const (
	maxColumn = 256
	maxNames  = 8192 // of all of a signer's names; not indexed
)

// never is the time of what has none, or never comes: after all times.
const never int64 = math.MaxInt64

func unix(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.Unix()
}

// month is the calendar month of a time in UTC, as 202512; 0 for never.
func month(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	t = t.UTC()
	return t.Year()*100 + int(t.Month())
}

// text makes a string one that both databases can hold: valid UTF-8 without NUL, at
// most limit octets.
func text(s string, limit int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// letters are those that Unicode does not take apart and users type without their
// strokes.
var letters = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "ae", "œ", "oe", "ħ", "h", "ı", "i", "ŧ", "t")

// fold is a string for comparing names: without case, accents and punctuation, its
// words with one space between. "JÕEORG,JAAK-KRISTJAN" becomes "joeorg jaak kristjan".
func fold(s string, limit int) string {
	// What is longer than it may ever become is cut before the work is done.
	s = letters.Replace(cases.Fold().String(norm.NFKD.String(text(s, 8*limit))))
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent, taken off its letter
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(r)
		default:
			space = true
		}
	}
	return text(b.String(), limit)
}

// key is a string for comparing words of ours, such as scheme names: without case.
func key(s string) string { return text(strings.ToLower(s), maxColumn) }
