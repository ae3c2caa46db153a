package der

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestNormalize(t *testing.T) {
	long := bytes.Repeat([]byte{0xab}, 300)
	cases := []struct {
		name     string
		in, want []byte
	}{
		{"DER stays", []byte{0x30, 3, 2, 1, 5}, []byte{0x30, 3, 2, 1, 5}},
		{"indefinite", []byte{0x30, 0x80, 2, 1, 5, 0, 0}, []byte{0x30, 3, 2, 1, 5}},
		{"indefinite and empty", []byte{0x30, 0x80, 0, 0}, []byte{0x30, 0}},
		{"minimal length", []byte{0x04, 0x82, 0, 1, 7}, []byte{0x04, 1, 7}},
		{"segments", []byte{0x24, 0x80, 4, 1, 1, 4, 1, 2, 0, 0}, []byte{4, 2, 1, 2}},
		{"UTF8String segments", []byte{0x2c, 6, 0x0c, 1, 'a', 0x04, 1, 'b'}, []byte{0x0c, 2, 'a', 'b'}},
		{"BIT STRING segments", []byte{0x23, 0x80, 3, 2, 0, 0xaa, 3, 2, 4, 0xb0, 0, 0}, []byte{3, 3, 4, 0xaa, 0xb0}},
		{"context tag keeps its children", []byte{0xa0, 0x80, 0x04, 0, 0, 0}, []byte{0xa0, 2, 4, 0}},
		{"high tag", []byte{0xbf, 0x81, 0x00, 0x80, 5, 0, 0, 0}, []byte{0xbf, 0x81, 0x00, 2, 5, 0}},
		{"long", append(append([]byte{0x24, 0x80, 4, 0x83, 0, 1, 0x2c}, long...), 0, 0), append([]byte{4, 0x82, 1, 0x2c}, long...)},
		{"siblings", []byte{0x30, 0x80, 0x31, 0x80, 0, 0, 0x30, 0x81, 2, 5, 0, 0, 0}, []byte{0x30, 6, 0x31, 0, 0x30, 2, 5, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Normalize(c.in)
			if err != nil || !bytes.Equal(got, c.want) {
				t.Fatalf("%x normalises to %x (%v), want %x", c.in, got, err, c.want)
			}
			again, err := Normalize(got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("normal form %x normalises to %x (%v)", got, again, err)
			}
		})
	}
	for _, bad := range [][]byte{nil, {0xff, 1, 0}, {0xbf, 0x80, 0x1f, 0}, {0x30}, {0x30, 0x80}, {0x30, 0x80, 5}, {5, 0, 0}, {0x24, 2, 5, 0}, {0x23, 6, 3, 2, 4, 0xb0, 3, 0}, {0x30, 3, 0x04, 4, 1}} {
		if got, err := Normalize(bad); err == nil {
			t.Errorf("%x normalises to %x", bad, got)
		}
	}
}

// hostile inputs of attacks.md F8 and deps.md A, each some 4 MB.
func hostile() map[string][]byte {
	const size = 4 << 20
	fill := func(unit ...byte) []byte { return bytes.Repeat(unit, size/len(unit)) }
	deep := bytes.Repeat([]byte{0x30, 0x80}, MaxDepth-2)
	strs := bytes.Repeat([]byte{0x24, 0x80}, MaxDepth-2)
	return map[string][]byte{
		"30 80 without end":            fill(0x30, 0x80),
		"24 80 without end":            fill(0x24, 0x80),
		"long indefinite sequence":     append(append([]byte{0x30, 0x80}, fill(5, 0)...), 0, 0),
		"many indefinite sequences":    append(append([]byte{0x30, 0x80}, fill(0x30, 0x80, 0, 0)...), 0, 0),
		"long sequence 62 levels deep": append(append([]byte{}, deep...), fill(5, 0)...),
		"segments 62 levels deep":      append(append([]byte{}, strs...), fill(4, 0)...),
		"many segments":                append(append([]byte{0x24, 0x80}, fill(4, 1, 7)...), 0, 0),
		"end-of-contents only":         fill(0, 0),
	}
}

// TestHostileBERF8: the bound is a hundred times what the inputs need here, and a
// thousandth of what a quadratic reader takes.
func TestHostileBERF8(t *testing.T) {
	for name, in := range hostile() {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, errNormalize := Normalize(in)
			_, _, errNext := Next(in)
			took := time.Since(start)
			t.Logf("%d octets in %s: Normalize %v, Next %v", len(in), took, errNormalize, errNext)
			if took > 3*time.Second {
				t.Errorf("took %s", took)
			}
			if strings.HasSuffix(name, "without end") && errNormalize == nil {
				t.Error("no error")
			}
		})
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range [][]byte{
		{0x30, 0x80, 2, 1, 5, 0, 0}, {0x24, 0x80, 4, 1, 1, 4, 1, 2, 0, 0}, {0x23, 0x80, 3, 2, 0, 0xaa, 3, 2, 4, 0xb0, 0, 0},
		{0xbf, 0x81, 0x00, 0x80, 5, 0, 0, 0}, bytes.Repeat([]byte{0x30, 0x80}, 70), {0x30, 0x82, 0, 2, 5, 0},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		kept := bytes.Clone(in)
		out, err := Normalize(in)
		if !bytes.Equal(kept, in) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			return
		}
		if len(out) > len(in)+len(in)/1000+2*MaxDepth { // lengths over 64 KiB are longer than 0x80 and 0 0
			t.Fatalf("%d octets became %d", len(in), len(out))
		}
		again, err := Normalize(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%x is not stable: %x (%v)", out, again, err)
		}
	})
}
