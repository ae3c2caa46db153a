package pades

import "sort"

// object is a PDF object (ISO 32000-2 §7.3): nil for null, bool, int64, float64,
// name, str, array, *dict, ref or *stream.
type object any

type (
	name  string
	array []object
	// ref is an indirect reference.
	ref struct{ num, gen int }
)

// str is a string. start and end are where it stands in the file, brackets
// included; both 0 within an object stream.
type str struct {
	b          []byte
	start, end int
	hex        bool
}

// dict is a dictionary with its keys in order. Of entries with the same key the
// last counts; doubled says that there were some.
type dict struct {
	keys    []string
	values  []object
	doubled bool
}

// stream is a stream whose data are still encoded, and encrypted in a file that
// is.
type stream struct {
	*dict
	raw []byte
	num int // of its object, which the key of encryption depends on
	gen int
}

func (d *dict) find(key string) (int, bool) {
	if d == nil {
		return 0, false
	}
	i := sort.SearchStrings(d.keys, key)
	return i, i < len(d.keys) && d.keys[i] == key
}

// get is the value as it stands, perhaps a reference; nil where there is none.
func (d *dict) get(key string) object {
	if i, ok := d.find(key); ok {
		return d.values[i]
	}
	return nil
}

func (d *dict) has(key string) bool {
	_, ok := d.find(key)
	return ok
}

// settle sorts the entries in which a dictionary was read, and drops the earlier
// of doubled ones.
func (d *dict) settle() {
	sorted := true
	for i := 1; i < len(d.keys); i++ {
		if d.keys[i-1] >= d.keys[i] {
			sorted = false
			break
		}
	}
	if sorted {
		return
	}
	sort.Stable(d)
	n := 0
	for i := range d.keys {
		if i+1 < len(d.keys) && d.keys[i] == d.keys[i+1] {
			d.doubled = true
			continue
		}
		d.keys[n], d.values[n] = d.keys[i], d.values[i]
		n++
	}
	d.keys, d.values = d.keys[:n], d.values[:n]
}

func (d *dict) Len() int           { return len(d.keys) }
func (d *dict) Less(i, j int) bool { return d.keys[i] < d.keys[j] }
func (d *dict) Swap(i, j int) {
	d.keys[i], d.keys[j] = d.keys[j], d.keys[i]
	d.values[i], d.values[j] = d.values[j], d.values[i]
}

// kindOf names the kind of an object, for sentences.
func kindOf(o object) string {
	switch o := o.(type) {
	case nil:
		return "nothing"
	case bool:
		return "a boolean"
	case int64, float64:
		return "a number"
	case name:
		return "a name"
	case str:
		return "a string"
	case array:
		return "an array"
	case *dict:
		if t, ok := o.get("Type").(name); ok && len(t) < 40 {
			return "a " + string(t) + " dictionary"
		}
		return "a dictionary"
	case *stream:
		if t, ok := o.get("Subtype").(name); ok && len(t) < 40 {
			return "a stream (" + string(t) + ")"
		}
		return "a stream"
	}
	return "a reference"
}
