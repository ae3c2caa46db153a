package signature

// Encrypted says that the file is encrypted, and not with the empty password.
const Encrypted ErrorCode = "encrypted"

// What the PDF reader reports (EN 319 102-1 §5.2.2, EN 319 142-1, ISO 32000-2
// §12.8). Those of the first group make format checking fail; those of the second
// are changes after signing and other departures, for which the standards leave
// the verdict to policy. They stand in Signature.Problems and Timestamp.Problems;
// those about the whole file in Document.Problems.
const (
	ByteRangeInvalid           ProblemCode = "byte-range-invalid"           // ByteRange leaves out other than this Contents (F1, F3)
	SignatureDictionaryChanged ProblemCode = "signature-dictionary-changed" // signed and final revision show different signature dictionaries
	PageCountChanged           ProblemCode = "page-count-changed"           // signed and final revision have different numbers of pages
	SeveralSignerInfos         ProblemCode = "several-signer-infos"         // not exactly one SignerInfo in the CMS (F8)

	RevisionIncomplete  ProblemCode = "revision-incomplete"  // the signed octets do not end with a whole revision, or the file does not build on it (F2)
	UndefinedChange     ProblemCode = "undefined-change"     // a later revision changed what no signer lets change (F4)
	AnnotationChange    ProblemCode = "annotation-change"    // a later revision made, changed or deleted annotations (F5)
	AnnotationOverlap   ProblemCode = "annotation-overlap"   // an annotation that came or moved later covers another one (F5)
	DocMDPViolation     ProblemCode = "doc-mdp-violation"    // a change that the certification forbids
	CertificationMisuse ProblemCode = "certification-misuse" // a certification that is not the first signature, or that the catalog does not name
	FieldMDPViolation   ProblemCode = "field-mdp-violation"  // a field changed that a FieldMDP transform locks
	FieldLockViolation  ProblemCode = "field-lock-violation" // a field changed that the Lock of the signature field locks
	ByteRangeCollision  ProblemCode = "byte-range-collision" // the signed octets of two signatures overlap without one holding the other
	SignatureRemoved    ProblemCode = "signature-removed"    // a later revision took a signature away
	SignatureNotCounted ProblemCode = "signature-not-counted"
	PDFRepaired         ProblemCode = "pdf-repaired"  // cross-references were wrong, objects were found by search
	PDFAmbiguous        ProblemCode = "pdf-ambiguous" // two readers may see two documents (F6)
)

// ChangeKind says what a change in a PDF after signing is, in the terms of the
// DocMDP levels (ISO 32000-2 §12.8.2.2.2).
type ChangeKind string

// Kinds of changes, from harmless to suspicious.
const (
	ChangeLongTerm   ChangeKind = "long-term"  // DSS, document time-stamps, metadata, extensions: always allowed
	ChangeForm       ChangeKind = "form"       // form filling and signing: DocMDP 2
	ChangeAnnotation ChangeKind = "annotation" // annotations: DocMDP 3
	ChangeOther      ChangeKind = "other"      // never allowed after signing
)

// Change is one thing that a later revision changed in a signed PDF.
type Change struct {
	Kind     ChangeKind
	Revision int    // that made it, from 1
	Object   int    // number of the object concerned; 0: a direct object or the trailer
	Page     int    // from 1; 0: none
	Field    string // name of the form field, where it concerns one
	Created  bool   // the field is new
	Allowed  bool   // by DocMDP, FieldMDP and field locks of this signature and, without DocMDP, by ISO 32000-2 §12.8.2.2
	Says     string // one sentence
}

// PDFStructure is what levels of PDF signatures are told from, besides the fields
// of Structure (formats §5.5).
type PDFStructure struct {
	SubFilter  string
	PKCS7      bool // a signature of the PKCS7 family that keeps its rules: PKCS7-B at least
	Revision   int  // in which the signature was made, from 1
	Revisions  int  // of the file
	DSSUpdated bool // a DSS dictionary that is new or changed after the signature's revision
	Coverage   Coverage
	Archives   []PDFArchive // document time-stamps after the signature that follow a DSS dictionary, in order
}

// PDFArchive is a document time-stamp that may make a signature LTA, with the DSS
// material inside its ByteRange. Other time-stamps that it covers: its CoversTokens.
type PDFArchive struct {
	Timestamp *Timestamp
	DSS       Material
}

// Coverage says how much of the file ByteRange covers.
type Coverage string

// Coverages.
const (
	CoversFile     Coverage = "ENTIRE_FILE"
	CoversRevision Coverage = "ENTIRE_REVISION"
	CoversBlock    Coverage = "CONTIGUOUS_BLOCK" // the signed octets end within a revision
	CoversUnclear  Coverage = "UNCLEAR"          // ByteRange is not valid
)
