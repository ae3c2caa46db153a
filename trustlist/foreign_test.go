package trustlist

import (
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Whose type is whose: none is of the Union and a foreign list of lists at once.
func TestTypesOfLists(t *testing.T) {
	const prefix = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/"
	for uri, want := range map[string]string{
		TypeEUList: "union", TypeEUListOfLists: "union", " " + strings.ToUpper(TypeEUList) + "\n": "union",
		"http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/TSLType/generic": "union",
		prefix + "ZZlistofthelists": "lists", strings.ToUpper(prefix + "chListOfTheLists"): "lists", TypeAdESListOfLists: "lists",
		prefix + "ZZlist": "", prefix + "ZZZlistofthelists": "", prefix + "listofthelists": "", "http://zz.test/ZZlistofthelists": "", "": "",
	} {
		got := ""
		if UnionType(uri) {
			got = "union"
		}
		if ForeignListOfLists(uri) {
			got += "lists"
		}
		if got != want {
			t.Errorf("%q is %q, want %q", uri, got, want)
		}
	}
}

func TestMayQualify(t *testing.T) {
	for _, c := range []struct {
		list List
		want bool
	}{
		{List{Kind: TL, Source: FromLOTL}, true}, {List{Kind: TL, Source: FromExtra}, true}, {List{Kind: Foreign, Source: FromMRA, MRA: &MRA{}}, true},
		{List{Kind: Foreign, Source: FromThirdCountry}, false}, {List{Kind: Foreign}, false},
		{List{Kind: TL, Source: FromThirdCountry}, false}, {List{Kind: Foreign, Source: FromThirdCountry, MRA: &MRA{}}, false}, {List{Kind: Unknown, Source: FromThirdCountry}, false},
	} {
		if got := c.list.MayQualify(); got != c.want {
			t.Errorf("%+v: %t", c.list, got)
		}
	}
}

// When lists were checked is no part of what they say: the snapshot that is in use
// does not change, its digest neither, and what was handed in may change later.
func TestWithChecked(t *testing.T) {
	l, other := &List{SHA256: evidence.ID{1}}, &List{SHA256: evidence.ID{2}}
	s := NewSnapshot(Contents{Lists: []*List{l}})
	at := time.Date(2025, 3, 10, 14, 0, 0, 5, time.FixedZone("x", 7200))
	given := map[evidence.ID]time.Time{l.SHA256: at}
	with := s.WithChecked(given)
	clear(given)
	if got := with.Checked(l); got != time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC) {
		t.Errorf("checked at %s", got)
	}
	if !s.Checked(l).IsZero() || !with.Checked(other).IsZero() || !with.Checked(nil).IsZero() || !(*Snapshot)(nil).Checked(l).IsZero() {
		t.Error("a time is known of what nobody checked")
	}
	if s.Digest() != with.Digest() || NewSnapshot(Contents{Lists: []*List{l, other}}).WithCheckedOf(with).Checked(l).IsZero() {
		t.Error("the digest changed, or the times were not taken over")
	}
	if NewSnapshot(Contents{Lists: []*List{l}, Others: []*List{other}}).Digest() == s.Digest() {
		t.Error("a list of lists of the operator's is no part of the digest")
	}
}
