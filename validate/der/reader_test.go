package der

import (
	"bytes"
	"math/rand"
	"testing"
)

// walk steps through all elements below r and compares each with what is read of
// its own octets alone, where no end is remembered.
func walk(t *testing.T, r Reader, depth int) (elements int) {
	t.Helper()
	for !r.Empty() {
		before := r.Rest()
		e, err := r.Next()
		alone, rest, err2 := Next(before)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("error %v, alone %v", err, err2)
		}
		if err != nil {
			return elements
		}
		if !bytes.Equal(e.Raw, alone.Raw) || !bytes.Equal(e.Body, alone.Body) || e.Tag != alone.Tag || e.Indefinite != alone.Indefinite || !bytes.Equal(r.Rest(), rest) {
			t.Fatalf("an element of %d octets with a body of %d is one of %d with %d alone", len(e.Raw), len(e.Body), len(alone.Raw), len(alone.Body))
		}
		elements++
		if e.Constructed && depth < MaxDepth {
			elements += walk(t, e.Reader(), depth+1)
		}
	}
	return elements
}

// nested is a random tree of elements, of definite and indefinite length, some of
// them long enough for their ends to be remembered.
func nested(random *rand.Rand, depth int) []byte {
	if depth == 0 || random.Intn(5) == 0 {
		return Encode(TagOctetString, make([]byte, random.Intn(3000)))
	}
	var body []byte
	for range 1 + random.Intn(4) {
		body = append(body, nested(random, depth-1)...)
	}
	if random.Intn(3) == 0 {
		return Encode(0x30, body)
	}
	return append(append([]byte{0x30, 0x80}, body...), 0, 0)
}

// TestRememberedEnds: that ends are remembered changes nothing but the time.
func TestRememberedEnds(t *testing.T) {
	random := rand.New(rand.NewSource(1)) // the same trees at each run
	most := 0
	for range 200 {
		data := nested(random, 7)
		most = max(most, len(data))
		if n := walk(t, NewReader(append(data, nested(random, 3)...)), 0); n == 0 {
			t.Fatal("nothing is read")
		}
	}
	if most < 10*worthKnowing {
		t.Errorf("the largest tree has %d octets: no end was remembered", most)
	}
}

// FuzzReader is the same for any input, which is made long by repeating its pieces.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 4, 1, 7, 0, 0, 0, 0}, []byte{4, 1, 7})
	f.Add([]byte{0x30, 0x80, 0x24, 0x80}, []byte{0, 0})
	f.Add([]byte{0x30, 0x80, 0xa0, 0x80, 0x31, 0x80}, []byte{0x30, 0x80, 5, 0, 0, 0})
	f.Fuzz(func(t *testing.T, head, unit []byte) {
		if len(head) > 200 || len(unit) == 0 || len(unit) > 200 {
			return
		}
		data := append(bytes.Clone(head), bytes.Repeat(unit, 1+2*worthKnowing/len(unit))...)
		for range 8 {
			data = append(data, 0, 0)
		}
		r := NewReader(data)
		for depth := 0; depth < 10 && !r.Empty(); depth++ { // the first of each level: all would be quadratic
			before := r.Rest()
			e, err := r.Next()
			alone, rest, err2 := Next(before)
			if (err == nil) != (err2 == nil) || !bytes.Equal(e.Raw, alone.Raw) || !bytes.Equal(e.Body, alone.Body) || err == nil && !bytes.Equal(r.Rest(), rest) {
				t.Fatalf("an element of %d octets (%v) is one of %d alone (%v)", len(e.Raw), err, len(alone.Raw), err2)
			}
			if err != nil {
				return
			}
			if r.Empty() || depth%2 == 0 {
				r = e.Reader()
			}
		}
	})
}
