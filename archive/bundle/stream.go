package bundle

import (
	"fmt"
	"io"
)

// Stream writes a bundle anew from its manifest, as Assemble does, without holding its
// entries in memory. crc is the CRC-32 (IEEE) of entry i, and write writes its octets;
// who calls has compared both with the manifest. It fails when write writes another
// number of octets than the manifest says.
func Stream(w io.Writer, manifest []byte, crc func(i int) uint32, write func(i int, w io.Writer) error) error {
	m, err := ParseManifest(manifest)
	if err != nil {
		return err
	}
	out := &counted{w: w}
	var central []byte
	entries := 0
	add := func(name string, f header, write func(io.Writer) error) error {
		central = append(central, f.central(name, uint32(out.n))...)
		entries++
		if _, err := out.Write(f.local(name)); err != nil {
			return err
		}
		before := out.n
		if err := write(out); err != nil {
			return err
		}
		if out.n-before != int64(f.size) {
			return fmt.Errorf("%s has %d octets, the manifest says %d", name, out.n-before, f.size)
		}
		return nil
	}
	for i, e := range m.Entries {
		if err := add(e.Path, fields(e.Path, crc(i), e.Size), func(w io.Writer) error { return write(i, w) }); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		err := add(manifestPath, fields(manifestPath, crcOf(manifest), int64(len(manifest))), func(w io.Writer) error {
			_, err := w.Write(manifest)
			return err
		})
		if err != nil {
			return err
		}
	}
	offset := uint32(out.n)
	if _, err := out.Write(central); err != nil {
		return err
	}
	_, err = out.Write(end(entries, len(central), offset))
	return err
}

// Size is how many octets the bundle of a manifest has, raw being its own octets.
func (m Manifest) Size(raw []byte) int64 {
	total := containerSize(manifestPath, int64(len(raw))) + endSize
	for _, e := range m.Entries {
		total += containerSize(e.Path, e.Size)
	}
	return total
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
