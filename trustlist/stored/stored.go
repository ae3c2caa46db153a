// Package stored keeps a trust snapshot whose signatures were verified: the raw
// lists, each under its SHA-256, what was read of each, and a manifest that says what
// was found. Loading it does not verify signatures again; the hashes bind the lists to
// the manifest, and the manifest to the anchors and the rules by which it was made.
//
// What was read of a list when it was authenticated stands encoded beside it
// (trustlist.Encode), and Load does not read its XML again. The manifest binds the
// encoding by its EncodingID, a SHA-256, and the encoding names the SHA-256 of its list,
// of every certificate in it, and the version of the encoding. It is a short cut only: where it is missing, damaged, of
// another list or of another version, the list is read from its XML, as it is from
// remembered snapshots, beside which no encodings are kept. The raw list must be there
// and have its hash in any case: it is the evidence, and a damaged one is an error.
//
// The 33 lists of the EU of November 2023 have 18 MB, and their encodings 6 MB, nearly
// all of it certificates. Where the time of loading them goes (BenchmarkLoad): four
// tenths are the SHA-256 of the lists, on a processor without instructions for it; four
// tenths the certificates, a third of that their own hashes; the rest is reading files
// and memory, and a thirtieth each the walk over the encodings and the index. From the
// XML it takes twice as long (BenchmarkLoadXML): half of that is the tree. 37 MB stay
// in the heap, half of it the lists.
//
// The manifest is not signed. Whoever can write into the folder can decide what
// is trusted, as he could replace the program; the folder belongs to the operator.
// What the hashes guard against is accident: half-written files, bad discs, lists
// of one pull mixed with the manifest of another.
//
// Pack, Load and ReadManifest are pure. Write is the only function that touches
// the world.
package stored

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Format is the version of the layout. Rules counts the changes of what lotl
// accepts: a snapshot of other rules must be authenticated again from its lists.
const (
	Format = 1
	Rules  = 2 // 2: lists of third countries under a mutual recognition agreement
)

// ManifestName is the file that makes a folder a stored snapshot; the lists stand
// below ListsDir, named by their SHA-256, and what was read of them below EncodedDir,
// named by its EncodingID.
const (
	ManifestName = "snapshot.json"
	ListsDir     = "lists"
	EncodedDir   = "encoded"
)

// Suffixes of the files below ListsDir and EncodedDir.
const (
	listSuffix    = ".xml"
	encodedSuffix = ".list"
)

// MaxManifest bounds the manifest, in octets; MaxLists the lists it may name.
const (
	MaxManifest = 16 << 20
	MaxLists    = 1000
)

// The roles of a list in a snapshot.
const (
	RoleLOTL  = "LOTL"
	RolePivot = "pivot"
	RoleTL    = "TL"
	RoleOther = "otherLOTL" // a list of lists besides the Union's
)

// ErrNone says that the folder holds no stored snapshot.
var ErrNone = errors.New("no trust snapshot is stored here")

// ErrStale says that the snapshot was made by other rules or in another format:
// its lists are to be authenticated again.
var ErrStale = errors.New("the stored trust snapshot was made by another version")

// Manifest is what is stored beside the lists.
type Manifest struct {
	Format   int                  `json:"format"`
	Rules    int                  `json:"rules"`
	Made     time.Time            `json:"made"` // when the lists were authenticated
	Digest   evidence.ID          `json:"digest"`
	Journal  string               `json:"journal,omitempty"` // Official Journal notice of the anchors
	Anchors  []evidence.ID        `json:"anchors"`
	Lists    []ListEntry          `json:"lists"`
	Rejected []trustlist.Rejected `json:"rejected,omitempty"`
	Missing  []trustlist.Missing  `json:"missing,omitempty"`
}

// ListEntry is one list of the snapshot.
type ListEntry struct {
	SHA256    evidence.ID `json:"sha256"`
	Size      int         `json:"size"`
	Encoded   evidence.ID `json:"encoded,omitzero"` // EncodingID of what was read of it; zero where that is not stored
	File      string      `json:"file"`             // the name under which it came
	Role      string      `json:"role"`
	Source    string      `json:"source"`
	Territory string      `json:"territory"`
	Sequence  int         `json:"sequence"`
	Issued    time.Time   `json:"issued"`
	Signature Signature   `json:"signature"`
}

