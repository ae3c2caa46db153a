package bundle

// Bounds on hostile bundles; all are asked before anything is allocated. They
// hold for Pack too, so that what was packed can always be opened.
const (
	// MaxSize bounds a whole bundle, in octets. Below 4 GiB a ZIP needs no ZIP64
	// fields, whose edge values readers disagree about (attack Z6).
	MaxSize int64 = 2 << 30
	// MaxEntries stops bundles that cost time by their number of entries (Z1). A
	// ZIP without ZIP64 fields could hold 65,535.
	MaxEntries = 10_000
	// MaxManifest bounds manifest.json: MaxEntries lines of the usual length.
	MaxManifest = 16 << 20
	// MaxName bounds a name as given by a user. Linux allows 4,096 octets.
	MaxName = 4096
	// maxPath bounds the path of an entry inside the bundle.
	maxPath = 128
	// maxDamages stops a report that is longer than the bundle.
	maxDamages = 1000
)
