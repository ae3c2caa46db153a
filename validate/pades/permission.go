package pades

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
)

// lock is what a FieldMDP transform or the Lock of a signature field locks
// (§12.8.2.4, §12.7.5.5).
type lock struct {
	code   signature.ProblemCode
	action string
	fields []string
}

// permissions are what a signature lets later revisions change.
type permissions struct {
	certified bool // DocMDP: a certification signature
	level     int  // DocMDP 1 to 3, or P of the field's Lock; 0: none said
	locks     []lock
}

// permissions reads the signature references of a signature and the Lock of its
// field (§12.8.2).
func (s *signed) permissions(v view) permissions {
	var p permissions
	for i, o := range v.array(s.d.get("Reference")) {
		d := v.dict(o)
		if d == nil || i > 100 {
			continue
		}
		parms := v.dict(d.get("TransformParams"))
		switch v.name(d.get("TransformMethod")) {
		case "DocMDP":
			p.certified, p.level = true, 2
			if n, ok := v.resolve(parms.get("P")).(int64); ok && n >= 1 && n <= 3 {
				p.level = int(n)
			}
		case "FieldMDP":
			p.locks = append(p.locks, v.lock(parms, signature.FieldMDPViolation))
		}
	}
	if d := v.dict(s.field.d.get("Lock")); d != nil {
		p.locks = append(p.locks, v.lock(d, signature.FieldLockViolation))
		if n, ok := v.resolve(d.get("P")).(int64); ok && n >= 1 && n <= 3 && (p.level == 0 || int(n) < p.level) {
			p.level = int(n)
		}
	}
	return p
}

func (v view) lock(d *dict, code signature.ProblemCode) lock {
	l := lock{code: code, action: v.name(d.get("Action"))}
	for _, o := range v.array(d.get("Fields")) {
		if t, ok := v.resolve(o).(str); ok && len(l.fields) < maxFields {
			l.fields = append(l.fields, v.text(t))
		}
	}
	return l
}

// locks says whether a field is locked: a name locks the field that has it and
// those below, not others that begin alike.
func (l lock) locks(field string) bool {
	named := slices.ContainsFunc(l.fields, func(f string) bool {
		return field == f || strings.HasPrefix(field, f+".")
	})
	switch l.action {
	case "All":
		return true
	case "Include":
		return named
	case "Exclude":
		return !named
	}
	return false
}

// allows says whether the level of modification lets a change be. Where none is
// said, what ISO 32000-2 §12.8.2.2 lets be by default: form filling and signing.
func (p permissions) allows(kind signature.ChangeKind) bool {
	switch kind {
	case signature.ChangeLongTerm:
		return true
	case signature.ChangeForm:
		return p.level != 1
	case signature.ChangeAnnotation:
		return p.level == 3
	}
	return false
}

// judgeable bounds the revisions that are compared one by one.
const judgeable = 64

// changes finds what later revisions changed after each signature, and names what
// its permissions do not let them.
func (f *file) changes(all []*signed) {
	steps := f.steps(all)
	final := f.last()
	for i, s := range all {
		if f.hostile != nil {
			return
		}
		f.compareSigned(s, final)
		if s.stamp {
			continue
		}
		p := s.permissions(final)
		if p.certified && slices.ContainsFunc(all[:i], func(o *signed) bool { return !o.stamp }) {
			s.problem(signature.CertificationMisuse, "The %s is a certification, and not the first signature of the file: %s was made before.", s.what(), all[0].what())
		}
		if p.certified {
			if r, ok := final.dict(final.root().get("Perms")).get("DocMDP").(ref); !ok || r.num != s.object {
				s.problem(signature.CertificationMisuse, "The %s is a certification, but the permissions of the catalog do not name it.", s.what())
			}
		}
		var touched []touchedAnnot
		judged := steps[min(s.rev+1, len(steps)):]
		if s.foreign != nil {
			judged = []*step{s.foreign}
		}
		for _, st := range judged {
			if st == nil {
				continue
			}
			touched = append(touched, st.touched...)
			for _, c := range st.changes {
				s.judge(p, c)
			}
		}
		f.overlaps(s, touched)
	}
}

// maxHistory bounds the revisions that are searched for removed signatures.
const maxHistory = 64

// removedSignatures reports signatures that an earlier revision has and the file as
// it is now has not.
func (f *file) removedSignatures() {
	final := f.last()
	now := final.fieldSet()
	told := map[string]bool{}
	for rev := len(f.revisions) - 2; rev >= 0 && rev >= len(f.revisions)-maxHistory && f.hostile == nil; rev-- {
		v := view{f, rev}
		for _, was := range v.fields() {
			if told[was.name] || !v.isSigned(&was) {
				continue
			}
			if is := now.match(&was); is == nil || !final.isSigned(is) {
				told[was.name] = true
				f.problem(signature.SignatureRemoved, "Revision %d has a signature in field %s; a later revision removed it.", rev+1, quoted(was.name))
			}
		}
	}
}

// steps compares each revision after the first signature with the one before it.
// Of very many, only those where a signature stands and the last are compared.
func (f *file) steps(all []*signed) []*step {
	steps := make([]*step, len(f.revisions))
	first := len(f.revisions)
	at := map[int]bool{len(f.revisions) - 1: true}
	for _, s := range all {
		first = min(first, s.rev)
		at[s.rev] = true
	}
	before := first
	for rev := first + 1; rev < len(f.revisions) && f.hostile == nil; rev++ {
		if len(f.revisions)-first > judgeable && !at[rev] {
			continue
		}
		st := diff(view{f, before}, view{f, rev}, rev+1)
		steps[rev] = &st
		before = rev
	}
	foreign := 0
	for _, s := range all {
		if s.valid && s.lost && f.hostile == nil {
			if foreign++; foreign <= 3 {
				f.compareForeign(s)
			}
		}
	}
	return steps
}

