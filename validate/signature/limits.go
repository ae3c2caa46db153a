package signature

// Bounds on hostile input, in one place: parsers ask before they allocate. Each
// says what attack it stops.
const (
	// MaxFileSize bounds what is read whole into memory.
	MaxFileSize = 1 << 30
	// MaxZIPEntries stops containers that cost time by their number of entries.
	MaxZIPEntries = 1000
	// MaxZIPRatio and MinZIPBomb stop compression bombs: refused when what is
	// unpacked exceeds both MinZIPBomb octets and MaxZIPRatio times the file.
	MaxZIPRatio = 100
	MinZIPBomb  = 1 << 20
	// MaxUnpacked stops containers that are too large whatever their ratio.
	MaxUnpacked = 2 << 30
	// MaxSignatureFile bounds one signature file inside a container.
	MaxSignatureFile = 64 << 20
	// MaxSignatures bounds the signatures of one document.
	MaxSignatures = 1000
	// MaxReferences and MaxTransforms bound the work of one signature (attack X11).
	MaxReferences = 5000
	MaxTransforms = 10
	// MaxXMLDepth, MaxXMLAttributes and MaxXMLNodes stop nesting and width bombs (X2).
	MaxXMLDepth      = 200
	MaxXMLAttributes = 1000
	MaxXMLNodes      = 1_000_000
	// MaxTimestamps bounds the tokens of one signature.
	MaxTimestamps = 1000
	// MaxCertificates bounds the certificates, OCSP answers and CRLs taken from one document, each.
	MaxCertificates = 5000
	// MaxDERDepth and MaxCertificateSize stop nested and oversized DER (Go CVE-2025-58185, 61729).
	MaxDERDepth        = 64
	MaxCertificateSize = 1 << 20
)
