package pades

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/vidimus/vidimus/validate/signature"
)

// differ compares two views of a file, of which b is the later. It goes through
// both from their trailers, side by side: an object that is rewritten is met at
// every place that uses it, so that a change that would be harmless in a form
// field is also seen where a page shows the same object (attack F4).
type differ struct {
	a, b     view
	revision int // number of b's revision, for sentences
	out      []signature.Change
	owned    map[int]bool // pages, annotations, fields, catalogs: judged at their own places
	touched  []touchedAnnot

	fieldsBefore, fieldsAfter fieldSet
	pageOf                    map[int]int // page of an annotation

	seen   map[[2]int]bool // pairs compared, in strict places
	walked map[int]bool    // objects whose references were followed, in strict places
}

// touchedAnnot is an annotation that came or changed.
type touchedAnnot struct {
	object int
	page   int
}

// difference is where two objects differ.
type difference struct {
	object int // the nearest indirect object
	what   string
}

// maxChanges bounds the changes told of one revision.
const maxChanges = 200

func (d *differ) change(kind signature.ChangeKind, num, page int, field, format string, args ...any) {
	if len(d.out) < maxChanges {
		says := fmt.Sprintf("Revision %d ", d.revision) + fmt.Sprintf(format, args...)
		d.out = append(d.out, signature.Change{Kind: kind, Revision: d.revision, Object: num, Page: page, Field: field, Says: says})
	}
}

// same: both views show the same octets for an object number.
func (d *differ) same(num int) bool {
	x, ok := d.a.lookup(num)
	y, ok2 := d.b.lookup(num)
	if !ok || !ok2 {
		return ok == ok2
	}
	p, ok := d.a.place(x)
	q, ok2 := d.b.place(y)
	return ok == ok2 && p == q && (x.kind != direct || x.gen == y.gen)
}

// comparison is one comparison of two values and all below them.
type comparison struct {
	*differ
	seen   map[[2]int]bool
	walked map[int]bool
	found  []difference
}

// strict begins a comparison at a place where nothing may change. What was
// compared at another such place is not compared again.
func (d *differ) strict() *comparison {
	return &comparison{differ: d, seen: d.seen, walked: d.walked}
}

// apart begins a comparison at a place where changes are looked at place by place.
func (d *differ) apart() *comparison {
	return &comparison{differ: d, seen: map[[2]int]bool{}, walked: map[int]bool{}}
}

// differs notes a difference, one for each object.
func (c *comparison) differs(num int, format string, args ...any) {
	for _, f := range c.found {
		if f.object == num {
			return
		}
	}
	if len(c.found) < 20 {
		c.found = append(c.found, difference{num, fmt.Sprintf(format, args...)})
	}
}

// compareWork and pairWork are what comparing two values, and two references that
// differ, cost in octets of syntax read, by the time they take.
const (
	compareWork = 32
	pairWork    = 128
)

// compare finds where x in the earlier view and y in the later one differ. object
// is the nearest indirect object around y.
func (c *comparison) compare(x, y object, num, depth int) {
	if !c.a.spend(compareWork) || depth > 2*maxDepth {
		c.differs(num, "is nested too deep to compare")
		return
	}
	rx, isRef := x.(ref)
	ry, isRef2 := y.(ref)
	if isRef && isRef2 && rx.num == ry.num {
		if c.owned[rx.num] {
			return // judged at its own place
		}
		if rx == ry && c.same(rx.num) {
			c.walk(rx.num)
			return
		}
	}
	if isRef || isRef2 {
		pair := [2]int{rx.num, ry.num}
		if c.seen[pair] {
			return
		}
		c.seen[pair] = true
		c.a.spend(pairWork)
		if isRef2 {
			num = ry.num
		} else {
			num = rx.num
		}
		x, y = c.a.resolve(x), c.b.resolve(y)
	}
	if empty(x) && empty(y) {
		return
	}
	switch x := x.(type) {
	case *dict:
		if y, ok := y.(*dict); ok {
			c.entries(x, y, num, depth, "")
			return
		}
	case *stream:
		if y, ok := y.(*stream); ok {
			c.entries(x.dict, y.dict, num, depth, "Length")
			if !c.sameData(x, y) {
				c.differs(num, "changed object %d (%s)", num, kindOf(y))
			}
			return
		}
	case array:
		if y, ok := y.(array); ok {
			if len(x) != len(y) {
				c.differs(num, "changed an array of %d entries to one of %d%s", len(x), len(y), inObject(num))
				return
			}
			for i := range x {
				c.compare(x[i], y[i], num, depth+1)
			}
			return
		}
	default:
		if equalPlain(x, y) {
			return
		}
	}
	switch {
	case depth == 0 && y == nil:
		c.differs(num, "took away %s%s", kindOf(x), inObject(num))
	case depth == 0 && x == nil:
		c.differs(num, "put %s%s", kindOf(y), inObject(num))
	case num > 0:
		c.differs(num, "changed object %d (%s)", num, kindOf(c.b.resolve(c.b.refTo(num))))
	default:
		c.differs(num, "changed %s to %s", kindOf(x), kindOf(y))
	}
}

