package bundle

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Structure is the object that a Damage names when no entry is altered, but the
// container around the entries is.
const Structure = "container structure"

// Damage is one thing that is not as Pack wrote it.
type Damage struct {
	Object  string `json:"object"`  // path inside the bundle, or Structure
	Problem string `json:"problem"` // "altered", "missing", "extra"; in a store also "hidden", "overwritten"
	Says    string `json:"says"`    // one sentence with numbers
}

func (d Damage) String() string { return d.Object + ": " + d.Problem + ": " + d.Says }

// DamagedError is returned for a bundle that is not as Pack wrote it.
type DamagedError struct{ Damages []Damage }

func (e *DamagedError) Error() string {
	words := make([]string, 0, 4)
	for i, d := range e.Damages {
		if i == 3 {
			words = append(words, fmt.Sprintf("and %d more", len(e.Damages)-i))
			break
		}
		words = append(words, d.String())
	}
	return "the bundle is damaged: " + strings.Join(words, "; ")
}

// Check finds every object of a bundle that is altered, missing or extra; nil
// means that raw is, octet for octet, what Pack wrote. Any change of one octet
// is found. It does not know the ID that the bundle ought to have: a bundle
// packed anew from other content is whole, and has another ID.
func Check(raw []byte) []Damage {
	_, damages := read(raw)
	return damages
}

// Open reads a bundle, and refuses one that Check finds damaged with a
// *DamagedError.
func Open(raw []byte) (*Bundle, error) {
	b, damages := read(raw)
	if len(damages) > 0 {
		return nil, fmt.Errorf("opening bundle: %w", &DamagedError{damages})
	}
	return b, nil
}

// read looks at the container in two ways, since one altered octet can spoil
// the local headers or the central directory, not both, and keeps the way that
// finds less damage, so that the report names what was altered and no more.
func read(raw []byte) (*Bundle, []Damage) {
	if int64(len(raw)) > MaxSize {
		return nil, []Damage{{Structure, "altered", fmt.Sprintf("the file has %d octets, a bundle at most %d", len(raw), MaxSize)}}
	}
	b, damages := view(raw, walkLocal(raw))
	if len(damages) > 0 {
		if b2, other := view(raw, walkCentral(raw)); b2 != nil && (b == nil || accused(other) < accused(damages)) {
			b, damages = b2, other
		}
	}
	if len(damages) > maxDamages {
		damages = damages[:maxDamages]
	}
	return b, damages
}

// accused counts the damages that accuse an entry, not only the container.
func accused(damages []Damage) int {
	n := 0
	for _, d := range damages {
		if d.Object != Structure {
			n++
		}
	}
	return n
}

// view judges the container by the entries that a walk found. The bundle is nil
// when its manifest is missing or cannot be relied on.
func view(raw []byte, entries []found) (*Bundle, []Damage) {
	byName := make(map[string]found, len(entries))
	var damages []Damage
	for _, f := range entries {
		if _, twice := byName[f.name]; twice {
			damages = append(damages, Damage{shown(f.name), "extra", "the container holds it more than once"})
			continue
		}
		byName[f.name] = f
	}
	mf, ok := byName[manifestPath]
	if !ok {
		return nil, append(damages, Damage{Structure, "altered",
			fmt.Sprintf("no %s can be found: not a bundle, or its container is broken", manifestPath)})
	}
	// A manifest has nothing above it but the bundle's ID, which the caller
	// knows; inside the container it is held by its CRC-32. One that does not fit
	// cannot accuse others.
	if !mf.crcFits() {
		return nil, append(damages, Damage{manifestPath, "altered", "its octets do not fit the CRC-32 in the container"})
	}
	m, err := ParseManifest(mf.data)
	if err != nil {
		return nil, append(damages, Damage{manifestPath, "altered", err.Error()})
	}
	b := &Bundle{ID: evidence.Of(mf.data).String(), Manifest: m, RawManifest: mf.data, parts: make([]part, len(m.Entries))}
	for i, e := range m.Entries {
		f, ok := byName[e.Path]
		delete(byName, e.Path)
		b.parts[i] = part{entry: e, data: f.data}
		if !ok {
			damages = append(damages, Damage{e.Path, "missing", fmt.Sprintf("the manifest lists it with %d octets, the container does not hold it", e.Size)})
		} else if says := e.Differs(f.data); says != "" {
			damages = append(damages, Damage{e.Path, "altered", says})
		}
	}
	delete(byName, manifestPath)
	for _, f := range entries { // in container order, not map order
		if _, extra := byName[f.name]; extra {
			delete(byName, f.name)
			damages = append(damages, Damage{shown(f.name), "extra", fmt.Sprintf("the container holds it with %d octets, the manifest does not list it", len(f.data))})
		}
	}
	if len(damages) == 0 {
		damages = compare(raw, layout(mf.data, m.Entries, dataOf(b.parts)))
	}
	b.Content = b.content()
	return b, damages
}

// Differs compares octets with what the manifest says of them: "" if they are
// the same, else a sentence.
func (e Entry) Differs(data []byte) string {
	return e.differs(int64(len(data)), func() evidence.ID { return evidence.Of(data) }, func() SHA512 { return sha512.Sum512(data) })
}

// DiffersFrom is Differs of octets of which only the size and the hashes are at hand,
// since they were read as a stream.
func (e Entry) DiffersFrom(size int64, sha256 evidence.ID, sha512 SHA512) string {
	return e.differs(size, func() evidence.ID { return sha256 }, func() SHA512 { return sha512 })
}

func (e Entry) differs(size int64, sha256 func() evidence.ID, sha512 func() SHA512) string {
	if size != e.Size {
		return fmt.Sprintf("%d octets, the manifest says %d", size, e.Size)
	}
	if got := sha256(); got != e.SHA256 {
		return fmt.Sprintf("SHA-256 is %s, the manifest says %s", got, e.SHA256)
	}
	if sha512() != e.SHA512 {
		return "SHA-512 is not the one in the manifest, though SHA-256 is"
	}
	return ""
}

// compare holds the file against the container that its manifest and objects
// would give, and names each part of the container that differs.
func compare(raw []byte, pieces []piece) []Damage {
	var damages []Damage
	for _, p := range pieces {
		n := min(len(p.octets), len(raw))
		if !bytes.Equal(raw[:n], p.octets) {
			damages = append(damages, Damage{Structure, "altered", strings.TrimSpace("the " + p.what + " " + p.name + " is not as packed")})
		}
		raw = raw[n:]
	}
	if len(raw) > 0 {
		damages = append(damages, Damage{Structure, "extra", fmt.Sprintf("%d octets follow after the end of the container", len(raw))})
	}
	return damages
}

// shown makes a name from a hostile container safe to print.
func shown(name string) string {
	if safePath(name) {
		return name
	}
	return fmt.Sprintf("%+q", name)
}
