package pades

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"

	"github.com/vidimus/vidimus/validate/signature"
)

const (
	// maxFilters bounds the filters of one stream: each may multiply its input.
	maxFilters = 4
	// baseStream and streamRatio bound what one stream may decode to.
	baseStream  = 4 << 20
	streamRatio = 100
)

var errBomb = errors.New("the stream decodes to too much")

// decode runs the filters of a stream (§7.4). Filters for images are not known.
func (v view) decode(s *stream) ([]byte, error) {
	b := s.raw
	if v.crypt != nil && s.num > 0 {
		b = v.crypt.data(s)
	}
	filters, parms := v.resolve(s.get("Filter")), v.resolve(s.get("DecodeParms"))
	if filters == nil {
		filters, parms = v.resolve(s.get("F")), v.resolve(s.get("DP"))
	}
	var names array
	switch f := filters.(type) {
	case name:
		names, parms = array{f}, array{parms}
	case array:
		names = f
	}
	if len(names) > maxFilters {
		return nil, bound(fmt.Sprintf("%d filters on one stream, at most %d are run", len(names), maxFilters))
	}
	list, _ := parms.(array)
	for i, n := range names {
		var parm *dict
		if i < len(list) {
			parm = v.dict(list[i])
		}
		out, err := v.filter(v.name(n), parm, b)
		if err != nil {
			return nil, err
		}
		b = out
	}
	return b, nil
}

// limit is what a filter may give for an input, and at most what is left over all
// of the file.
func (v view) limit(in int) int { return min(baseStream+streamRatio*in, max(v.output, 0)) }

// bomb ends the reading of a file whose streams decode to too much (attack F10).
func (v view) bomb(in, limit int) error {
	if v.hostile == nil {
		v.hostile = &signature.ReadError{Code: signature.Hostile, Message: fmt.Sprintf(
			"reading the PDF: a stream of %d octets would decode to more than %d; at most %d octets and %d times its own are read of one stream, and %d of all in a file of %d octets",
			in, limit, baseStream, streamRatio, baseOutput+outputPerOctet*len(v.data), len(v.data))}
	}
	return errBomb
}

func (v view) filter(filter string, parm *dict, in []byte) (out []byte, err error) {
	limit, size := v.limit(len(in)), len(in)
	switch filter {
	case "FlateDecode", "Fl":
		out, err = inflate(in, limit)
	case "LZWDecode", "LZW":
		early, ok := parm.get("EarlyChange").(int64)
		out, err = lzw(in, limit, !ok || early != 0)
	case "ASCIIHexDecode", "AHx":
		if end := bytes.IndexByte(in, '>'); end >= 0 {
			in = in[:end]
		}
		out, _ = decodeHex(in)
	case "ASCII85Decode", "A85":
		out, err = ascii85(in)
	case "RunLengthDecode", "RL":
		out, err = runLength(in, limit)
	case "Crypt":
		return in, nil
	default:
		return nil, fmt.Errorf("filter %q is not known here", short(filter))
	}
	if errors.Is(err, errBomb) {
		return nil, v.bomb(size, limit)
	}
	if err != nil {
		return nil, err
	}
	v.output -= len(out)
	if filter[0] == 'F' || filter[0] == 'L' {
		return v.predict(parm, out)
	}
	return out, nil
}

// inflate reads zlib data. What can be read of damaged data is given, as all of
// the field does; a checksum is not asked for.
func inflate(in []byte, limit int) ([]byte, error) {
	if len(in) < 2 {
		return nil, nil
	}
	r := flate.NewReader(bytes.NewReader(in[2:]))
	// Not io.ReadAll: what is allocated must not exceed the limit.
	out := make([]byte, 0, min(4*len(in)+512, limit+1))
	for {
		if len(out) > limit {
			return nil, errBomb
		}
		if len(out) == cap(out) {
			grown := make([]byte, len(out), min(2*cap(out), limit+1))
			copy(grown, out)
			out = grown
		}
		n, err := r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		if err != nil {
			if err == io.EOF || len(out) > 0 && len(out) <= limit {
				return out, nil
			}
			return nil, fmt.Errorf("FlateDecode: %w", err)
		}
	}
}

// predict undoes a PNG or TIFF predictor (§7.4.4.4).
func (v view) predict(parm *dict, in []byte) ([]byte, error) {
	predictor, _ := v.resolve(parm.get("Predictor")).(int64)
	if predictor < 2 {
		return in, nil
	}
	number := func(key string, otherwise, most int64) (int, error) {
		n, ok := v.resolve(parm.get(key)).(int64)
		if !ok {
			n = otherwise
		}
		if n < 1 || n > most {
			return 0, fmt.Errorf("predictor with %s %d", key, n)
		}
		return int(n), nil
	}
	colors, err := number("Colors", 1, 32)
	if err != nil {
		return nil, err
	}
	bits, err := number("BitsPerComponent", 8, 16)
	if err != nil {
		return nil, err
	}
	columns, err := number("Columns", 1, 1<<20)
	if err != nil {
		return nil, err
	}
	pixel := max(1, colors*bits/8)
	row := (colors*bits*columns + 7) / 8
	if predictor == 2 {
		if bits != 8 {
			return nil, fmt.Errorf("TIFF predictor with %d bits", bits)
		}
		out := bytes.Clone(in)
		for start := 0; start < len(out); start += row {
			line := out[start:min(start+row, len(out))]
			for i := pixel; i < len(line); i++ {
				line[i] += line[i-pixel]
			}
		}
		return out, nil
	}
	return png(in, row, pixel), nil
}

// png undoes the PNG filters: each row begins with an octet that names its own.
func png(in []byte, row, pixel int) []byte {
	out := make([]byte, 0, len(in))
	for len(in) > 1 {
		how := in[0]
		n := min(row, len(in)-1)
		start := len(out)
		out = append(out, in[1:1+n]...)
		in = in[1+n:]
		line := out[start:]
		var above []byte
		if start >= row {
			above = out[start-row : start]
		}
		at := func(i int) byte {
			if i < 0 || i >= len(above) {
				return 0
			}
			return above[i]
		}
		for i := range line {
			var left byte
			if i >= pixel {
				left = line[i-pixel]
			}
			switch how {
			case 1:
				line[i] += left
			case 2:
				line[i] += at(i)
			case 3:
				line[i] += byte((int(left) + int(at(i))) / 2)
			case 4:
				line[i] += paeth(left, at(i), at(i-pixel))
			}
		}
	}
	return out
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
