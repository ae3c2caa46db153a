package pades

import "errors"

// pack is a decoded object stream (§7.5.7): objects that stand one after another.
type pack struct {
	numbers []int
	at      map[int]int // places of the objects in b, by number; of doubled ones the last
	b       []byte
}

var errPacked = errors.New("the object stream does not hold this object")

// pack decodes the object stream at a place in the file; nil where it cannot be
// read.
func (v view) pack(off int) *pack {
	if p, ok := v.packs[off]; ok {
		return p
	}
	p := v.readPack(off)
	size := 64
	if p != nil {
		size += len(p.b) + 48*len(p.numbers)
	}
	if v.packed += size; v.packed > maxCachedOctets {
		v.packed = size
		clear(v.packs)
	}
	v.packs[off] = p
	return p
}

func (v view) readPack(off int) *pack {
	c, _ := v.indirect(off)
	s, ok := c.o.(*stream)
	if !ok || c.err != nil {
		return nil
	}
	n, ok := v.resolve(s.get("N")).(int64)
	first, ok2 := v.resolve(s.get("First")).(int64)
	b, err := v.decode(s)
	v.note(err)
	if !ok || !ok2 || err != nil || n < 0 || first < 0 || first > int64(len(b)) {
		return nil
	}
	p := &pack{b: b, at: map[int]int{}}
	l := lexer{b: b[:first]}
	for range min(n, int64(len(b))) {
		num, ok := l.integer(l.next())
		at, ok2 := l.integer(l.next())
		if !ok || !ok2 || at > len(b)-int(first) {
			break
		}
		p.numbers = append(p.numbers, num)
		p.at[num] = int(first) + at
	}
	return p
}

// unpack parses an object of an object stream.
func (v view) unpack(at place) (cached, int) {
	p := v.pack(at.off)
	if p == nil {
		return cached{err: errPacked}, 1
	}
	start, ok := p.at[at.index]
	if !ok {
		return cached{err: errPacked}, 1
	}
	l := lexer{b: p.b, at: start}
	o, err := l.parse(0)
	v.note(err)
	if !v.spend(l.at - start) {
		return cached{err: v.hostile}, 1
	}
	if _, isStream := o.(*stream); isStream {
		return cached{err: errSyntax}, 1
	}
	return cached{o: o, num: at.index, err: err}, l.nodes
}
