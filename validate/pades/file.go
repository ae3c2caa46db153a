package pades

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

const (
	// maxObjectNumber is that of the field's readers (ISO 32000-1 annex C).
	maxObjectNumber = 8388607
	// maxSections bounds the cross-reference sections of a file, each an update.
	maxSections = 5000
	// baseWork and workPerOctet bound the octets that are read as syntax, and
	// baseOutput and outputPerOctet those that filters give, over all of a file:
	// bombs cost little, honest files of any size never come near.
	baseWork       = 16 << 20
	workPerOctet   = 24
	baseOutput     = 12 << 20
	outputPerOctet = 16
	// maxCachedNodes bounds the objects that are kept parsed, by their parts.
	maxCachedNodes = 200_000
	// maxCachedOctets bounds the object streams that are kept decoded.
	maxCachedOctets = 12 << 20
)

// file is a PDF as its cross-references describe it, with all its revisions.
type file struct {
	data       []byte
	index      []entry    // by number, then by revision
	revisions  []revision // oldest first
	trailer    *dict      // of the newest section
	crypt      *crypt     // nil where nothing is encrypted
	encrypt    int        // number of the encryption dictionary, which is not encrypted itself
	work       int
	output     int
	hostile    error // why reading stopped; then nothing read is relied on
	exceeded   error // the first bound that an object exceeded, which was left out
	cache      map[place]cached
	nodes      int
	packs      map[int]*pack // decoded object streams, by place in the file
	packed     int
	edges      map[place][]int32
	found      []entry // objects found by search; nil until needed
	searched   bool
	problems   []signature.Problem
	pageCounts map[int]int // by revision
	repaired   int         // entries that pointed elsewhere
	ids        map[rawKey]evidence.ID
}

// entry is one cross-reference entry (§7.5.4, §7.5.8).
type entry struct {
	num  int32
	rev  int32 // index in file.revisions
	kind kind
	gen  int32 // generation; in an object stream the index within it
	off  int64 // place in the file; number of the object stream
}

type kind uint8

const (
	free kind = iota
	direct
	packedObject
)

// revision is what one update wrote: the file up to end is a PDF by itself.
type revision struct {
	sections []int // places of the cross-reference sections
	end      int   // after %%EOF, without the end of line that follows
	trailer  *dict
}

// place is where an object's octets are: in the file, or at an index of the
// object stream that stands in the file.
type place struct {
	off   int
	index int // -1: in the file itself
}

type cached struct {
	o   object
	num int // as "n g obj" says
	gen int
	err error
}

// view is a file as a reader saw it when rev was its last revision.
type view struct {
	*file
	rev int
}

func newFile(data []byte) *file {
	return &file{data: data, work: baseWork + workPerOctet*len(data), output: baseOutput + outputPerOctet*len(data),
		cache: map[place]cached{}, packs: map[int]*pack{}, edges: map[place][]int32{}}
}

// spend counts octets that are read; false when the file asks for more than an
// honest one does.
func (f *file) spend(n int) bool {
	if f.work -= n; f.work < 0 && f.hostile == nil {
		f.hostile = &signature.ReadError{Code: signature.Hostile,
			Message: fmt.Sprintf("reading the PDF: its objects ask to read more than %d times the %d octets of the file", workPerOctet, len(f.data))}
	}
	return f.hostile == nil
}

// note keeps the first bound that was exceeded.
func (f *file) note(err error) {
	var b bound
	if f.exceeded == nil && errors.As(err, &b) {
		f.exceeded = b
	}
}

func (f *file) problem(code signature.ProblemCode, format string, args ...any) {
	p := signature.Problem{Code: code, Says: fmt.Sprintf(format, args...)}
	if len(f.problems) < 100 && !slices.Contains(f.problems, p) {
		f.problems = append(f.problems, p)
	}
}

// last is the newest view.
func (f *file) last() view { return view{f, len(f.revisions) - 1} }

// lookup finds the entry of an object in a view: the newest that is not newer.
func (v view) lookup(num int) (entry, bool) {
	i := sort.Search(len(v.index), func(i int) bool {
		e := &v.index[i]
		return int(e.num) > num || int(e.num) == num && int(e.rev) > v.rev
	})
	if i == 0 || int(v.index[i-1].num) != num {
		return entry{}, false
	}
	e := v.index[i-1]
	return e, e.kind != free
}

// load reads an indirect object; nil where there is none (§7.3.10).
func (v view) load(r ref) object {
	e, ok := v.lookup(r.num)
	if !ok {
		return nil
	}
	p, ok := v.place(e)
	if !ok {
		return nil
	}
	c := v.at(p)
	if c.err == nil && c.num == r.num && (p.index >= 0 || c.gen == r.gen || int(e.gen) == r.gen) {
		return c.o
	}
	if p.index < 0 && (c.err != nil || c.num != r.num) {
		return v.search(r)
	}
	return nil
}

