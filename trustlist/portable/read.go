package portable

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/vidimus/vidimus/validate/evidence"
)

// aSigner is the name of a signer's certificate.
var aSigner = regexp.MustCompile(`^signers/[0-9a-f]{64}\.pem$`)

// Read reads a file that Encode wrote. Its form, its sizes and every hash are
// checked; an error is one sentence that says what is wrong, and nothing of the file
// may then be used. Whether any list is genuine is not asked here: see Check.
func Read(raw []byte) (*Export, error) {
	e, err := read(raw)
	if err != nil {
		return nil, fmt.Errorf("reading exported trusted lists: %w", err)
	}
	return e, nil
}

func read(raw []byte) (*Export, error) {
	entries, err := decode(raw)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(entries, sorted(slices.Clone(entries)), func(a, b entry) bool { return a.name == b.name }) {
		return nil, errors.New("its entries are not in the order in which an export writes them")
	}
	e := &Export{lists: map[string][]byte{}, signers: map[string][]byte{}}
	others := map[string][]byte{}
	for _, x := range entries {
		switch {
		case len(x.name) > len(listsDir) && x.name[:len(listsDir)] == listsDir:
			e.lists[x.name] = x.raw
		case aSigner.MatchString(x.name):
			e.signers[x.name] = x.raw
		default:
			others[x.name] = x.raw
		}
	}
	for _, name := range []string{readmeName, manifestName, sums256Name, sums512Name} {
		if others[name] == nil {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	if !bytes.Equal(others[sums256Name], sums256(entries)) {
		return nil, fmt.Errorf("it was altered: %s", firstOther(others[sums256Name], sums256(entries), sums256Name))
	}
	if !bytes.Equal(others[sums512Name], sums512(entries)) {
		return nil, fmt.Errorf("it was altered: %s", firstOther(others[sums512Name], sums512(entries), sums512Name))
	}
	return e, e.describe(others[manifestName])
}

// firstOther names the first line of the sums that is not as it ought to be.
func firstOther(have, want []byte, name string) string {
	lines := bytes.Split(want, []byte("\n"))
	for i, line := range bytes.Split(have, []byte("\n")) {
		if i < len(lines) && !bytes.Equal(line, lines[i]) && len(lines[i]) > 0 {
			_, file, _ := bytes.Cut(lines[i], []byte("  "))
			return fmt.Sprintf("%s does not have the hash that stands in %s", file, name)
		}
	}
	return name + " does not name all files"
}

// describe reads the manifest and holds it against the lists and signers.
func (e *Export) describe(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&struct {
		Format *int `json:"format"`
	}{&e.Manifest.Format}); err != nil {
		return fmt.Errorf("%s cannot be read: %w", manifestName, err)
	}
	if e.Manifest.Format != Format {
		return fmt.Errorf("it is of format %d, and this version reads %d", e.Manifest.Format, Format)
	}
	decoder = json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e.Manifest); err != nil {
		return fmt.Errorf("%s cannot be read: %w", manifestName, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s goes on after its end", manifestName)
	}
	if n := len(e.Manifest.Lists); n != len(e.lists) || n > maxLists {
		return fmt.Errorf("%s names %d lists, and %d are there (at most %d)", manifestName, n, len(e.lists), maxLists)
	}
	lists, signers := map[string]bool{}, map[string]bool{}
	for _, l := range e.Manifest.Lists {
		if lists[l.File] {
			return fmt.Errorf("%s names %q twice", manifestName, l.File)
		}
		lists[l.File], signers[l.signerName()] = true, true
		if err := e.holds(l); err != nil {
			return err
		}
	}
	for name := range e.signers {
		if !signers[name] {
			return fmt.Errorf("%s is the certificate of nobody who signed a list", name)
		}
	}
	return nil
}

// holds checks one list and its signer against the manifest.
func (e *Export) holds(l Entry) error {
	raw, ok := e.lists[l.File]
	if !ok {
		return fmt.Errorf("%s names %q, which is not there", manifestName, l.File)
	}
	sum := sha512.Sum512(raw)
	if len(raw) != l.Size || evidence.Of(raw) != l.SHA256 || hex.EncodeToString(sum[:]) != l.SHA512 {
		return fmt.Errorf("%s was altered: %s says another size or hash of it", l.File, manifestName)
	}
	block, rest := pem.Decode(e.signers[l.signerName()])
	if block == nil || len(rest) > 0 || block.Type != "CERTIFICATE" || evidence.Of(block.Bytes) != l.Signer {
		return fmt.Errorf("%s is missing or is another certificate than its name says", l.signerName())
	}
	return nil
}
