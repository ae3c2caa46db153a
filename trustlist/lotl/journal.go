package lotl

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// AnchorSet is what one notice in the Official Journal of the European Union
// published: who may sign the list of lists, and where it is.
type AnchorSet struct {
	Notice       string    // "OJ C 276, 16.8.2019, p. 1"
	Published    time.Time // the date of the Journal
	URL          string    // as it stands in SchemeInformationURI of the list of lists
	Mark         string    // the part of URL that is the same in every language
	Location     string    // where the notice says that the list of lists is
	Fingerprints []evidence.ID
}

// Successor is a notice that is known to replace the newest built-in set, and whose
// certificates this build does not know.
type Successor struct {
	Notice    string
	Published time.Time
	Ends      time.Time // when the certificates of the notice before end to count
	Mark      string    // the part of its URL that is the same in every language
}

// Successors returns the notices that are known by name only.
func Successors() []Successor {
	return []Successor{{
		Notice:    "OJ C/2026/1944, 15.4.2026",
		Published: time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC),
		Ends:      time.Date(2026, 4, 29, 0, 0, 0, 0, time.UTC),
		Mark:      "/C/2026/1944/",
	}}
}

// NoticeSays says in one sentence that a list of lists rests on another notice in the
// Official Journal than the anchors; "" when it does not, or the anchors are the
// operator's own choice.
func NoticeSays(l *trustlist.List, journal string) string {
	set, notices := notice(journal), Notices(l)
	if set == nil || len(notices) == 0 || RestsOn(l, journal) {
		return ""
	}
	says := fmt.Sprintf("list of lists %d of %s rests on another notice in the Official Journal, %s, than the anchors (%s).", l.Sequence, day(l.Issued), notices[0], set.Notice)
	for _, n := range Successors() {
		if strings.Contains(strings.ToUpper(notices[0])+"/", strings.ToUpper(n.Mark)) {
			says += fmt.Sprintf(" That is %s: it replaced them, which ended to count on %s, and this build does not know its certificates.", n.Notice, day(n.Ends))
		}
	}
	return says
}

// Location of the list of lists, as notified.
const Location = "https://ec.europa.eu/tools/lotl/eu-lotl.xml"

// OfficialJournal returns the sets that are built in, newest first. Only
// SHA-256 fingerprints are embedded: the lists carry the certificates.
//
// The set of notice OJ C/2026/1944 of 15 April 2026, which reset the chain of
// pivots, is not known to this build. A list of lists issued under it therefore
// does not authenticate by default, and loudly; its certificates can be given
// with --lotl-anchors.
func OfficialJournal() []AnchorSet {
	return []AnchorSet{{
		Notice:    "OJ C 276, 16.8.2019, p. 1",
		Published: time.Date(2019, 8, 16, 0, 0, 0, 0, time.UTC),
		URL:       "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=uriserv:OJ.C_.2019.276.01.0001.01.ENG",
		Mark:      "OJ.C_.2019.276.01.0001.01",
		Location:  Location,
		Fingerprints: fingerprints(
			"435504bfd802edf4db08cbd7c7729a0d45b22779 7b727e4e6ea1d31684166342",
			"5400ab712c41aaf0c40b505e264d5494d8af4180 f8f62955d16223b3290f97c3",
			"59a1bf290b818b177ad61ac4b3e6dcddd46da6d5 be9579f8564adea6f2cf073e",
			"8e508f03b132500c3403db66e9dd39cd78f4657c 840958a77d34e7bd621468e7",
			"9c1a3b646eaf132398ef319e41c8e7ed725b64d5 772580ae125d59c0f6845630",
			"c1a37db48cd5e0479b97f4de32e3a7470c52aafb 94c1656ef56f97503992c8a7",
			"ccd879b36bb553685becbd12901c7f41f7bd3e07 f898fcbbe1eec456b03d7589",
			"d2064fdd70f6982dcc516b86d9d5c56aea939417 c624b2e478c0b29de54f8474",
		),
	}}
}

// DefaultAnchors returns the anchors of the newest built-in set, and its notice.
func DefaultAnchors() ([]Anchor, string) {
	set := OfficialJournal()[0]
	anchors := make([]Anchor, 0, len(set.Fingerprints))
	for _, f := range set.Fingerprints {
		anchors = append(anchors, Anchor{Fingerprint: f})
	}
	return anchors, set.Notice
}

// NoticeOf returns the notice of the built-in set that these anchors are, "" when
// they are the operator's own choice.
func NoticeOf(anchors []Anchor) string {
sets:
	for _, set := range OfficialJournal() {
		want := map[evidence.ID]bool{}
		for _, f := range set.Fingerprints {
			want[f] = true
		}
		have := map[evidence.ID]bool{}
		for _, a := range anchors {
			if have[a.Fingerprint] = true; !want[a.Fingerprint] {
				continue sets
			}
		}
		if len(have) == len(want) {
			return set.Notice
		}
	}
	return ""
}

// fingerprints reads constants; a test holds that none is misspelt.
func fingerprints(hex ...string) []evidence.ID {
	out := make([]evidence.ID, 0, len(hex))
	for _, h := range hex {
		if id, err := evidence.ParseID(strings.ReplaceAll(h, " ", "")); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// notice finds a built-in set by its name.
func notice(name string) *AnchorSet {
	for _, set := range OfficialJournal() {
		if set.Notice == name {
			return &set
		}
	}
	return nil
}

// published says whether any of the anchors stands in a built-in set: such
// anchors sign pivots, and are not pinned signers of the list of lists.
func published(anchors []Anchor) bool {
	for _, set := range OfficialJournal() {
		for _, f := range set.Fingerprints {
			for _, a := range anchors {
				if a.Fingerprint == f {
					return true
				}
			}
		}
	}
	return false
}

// isJournal says whether a SchemeInformationURI is a notice in the Official Journal.
func isJournal(uri string) bool {
	uri = strings.ToLower(uri)
	return strings.Contains(uri, "//eur-lex.europa.eu/")
}