// place tells where the octets of an entry's object are.
func (v view) place(e entry) (place, bool) {
	p := place{int(e.off), -1}
	if e.kind == packedObject {
		c, ok := v.lookup(int(e.off))
		if !ok || c.kind != direct {
			return place{}, false
		}
		p = place{int(c.off), int(e.num)} // by number: some writers err in the index
	}
	// What a revision points at behind its own end was not there when it was made:
	// it can be filled in later, unseen by the signature (attack F4).
	if e.kind == free || v.rev >= 0 && v.rev < len(v.revisions)-1 && p.off >= v.revisions[v.rev].end {
		return place{}, false
	}
	return p, true
}

// resolve follows references to an object.
func (v view) resolve(o object) object {
	for range 32 {
		r, ok := o.(ref)
		if !ok {
			return o
		}
		o = v.load(r)
	}
	return nil
}

func (v view) dict(o object) *dict {
	d, _ := v.resolve(o).(*dict)
	return d
}

func (v view) array(o object) array {
	a, _ := v.resolve(o).(array)
	return a
}

func (v view) name(o object) string {
	n, _ := v.resolve(o).(name)
	return string(n)
}

// at parses the object at a place.
func (v view) at(p place) cached {
	if c, ok := v.cache[p]; ok {
		return c
	}
	var c cached
	var nodes int
	if p.index >= 0 {
		c, nodes = v.unpack(p)
	} else {
		c, nodes = v.indirect(p.off)
	}
	if v.nodes += nodes; v.nodes > maxCachedNodes {
		v.nodes = nodes
		clear(v.cache)
	}
	v.cache[p] = c
	return c
}

// indirect reads "n g obj …" at a place in the file.
func (v view) indirect(off int) (cached, int) {
	if off <= 0 || off >= len(v.data) || v.hostile != nil {
		return cached{err: errSyntax}, 1
	}
	l := lexer{b: v.data, at: off, inFile: true}
	c := cached{}
	var ok, ok2 bool
	c.num, ok = l.integer(l.next())
	c.gen, ok2 = l.integer(l.next())
	if !ok || !ok2 || !l.is(l.next(), "obj") {
		return cached{err: errSyntax}, 1
	}
	c.o, c.err = l.parse(0)
	v.note(c.err)
	if !v.spend(l.at - off) {
		return cached{err: v.hostile}, 1
	}
	if d, isDict := c.o.(*dict); isDict && c.err == nil {
		if t := l.next(); l.is(t, "stream") {
			if raw, ok := v.streamData(&l, d); ok {
				c.o = &stream{dict: d, raw: raw, num: c.num, gen: c.gen}
			}
		}
	}
	if v.crypt != nil && c.num != v.encrypt && c.err == nil {
		c.o = v.crypt.strings(c.o, c.num, c.gen)
	}
	return c, l.nodes
}

// streamData cuts out the data of a stream: as long as Length says where
// endstream follows, else up to the next endstream (§7.3.8).
func (v view) streamData(l *lexer, d *dict) ([]byte, bool) {
	at := l.at
	if at < len(l.b) && l.b[at] == '\r' {
		at++
	}
	if at < len(l.b) && l.b[at] == '\n' {
		at++
	}
	n := -1
	switch length := d.get("Length").(type) {
	case int64:
		n = int(length)
	case ref:
		// Only a plain number is looked for: a stream's length never needs a stream.
		if e, ok := v.lookup(length.num); ok && e.kind == direct {
			n = v.numberAt(int(e.off))
		} else if got, ok := v.load(length).(int64); ok && e.kind == packedObject {
			n = int(got)
		}
	}
	if n >= 0 && n <= len(l.b)-at {
		end := lexer{b: l.b, at: at + n}
		if t := end.next(); end.is(t, "endstream") || end.is(t, "endobj") {
			return l.b[at : at+n : at+n], true
		}
	}
	end := find(l.b, at, "endstream")
	if end < 0 {
		v.spend(len(l.b) - at)
		return nil, false
	}
	v.spend(end - at)
	if end > at && l.b[end-1] == '\n' {
		end--
	}
	if end > at && l.b[end-1] == '\r' {
		end--
	}
	return l.b[at:end:end], true
}

// numberAt reads "n g obj number" without a cache; -1 where it is something else.
func (v view) numberAt(off int) int {
	if off <= 0 || off >= len(v.data) {
		return -1
	}
	l := lexer{b: v.data, at: off}
	l.next()
	l.next()
	if !l.is(l.next(), "obj") {
		return -1
	}
	n, ok := l.integer(l.next())
	if !ok {
		return -1
	}
	return n
}