// Signature is what was found of a list's signature. Signer is the certificate in DER.
type Signature struct {
	Indication  string    `json:"indication"`
	SignedBy    string    `json:"signedBy"`
	Signer      []byte    `json:"signer"`
	SigningTime time.Time `json:"signingTime"`
	// Problems are null where it was not written down what is odd about the signature.
	Problems []string `json:"problems"`
}

// Path is where the list is stored, below the folder of the snapshot.
func (e ListEntry) Path() string { return ListsDir + "/" + e.SHA256.String() + listSuffix }

// EncodedPath is where what was read of the list is stored, below the folder of the
// snapshot; "" where it is not.
func (e ListEntry) EncodedPath() string {
	if e.Encoded == (evidence.ID{}) {
		return ""
	}
	return EncodedDir + "/" + e.Encoded.String() + encodedSuffix
}

// Package is a snapshot ready to be written: the manifest and every other file.
type Package struct {
	Manifest Manifest
	Files    map[string][]byte // by Path and EncodedPath
}

// Pack prepares a snapshot for storing. made is when it was authenticated. A list
// that did not authenticate makes an error: it must never be stored as if it had. One
// that cannot be encoded is stored without its encoding.
func Pack(s *trustlist.Snapshot, made time.Time) (*Package, error) {
	p := &Package{Files: map[string][]byte{}, Manifest: Manifest{
		Format: Format, Rules: Rules, Made: made.UTC(), Digest: s.Digest(), Journal: s.Journal, Anchors: s.Anchors,
		Rejected: s.Rejected, Missing: s.Missing,
	}}
	for _, part := range []struct {
		role  string
		lists []*trustlist.List
	}{{RoleLOTL, s.LOTLs}, {RolePivot, s.Pivots}, {RoleTL, s.Lists}, {RoleOther, s.Others}} {
		for _, l := range part.lists {
			e := ListEntry{SHA256: l.SHA256, Size: len(l.Raw), File: l.Name, Role: part.role, Source: string(l.Source), Territory: l.Territory,
				Sequence: l.Sequence, Issued: l.Issued}
			if !l.Signature.Passed() || l.Signature.Signer == nil {
				return nil, fmt.Errorf("storing trust snapshot: list %s is not authenticated (%s)", l.Name, l.Signature.Indication)
			}
			e.Signature = Signature{Indication: l.Signature.Indication, SignedBy: l.Signature.Signer.SignerName(),
				Signer: l.Signature.Signer.Raw, SigningTime: l.Signature.SigningTime, Problems: l.Signature.Problems}
			if encoded, err := trustlist.Encode(l); err == nil {
				if e.Encoded, err = trustlist.EncodingID(encoded); err != nil {
					return nil, fmt.Errorf("storing trust snapshot: %w", err)
				}
				p.Files[e.EncodedPath()] = encoded
			}
			p.Manifest.Lists = append(p.Manifest.Lists, e)
			p.Files[e.Path()] = l.Raw
		}
	}
	return p, nil
}

// JSON is the manifest as it is stored: the same snapshot gives the same bytes.
func (m *Manifest) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing trust manifest: %w", err)
	}
	return append(b, '\n'), nil
}

// RestsOn says whether the snapshot was made with exactly these anchors.
func (m *Manifest) RestsOn(anchors []lotl.Anchor) bool {
	want := map[evidence.ID]bool{}
	for _, a := range anchors {
		want[a.Fingerprint] = true
	}
	have := map[evidence.ID]bool{}
	for _, id := range m.Anchors {
		if have[id] = true; !want[id] {
			return false
		}
	}
	return len(have) == len(want)
}

// Seen is what the snapshot knows of each territory, for the rollback rule of the
// next authentication (attack T1).
func (m *Manifest) Seen() []lotl.Seen {
	var out []lotl.Seen
	for _, e := range m.Lists {
		territory := e.Territory
		switch {
		case e.Role == RolePivot || e.Source == string(trustlist.FromExtra) || e.Source == string(trustlist.FromThirdCountry):
			continue
		case e.Role == RoleLOTL:
			territory = "EU"
		}
		out = append(out, lotl.Seen{Territory: territory, ThirdCountry: e.Source == string(trustlist.FromMRA), Sequence: e.Sequence, Issued: e.Issued, SHA256: e.SHA256})
	}
	return out
}
