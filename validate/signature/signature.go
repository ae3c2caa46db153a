// Package signature is the one shape in which every reader hands over what it
// found: signatures, the objects they sign, their time-stamps and the material
// they carry. It has no opinions; the judges have.
package signature

import (
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Form is the kind of a file, in the words of the report.
type Form string

// The forms that are read.
const (
	FormXAdES Form = "XAdES"
	FormASiCE Form = "ASiC-E"
	FormASiCS Form = "ASiC-S"
	FormCAdES Form = "CAdES"
	FormPAdES Form = "PAdES"
	FormJAdES Form = "JAdES"

	FormEvidenceRecord Form = "EvidenceRecord" // an evidence record by itself
	FormTimestamp      Form = "Timestamp"      // an RFC 3161 token by itself
)

// Document is a file as a reader understood it.
type Document struct {
	Form       Form
	Signatures []*Signature      // document order; a counter-signature follows what it signs
	Timestamps []*Timestamp      // those of the container or document itself
	Records    []*EvidenceRecord // those of the container, or the file itself
	Container  *Container        // nil where the file is no container
	Embedded   Material          // of the document itself: PDF document security stores of all revisions
	Problems   []Problem         // facts about the file that format rules speak about
}

// Container is what a ZIP container says of itself (EN 319 162-1 §4.3, §4.4).
type Container struct {
	Mimetype        string // content of the mimetype file
	HasMimetype     bool   // the file is there
	MimetypeOK      bool   // it has one of the values of EN 319 162-1
	MimetypeFirst   bool   // it is the first entry, stored, without extra field (EN 319 162-1 §A.1)
	Comment         string
	ManifestPresent bool     // META-INF/manifest.xml (XAdES) or an ASiCManifest (CAdES) is readable
	Entries         []Entry  // all entries, in the order of the file
	DataFiles       []string // names of the entries that can be signed content, in order
	RootFiles       []string // the data files that lie at the root
}

// Entry is one file in a container.
type Entry struct {
	Name   string
	Size   int64
	SHA256 evidence.ID
}

// Problem is a fact that makes a file or signature doubtful. Code is a word that
// the format rules know; Says names the things concerned.
type Problem struct {
	Code ProblemCode
	Says string
}

// ProblemCode names a kind of problem.
type ProblemCode string

// What readers report. Ambiguous ones mean: two readers may see two things.
const (
	DuplicateEntry       ProblemCode = "duplicate-entry"       // two ZIP entries of one name (attacks Z3)
	EntryMismatch        ProblemCode = "entry-mismatch"        // local header and central directory differ (Z3)
	ZIPStructure         ProblemCode = "zip-structure"         // prepended or trailing data, overlapping entries (Z3)
	PathTrick            ProblemCode = "path-trick"            // absolute path, "..", backslash, NUL (Z2)
	EntryUnreadable      ProblemCode = "entry-unreadable"      // encrypted, unknown method, damaged (Z6)
	DuplicateID          ProblemCode = "duplicate-id"          // a referenced Id stands more than once (X3, X4)
	WrappedProperties    ProblemCode = "wrapped-properties"    // the digested SignedProperties are not those of the signature (X3)
	DuplicateSignature   ProblemCode = "duplicate-signature"   // the same signature twice
	UnsupportedTransform ProblemCode = "unsupported-transform" // XSLT and others that are never run (X6)
	UnsignedDataFile     ProblemCode = "unsigned-data-file"    // content that this signature does not cover (Z4)
	ManifestMismatch     ProblemCode = "manifest-mismatch"     // manifest.xml and content differ
	TimeWithoutZone      ProblemCode = "time-without-zone"     // a claimed signing time without time zone; it was read as UTC
	AmbiguousLeaf        ProblemCode = "ambiguous-leaf"        // a data object of an evidence record that reads as an inner node of its hash tree (A8)
	BadStructure         ProblemCode = "structure"             // an element that the schema does not allow there
)

// Signature is one signature, whatever container and syntax it stands in.
type Signature struct {
	ID       string      // "S-" and hexadecimal digits: derived from the signature value and what it signs
	ObjectID evidence.ID // identity of the signature for proofs of existence
	Path     string      // file inside the container; field name in a PDF
	Form     Form        // XAdES, CAdES, PAdES or JAdES: the syntax
	Master   *Signature  // what it countersigns; nil for others
	XMLID    string      // the Id of ds:Signature, as the file says it; empty where there is none

	Algorithm     algo.Signature
	AlgorithmName string // as the file says it: URI or OID
	Signed        []byte // the octets that the value was made over: canonical SignedInfo, signed attributes, …
	Value         []byte
	ValueProblem  string // why the value could not be read; then it never verifies

	References []*Reference

	KeyInfo                      [][]byte               // certificates (DER) offered for the signer, in order; where there are none, all embedded ones
	KeyInfoKey                   []byte                 // SubjectPublicKeyInfo of a bare key in KeyInfo
	SigningCertificates          []CertificateReference // of the signing-certificate attribute(s), in order
	SigningCertificateAttributes int                    // how many such attributes there are, v1 and v2 together

	ClaimedSigningTime time.Time   // zero: none claimed
	Claims             Claims      // of XAdES
	PDF                *PDFEntries // of the signature dictionary; nil for what stands in no PDF
	Properties         bool        // signed properties/attributes are there and are covered (SignedProperties, message-digest)
	Policy             *PolicyReference
	MIMETypes          []string

	Timestamps []*Timestamp
	Records    []*EvidenceRecord // embedded as unsigned properties
	Embedded   Material          // certificates, OCSP answers and CRLs carried inside (not those in tokens)
	Structure  Structure
	Changes    []Change // what later revisions of a PDF changed
	Problems   []Problem
}

// CertificateReference is one entry of a signing-certificate attribute
// (EN 319 132-1 §5.2.2, EN 319 122-1 §5.2.2).
type CertificateReference struct {
	Version      int // 1 or 2
	Digest       algo.Digest
	DigestName   string // as the file says it
	Value        []byte // the digest; empty: absent
	IssuerSerial bool   // issuer and serial number are given
	IssuerName   string // V1: RFC 4514 string
	IssuerDER    []byte // V2: DER of the issuer's Name (the directoryName), where readable
	Serial       string // decimal
	URI          string // V2's @URI
}

// PolicyReference is the signature policy identifier (EN 319 132-1 §5.2.9).
type PolicyReference struct {
	Implied       bool
	ID            string // OID or URI, "urn:oid:" stripped
	HashAlgorithm algo.Digest
	Hash          []byte
	ZeroHash      bool
	URI           string // SPURI
	Qualifier     string // of an XAdES identifier: OIDAsURN, OIDAsURI
	Stored        []byte // the policy document that the signature carries (SignaturePolicyStore)
}

// ReferenceType says what a reference points at (formats §12.2).
type ReferenceType string

// Types of references.
const (
	RefReference           ReferenceType = "REFERENCE"
	RefSignedProperties    ReferenceType = "SIGNED_PROPERTIES"
	RefKeyInfo             ReferenceType = "KEY_INFO"
	RefSignatureProperties ReferenceType = "SIGNATURE_PROPERTIES"
	RefXPointer            ReferenceType = "XPOINTER"
	RefObject              ReferenceType = "OBJECT"
	RefManifest            ReferenceType = "MANIFEST"
	RefManifestEntry       ReferenceType = "MANIFEST_ENTRY"
	RefCounterSignature    ReferenceType = "COUNTER_SIGNATURE"
	RefCounterSignedValue  ReferenceType = "COUNTER_SIGNED_SIGNATURE_VALUE"
	RefMessageDigest       ReferenceType = "MESSAGE_DIGEST"
	RefContentDigest       ReferenceType = "CONTENT_DIGEST"
	RefJWSSigningInput     ReferenceType = "JWS_SIGNING_INPUT_DIGEST"
	RefSigDEntry           ReferenceType = "SIG_D_ENTRY"
	RefArchiveObject       ReferenceType = "EVIDENCE_RECORD_ARCHIVE_OBJECT"
	RefOrphan              ReferenceType = "EVIDENCE_RECORD_ORPHAN_REFERENCE"
	RefMasterSignature     ReferenceType = "EVIDENCE_RECORD_MASTER_SIGNATURE"
	RefArchiveTimestamp    ReferenceType = "EVIDENCE_RECORD_ARCHIVE_TIME_STAMP"          // of a renewal: the time-stamp before it
	RefArchiveSequence     ReferenceType = "EVIDENCE_RECORD_ARCHIVE_TIME_STAMP_SEQUENCE" // of a renewal: all chains before it
	RefMessageImprint      ReferenceType = "MESSAGE_IMPRINT"
)

// Reference is one digest that the signature carries, and what we found for it.
type Reference struct {
	Type        ReferenceType
	Name        string // decoded file name, or the URI as given
	URI         string
	Digest      algo.Digest // empty: unknown algorithm, then never intact
	DigestName  string      // as the file says it
	Value       []byte      // the digest that is claimed
	Computed    []byte      // the digest that we computed; nil where nothing was found
	Found       bool
	Intact      bool
	Ambiguous   bool   // the target's Id stands more than once
	Why         string // why it was not found or not computed, for the report
	Scope       Scope
	File        string      // the file that was found, for references to files
	NameMatches bool        // the file found bears the name referred to
	MIMEType    string      // what the signature says of the type of this content, where it does
	Lenient     bool        // entry of a ds:Manifest: missing only warns (EN 319 102-1 §5.2.7.4 note)
	DataID      evidence.ID // SHA-256 of the referenced octets, where found
}

// Scope says how much of the named thing a reference covers (formats §12).
type Scope string

// Scopes.
const (
	ScopeFull    Scope = "FULL"
	ScopePartial Scope = "PARTIAL"
	ScopeDigest  Scope = "DIGEST"
	ScopeNone    Scope = "" // not content: properties, KeyInfo
	ScopeCounter Scope = "COUNTER_SIGNATURE"
)

// Material is what a signature or token carries for its own validation, as found.
type Material struct {
	Certificates [][]byte // DER
	OCSPs        [][]byte // OCSPResponse or BasicOCSPResponse, DER
	CRLs         [][]byte // DER
}

// TimestampType in the words of the report (formats §12.3).
type TimestampType string

// Types of time-stamps.
const (
	SignatureTimestamp             TimestampType = "SIGNATURE_TIMESTAMP"
	ContentTimestamp               TimestampType = "CONTENT_TIMESTAMP"
	AllDataObjectsTimestamp        TimestampType = "ALL_DATA_OBJECTS_TIMESTAMP"
	IndividualDataObjectsTimestamp TimestampType = "INDIVIDUAL_DATA_OBJECTS_TIMESTAMP"
	ValidationDataTimestamp        TimestampType = "VALIDATION_DATA_TIMESTAMP"
	ValidationDataRefsTimestamp    TimestampType = "VALIDATION_DATA_REFSONLY_TIMESTAMP"
	ArchiveTimestamp               TimestampType = "ARCHIVE_TIMESTAMP"
	DocumentTimestamp              TimestampType = "DOCUMENT_TIMESTAMP"
	ContainerTimestamp             TimestampType = "CONTAINER_TIMESTAMP"
	VRITimestamp                   TimestampType = "VRI_TIMESTAMP"
	EvidenceRecordTimestamp        TimestampType = "EVIDENCE_RECORD_TIMESTAMP"
)

// IsContent says whether the token was made before the signature, over what it signs.
func (t TimestampType) IsContent() bool {
	return t == ContentTimestamp || t == AllDataObjectsTimestamp || t == IndividualDataObjectsTimestamp
}

// Timestamp is one RFC 3161 token where it was found, and what it is to cover.
type Timestamp struct {
	Type TimestampType
	Raw  []byte // the TimeStampToken, DER or BER as found
	Path string // of a container's token

	// References are the entries of the manifest that the token covers, where it
	// has one (EN 319 162-1 §A.4); they are asked for like those of a signature.
	References []*Reference
	Problems   []Problem

	// Imprint computes the hash of the time-stamped octets. ok is false where they
	// cannot be found or the digest algorithm is unknown.
	Imprint func(d algo.Digest) (sum []byte, ok bool)

	// What a valid token proves to have existed (EN 319 102-1 §5.6.2.3).
	CoversSignature  bool          // the signature value of the signature it belongs to
	CoversData       []evidence.ID // signed data, by hash, where known
	Covers           Material      // certificates, OCSP answers and CRLs
	CoversSignatures []*Signature  // counter-signatures that it covers, with all that they carry
	CoversTokens     []*Timestamp  // earlier time-stamps, with what they carry
}

// EvidenceRecord is an evidence record (RFC 4998, RFC 6283) where it was found.
// Its reader has done the arithmetic of the hash trees: what each token should
// cover is computed by the token's Imprint, and what the record says of the data
// stands in References.
type EvidenceRecord struct {
	ID         string // "ER-" and hexadecimal digits: derived from its octets
	Path       string // file inside a container; empty: given beside the data, or embedded
	Raw        []byte
	Form       string        // "RFC 4998" or "RFC 6283"
	References []*Reference  // data objects and manifest entries; RefArchiveObject and RefOrphan
	Tokens     []*Timestamp  // type EvidenceRecordTimestamp, oldest first; each CoversTokens the one before
	Digests    []algo.Digest // of the data objects at the first token
	Problems   []Problem

	// Embedded is what the record carries for its own validation, beside its tokens.
	Embedded Material

	// What a valid record proves to have existed at the time of its first token.
	Signatures   []*Signature
	CoversData   []evidence.ID
	Covers       Material
	CoversTokens []*Timestamp
}

// Structure is what the level of a signature is told from, apart from trust
// (formats §1.6, §12.1). Readers fill it; ades/level.go reads it.
type Structure struct {
	BES                  bool          // the basic form of the standard is kept; else the format is "…-NOT-ETSI"
	BaselineB            bool          // requirements of level B
	EPES                 bool          // requirements of an explicit policy form
	Timestamped          bool          // a signature time-stamp token is there, and none of its elements is empty
	OneTokenEach         bool          // baseline T: one token in each
	BaselineLTShape      bool          // no element that baseline LT forbids, no doubled values
	HasCertificateValues bool          // CertificateValues or the like is there
	CompleteRefs         bool          // level C: CompleteCertificateRefs and CompleteRevocationRefs, one each
	CompleteCertRefsOnly bool          // only the first of both
	ExtendedTimestamp    bool          // level X: SigAndRefs or RefsOnly time-stamp
	ArchiveTimestamp     bool          // level A, LTA
	SealedRecords        bool          // level ERS
	PDF                  *PDFStructure // of signatures in PDF; nil for others
}
