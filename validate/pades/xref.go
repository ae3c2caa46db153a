package pades

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/vidimus/vidimus/validate/signature"
)

// section is one cross-reference section while the chain is read.
type section struct {
	at      int // place of "xref" or of the cross-reference stream
	end     int // after its trailer or stream
	trailer *dict
	entries []entry
	hybrid  int // place of the stream that a hybrid section names besides its table
}

// open reads the cross-references of a PDF, newest section first (§7.5). Where
// they cannot be read, objects are searched, as the field's readers do.
func open(data []byte) (*file, error) {
	f := newFile(data)
	if err := f.read(); err != nil {
		return nil, err
	}
	if f.hostile != nil {
		return nil, f.hostile
	}
	return f, nil
}

func (f *file) read() error {
	start, ok := startxref(f.data, len(f.data))
	var chain []section
	if ok {
		chain = f.chain(start)
	}
	if f.hostile != nil {
		return f.hostile
	}
	if len(chain) == 0 || !chain[0].trailer.has("Root") {
		return f.rebuild()
	}
	f.settle(chain)
	if err := f.decrypt(); err != nil {
		return err
	}
	if v := f.last(); v.dict(f.trailer.get("Root")) == nil || v.dict(v.dict(f.trailer.get("Root")).get("Pages")) == nil {
		if f.hostile != nil {
			return f.hostile
		}
		g := newFile(f.data)
		g.work, g.output, g.exceeded = f.work, f.output, f.exceeded
		for p, c := range f.cache {
			var b bound
			if errors.As(c.err, &b) {
				g.cache[p] = c // not to be tried again
			}
		}
		if err := g.rebuild(); err != nil {
			return err
		}
		*f = *g
	}
	return nil
}

// startxref finds the last "startxref n" before end, within the 4,096 octets that
// readers of the field look at.
func startxref(data []byte, end int) (int, bool) {
	from := max(0, end-4096)
	at := bytes.LastIndex(data[from:end], []byte("startxref"))
	if at < 0 {
		return 0, false
	}
	l := lexer{b: data[:end], at: from + at + len("startxref")}
	n, ok := l.integer(l.next())
	return n, ok && n < end
}

// chain reads the section at a place and all that its Prev leads to. It ends
// where it would come back to a section (attack F10), or where none can be read.
func (f *file) chain(at int) []section {
	var out []section
	seen := map[int]bool{}
	total := 0
	// An honest file needs some octets for each object that it lists.
	most := 100_000 + len(f.data)/4
	for at > 0 || len(out) == 0 {
		if seen[at] {
			f.problem(signature.PDFAmbiguous, "The cross-reference sections lead in a circle: that at offset %d is reached twice.", at)
			break
		}
		seen[at] = true
		s, err := f.section(at, most-total)
		f.note(err)
		if err != nil || f.hostile != nil {
			if len(out) > 0 {
				f.problem(signature.PDFRepaired, "The cross-reference section at offset %d, to which a later one leads, cannot be read: %v.", at, err)
				return nil
			}
			break
		}
		if total += len(s.entries); total > most || len(out) == maxSections {
			f.hostile = &signature.ReadError{Code: signature.TooLarge,
				Message: fmt.Sprintf("reading the PDF: cross-references for more than %d objects or in more than %d sections, in %d octets", most, maxSections, len(f.data))}
			return nil
		}
		out = append(out, s)
		prev, ok := s.trailer.get("Prev").(int64)
		if !ok {
			break
		}
		at = int(prev)
	}
	f.hybrids(out, most-total)
	return out
}

// section reads one section, table or stream.
func (f *file) section(at, most int) (section, error) {
	if at < 0 || at >= len(f.data) {
		return section{}, fmt.Errorf("offset %d is outside the file", at)
	}
	l := lexer{b: f.data, at: at, inFile: true}
	if !l.is(l.next(), "xref") {
		return f.streamSection(at, most)
	}
	s := section{at: at}
	if err := f.table(&l, &s, most); err != nil {
		return section{}, err
	}
	d, err := l.parse(0)
	f.note(err)
	s.end = l.at
	t, ok := d.(*dict)
	if err != nil || !ok {
		return section{}, fmt.Errorf("no trailer dictionary")
	}
	s.trailer = t
	if !f.spend(l.at - at) {
		return section{}, f.hostile
	}
	if x, ok := t.get("XRefStm").(int64); ok {
		s.hybrid = int(x)
	}
	return s, nil
}

