package signature

// What the readers of CMS and of containers with time-stamps report besides.
const (
	// TimestampCoverage, of a time-stamp: the manifest of a container time-stamp
	// lists no content, or not all that a signature or time-stamp in it lists
	// (EN 319 162-1 §A.4; formats §2.4): FORMAT_FAILURE of the time-stamp.
	TimestampCoverage ProblemCode = "timestamp-coverage"
	// HashIndex, of a time-stamp: the ats-hash-index names what is not there
	// (EN 319 122-1 §5.5.2).
	HashIndex ProblemCode = "ats-hash-index"
)