// compareForeign compares the file with a signed revision that it does not build
// on, read as a file of its own (attack F2).
func (f *file) compareForeign(s *signed) {
	g := newFile(f.data[:s.end():s.end()])
	g.work, g.output = f.work, f.output
	err := g.read()
	if err == nil && len(g.revisions) > 0 {
		st := diff(g.last(), f.last(), len(f.revisions))
		s.foreign, s.foreignView = &st, g.last()
	}
	f.work, f.output = g.work, g.output
	if f.hostile == nil {
		f.hostile = g.hostile
	}
}

// compareSigned compares what decides format checking: the signature dictionary
// and the number of pages, in the signed and in the final revision (formats §5.3).
func (f *file) compareSigned(s *signed, final view) {
	if s.rev == final.rev && s.foreign == nil || !s.valid {
		return
	}
	then := view{f, s.rev}
	if s.foreign != nil {
		then = s.foreignView
	}
	if f.pageCounts == nil {
		f.pageCounts = map[int]int{}
	}
	count := func(v view) int {
		if v.file != f {
			p, _ := v.pages()
			return len(p)
		}
		if n, ok := f.pageCounts[v.rev]; ok {
			return n
		}
		p, _ := v.pages()
		f.pageCounts[v.rev] = len(p)
		return len(p)
	}
	if n, m := count(then), count(final); n != m {
		s.problem(signature.PageCountChanged, "The %s signed %d pages; the file now has %d.", s.what(), n, m)
	}
	was := then.dict(then.refTo(s.object))
	if was == nil {
		s.problem(signature.SignatureDictionaryChanged, "The dictionary of %s (object %d) is not in the revision that it signs.", s.what(), s.object)
		return
	}
	if key := s.dictChanged(then, final, was); key != "" {
		s.problem(signature.SignatureDictionaryChanged, "The dictionary of %s (object %d) shows another %s now than in revision %d, which it signs.", s.what(), s.object, short(key), then.rev+1)
	}
}

// dictChanged names the first entry in which signed and final dictionary differ.
func (s *signed) dictChanged(then, final view, was *dict) (changed string) {
	d := &differ{a: then, b: final, owned: map[int]bool{}, seen: map[[2]int]bool{}, walked: map[int]bool{}}
	each(was, s.d, func(key string, vx, vy object) {
		if changed != "" {
			return
		}
		if key == "Contents" {
			x, _ := then.resolve(vx).(str)
			if !bytes.Equal(x.b, s.contents.b) {
				changed = key
			}
			return
		}
		if key == "Reference" { // Data in it leads to the whole document
			return
		}
		if c := d.apart(); !c.sameValue(vx, vy) {
			changed = key
		}
	})
	return changed
}

// judge holds one change against the permissions of a signature.
func (s *signed) judge(p permissions, c signature.Change) {
	c.Allowed = p.allows(c.Kind)
	switch {
	case c.Kind == signature.ChangeOther:
		s.problem(signature.UndefinedChange, "%s", c.Says)
	case c.Kind == signature.ChangeAnnotation && !c.Allowed && !p.certified:
		s.problem(signature.AnnotationChange, "%s", c.Says)
	}
	if p.level > 0 && !c.Allowed {
		code := signature.DocMDPViolation
		by := "certification"
		if !p.certified {
			code, by = signature.FieldLockViolation, "field lock"
		}
		s.problem(code, "The %s of %s allows %s: %s", by, s.what(), levels[p.level], c.Says)
	}
	if c.Field != "" && c.Kind != signature.ChangeLongTerm && c.Field != s.field.name {
		for _, l := range p.locks {
			if l.locks(c.Field) && !c.Created {
				c.Allowed = false
				s.problem(l.code, "The %s locks field %s: %s", s.what(), quoted(c.Field), c.Says)
			}
		}
	}
	if len(s.signature.Changes) < 5*maxChanges {
		s.signature.Changes = append(s.signature.Changes, c)
	}
}

var levels = [4]string{"", "no changes (P 1)", "only form filling and signing (P 2)", "only form filling, signing and annotations (P 3)"}

// overlaps reports annotations that came or changed after a signature and lie over
// others, in the file as it is now.
func (f *file) overlaps(s *signed, touched []touchedAnnot) {
	if len(touched) == 0 {
		return
	}
	v := f.last()
	pages, _ := v.pages()
	told := 0
	done := map[int]bool{}
	for _, t := range touched {
		if t.page > len(pages) || done[t.object] || told >= 20 {
			continue
		}
		done[t.object] = true
		mine, ok := v.rect(v.dict(v.refTo(t.object)).get("Rect"))
		if !ok {
			continue
		}
		for i, o := range v.annots(pages[t.page-1]) {
			r, isRef := o.(ref)
			if isRef && (r.num == t.object || done[r.num]) || i > 1000 || !v.spend(32) || v.name(v.dict(o).get("Subtype")) == "Popup" {
				continue
			}
			theirs, ok := v.rect(v.dict(o).get("Rect"))
			if ok && mine[0] < theirs[2] && theirs[0] < mine[2] && mine[1] < theirs[3] && theirs[1] < mine[3] && told < 20 {
				told++
				s.problem(signature.AnnotationOverlap, "%s on page %d, which came or changed after %s, overlaps %s.",
					capital(v.annotName(t.object, v.refTo(t.object))), t.page, s.what(), v.annotName(r.num, o))
			}
		}
	}
}

func capital(s string) string {
	return fmt.Sprint(strings.ToUpper(s[:1]), s[1:])
}