// hybrids reads the streams that hybrid sections name (§7.5.8.4), oldest first.
// Writers copy the name to later sections, where the stream is out of date: each
// counts for the oldest section that names it.
func (f *file) hybrids(chain []section, most int) {
	read := map[int]section{}
	for i := len(chain) - 1; i >= 0 && f.hostile == nil; i-- {
		s := &chain[i]
		if s.hybrid == 0 {
			continue
		}
		if h, stale := read[s.hybrid]; stale {
			f.outdated(chain[i:], h)
			continue
		}
		h, err := f.streamSection(s.hybrid, most)
		if err != nil {
			f.problem(signature.PDFAmbiguous, "The cross-reference stream at offset %d, which a hybrid section names, cannot be read: %v.", s.hybrid, err)
		} else {
			f.merge(s, h)
		}
		read[s.hybrid] = h
	}
}

// outdated reports objects that a reader which takes the stream of an older
// section for part of a newer one would see as they were. chain begins with the
// newer one.
func (f *file) outdated(chain []section, h section) {
	told := map[int32]bool{}
	for _, e := range h.entries {
		told[e.num] = e.kind != free
	}
	for i := 1; i < len(chain) && chain[i].hybrid == chain[0].hybrid; i++ {
		if i+1 == len(chain) || chain[i+1].hybrid != chain[0].hybrid {
			return // the section that the stream belongs to
		}
		for _, e := range chain[i].entries {
			if told[e.num] && !slices.ContainsFunc(chain[0].entries, func(n entry) bool { return n.num == e.num }) && f.spend(len(chain[0].entries)/8) {
				f.problem(signature.PDFAmbiguous, "Object %d, which an update changed, is as it was before for readers that follow the cross-reference stream at offset %d from the last section.", e.num, chain[0].hybrid)
				return
			}
		}
	}
}

// merge adds to a table what the stream of a hybrid section has: objects that the
// table calls free or does not name. Others are described twice.
func (f *file) merge(s *section, h section) {
	used := map[int32]entry{}
	for _, e := range s.entries {
		if e.kind != free {
			used[e.num] = e
		}
	}
	for _, e := range h.entries {
		if e.kind == free {
			continue
		}
		if u, twice := used[e.num]; twice {
			if u.kind != e.kind || u.off != e.off {
				f.problem(signature.PDFAmbiguous, "Object %d stands at two places: one for readers that know hybrid cross-references, one for those that do not.", e.num)
			}
			continue
		}
		s.entries = append(s.entries, e)
	}
}

// table reads the subsections of a cross-reference table, up to "trailer" (§7.5.4).
func (f *file) table(l *lexer, s *section, most int) error {
	for {
		t := l.next()
		if l.is(t, "trailer") {
			return nil
		}
		first, ok := l.integer(t)
		count, ok2 := l.integer(l.next())
		if !ok || !ok2 || first > maxObjectNumber {
			return fmt.Errorf("no subsection of the table at offset %d", t.start)
		}
		for i := range count {
			before := l.at
			off, ok := l.integer(l.next())
			gen, ok2 := l.integer(l.next())
			word := l.next()
			used := l.is(word, "n")
			if !ok || !ok2 || !used && !l.is(word, "f") {
				if l.at = before; i > 0 { // fewer entries than are announced
					break
				}
				return fmt.Errorf("no entry of the table at offset %d", before)
			}
			if len(s.entries) >= most {
				return f.tooMany(most)
			}
			if first == 1 && i == 0 && !used && gen == 65535 {
				first = 0 // writers that count from 1 mean 0
			}
			if first+i > maxObjectNumber {
				continue
			}
			e := entry{num: int32(first + i), gen: int32(gen & 0xffff), off: int64(off)}
			if used && off > 0 {
				e.kind = direct
			}
			s.entries = append(s.entries, e)
		}
	}
}

func (f *file) tooMany(most int) error {
	f.hostile = &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("reading the PDF: cross-references for more than %d objects, in %d octets", most, len(f.data))}
	return f.hostile
}

// streamSection reads a cross-reference stream (§7.5.8).
func (f *file) streamSection(at, most int) (section, error) {
	if at <= 0 || at >= len(f.data) {
		return section{}, fmt.Errorf("offset %d is outside the file", at)
	}
	l := lexer{b: f.data, at: at, inFile: true}
	num, ok := l.integer(l.next())
	_, ok2 := l.integer(l.next())
	if !ok || !ok2 || !l.is(l.next(), "obj") {
		return section{}, fmt.Errorf("neither a table nor a stream stands at offset %d", at)
	}
	o, err := l.parse(0)
	f.note(err)
	d, isDict := o.(*dict)
	if err != nil || !isDict || !l.is(l.next(), "stream") {
		return section{}, fmt.Errorf("object %d at offset %d is no stream", num, at)
	}
	if t, _ := d.get("Type").(name); t != "XRef" {
		return section{}, fmt.Errorf("object %d at offset %d is no cross-reference stream", num, at)
	}
	v := view{f, -1}
	raw, ok := v.streamData(&l, d)
	if !ok {
		return section{}, fmt.Errorf("the stream at offset %d has no end", at)
	}
	decoded, err := v.decode(&stream{dict: d, raw: raw})
	if err != nil {
		return section{}, fmt.Errorf("decoding the cross-reference stream at offset %d: %w", at, err)
	}
	s := section{at: at, end: l.at + len(raw), trailer: d}
	return s, f.rows(&s, d, decoded, most)
}

