package pades

import (
	"cmp"
	"maps"
	"slices"

	"github.com/vidimus/vidimus/validate/signature"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// step is what one revision changed.
type step struct {
	changes []signature.Change
	touched []touchedAnnot
}

// diff compares two views of a file, b the later.
func diff(a, b view, revision int) step {
	d := &differ{a: a, b: b, revision: revision, owned: map[int]bool{}, seen: map[[2]int]bool{}, walked: map[int]bool{}, pageOf: map[int]int{}}
	d.fieldsBefore, d.fieldsAfter = a.fieldSet(), b.fieldSet()
	pagesBefore, nodes := a.pages()
	pagesAfter, nodes2 := b.pages()
	d.own(nodes, nodes2)
	for _, v := range []struct {
		view
		pages []page
		set   *fieldSet
	}{{a, pagesBefore, &d.fieldsBefore}, {b, pagesAfter, &d.fieldsAfter}} {
		for i, p := range v.pages {
			for _, o := range v.annots(p) {
				if r, ok := o.(ref); ok {
					d.owned[r.num] = true
					d.pageOf[r.num] = i + 1
				}
			}
		}
		for num := range v.set.byWidget {
			d.owned[num] = true
		}
		for num := range v.set.parents {
			d.owned[num] = true
		}
		for _, o := range []object{v.newest().get("Root"), v.root().get("AcroForm")} {
			if r, ok := o.(ref); ok {
				d.owned[r.num] = true
			}
		}
	}
	d.compareTrailers()
	d.compareCatalogs()
	d.comparePages(pagesBefore, pagesAfter)
	return step{d.out, d.touched}
}

func (v view) newest() *dict { return v.revisions[v.rev].trailer }

func (d *differ) own(lists ...[]int) {
	for _, l := range lists {
		for _, num := range l {
			d.owned[num] = true
		}
	}
}

// compareTrailers compares what the trailers name besides the catalog. Entries of
// the cross-reference section itself say nothing.
func (d *differ) compareTrailers() {
	x, y := d.a.newest(), d.b.newest()
	each(x, y, func(key string, vx, vy object) {
		switch key {
		case "Size", "Prev", "XRefStm", "W", "Index", "Length", "Filter", "DecodeParms", "Type", "ID", "DocChecksum":
		case "Root":
			if vx != vy {
				d.change(signature.ChangeOther, 0, 0, "", "made another object the catalog.")
			}
		case "Info":
			d.place(signature.ChangeLongTerm, 0, 0, "the document information", vx, vy)
		default:
			d.place(signature.ChangeOther, 0, 0, short(key)+" of the trailer", vx, vy)
		}
	})
}

// shown are the name trees of the catalog that change what a file does or holds.
var shown = map[string]bool{"JavaScript": true, "EmbeddedFiles": true, "AP": true, "Templates": true, "Renditions": true, "AlternatePresentations": true}

// compareCatalogs compares the catalogs, key by key (formats §5.3).
func (d *differ) compareCatalogs() {
	x, y := d.a.root(), d.b.root()
	num := 0
	if r, ok := d.b.newest().get("Root").(ref); ok {
		num = r.num
	}
	each(x, y, func(key string, vx, vy object) {
		what := short(key) + " of the catalog"
		switch key {
		case "Pages": // page by page
		case "AcroForm":
			d.compareForm(vx, vy)
		case "DSS":
			d.place(signature.ChangeLongTerm, num, 0, "the document security store", vx, vy)
		case "Version", "Extensions":
			d.place(signature.ChangeLongTerm, num, 0, what, vx, vy)
		case "Metadata":
			kind, what := signature.ChangeLongTerm, "the metadata"
			r, _ := vy.(ref)
			if s, ok := d.b.resolve(vy).(*stream); ok && (vx != vy || !d.same(r.num)) {
				if b, err := d.b.decode(s); err == nil && d.b.spend(2*len(b)) {
					if why := noXMP(b); why != "" {
						kind, what = signature.ChangeOther, what+", which "+why
					}
				}
			}
			d.place(kind, num, 0, what, vx, vy)
		case "StructTreeRoot":
			if rx, ok := vx.(ref); vx != nil && (!ok || vx != vy || !d.same(rx.num)) || vx == nil {
				d.change(signature.ChangeLongTerm, num, 0, "", "changed the structure tree.")
			}
		case "Perms":
			if d.a.dict(vx) == nil {
				d.place(signature.ChangeForm, num, 0, "the permissions", vx, vy)
			} else {
				d.place(signature.ChangeOther, num, 0, "the permissions", vx, vy)
			}
		case "Names":
			each(d.a.dict(vx), d.b.dict(vy), func(tree string, vx, vy object) {
				kind := signature.ChangeForm
				if shown[tree] {
					kind = signature.ChangeOther
				}
				d.place(kind, num, 0, "the names in "+short(tree), vx, vy)
			})
		case "PieceInfo":
			d.place(signature.ChangeForm, num, 0, what, vx, vy)
		default:
			d.place(signature.ChangeOther, num, 0, what, vx, vy)
		}
	})
}
