package pades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

// fieldSet is the fields of a view, by name, object and widget.
type fieldSet struct {
	list     []field
	byObject map[int]*field
	byName   map[string]*field
	byWidget map[int]*field
	parents  map[int]*dict // fields that only hold others
}

func (v view) fieldSet() fieldSet {
	s := fieldSet{byObject: map[int]*field{}, byName: map[string]*field{}, byWidget: map[int]*field{}}
	s.list, s.parents = v.fieldTree()
	for i := range s.list {
		f := &s.list[i]
		if f.object > 0 {
			s.byObject[f.object] = f
			s.byWidget[f.object] = f
		}
		if s.byName[f.name] == nil {
			s.byName[f.name] = f
		}
		for _, w := range f.widgets {
			if s.byWidget[w] == nil {
				s.byWidget[w] = f
			}
		}
	}
	return s
}

// match finds the field of another view: that of the same object, else of the
// same name.
func (s *fieldSet) match(f *field) *field {
	if f.object > 0 && s.byObject[f.object] != nil {
		return s.byObject[f.object]
	}
	return s.byName[f.name]
}

// compareForm compares the forms of both views: the form's own entries and all
// fields (formats §5.3).
func (d *differ) compareForm(vx, vy object) {
	x, y := d.a.dict(vx), d.b.dict(vy)
	num := 0
	if r, ok := vy.(ref); ok {
		num = r.num
	}
	each(x, y, func(key string, vx, vy object) {
		what := fmt.Sprintf("%s of the form", short(key))
		switch key {
		case "Fields":
		case "SigFlags", "DA", "Q", "NeedAppearances":
			d.place(signature.ChangeForm, num, 0, what, vx, vy)
		case "DR":
			d.compareResources(vx, vy, num)
		case "XFA":
			d.compareXFA(vx, vy, num)
		default:
			d.place(signature.ChangeOther, num, 0, what, vx, vy)
		}
	})
	for i := range d.fieldsAfter.list {
		f := &d.fieldsAfter.list[i]
		if was := d.fieldsBefore.match(f); was != nil {
			d.compareField(was, f)
			continue
		}
		d.newField(f)
	}
	for i := range d.fieldsBefore.list {
		f := &d.fieldsBefore.list[i]
		if d.fieldsAfter.match(f) != nil {
			continue
		}
		d.change(signature.ChangeOther, f.object, 0, f.name, "removed form field %s%s.", quoted(f.name), inObject(f.object))
	}
	for _, num := range sortedKeys(d.fieldsBefore.parents) {
		was := d.fieldsBefore.parents[num]
		is := d.fieldsAfter.parents[num]
		each(was, is, func(key string, vx, vy object) {
			if is != nil && key != "Kids" && key != "Parent" && key != "V" {
				d.place(signature.ChangeOther, num, 0, fmt.Sprintf("%s of a group of fields", short(key)), vx, vy)
			}
		})
	}
}

// compareResources: the fonts of the form's default resources may become more, but
// none may change, as texts of fields are shown with them. Nothing shows the others
// by itself: writers keep appearances there while they make them.
func (d *differ) compareResources(vx, vy object, num int) {
	each(d.a.dict(vx), d.b.dict(vy), func(key string, vx, vy object) {
		what := short(key) + " in the resources of the form"
		if key == "Font" {
			d.additive(vx, vy, num, what)
			return
		}
		d.place(signature.ChangeForm, num, 0, what, vx, vy)
	})
}

// additive: a dictionary may get entries, but none may change.
func (d *differ) additive(vx, vy object, num int, what string) {
	x, y := d.a.dict(vx), d.b.dict(vy)
	if x == nil || y == nil {
		if x == nil && y != nil {
			d.change(signature.ChangeForm, num, 0, "", "put %s.", what)
		} else {
			d.place(signature.ChangeOther, num, 0, what, vx, vy)
		}
		return
	}
	each(x, y, func(key string, vx, vy object) {
		switch {
		case vx == nil:
			d.change(signature.ChangeForm, num, 0, "", "put %s in %s.", quoted(key), what)
		default:
			d.place(signature.ChangeOther, num, 0, short(key)+" in "+what, vx, vy)
		}
	})
}

// compareXFA: filling changes the packets datasets and form of an XFA form; the
// others make up what it shows.
func (d *differ) compareXFA(vx, vy object, num int) {
	x, y := d.a.array(vx), d.b.array(vy)
	if len(x) == 0 || len(x) != len(y) || len(x)%2 != 0 {
		d.place(signature.ChangeOther, num, 0, "the XFA form", vx, vy)
		return
	}
	for i := 0; i+1 < len(x); i += 2 {
		n, _ := d.a.resolve(x[i]).(str)
		m, _ := d.b.resolve(y[i]).(str)
		packet := string(n.b)
		kind := signature.ChangeOther
		if packet == string(m.b) && (packet == "datasets" || packet == "form") {
			kind = signature.ChangeForm
		}
		d.place(kind, num, 0, fmt.Sprintf("packet %s of the XFA form", quoted(packet)), x[i+1], y[i+1])
	}
}

// isSigned: a signature field that has a value.
func (v view) isSigned(f *field) bool { return f.kind == "Sig" && v.dict(f.value) != nil }

// signing tells what a signature that came is.
func (v view) signing(f *field) (signature.ChangeKind, string) {
	if v.name(v.dict(f.value).get("SubFilter")) == "ETSI.RFC3161" {
		return signature.ChangeLongTerm, "document time-stamp"
	}
	return signature.ChangeForm, "signature"
}

