package pades

import "errors"

// ascii85 reads base-85 data up to "~>" (§7.4.3).
func ascii85(in []byte) ([]byte, error) {
	out := make([]byte, 0, len(in))
	var group uint64
	n := 0
	for _, c := range in {
		switch {
		case isSpace(c):
			continue
		case c == 'z' && n == 0:
			out = append(out, 0, 0, 0, 0)
			continue
		case c >= '!' && c <= 'u':
			group = group*85 + uint64(c-'!')
			n++
		default: // "~>", or damage
			return lastGroup(out, group, n), nil
		}
		if n == 5 {
			if group > 1<<32-1 {
				return nil, errors.New("ASCII85Decode: a group of more than 32 bits")
			}
			out = append(out, byte(group>>24), byte(group>>16), byte(group>>8), byte(group))
			group, n = 0, 0
		}
	}
	return lastGroup(out, group, n), nil
}

func lastGroup(out []byte, group uint64, n int) []byte {
	if n < 2 {
		return out
	}
	for range 5 - n {
		group = group*85 + 84
	}
	for i := range n - 1 {
		out = append(out, byte(group>>(24-8*i)))
	}
	return out
}

// runLength reads run-length data (§7.4.5).
func runLength(in []byte, limit int) ([]byte, error) {
	size := 0
	for i := 0; i < len(in) && in[i] != 128; {
		if n := int(in[i]); n < 128 {
			size += min(n+1, len(in)-i-1)
			i += n + 2
		} else {
			size += 257 - n
			i += 2
		}
	}
	if size > limit {
		return nil, errBomb
	}
	out := make([]byte, 0, size)
	for i := 0; i < len(in) && in[i] != 128; {
		n := int(in[i])
		i++
		if n < 128 {
			end := min(i+n+1, len(in))
			out = append(out, in[i:end]...)
			i = end
		} else if i < len(in) {
			for range 257 - n {
				out = append(out, in[i])
			}
			i++
		}
	}
	return out, nil
}

// lzw reads LZW data with codes of 9 to 12 bits, the high bit first (§7.4.4).
// early: the code length grows one code early.
func lzw(in []byte, limit int, early bool) ([]byte, error) {
	const clear, end = 256, 257
	type code struct {
		before int32
		length int32
		last   byte
	}
	var (
		table  [4096]code
		out    []byte
		acc    uint32
		have   uint
		width  uint = 9
		next        = 258
		before      = -1
		offset      = 0
	)
	if early {
		offset = 1
	}
	for i := range 256 {
		table[i] = code{-1, 1, byte(i)}
	}
	for _, c := range in {
		acc, have = acc<<8|uint32(c), have+8
		for have >= width {
			n := int(acc >> (have - width) & (1<<width - 1))
			have -= width
			switch {
			case n == clear:
				width, next, before = 9, 258, -1
				continue
			case n == end:
				return out, nil
			case before < 0:
				if n > 255 {
					return nil, errors.New("LZWDecode: a code before its meaning")
				}
				out = append(out, byte(n))
				before = n
				continue
			case n > next || n == next && next > 4095:
				return nil, errors.New("LZWDecode: a code before its meaning")
			}
			shown := n
			if n == next {
				shown = before
			}
			length := int(table[shown].length)
			if len(out)+length+1 > limit {
				return nil, errBomb
			}
			start := len(out)
			for range length {
				out = append(out, 0)
			}
			for k, at := length-1, shown; k >= 0; k-- {
				out[start+k] = table[at].last
				at = int(table[at].before)
			}
			if n == next {
				out = append(out, out[start])
			}
			if next < 4096 {
				table[next] = code{int32(before), table[before].length + 1, out[start]}
				next++
			}
			for width < 12 && next+offset >= 1<<width {
				width++
			}
			before = n
		}
	}
	return out, nil
}
