package trustlist

import "strings"

// FromThirdCountry is the source of a list that speaks of a third country without an
// agreement: the operator named it, or a list of lists besides the Union's that he
// named. Its services anchor chains; nothing is qualified by it.
const FromThirdCountry Source = "third-country"

// TypeAdESListOfLists is the TSLType of the Commission's list of third countries'
// lists for advanced signatures (trusted-lists digest §14).
const TypeAdESListOfLists = "http://ec.europa.eu/tools/lotl/mra/ades-lotl-tsl-type"

// oldTypePrefix begins the TSLTypes of TS 102 231, which lists of the Union bore until 2013.
const oldTypePrefix = "http://uri.etsi.org/trstsvc/esigdir-1999-93-ec-trustedlist/tsltype/"

// UnionType says whether a TSLType is one of the Union's own: of a member state's
// list or of the list of lists, also in the words of before 2013.
func UnionType(tslType string) bool {
	t := strings.ToLower(strings.TrimSpace(tslType))
	return t == strings.ToLower(TypeEUList) || t == strings.ToLower(TypeEUListOfLists) || strings.HasPrefix(t, oldTypePrefix)
}

// ForeignListOfLists says whether a TSLType is that of a list of lists besides the
// Union's: of a third country (CClistofthelists, TS 119 612 D.4), or that for
// advanced signatures. Case does not count.
func ForeignListOfLists(tslType string) bool {
	t := strings.ToLower(strings.TrimSpace(tslType))
	if t == TypeAdESListOfLists {
		return true
	}
	rest, ok := strings.CutPrefix(t, tslTypePrefix)
	return ok && len(rest) == len("cclistofthelists") && strings.HasSuffix(rest, "listofthelists") && !UnionType(tslType)
}

// MayQualify says whether what the list says can make anything qualified in the
// Union: it is of the Union's type, or an agreement of the Union translates it. What
// came as a third country's never does, whatever it says of itself (attack T5).
func (l *List) MayQualify() bool {
	return l.Source != FromThirdCountry && (l.MRA != nil || l.Kind != Foreign)
}