// rows reads the entries of a cross-reference stream.
func (f *file) rows(s *section, d *dict, b []byte, most int) error {
	var w [3]int
	widths, _ := d.get("W").(array)
	if len(widths) < 3 {
		return fmt.Errorf("the W array has %d numbers", len(widths))
	}
	size := 0
	for i := range w {
		n, ok := widths[i].(int64)
		if !ok || n < 0 || n > 8 {
			return fmt.Errorf("the W array is not three small numbers")
		}
		w[i] = int(n)
		size += w[i]
	}
	if size == 0 {
		return fmt.Errorf("the W array is all zero")
	}
	index, _ := d.get("Index").(array)
	if index == nil {
		n, _ := d.get("Size").(int64)
		index = array{int64(0), n}
	}
	for i := 0; i+1 < len(index); i += 2 {
		first, ok := index[i].(int64)
		count, ok2 := index[i+1].(int64)
		if !ok || !ok2 || first < 0 || count < 0 {
			return fmt.Errorf("the Index array is not made of numbers")
		}
		for n := first; count > 0 && len(b) >= size; n, count = n+1, count-1 {
			row := b[:size]
			b = b[size:]
			if n > maxObjectNumber {
				continue
			}
			if len(s.entries) >= most {
				return f.tooMany(most)
			}
			kindOf := uint64(1) // where the first field has no width
			if w[0] > 0 {
				kindOf = bigEndian(row[:w[0]])
			}
			second, third := bigEndian(row[w[0]:w[0]+w[1]]), bigEndian(row[w[0]+w[1]:])
			e := entry{num: int32(n), gen: int32(third & 0xffffff), off: int64(second)}
			switch {
			case kindOf == 1 && second > 0 && second < uint64(len(f.data)):
				e.kind = direct
			case kindOf == 2 && second <= maxObjectNumber:
				e.kind = packedObject
			}
			s.entries = append(s.entries, e)
		}
	}
	return nil
}

func bigEndian(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// settle orders sections into revisions and their entries into the index. A
// section that stands before the one it follows is the first-page section of a
// linearised file (annex F), and of one revision with it.
func (f *file) settle(chain []section) {
	total := 0
	for _, s := range chain {
		total += len(s.entries)
	}
	f.index = make([]entry, 0, total)
	f.trailer = chain[0].trailer
	reached := 0 // largest place of the current revision
	for i := len(chain) - 1; i >= 0; i-- {
		s := &chain[i]
		if n := len(f.revisions); n == 0 || s.at > reached {
			f.revisions = append(f.revisions, revision{})
			reached = s.at
		}
		r := &f.revisions[len(f.revisions)-1]
		r.sections = append(r.sections, s.at)
		r.end = max(r.end, endOfFile(f.data, s.end))
		if r.trailer == nil || s.trailer.has("Root") {
			r.trailer = s.trailer
		}
		for _, e := range s.entries {
			e.rev = int32(len(f.revisions) - 1)
			f.index = append(f.index, e)
		}
		s.entries = nil
	}
	f.sortIndex()
}

// sortIndex orders the entries, which stand oldest section first: within one
// revision, and within one section, the later entry counts.
func (f *file) sortIndex() {
	slices.SortStableFunc(f.index, func(a, b entry) int {
		if c := cmp.Compare(a.num, b.num); c != 0 {
			return c
		}
		return cmp.Compare(a.rev, b.rev)
	})
	n := 0
	for i, e := range f.index {
		if i+1 < len(f.index) && f.index[i+1].num == e.num && f.index[i+1].rev == e.rev {
			continue
		}
		// A free entry only matters where it takes something away.
		if e.kind == free && (n == 0 || f.index[n-1].num != e.num) {
			continue
		}
		f.index[n] = e
		n++
	}
	f.index = f.index[:n]
}

// endOfFile finds the end of "%%EOF" after the startxref that follows a place.
func endOfFile(data []byte, from int) int {
	window := data[min(from, len(data)):min(from+4096, len(data))]
	at := bytes.Index(window, []byte("startxref"))
	if at < 0 {
		return min(from, len(data))
	}
	eof := bytes.Index(window[at:], []byte("%%EOF"))
	if eof < 0 {
		return min(from, len(data))
	}
	return from + at + eof + len("%%EOF")
}

// find is the place of a word at or after from; -1 where it is not.
func find(b []byte, from int, word string) int {
	if from > len(b) {
		return -1
	}
	at := bytes.Index(b[from:], []byte(word))
	if at < 0 {
		return -1
	}
	return from + at
}
