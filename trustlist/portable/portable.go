// Package portable carries a verified set of trusted lists over an air gap: one
// file that holds the list of lists, its pivots and the national lists as they were
// published, with the hashes of each, who signed it, and how to check all that with
// common tools.
//
// Nothing in the file is believed. Read checks its form and its hashes, against
// accident; Check then authenticates every list from the anchors of this side, by
// the rules of package lotl and under the memory of what was seen here before. What
// the file says of anchors, signers and rejected lists is for people to read.
//
// The same snapshot gives the same octets in any year: the container is a ZIP file
// of which every octet is fixed by its contents (nothing compressed, no dates, no
// comments), and Read takes no other. What the other side has seen of each territory
// is not in the file: nobody else's memory may widen or narrow ours.
package portable

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Format is the version of the layout.
const Format = 1

// Bounds on a file: its octets, its entries, the lists among them, the octets of an
// entry that is no list, and of a name. All lists of the EU had 28 MB in 2026.
const (
	MaxFile    = 512 << 20
	MaxEntries = 2*maxLists + 10
	maxLists   = 1000
	maxOther   = 16 << 20
	maxName    = 120
)

// The entries that are no lists and no signers.
const (
	readmeName   = "README.txt"
	manifestName = "manifest.json"
	sums256Name  = "SHA256SUMS"
	sums512Name  = "SHA512SUMS"
	listsDir     = "lists/"
	signersDir   = "signers/"
)

// The roles of a list.
const (
	RoleLOTL  = "LOTL"
	RolePivot = "pivot"
	RoleTL    = "TL"
)

// Manifest says what the file holds, and what was known when it was made.
type Manifest struct {
	Format int         `json:"format"`
	Made   time.Time   `json:"made"`   // when the lists were authenticated on the side that exports
	Digest evidence.ID `json:"digest"` // of the snapshot, as `trust show` tells it
	// Journal and Anchors are what the lists rested on there. They are not used: the
	// side that imports has its own.
	Journal  string        `json:"journal,omitempty"`
	Anchors  []evidence.ID `json:"anchors"`
	Lists    []Entry       `json:"lists"`
	Rejected []Rejected    `json:"rejected"` // lists that the exporting side did not use, and why; they are not in the file
	Missing  []Missing     `json:"missing"`  // lists that it never had
}

// Entry is one list.
type Entry struct {
	File         string      `json:"file"` // its name in the file, "lists/EE.xml"
	Role         string      `json:"role"`
	Territory    string      `json:"territory"`
	ThirdCountry bool        `json:"thirdCountry,omitempty"` // under a mutual recognition agreement
	Sequence     int         `json:"sequence"`
	Issued       time.Time   `json:"issued"`
	NextUpdate   *time.Time  `json:"nextUpdate,omitempty"`
	Size         int         `json:"size"` // octets
	SHA256       evidence.ID `json:"sha256"`
	SHA512       string      `json:"sha512"` // hexadecimal
	SignedBy     string      `json:"signedBy"`
	Signer       evidence.ID `json:"signer"` // SHA-256 of the signer's certificate, which is signers/HEX.pem
}

// Rejected is a list that the exporting side did not use.
type Rejected struct {
	File      string      `json:"file"`
	Territory string      `json:"territory,omitempty"`
	Sequence  int         `json:"sequence,omitempty"`
	SHA256    evidence.ID `json:"sha256"`
	Why       string      `json:"why"`
}

// Missing is a list that the exporting side never had.
type Missing struct {
	Territory string `json:"territory"`
	Location  string `json:"location"`
	Says      string `json:"says"`
}

// Export is the contents of a file.
type Export struct {
	Manifest Manifest
	lists    map[string][]byte // raw, by Entry.File
	signers  map[string][]byte // PEM, by name
}

