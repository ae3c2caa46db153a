package batch

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/vidimus/vidimus/api"
)

// contents are what a detached signature is over, as it came behind the signature.
type contents struct {
	Detached []content    `json:"detached,omitempty"`
	Digests  []api.Digest `json:"digests,omitempty"`
}

// content is one that waits beside its signature, under the signature's name with a
// number behind it.
type content struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// contentFile is the name of a file's content, counted from 1 on.
func contentFile(file string, n int) string { return file + "." + strconv.Itoa(n) }

// total are the octets that wait for a file's line.
func (h held) total() int64 {
	n := h.size
	for _, c := range h.of.Detached {
		n += c.Size
	}
	return n
}

// text is how contents stand in the database; most files have none.
func (c contents) text() (string, error) {
	if len(c.Detached)+len(c.Digests) == 0 {
		return "", nil
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("keeping the contents of a signature: %w", err)
	}
	return string(raw), nil
}

// read reads what text wrote.
func (c *contents) read(text string) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return fmt.Errorf("reading the contents of a signature: %w", err)
	}
	return nil
}

// Detach takes a content of the file that was added last.
func (i *intake) Detach(name string, from io.Reader) (int64, error) {
	h := &i.files[len(i.files)-1]
	sum, size, err := i.keep(contentFile(h.file, len(h.of.Detached)+1), from)
	if err == nil {
		h.of.Detached = append(h.of.Detached, content{Name: name, SHA256: sum, Size: size})
	}
	return size, err
}

// Digest takes a digest that stands for a content of the file that was added last.
func (i *intake) Digest(d api.Digest) {
	of := &i.files[len(i.files)-1].of
	of.Digests = append(of.Digests, d)
}

// loadContents gives the contents of a file's signature; damaged says that what is
// kept of one is not what was sent.
func (b *Batches) loadContents(h held) (out []api.File, damaged bool, done func(), err error) {
	var undo []func()
	done = func() {
		for _, f := range undo {
			f()
		}
	}
	for n, c := range h.of.Detached {
		data, unmap, err := b.load(filepath.Join(b.Dir, h.intake, contentFile(h.file, n+1)), c.Size)
		if err != nil {
			done()
			return nil, false, nil, err
		}
		undo = append(undo, unmap)
		damaged = damaged || hashOf(data) != c.SHA256
		out = append(out, api.File{Name: c.Name, Data: data})
	}
	return out, damaged, done, nil
}
