package eutest

import "strings"

// TypeAdESLOTL is the TSLType of the list of lists for advanced signatures.
const TypeAdESLOTL = "http://ec.europa.eu/tools/lotl/mra/ades-lotl-tsl-type"

// OtherLOTL is a list of lists besides the Union's, of a third country or, by
// List.Type, another.
type OtherLOTL struct {
	Territory string
	Operator  string
	Signer    *Certificate
	List      ListSettings
	Members   []*MemberState // those that it points to
	// PointedType is the TSLType in its pointers, where it is not the member's own.
	PointedType string

	world *World
}

// OtherLOTL makes a list of lists of a third country, of the type CClistofthelists.
// The Union's list of lists knows nothing of it.
func (w *World) OtherLOTL(territory string, members ...*MemberState) *OtherLOTL {
	w.tb.Helper()
	l := &OtherLOTL{Territory: territory, Operator: "TEST Office of Lists of " + territory, Members: members, world: w}
	l.Signer = w.ListSigner(territory, l.Operator, "1")
	l.List.Type = tslPrefix + "TSLType/" + territory + "listofthelists"
	return l
}

// Apart returns a third country with a list of the type CClist, made at first use, to
// which the Union's list of lists does not point.
func (w *World) Apart(territory string) *MemberState {
	w.tb.Helper()
	m := w.MemberState(territory)
	m.List.NotPointed = true
	m.List.Type = tslPrefix + "TSLType/" + territory + "list"
	return m
}

// File is the list, signed.
func (l *OtherLOTL) File() File {
	l.world.tb.Helper()
	var pointers strings.Builder
	for _, m := range l.Members {
		signers := m.Signers
		if m.List.Pointed != nil {
			signers = m.List.Pointed
		}
		typ := l.PointedType
		if typ == "" {
			typ = m.List.Type
		}
		if typ == "" {
			typ = typeTL
		}
		pointers.WriteString(pointerXML(m.URL(), typ, m.Territory, m.Operator, tslMediaType, signers))
	}
	x := &scheme{
		id: "LOTL-" + l.Territory, territory: l.Territory, operator: l.Operator, typ: l.List.Type, status: tslPrefix + "StatusDetn/" + l.Territory + "determination",
		uris: []string{"https://tsl.example/" + l.Territory + "-lists"}, rules: []string{tslPrefix + "schemerules/" + l.Territory},
		pointers: pointers.String(), settings: &l.List,
	}
	return File{Name: l.Territory + "-lotl.xml", Raw: l.world.signList(x.xml(l.world, ""), &l.List, l.Signer), MediaType: tslMediaType}
}
