package eutest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// LOTLURL is where the list of trusted lists lives (TS 119 615 §4.1).
const LOTLURL = "https://ec.europa.eu/tools/lotl/eu-lotl.xml"

const lotlOperator = "European Commission"

// The notices in the Official Journal that name the certificates of the list of
// lists (trusted-lists.md §4).
const (
	Journal2019 = "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=uriserv:OJ.C_.2019.276.01.0001.01.ENG"
	Journal2026 = "https://eur-lex.europa.eu/eli/C/2026/1944/oj"
)

// Journal is the Official Journal's notice: which certificates may sign the list of
// lists, or the oldest pivot where there are pivots.
type Journal struct {
	URL          string
	Certificates []*Certificate
}

// LOTL is the list of trusted lists and its pivots. Generation 0 of its signers stands
// in the Official Journal; pivot N is signed by generation N-1 and names
// generation N; the list of lists is signed by the last.
type LOTL struct {
	Journal *Journal
	List    ListSettings // of the list of lists itself
	// Pivots, the oldest first; NewPivot adds one. A world has two to begin with.
	Pivots []*Pivot
	// Pointers is XML of further tsl:OtherTSLPointer.
	Pointers string

	world *World
}

// Pivot is an older list of lists, kept because its signers changed there.
type Pivot struct {
	Number  int
	Signers []*Certificate // those that it names, and that sign what comes next
	List    ListSettings
	Missing bool // named by the list of lists, but its file is not there
}

func newLOTL(w *World) *LOTL {
	l := &LOTL{Journal: &Journal{Certificates: w.generation(0)}, world: w}
	l.NewPivot()
	l.NewPivot()
	return l
}

func (w *World) generation(n int) []*Certificate {
	return []*Certificate{
		w.ListSigner("BE", lotlOperator, fmt.Sprintf("LOTL %d-1", n)),
		w.ListSigner("BE", lotlOperator, fmt.Sprintf("LOTL %d-2", n)),
	}
}

// LOTL is the world's list of trusted lists.
func (w *World) LOTL() *LOTL { return w.lotl }

// OfficialJournal is the notice that the chain of trust begins with.
func (w *World) OfficialJournal() *Journal { return w.lotl.Journal }

// NewPivot adds a pivot, with new signers: it is signed by those before.
func (l *LOTL) NewPivot() *Pivot {
	n := len(l.Pivots) + 1
	p := &Pivot{Number: 280 + 10*n, Signers: l.world.generation(n)}
	l.Pivots = append(l.Pivots, p)
	return p
}

// NoPivots signs the list of lists by the Official Journal's certificates.
func (l *LOTL) NoPivots() { l.Pivots = nil }

// current are the certificates that the list of lists names for itself.
func (l *LOTL) current() []*Certificate { return l.signers(len(l.Pivots)) }

// signers are those that pivot number n names; 0: the Official Journal's.
func (l *LOTL) signers(n int) []*Certificate {
	if n == 0 {
		return l.Journal.Certificates
	}
	return l.Pivots[n-1].Signers
}

// URL is where the pivot lies.
func (p *Pivot) URL() string {
	return strings.TrimSuffix(LOTLURL, ".xml") + fmt.Sprintf("-pivot-%d.xml", p.Number)
}

func (l *LOTL) journalURL() string {
	switch {
	case l.Journal.URL != "":
		return l.Journal.URL
	case l.world.now.Before(time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)):
		return Journal2019
	}
	return Journal2026
}

// File is the list of lists itself, signed.
func (l *LOTL) File() File {
	l.world.tb.Helper()
	if l.List.Sequence == 0 {
		l.List.Sequence = 332
	}
	raw := l.write(len(l.Pivots), &l.List)
	return File{Name: "eu-lotl.xml", Raw: raw, MediaType: tslMediaType}
}

// write is the list of lists as it was after n pivots, signed by generation n; for
// a pivot the caller gives its own settings, signed by the generation before.
func (l *LOTL) write(n int, s *ListSettings) []byte {
	var pointers strings.Builder
	pointers.WriteString(pointerXML(LOTLURL, typeLOTL, "EU", lotlOperator, tslMediaType, l.signers(n)))
	for _, m := range l.world.members {
		if m.List.NotPointed {
			continue
		}
		signers := m.Signers
		if m.List.Pointed != nil {
			signers = m.List.Pointed
		}
		if m.Agreement != nil {
			pointers.WriteString(pointerXML(m.URL(), m.List.Type, m.Territory, m.Operator, tslMediaType, signers, m.Agreement.xml()))
			continue
		}
		pointers.WriteString(pointerXML(m.URL(), typeTL, m.Territory, m.Operator, tslMediaType, signers))
		pointers.WriteString(pointerXML("https://tsl.example/"+m.Territory+".pdf", typeTL, m.Territory, m.Operator, "application/pdf", signers))
	}
	x := &scheme{
		id: "LOTL", territory: "EU", operator: lotlOperator, typ: typeLOTL, status: tslPrefix + "StatusDetn/EUlistofthelists",
		uris: l.uris(n), rules: []string{tslPrefix + "schemerules/EUlistofthelists"}, pointers: pointers.String() + l.Pointers, settings: s,
	}
	return l.world.signList(x.xml(l.world, ""), s, l.signers(n)[0])
}

// uris are SchemeInformationURI: the pivots, the newest first, then the Official Journal.
func (l *LOTL) uris(n int) []string {
	out := []string{"https://ec.europa.eu/tools/lotl/eu-lotl-legalnotice.html"}
	for i := n; i > 0; i-- {
		out = append(out, l.Pivots[i-1].URL())
	}
	return append(out, l.journalURL())
}

// pivotFiles are the pivots, signed, the oldest first.
func (l *LOTL) pivotFiles() []File {
	var out []File
	for i, p := range l.Pivots {
		if p.Missing {
			continue
		}
		s := p.List
		if s.Sequence == 0 {
			s.Sequence = p.Number
		}
		if s.Issued.IsZero() {
			s.Issued = l.List.issued(l.world).AddDate(0, -6*(len(l.Pivots)-i), 0)
		}
		if s.Signer == nil {
			s.Signer = l.signers(i)[0]
		}
		out = append(out, File{Name: fmt.Sprintf("eu-lotl-pivot-%d.xml", p.Number), Raw: l.write(i+1, &s), MediaType: tslMediaType})
	}
	return out
}

// Lists are all lists of the world, signed as of its clock: the list of lists, its
// pivots, and each country's.
func (w *World) Lists() []File {
	w.tb.Helper()
	out := slices.Concat([]File{w.lotl.File()}, w.lotl.pivotFiles())
	for _, m := range w.members {
		out = append(out, m.File())
	}
	return out
}

// Anchor is a certificate that may sign the list of lists.
type Anchor struct {
	SHA256      string // of the DER, lower-case hexadecimal
	Certificate *Certificate
}

// Anchors are the certificates of the Official Journal, as --lotl-anchors takes them.
func (w *World) Anchors() []Anchor {
	var out []Anchor
	for _, c := range w.lotl.Journal.Certificates {
		out = append(out, Anchor{c.SHA256(), c})
	}
	return out
}