// New prepares a snapshot for export. made is when it was authenticated. The
// operator's own lists (--trusted-list) stay behind; a list that did not
// authenticate is an error.
func New(s *trustlist.Snapshot, made time.Time) (*Export, error) {
	if s == nil || len(s.LOTLs) == 0 {
		return nil, errors.New("exporting trusted lists: there is no list of lists to export")
	}
	e := &Export{lists: map[string][]byte{}, signers: map[string][]byte{}, Manifest: Manifest{
		Format: Format, Made: made.UTC().Truncate(time.Second), Digest: s.Digest(), Journal: s.Journal,
		Anchors: append([]evidence.ID{}, s.Anchors...), Lists: []Entry{}, Rejected: []Rejected{}, Missing: []Missing{},
	}}
	for _, part := range []struct {
		role  string
		lists []*trustlist.List
	}{{RoleLOTL, s.LOTLs}, {RolePivot, s.Pivots}, {RoleTL, s.Lists}} {
		for _, l := range part.lists {
			if l.Source == trustlist.FromExtra {
				continue
			}
			if err := e.add(part.role, l); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(e.Manifest.Anchors, func(a, b evidence.ID) int { return strings.Compare(a.String(), b.String()) })
	for _, r := range s.Rejected {
		e.Manifest.Rejected = append(e.Manifest.Rejected, Rejected{path.Base(r.File), r.Territory, r.Sequence, r.SHA256, r.Why})
	}
	slices.SortFunc(e.Manifest.Rejected, func(a, b Rejected) int { return strings.Compare(a.SHA256.String()+a.File, b.SHA256.String()+b.File) })
	for _, m := range s.Missing {
		e.Manifest.Missing = append(e.Manifest.Missing, Missing{m.Territory, m.Location, m.Says})
	}
	return e, nil
}

// add takes one list with its signer.
func (e *Export) add(role string, l *trustlist.List) error {
	if !l.Signature.Passed() || l.Signature.Signer == nil {
		return fmt.Errorf("exporting trusted lists: list %s is not authenticated (%s)", l.Name, l.Signature.Indication)
	}
	sum := sha512.Sum512(l.Raw)
	entry := Entry{Role: role, Territory: l.Territory, ThirdCountry: l.Source == trustlist.FromMRA, Sequence: l.Sequence, Issued: l.Issued.UTC(), NextUpdate: l.NextUpdate,
		Size: len(l.Raw), SHA256: l.SHA256, SHA512: hex.EncodeToString(sum[:]), SignedBy: l.Signature.Signer.SignerName(), Signer: l.Signature.Signer.ID}
	entry.File = listsDir + fileName(role, l)
	if slices.ContainsFunc(e.Manifest.Lists, func(o Entry) bool { return strings.EqualFold(o.File, entry.File) }) { // some file systems do not tell "ee" from "EE"
		entry.File = listsDir + strings.TrimSuffix(path.Base(entry.File), ".xml") + "-" + l.SHA256.String()[:16] + ".xml"
	}
	e.lists[entry.File] = l.Raw
	e.signers[entry.signerName()] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.Signature.Signer.Raw})
	e.Manifest.Lists = append(e.Manifest.Lists, entry)
	return nil
}

func (e Entry) signerName() string { return signersDir + e.Signer.String() + ".pem" }

// aName is what a list may be called in the file: no folder, no dot in front.
var aName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,90}\.xml$`)

// fileName is as in a mirror. Pivots keep the names of their addresses, by which a
// later pull knows that they need not be fetched again.
func fileName(role string, l *trustlist.List) string {
	name := l.Territory + ".xml"
	switch {
	case role == RoleLOTL:
		return "eu-lotl.xml"
	case role == RolePivot:
		if name = path.Base(l.Name); !aName.MatchString(name) || name == "eu-lotl.xml" {
			name = fmt.Sprintf("eu-lotl-pivot-%d.xml", l.Sequence)
		}
	case l.Source == trustlist.FromMRA:
		name = l.Territory + "-third-country.xml"
	}
	if !aName.MatchString(name) { // a territory that is none
		name = "list-" + l.SHA256.String()[:16] + ".xml"
	}
	return name
}

// Files are the raw lists, in the order of the manifest, for authentication. Their
// names are those in the file without the folder.
func (e *Export) Files() []lotl.File {
	out := make([]lotl.File, 0, len(e.Manifest.Lists))
	for _, l := range e.Manifest.Lists {
		out = append(out, lotl.File{Name: path.Base(l.File), Raw: e.lists[l.File]})
	}
	return out
}

// Encode writes the file. The same contents give the same octets.
func (e *Export) Encode() ([]byte, error) {
	manifest, err := e.Manifest.json()
	if err != nil {
		return nil, err
	}
	entries := []entry{{manifestName, manifest}}
	for name, raw := range e.lists {
		entries = append(entries, entry{name, raw})
	}
	for name, raw := range e.signers {
		entries = append(entries, entry{name, raw})
	}
	entries = sorted(append(entries, entry{readmeName, readme(&e.Manifest)}))
	entries = sorted(append(entries, entry{sums256Name, sums256(entries)}, entry{sums512Name, sums512(entries)}))
	raw, err := encode(entries)
	if err == nil && len(raw) > MaxFile {
		err = fmt.Errorf("exporting trusted lists: the file would have %d octets, at most %d", len(raw), MaxFile)
	}
	return raw, err
}

func (m *Manifest) json() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("exporting trusted lists: %w", err)
	}
	return append(b, '\n'), nil
}

// sorted puts the README first and the others in the order of their names.
func sorted(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int {
		if first := strings.Compare(rank(a.name), rank(b.name)); first != 0 {
			return first
		}
		return strings.Compare(a.name, b.name)
	})
	return entries
}

func rank(name string) string {
	if name == readmeName {
		return "0"
	}
	return "1"
}

// sums256 is what `sha256sum` prints of the entries.
func sums256(entries []entry) []byte {
	var b []byte
	for _, e := range entries {
		if e.name != sums256Name && e.name != sums512Name {
			b = fmt.Appendf(b, "%s  %s\n", evidence.Of(e.raw), e.name)
		}
	}
	return b
}

// sums512 is what `sha512sum` prints of them.
func sums512(entries []entry) []byte {
	var b []byte
	for _, e := range entries {
		if e.name != sums256Name && e.name != sums512Name {
			b = fmt.Appendf(b, "%x  %s\n", sha512.Sum512(e.raw), e.name)
		}
	}
	return b
}
