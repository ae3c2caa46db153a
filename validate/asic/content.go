package asic

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
)

// Content gives the octets of a container's data file by its place in
// signature.Container.DataFiles: those that the judge saw, by the same reader, and
// not those that another reader of the same file may see. Errors are those of Open;
// an entry that cannot be unpacked is a *signature.ReadError too.
func Content(data []byte, n int) ([]byte, error) {
	a, err := readArchive(data)
	if err != nil {
		return nil, err
	}
	for _, e := range a.entries {
		if !e.dataFile() {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		if !e.readable {
			return nil, &signature.ReadError{Code: signature.UnsupportedFormat, Message: fmt.Sprintf("reading container: the data file %q cannot be unpacked", e.name)}
		}
		return e.data, nil
	}
	return nil, &signature.ReadError{Code: signature.UnsupportedFormat, Message: "reading container: it has fewer data files"}
}
