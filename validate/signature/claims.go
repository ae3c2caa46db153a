package signature

// Claims are what a signer says of himself and of the signing, in signed
// properties. Nobody vouches for them.
type Claims struct {
	Roles []string // SignerRole, SignerRoleV2: the claimed ones (EN 319 132-1 §5.2.6)
	Place *Place   // nil: none is claimed
}

// PDFEntries are what a signature dictionary says beside its CMS (ISO 32000-2
// §12.8.1, table 255). Reason and Location are claims as those of Claims are, covered
// by ByteRange where that is valid.
type PDFEntries struct {
	Reason, Location string // at most 1000 octets of each, as text without control characters; empty: absent
	ByteRange        [4]int // offset and length of both parts, as the file says them, valid or not
}

// Place is where the signer claims to have signed (EN 319 132-1 §5.2.5).
type Place struct {
	City, StateOrProvince, PostalCode, Country string
}
