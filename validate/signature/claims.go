package signature

// Claims are what a signer says of himself and of the signing, in signed
// properties. Nobody vouches for them.
type Claims struct {
	Roles []string // SignerRole, SignerRoleV2: the claimed ones (EN 319 132-1 §5.2.6)
	Place *Place   // nil: none is claimed
}

// Place is where the signer claims to have signed (EN 319 132-1 §5.2.5).
type Place struct {
	City, StateOrProvince, PostalCode, Country string
}
