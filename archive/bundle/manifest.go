package bundle

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Format is the version of the bundle format that this package writes and reads.
const Format = "vidimus-bundle/1"

// Manifest is manifest.json: every other entry with its hashes, in the order in
// which they stand in the container.
type Manifest struct {
	Format  string  `json:"format"`
	Entries []Entry `json:"entries"`
}

// Entry describes one entry of a bundle. Everything is hashed twice, so that
// the day SHA-256 grows weak the archive can be renewed from SHA-512 without
// trusting an index.
type Entry struct {
	Path      string        `json:"path"`                // inside the container
	Role      Role          `json:"role"`                // what it is for
	Name      string        `json:"name,omitempty"`      // as given, for originals and lists
	NameBytes []byte        `json:"nameBytes,omitempty"` // as given, base64, where it is no UTF-8
	Kind      evidence.Kind `json:"kind,omitempty"`      // of evidence
	Size      int64         `json:"size"`                // octets
	SHA256    evidence.ID   `json:"sha256"`
	SHA512    SHA512        `json:"sha512"`
}

// SHA512 is a hash value, written in hexadecimal.
type SHA512 [sha512.Size]byte

// MarshalText writes the hash in lower-case hexadecimal.
func (h SHA512) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// UnmarshalText is the reverse of MarshalText.
func (h *SHA512) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(h) {
		return fmt.Errorf("reading SHA-512: %d hexadecimal digits, want %d", len(b), 2*len(h))
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// seal hashes every part and writes the manifest.
func seal(parts []part) (Manifest, []byte, error) {
	m := Manifest{Format: Format, Entries: make([]Entry, len(parts))}
	for i, p := range parts {
		e := p.entry
		if e.SHA256.IsZero() { // else sums has hashed it
			e.SHA256 = evidence.Of(p.data)
		}
		e.Size, e.SHA512 = int64(len(p.data)), sha512.Sum512(p.data)
		m.Entries[i] = e
	}
	raw, err := encode(m)
	if err != nil {
		return m, nil, err
	}
	return m, raw, m.valid(len(raw))
}

func encode(m Manifest) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("writing %s: %w", manifestPath, err)
	}
	return b.Bytes(), nil
}

// ParseManifest reads manifest.json and refuses one that Pack could not have
// written: unknown format or field, unsafe path, wrong order, a role that does
// not fit, more than the limits allow.
func ParseManifest(raw []byte) (Manifest, error) {
	if len(raw) > MaxManifest {
		return Manifest{}, fmt.Errorf("reading %s: %d octets, at most %d are allowed", manifestPath, len(raw), MaxManifest)
	}
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("reading %s: %w", manifestPath, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Manifest{}, fmt.Errorf("reading %s: more follows after its JSON object", manifestPath)
	}
	if err := m.valid(len(raw)); err != nil {
		return Manifest{}, fmt.Errorf("reading %s: %w", manifestPath, err)
	}
	return m, nil
}

// valid holds what Pack promises and Open relies on.
func (m Manifest) valid(size int) error {
	if m.Format != Format {
		return fmt.Errorf("format is %q, this version knows %q", m.Format, Format)
	}
	if len(m.Entries) > MaxEntries {
		return fmt.Errorf("%d entries, at most %d are allowed", len(m.Entries), MaxEntries)
	}
	if size > MaxManifest {
		return fmt.Errorf("%s has %d octets, at most %d are allowed", manifestPath, size, MaxManifest)
	}
	total := containerSize(manifestPath, int64(size)) + endSize
	count := map[Role]int{}
	for i, e := range m.Entries {
		switch {
		case !safePath(e.Path) || !e.Role.fits(e.Path):
			return fmt.Errorf("entry %d: path %q is no place for a %q", i+1, e.Path, e.Role)
		case (i == 0) != (e.Path == mimetypePath):
			return fmt.Errorf("entry %d is %q; %q is the first, and only the first", i+1, e.Path, mimetypePath)
		case i > 1 && m.Entries[i-1].Path >= e.Path:
			return fmt.Errorf("entry %d: %q stands after %q", i+1, e.Path, m.Entries[i-1].Path)
		case len(e.Name)+len(e.NameBytes) > MaxName:
			return fmt.Errorf("entry %d: the given name has %d octets, at most %d are allowed", i+1, len(e.Name)+len(e.NameBytes), MaxName)
		case e.Size < 0 || e.Size > MaxSize:
			return fmt.Errorf("entry %d: %d octets, at most %d are allowed", i+1, e.Size, MaxSize)
		}
		count[e.Role]++
		if total += containerSize(e.Path, e.Size); total > MaxSize {
			return fmt.Errorf("the entries have more than %d octets together", MaxSize)
		}
	}
	if count[Document] == 0 || count[Report] != 1 || count[Policy] != 1 || count[Input] != 1 || count[Wrapping] != 4 {
		return fmt.Errorf("documents: %d, reports: %d, policies: %d, inputs: %d, entries of the container: %d; want at least 1, and 1, 1, 1, 4",
			count[Document], count[Report], count[Policy], count[Input], count[Wrapping])
	}
	if count[ReportETSI] > 1 || count[ReportHTML] > 1 || count[Store] > 1 {
		return fmt.Errorf("reports as ETSI XML: %d, as HTML: %d, statements of the store: %d; want at most 1 of each", count[ReportETSI], count[ReportHTML], count[Store])
	}
	return nil
}