func (d *differ) newField(f *field) {
	n := len(d.out)
	defer func() {
		for i := range d.out[n:] {
			d.out[n+i].Created = true
		}
	}()
	switch {
	case d.b.isSigned(f):
		kind, what := d.b.signing(f)
		d.change(kind, f.object, 0, f.name, "added %s %s in a new field%s.", what, quoted(f.name), d.b.area(f.d))
	case f.kind == "Sig":
		d.change(signature.ChangeForm, f.object, 0, f.name, "added signature field %s%s.", quoted(f.name), d.b.area(f.d))
	default:
		d.change(signature.ChangeOther, f.object, 0, f.name, "added form field %s%s.", quoted(f.name), d.b.area(f.d))
	}
}

// compareField compares one field and its widgets.
func (d *differ) compareField(was, is *field) {
	wasSigned := d.a.isSigned(was)
	filled := false
	switch {
	case is.kind != was.kind:
		d.change(signature.ChangeOther, is.object, 0, is.name, "made form field %s of another type: %s instead of %s.", quoted(is.name), short(is.kind), short(was.kind))
	case wasSigned && !d.b.isSigned(is):
		d.change(signature.ChangeOther, is.object, 0, is.name, "removed the signature of field %s.", quoted(is.name))
	case wasSigned:
		if c := d.apart(); !c.sameValue(was.value, is.value) {
			d.change(signature.ChangeOther, is.object, 0, is.name, "put another signature in place of that of field %s.", quoted(is.name))
		}
	case d.b.isSigned(is):
		filled = true
		kind, what := d.b.signing(is)
		d.change(kind, is.object, 0, is.name, "signed field %s: %s%s.", quoted(is.name), what, d.b.area(is.d))
	default:
		if c := d.apart(); !c.sameValue(was.value, is.value) {
			filled = true
			d.change(signature.ChangeForm, is.object, 0, is.name, "filled form field %s.", quoted(is.name))
		}
	}
	e := fieldEdit{is: is, wasSigned: wasSigned, filled: filled, told: map[string]bool{}}
	d.compareFieldDict(&e, is.object, was.d, is.d)
	for _, w := range is.widgets {
		if w == is.object {
			continue
		}
		x, y := d.a.dict(d.a.refTo(w)), d.b.dict(d.b.refTo(w))
		if x == nil && y != nil {
			d.change(signature.ChangeForm, w, 0, is.name, "added a widget of form field %s (object %d)%s.", quoted(is.name), w, d.b.area(y))
			continue
		}
		d.compareFieldDict(&e, w, x, y)
	}
}

func (c *comparison) sameValue(x, y object) bool {
	c.compare(x, y, 0, 0)
	return len(c.found) == 0
}

// fieldEdit is what is known of the field whose dictionaries are compared.
type fieldEdit struct {
	is        *field
	wasSigned bool
	filled    bool            // its value changed
	told      map[string]bool // entries that were told to differ
}

// fieldChange says what a change of an entry of a field or widget is.
func (d *differ) fieldChange(e *fieldEdit, key string, vx, vy object) signature.ChangeKind {
	switch key {
	case "StructParent":
		return signature.ChangeLongTerm
	case "AP":
		// An appearance that changes while the value stays shows a reader something
		// that nobody filled in (attack F4, replace).
		if e.filled && !e.wasSigned {
			return signature.ChangeForm
		}
	case "AS", "MK", "DA", "Q", "TU", "M", "RV", "DS", "I", "TI":
		if !e.wasSigned {
			return signature.ChangeForm
		}
	case "F":
		if !e.wasSigned || d.onlyLocks(vx, vy, 64|128|512) {
			return signature.ChangeForm
		}
	case "Ff":
		if e.is.kind == "Sig" && d.onlyLocks(vx, vy, 1) {
			return signature.ChangeForm
		}
	}
	return signature.ChangeOther
}

// compareFieldDict compares the dictionaries of a field or widget, key by key.
func (d *differ) compareFieldDict(e *fieldEdit, num int, x, y *dict) {
	is := e.is
	each(x, y, func(key string, vx, vy object) {
		switch key {
		case "V", "Kids", "Parent", "P":
			return
		}
		kind := d.fieldChange(e, key, vx, vy)
		c := d.apart()
		if kind == signature.ChangeOther {
			c = d.strict()
		}
		c.compare(vx, vy, num, 0)
		if len(c.found) == 0 || e.told[key] {
			return
		}
		e.told[key] = true
		d.touchWidget(num)
		switch {
		case key == "AP" && kind == signature.ChangeOther:
			d.change(kind, num, 0, is.name, "changed the appearance of form field %s%s, and not its value.", quoted(is.name), inObject(num))
		case key == "AP":
			d.change(kind, num, 0, is.name, "changed the appearance of form field %s%s.", quoted(is.name), inObject(num))
		case key == "Rect":
			d.change(kind, num, 0, is.name, "moved form field %s%s%s.", quoted(is.name), inObject(num), d.b.area(y))
		default:
			d.change(kind, num, 0, is.name, "changed %s of form field %s%s.", short(key), quoted(is.name), inObject(num))
		}
	})
}

// onlyLocks: of two sets of flags the later has some of these more, and else the
// same: writers lock fields that are signed (ReadOnly; Locked, LockedContents).
func (d *differ) onlyLocks(vx, vy object, flags int64) bool {
	x, _ := d.a.resolve(vx).(int64)
	y, ok := d.b.resolve(vy).(int64)
	return ok && x&^y == 0 && y&^x&^flags == 0
}

func (d *differ) touchWidget(num int) {
	if p := d.pageOf[num]; p > 0 {
		d.touch(p, num)
	}
}
