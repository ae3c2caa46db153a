package trustlist

// Bounds on hostile lists (attack T8). The largest real list has about 2.5 MB,
// 600 services and 25 instances of one service.
const (
	// MaxListSize bounds one list file, in octets.
	MaxListSize = 64 << 20
	// MaxDepth, MaxAttributes and MaxNodes bound the XML; the deepest real list has 14 levels.
	MaxDepth      = 64
	MaxAttributes = 64
	MaxNodes      = 1_000_000
	// MaxPointers bounds the lists that one list points to.
	MaxPointers = 1000
	// MaxProviders and MaxServices bound one list, MaxInstances one service.
	MaxProviders = 10_000
	MaxServices  = 50_000
	MaxInstances = 1000
	// MaxIdentities bounds the certificates of one service or pointer.
	MaxIdentities = 500
	// MaxCertificateText bounds the base64 of one certificate.
	MaxCertificateText = 1 << 20
	// MaxCriteriaDepth bounds criteria inside criteria; real lists have two levels.
	MaxCriteriaDepth = 16
	// MaxURIs bounds the URIs of one element, MaxExtensions what is kept of the
	// extensions of one instance: each kept one is compared with those before it.
	MaxURIs       = 1000
	MaxExtensions = 500
	// MaxEquivalences bounds what one mutual recognition agreement recognises,
	// MaxEquivalenceTerms the types, statuses, qualifiers or declarations of one
	// equivalence: each service is compared with all of them.
	MaxEquivalences     = 200
	MaxEquivalenceTerms = 100
	// MaxText bounds the names and URIs that are kept, in octets; longer ones are cut.
	MaxText = 4096
	// MaxProblems bounds the sentences kept for one list.
	MaxProblems = 100
)
