package pades

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/vidimus/vidimus/validate/signature"
)

// scan finds every "n g obj" of the file by search, once. This is what readers of
// the field do where cross-references are wrong; what it gives is flagged, as two
// readers may come to two documents.
func (f *file) scan() {
	if f.searched {
		return
	}
	f.searched = true
	if !f.spend(len(f.data)) {
		return
	}
	for at := 0; ; {
		hit := find(f.data, at, "obj")
		if hit < 0 {
			break
		}
		at = hit + 3
		e, ok := f.header(hit)
		if !ok {
			continue
		}
		if len(f.found) >= 100_000+len(f.data)/16 {
			break
		}
		f.found = append(f.found, e)
	}
	slices.SortStableFunc(f.found, func(a, b entry) int { return cmp.Compare(a.num, b.num) })
}

// header reads the numbers before "obj" backwards.
func (f *file) header(obj int) (entry, bool) {
	at := obj
	number := func() (int, bool) {
		end := at
		for end > 0 && isSpace(f.data[end-1]) {
			end--
		}
		start := end
		for start > 0 && end-start < 10 && f.data[start-1] >= '0' && f.data[start-1] <= '9' {
			start--
		}
		if start == end || end == at && at != obj {
			return 0, false
		}
		n := 0
		for _, c := range f.data[start:end] {
			n = n*10 + int(c-'0')
		}
		at = start
		return n, true
	}
	gen, ok := number()
	if !ok || gen > 65535 || at > 0 && !isSpace(f.data[at-1]) {
		return entry{}, false
	}
	num, ok := number()
	if !ok || num > maxObjectNumber || at > 0 && class[f.data[at-1]] == 0 && !bytes.HasSuffix(f.data[:at], []byte("endobj")) {
		return entry{}, false
	}
	return entry{num: int32(num), gen: int32(gen), kind: direct, off: int64(at)}, true
}

// search finds an object whose entry points elsewhere: the last one with its
// numbers that the view's revision holds.
func (v view) search(r ref) object {
	v.scan()
	end := len(v.data)
	if v.rev >= 0 && v.rev < len(v.revisions) {
		end = v.revisions[v.rev].end
	}
	i, _ := slices.BinarySearchFunc(v.found, r.num, func(e entry, n int) int { return cmp.Compare(int(e.num), n) })
	best := -1
	for ; i < len(v.found) && int(v.found[i].num) == r.num; i++ {
		if e := v.found[i]; int(e.gen) == r.gen && int(e.off) < end {
			best = int(e.off)
		}
	}
	if best < 0 {
		return nil
	}
	c := v.at(place{best, -1})
	if c.err != nil || c.num != r.num {
		return nil
	}
	if v.repaired++; v.repaired <= 5 {
		v.problem(signature.PDFRepaired, "The cross-reference of object %d does not point at it; the object was found at offset %d by search.", r.num, best)
	}
	return c.o
}

// rebuild makes an index of one revision from what a search finds: the last
// object of each number, object streams, and the last trailer with a Root.
func (f *file) rebuild() error {
	f.index, f.revisions, f.trailer = nil, nil, nil
	f.scan()
	if f.hostile != nil {
		return f.hostile
	}
	f.problem(signature.PDFRepaired, "The cross-references cannot be read; %d objects were found by search.", len(f.found))
	f.index = append([]entry{}, f.found...)
	f.sortIndex()
	f.revisions = []revision{{end: len(f.data)}}
	for at := 0; ; {
		hit := find(f.data, at, "trailer")
		if hit < 0 {
			break
		}
		l := lexer{b: f.data, at: hit + len("trailer"), inFile: true}
		at = hit + len("trailer")
		o, err := l.parse(0)
		f.note(err)
		if !f.spend(l.at - hit) {
			return f.hostile
		}
		if d, ok := o.(*dict); err == nil && ok && (d.has("Root") || f.trailer == nil) {
			f.trailer = d
		}
	}
	f.revisions[0].trailer = f.trailer
	if err := f.fromStreams(); err != nil {
		return err
	}
	f.revisions[0].trailer = f.trailer
	if err := f.decrypt(); err != nil {
		return err
	}
	v := f.last()
	root := v.dict(f.trailer.get("Root"))
	if root == nil {
		root = f.findCatalog()
	}
	if f.hostile != nil {
		return f.hostile
	}
	if root == nil || v.dict(root.get("Pages")) == nil {
		if f.exceeded != nil {
			return &signature.ReadError{Code: signature.Hostile, Message: fmt.Sprintf("reading the PDF: no page tree was found, and something is left out: %v", f.exceeded)}
		}
		return malformed("the file has no readable cross-references, and no page tree was found by search")
	}
	return nil
}

func malformed(why string) error {
	return &signature.ReadError{Code: signature.Malformed, Message: "reading the PDF: " + why}
}

// fromStreams adds what cross-reference and object streams hold.
func (f *file) fromStreams() error {
	v := f.last()
	var inside []entry
	for _, e := range f.index {
		if f.hostile != nil {
			return f.hostile
		}
		s, ok := v.at(place{int(e.off), -1}).o.(*stream)
		if !ok {
			continue
		}
		switch t, _ := s.get("Type").(name); t {
		case "XRef":
			if f.trailer == nil && s.has("Root") {
				f.trailer = s.dict
				f.revisions[0].trailer = f.trailer
			}
		case "ObjStm":
			if f.trailer != nil && f.trailer.has("Encrypt") && f.crypt == nil {
				if err := f.decrypt(); err != nil {
					return err
				}
			}
			p := v.pack(int(e.off))
			if p == nil {
				continue
			}
			for _, num := range p.numbers {
				if num <= maxObjectNumber && len(inside) < len(f.data) {
					inside = append(inside, entry{num: int32(num), kind: packedObject, off: int64(e.num)})
				}
			}
		}
	}
	// Direct objects come first: an object stream does not replace them.
	have := map[int32]bool{}
	for _, e := range f.index {
		have[e.num] = true
	}
	for _, e := range inside {
		if !have[e.num] {
			f.index = append(f.index, e)
		}
	}
	f.sortIndex()
	return nil
}

// findCatalog looks for a catalog where no trailer names one.
func (f *file) findCatalog() *dict {
	v := f.last()
	for i := len(f.index) - 1; i >= 0 && f.hostile == nil; i-- {
		r := ref{int(f.index[i].num), int(f.index[i].gen)}
		if f.index[i].kind == packedObject {
			r.gen = 0
		}
		d, ok := v.load(r).(*dict)
		if t, _ := d.get("Type").(name); ok && t == "Catalog" {
			f.trailer = &dict{keys: []string{"Root"}, values: []object{r}}
			f.revisions[0].trailer = f.trailer
			return d
		}
	}
	return nil
}
