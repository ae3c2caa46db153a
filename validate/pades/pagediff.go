package pades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

const (
	maxPages     = 500_000
	maxPageDepth = 64
)

// page is a page of a view with what it inherits (§7.7.3.4).
type page struct {
	object    int
	d         *dict
	inherited [4]object // in the order of inheritable
}

var inheritable = [4]string{"CropBox", "MediaBox", "Resources", "Rotate"}

// pages lists the pages in order; nodes are the page tree's own objects. Each node
// is visited once (attack F10).
func (v view) pages() (pages []page, nodes []int) {
	seen := map[int]bool{}
	var visit func(o object, from [4]object, depth int)
	visit = func(o object, from [4]object, depth int) {
		if v.hostile != nil || !v.spend(8) {
			return
		}
		if len(pages) >= maxPages || depth > maxPageDepth {
			v.problem(signature.PDFAmbiguous, "The page tree has more than %d pages or more than %d levels; the other pages are not compared.", maxPages, maxPageDepth)
			return
		}
		num := 0
		if r, ok := o.(ref); ok {
			if num = r.num; seen[num] {
				return
			}
			seen[num] = true
		}
		d := v.dict(o)
		if d == nil {
			return
		}
		for i, key := range inheritable {
			if x := d.get(key); x != nil {
				from[i] = x
			}
		}
		if num > 0 {
			nodes = append(nodes, num)
		}
		if kids, ok := v.resolve(d.get("Kids")).(array); ok && v.name(d.get("Type")) != "Page" {
			for _, k := range kids {
				visit(k, from, depth+1)
			}
			return
		}
		pages = append(pages, page{num, d, from})
	}
	visit(v.root().get("Pages"), [4]object{}, 0)
	return pages, nodes
}

// annots lists the annotations of a page as they stand.
func (v view) annots(p page) array { return v.array(p.d.get("Annots")) }

// comparePages compares the pages of both views.
func (d *differ) comparePages(before, after []page) {
	if len(before) != len(after) {
		d.change(signature.ChangeOther, 0, 0, "", "changed the number of pages from %d to %d.", len(before), len(after))
		d.compareSomePages(before, after)
		return
	}
	for i := range before {
		d.comparePage(i+1, before[i], after[i])
	}
}

// compareSomePages compares those pages that both views have, and names the others.
func (d *differ) compareSomePages(before, after []page) {
	place := map[int]int{}
	for i, p := range before {
		if p.object > 0 {
			place[p.object] = i + 1
		}
	}
	for i, p := range after {
		at := place[p.object]
		if at == 0 {
			d.change(signature.ChangeOther, p.object, i+1, "", "put in page %d%s.", i+1, inObject(p.object))
			continue
		}
		delete(place, p.object)
		d.comparePage(i+1, before[at-1], p)
	}
	for _, p := range before {
		if at, left := place[p.object]; left && p.object > 0 {
			d.change(signature.ChangeOther, p.object, at, "", "took out the former page %d%s.", at, inObject(p.object))
		}
	}
}

func (d *differ) comparePage(number int, x, y page) {
	for i, key := range inheritable {
		d.place(signature.ChangeOther, y.object, number, fmt.Sprintf("%s of page %d", key, number), x.inherited[i], y.inherited[i])
	}
	each(x.d, y.d, func(key string, vx, vy object) {
		switch key {
		case "Annots":
			d.compareAnnots(number, d.a.annots(x), d.b.annots(y))
		case "Parent", "CropBox", "MediaBox", "Resources", "Rotate":
		case "Tabs", "StructParents", "LastModified", "Metadata":
			d.place(signature.ChangeLongTerm, y.object, number, fmt.Sprintf("%s of page %d", key, number), vx, vy)
		case "PieceInfo":
			d.place(signature.ChangeForm, y.object, number, fmt.Sprintf("PieceInfo of page %d", number), vx, vy)
		default:
			what := fmt.Sprintf("%s of page %d", short(key), number)
			if key == "Contents" {
				what = fmt.Sprintf("the content of page %d", number)
			}
			d.place(signature.ChangeOther, y.object, number, what, vx, vy)
		}
	})
}

// place compares two values at a place and tells how they differ: what may change
// in one sentence, what may not object by object.
func (d *differ) place(kind signature.ChangeKind, object, page int, what string, x, y object) {
	var c *comparison
	if kind == signature.ChangeOther {
		c = d.strict()
	} else {
		c = d.apart()
	}
	c.compare(x, y, object, 0)
	for i, f := range c.found {
		if i > 0 && kind != signature.ChangeOther {
			return
		}
		d.change(kind, f.object, page, "", "%s: %s.", f.what, what)
	}
}