func inObject(num int) string {
	if num == 0 {
		return ""
	}
	return fmt.Sprintf(" (object %d)", num)
}

// empty: nothing, or an empty dictionary or array, which mean the same.
func empty(o object) bool {
	switch o := o.(type) {
	case nil:
		return true
	case array:
		return len(o) == 0
	case *dict:
		return o == nil || len(o.keys) == 0
	}
	return false
}

// entries compares two dictionaries, but for one key.
func (c *comparison) entries(x, y *dict, num, depth int, but string) {
	each(x, y, func(key string, vx, vy object) {
		if key != but {
			c.compare(vx, vy, num, depth+1)
		}
	})
}

// each calls visit for every key of two dictionaries, in order.
func each(x, y *dict, visit func(key string, vx, vy object)) {
	if x == nil {
		x = &dict{}
	}
	if y == nil {
		y = &dict{}
	}
	i, k := 0, 0
	for i < len(x.keys) || k < len(y.keys) {
		switch {
		case k == len(y.keys) || i < len(x.keys) && x.keys[i] < y.keys[k]:
			visit(x.keys[i], x.values[i], nil)
			i++
		case i == len(x.keys) || y.keys[k] < x.keys[i]:
			visit(y.keys[k], nil, y.values[k])
			k++
		default:
			visit(x.keys[i], x.values[i], y.values[k])
			i, k = i+1, k+1
		}
	}
}

func (c *comparison) sameData(x, y *stream) bool {
	if len(x.raw) == len(y.raw) && (len(x.raw) == 0 || &x.raw[0] == &y.raw[0]) {
		return true
	}
	c.a.spend(min(len(x.raw), len(y.raw)) / 8)
	if c.a.crypt == nil && c.b.crypt == nil {
		return bytes.Equal(x.raw, y.raw)
	}
	c.a.spend(len(x.raw) + len(y.raw))
	clear := func(v view, s *stream) []byte {
		if v.crypt == nil || s.num == 0 {
			return s.raw
		}
		return v.crypt.data(s)
	}
	return bytes.Equal(clear(c.a, x), clear(c.b, y))
}

func equalPlain(x, y object) bool {
	switch x := x.(type) {
	case str:
		y, ok := y.(str)
		return ok && bytes.Equal(x.b, y.b)
	case int64, float64:
		n, ok := number(x)
		m, ok2 := number(y)
		return ok && ok2 && n == m
	case ref:
		return x == y
	case nil, bool, name:
		switch y.(type) {
		case nil, bool, name:
			return x == y
		}
	}
	return false
}

func number(o object) (float64, bool) {
	switch o := o.(type) {
	case int64:
		return float64(o), true
	case float64:
		return o, true
	}
	return 0, false
}

// walk follows the references of an object that is the same in both views, to
// objects that are not.
func (c *comparison) walk(num int) {
	if c.walked[num] {
		return
	}
	c.walked[num] = true
	stack := []int{num}
	for len(stack) > 0 && c.a.spend(16) {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, n := range c.a.referencesOf(at) {
			child := int(n)
			if c.walked[child] || c.owned[child] {
				continue
			}
			c.walked[child] = true
			if c.same(child) {
				stack = append(stack, child)
				continue
			}
			c.compare(c.a.refTo(child), c.b.refTo(child), child, 0)
		}
	}
}

// refTo is the reference to an object with the generation that it has.
func (v view) refTo(num int) ref {
	e, _ := v.lookup(num)
	if e.kind != direct {
		return ref{num, 0}
	}
	return ref{num, int(e.gen)}
}

// maxRemembered bounds the objects whose references are remembered.
const maxRemembered = 100_000

// referencesOf lists the numbers that an object refers to, each once.
func (v view) referencesOf(num int) []int32 {
	e, ok := v.lookup(num)
	if !ok {
		return nil
	}
	p, ok := v.place(e)
	if !ok {
		return nil
	}
	if out, ok := v.edges[p]; ok {
		return out
	}
	l := lexer{b: v.data, at: p.off}
	if p.index >= 0 {
		pack := v.pack(p.off)
		if pack == nil {
			return nil
		}
		at, ok := pack.at[p.index]
		if !ok {
			return nil
		}
		l = lexer{b: pack.b, at: at}
	} else {
		for range 3 { // "n g obj"
			l.next()
		}
	}
	start := l.at
	var out []int32
	l.references(func(n int) { out = append(out, int32(n)) })
	v.spend(l.at - start)
	slices.Sort(out)
	out = slices.Compact(out)
	if len(v.edges) >= maxRemembered {
		clear(v.edges)
	}
	v.edges[p] = out
	return out
}
