// Package lotl finds out which trusted lists are genuine (TS 119 615 §4.1, §4.2;
// TS 119 612 annex B).
//
// Trust begins at certificates published in the Official Journal. They sign the
// oldest pivot list of lists; each pivot says who may sign the next one, the
// newest who may sign the list of lists, and that one who may sign the list of
// each state. There is no certification path and no revocation: a signer that a
// list of lists no longer names is no signer any more.
//
// A third country's list is used where the list of lists points to it with a mutual
// recognition agreement, and bears that label: what it says counts for what the
// agreement makes of it, and it never stands for a member state's. Without one, a
// third country's list is used where the operator named it, or named a list of lists
// that points to it: its services anchor chains, and make nothing qualified.
//
// A list that does not authenticate is not used, and what it says is never read
// for a verdict; the sentence that names why stands in Snapshot.Rejected. One
// bad list never takes away another.
package lotl

import (
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// File is one file of a mirror. Name is used to report; the content tells what it is.
type File struct {
	Name string
	Raw  []byte
}

// Extra is a list that the Union's list of lists does not point to, and who may sign
// it: one of the type of a member state's (a test list), which counts like any; one of
// a third country; or a list of lists besides the Union's, whose pointers say who may
// sign third countries' lists among the files.
type Extra struct {
	Name    string
	Raw     []byte
	Signers []*certificate.Certificate
}

// Anchor is a certificate that may sign the list of lists (or its oldest pivot),
// known by its SHA-256. Certificate may be nil: the list carries it.
type Anchor struct {
	Fingerprint evidence.ID
	Certificate *certificate.Certificate
}

// Input is all that authentication depends on.
type Input struct {
	Files   []File
	Kept    []File   // lists of an earlier time, used where Files have none as new; not reported
	Anchors []Anchor // none: no list of lists authenticates
	Journal string   // Official Journal notice of the anchors, "" when the operator gave them
	Extra   []Extra
	Union   *trustlist.List // the Union's list of lists, where it was authenticated before and is not among Files
	Seen    []Seen
	// Known are lists of a snapshot that these rules made: where one of the files is one
	// of them, octet for octet, it is not parsed again, nor are its digests and its
	// signature value computed, which depend on nothing but its octets. Whether its signer
	// may sign, and whether it is used, is judged as of any other. See KnownIn.
	Known   []*trustlist.List
	At      time.Time // for the ages that are reported; an expired list is used
	Workers int       // files read at once; below 1: one. The result does not depend on it
}

// FileReport is one line of `vidimus trust verify` (contract §1).
type FileReport struct {
	File       string           `json:"file"`
	Kind       string           `json:"kind"` // LOTL pivot TL unreadable
	Territory  string           `json:"territory,omitempty"`
	Version    int              `json:"version,omitempty"`
	Sequence   int              `json:"sequence,omitempty"`
	Issued     *time.Time       `json:"issued,omitempty"`
	NextUpdate *time.Time       `json:"nextUpdate,omitempty"`
	SHA256     evidence.ID      `json:"sha256"`
	Signature  *SignatureReport `json:"signature,omitempty"` // left out when there is none to judge
	Providers  int              `json:"providers"`
	Services   int              `json:"services"`
	// What a list of lists points to: pivots it names, machine-readable pointers to
	// lists of lists and how many signers these name, pointers to other lists.
	Pivots                  *int `json:"pivots,omitempty"`
	LOTLPointers            int  `json:"lotlPointers,omitempty"`
	LOTLPointerCertificates int  `json:"lotlPointerCertificates,omitempty"`
	TLPointers              int  `json:"tlPointers,omitempty"`

	Used  bool `json:"used"`
	Older bool `json:"older,omitempty"` // not used because a newer one is
	// The list is that of a third country, used under a mutual recognition agreement.
	MutualRecognition bool `json:"mutualRecognition,omitempty"`
	// Source is how a list that is used came to be: lotl, mra, extra, third-country.
	Source string `json:"source,omitempty"`

	Problems []string `json:"problems,omitempty"`
}

// SignatureReport is what was found of a list's signature.
type SignatureReport struct {
	Indication    string `json:"indication"`
	SubIndication string `json:"subIndication,omitempty"`
	SignedBy      string `json:"signedBy,omitempty"`
}
