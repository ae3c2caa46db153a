package signature

// ReadError says why a file cannot be judged at all. Code is stable and printed
// in reports; Message is a sentence with names and numbers.
type ReadError struct {
	Code    ErrorCode
	Message string
	Hint    string
}

func (e *ReadError) Error() string { return e.Message }

// ErrorCode is the machine word of a ReadError.
type ErrorCode string

// Why a file is refused.
const (
	Unreadable        ErrorCode = "unreadable"         // the file cannot be opened or read
	UnsupportedFormat ErrorCode = "unsupported-format" // not a signature format that we know
	Malformed         ErrorCode = "malformed"          // breaks the syntax of its format
	Hostile           ErrorCode = "hostile"            // DTD, bomb, and other things no honest file has
	TooLarge          ErrorCode = "too-large"          // beyond a limit, which the message names
	NoSignature       ErrorCode = "no-signature"       // readable, and nothing in it is signed
)
