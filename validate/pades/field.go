package pades

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/vidimus/vidimus/validate/signature"
)

const (
	maxFields     = 20_000
	maxFieldDepth = 32
)

// field is a terminal field of the AcroForm (§12.7.4).
type field struct {
	name    string
	object  int // number; 0 for a direct dictionary
	d       *dict
	kind    string // FT, inherited where it is not said
	value   object // V as it stands
	widgets []int  // numbers of its widgets; the field's own where they are merged
}

// acroForm is the interactive form of a view, nil where there is none.
func (v view) acroForm() *dict { return v.dict(v.root().get("AcroForm")) }

// root is the catalog.
func (v view) root() *dict {
	if v.rev < 0 || v.rev >= len(v.revisions) {
		return nil
	}
	t := v.revisions[v.rev].trailer
	return v.dict(t.get("Root"))
}

// inherited is what a field takes from those above it.
type inherited struct {
	name, kind string
	value      object
}

// fields lists the terminal fields in the order of the tree. Each object is
// visited once, whatever the tree looks like (attack F10).
func (v view) fields() []field {
	list, _ := v.fieldTree()
	return list
}

// fieldTree is fields, with the dictionaries of those that only hold others.
func (v view) fieldTree() ([]field, map[int]*dict) {
	w := fieldWalk{view: v, seen: map[int]bool{}, above: map[int]bool{}, parents: map[int]*dict{}}
	for _, o := range v.array(v.acroForm().get("Fields")) {
		w.visit(o, inherited{}, 0)
	}
	return w.out, w.parents
}

type fieldWalk struct {
	view
	seen    map[int]bool
	above   map[int]bool // those whose kids are being visited
	out     []field
	parents map[int]*dict
	count   int
}

func (w *fieldWalk) visit(o object, from inherited, depth int) {
	if w.hostile != nil {
		return
	}
	// A signature in what is left out would be seen by nobody: it is told.
	if w.count++; w.count > maxFields {
		w.problem(signature.PDFAmbiguous, "The form has more than %d fields; the others are not read.", maxFields)
		return
	}
	if depth > maxFieldDepth {
		w.problem(signature.PDFAmbiguous, "The fields of the form are nested deeper than %d levels; what lies deeper is not read.", maxFieldDepth)
		return
	}
	num := 0
	if r, ok := o.(ref); ok {
		if num = r.num; w.above[num] {
			w.problem(signature.PDFAmbiguous, "The fields of the form lead in a circle: object %d is a kid of itself.", num)
			return
		}
		if w.seen[num] {
			return
		}
		w.seen[num] = true
	}
	d := w.dict(o)
	if d == nil {
		return
	}
	if t, ok := w.resolve(d.get("T")).(str); ok {
		if from.name != "" {
			from.name += "."
		}
		from.name += w.text(t)
	}
	if k := w.view.name(d.get("FT")); k != "" {
		from.kind = k
	}
	if d.has("V") {
		from.value = d.get("V")
	}
	kids := w.array(d.get("Kids"))
	parent := false
	for _, k := range kids {
		if w.dict(k).has("T") {
			parent = true
			break
		}
	}
	if parent {
		if num > 0 {
			w.parents[num] = d
		}
		w.above[num] = num > 0
		for _, k := range kids {
			w.visit(k, from, depth+1)
		}
		w.above[num] = false
		return
	}
	f := field{name: from.name, object: num, d: d, kind: from.kind, value: from.value}
	for _, k := range kids {
		if r, ok := k.(ref); ok && len(f.widgets) < maxFields {
			f.widgets = append(f.widgets, r.num)
		}
	}
	if len(kids) == 0 && num > 0 {
		f.widgets = []int{num}
	}
	w.out = append(w.out, f)
}

// text reads a text string (§7.9.2.2): UTF-16 or UTF-8 with a byte order mark, or
// PDFDocEncoding, read as Latin-1. It is bounded, and without control characters.
func (v view) text(s str) string {
	b := s.b[:min(len(s.b), 1000)]
	var out string
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		}
		out = string(utf16.Decode(units))
	case len(b) >= 3 && string(b[:3]) == "\xef\xbb\xbf":
		out = strings.ToValidUTF8(string(b[3:]), "?")
	default:
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		out = string(runes)
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, out)
}

// entry is a text string of a dictionary; empty where there is none.
func (v view) entry(d *dict, key string) string {
	s, ok := v.resolve(d.get(key)).(str)
	if !ok {
		return ""
	}
	return v.text(s)
}

// quoted writes a name of the file for a sentence.
func quoted(s string) string { return fmt.Sprintf("%q", short(s)) }