// compareAnnots compares the annotations of a page. Widgets of form fields are
// judged with their fields.
func (d *differ) compareAnnots(number int, before, after array) {
	old := map[int]object{}
	var loose array // direct dictionaries, which are told apart by their order
	for _, o := range before {
		if r, ok := o.(ref); ok {
			old[r.num] = o
		} else {
			loose = append(loose, o)
		}
	}
	for _, o := range after {
		r, ok := o.(ref)
		if !ok {
			if len(loose) > 0 {
				d.compareAnnot(number, 0, loose[0], o)
				loose = loose[1:]
			} else {
				d.newAnnot(number, 0, o)
			}
			continue
		}
		if was, ok := old[r.num]; ok {
			delete(old, r.num)
			d.compareAnnot(number, r.num, was, o)
			continue
		}
		d.newAnnot(number, r.num, o)
	}
	for _, o := range before {
		r, ok := o.(ref)
		if _, gone := old[r.num]; !ok || !gone {
			continue
		}
		delete(old, r.num)
		if f := d.fieldsBefore.byWidget[r.num]; f != nil {
			d.change(signature.ChangeOther, r.num, number, f.name, "took form field %s off page %d (object %d).", quoted(f.name), number, r.num)
		} else if d.a.dict(o) != nil {
			d.change(signature.ChangeAnnotation, r.num, number, "", "deleted %s from page %d.", d.a.annotName(r.num, o), number)
		}
	}
	for _, o := range loose {
		d.change(signature.ChangeAnnotation, 0, number, "", "deleted %s from page %d.", d.a.annotName(0, o), number)
	}
}

func (d *differ) newAnnot(number, num int, o object) {
	if d.b.dict(o) == nil {
		return
	}
	d.touch(number, num)
	if f := d.fieldsAfter.byWidget[num]; f != nil && num > 0 {
		if d.fieldsBefore.match(f) != nil {
			d.change(signature.ChangeForm, num, number, f.name, "put form field %s on page %d (object %d).", quoted(f.name), number, num)
		}
		return // a new field is told of with the fields
	}
	d.change(signature.ChangeAnnotation, num, number, "", "put %s on page %d%s.", d.b.annotName(num, o), number, d.b.area(o))
}

func (d *differ) compareAnnot(number, num int, was, is object) {
	if num > 0 && d.fieldsBefore.byWidget[num] != nil && d.fieldsAfter.byWidget[num] != nil {
		return
	}
	c := d.apart()
	x, y := d.a.dict(was), d.b.dict(is)
	if x == nil || y == nil {
		return
	}
	each(x, y, func(key string, vx, vy object) {
		if key != "P" && key != "Parent" && key != "StructParent" {
			c.compare(vx, vy, num, 0)
		}
	})
	if len(c.found) > 0 {
		d.touch(number, num)
		d.change(signature.ChangeAnnotation, num, number, "", "changed %s on page %d%s.", d.b.annotName(num, is), number, d.b.area(is))
	}
}

func (d *differ) touch(page, num int) {
	if num > 0 && len(d.touched) < maxChanges {
		d.touched = append(d.touched, touchedAnnot{num, page})
	}
}

// annotName names an annotation by its subtype and object.
func (v view) annotName(num int, o object) string {
	kind := v.name(v.dict(o).get("Subtype"))
	if kind == "" {
		kind = "annotation without Subtype"
	}
	return fmt.Sprintf("the %s annotation%s", short(kind), inObject(num))
}

// rect reads a rectangle, lower left corner first; false where it has no area.
func (v view) rect(o object) (r [4]float64, ok bool) {
	a := v.array(o)
	if len(a) != 4 {
		return r, false
	}
	for i := range a {
		n, ok := number(v.resolve(a[i]))
		if !ok {
			return r, false
		}
		r[i] = n
	}
	if r[0] > r[2] {
		r[0], r[2] = r[2], r[0]
	}
	if r[1] > r[3] {
		r[1], r[3] = r[3], r[1]
	}
	return r, r[2] > r[0] && r[3] > r[1]
}

// area says how large an annotation is, for sentences.
func (v view) area(o object) string {
	r, ok := v.rect(v.dict(o).get("Rect"))
	if !ok {
		return ", without visible area"
	}
	return fmt.Sprintf(", over %.0f by %.0f points at (%.0f, %.0f)", r[2]-r[0], r[3]-r[1], r[0], r[1])
}
