package stored

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// ReadManifest reads and checks the manifest of the folder. It returns ErrNone
// when there is none, and ErrStale when it is of another format or of other rules.
func ReadManifest(fsys fs.FS) (*Manifest, error) {
	m, err := readManifest(fsys, ManifestName)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// readManifest is ReadManifest of any name. A manifest of other rules is returned
// too, beside ErrStale.
func readManifest(fsys fs.FS, name string) (*Manifest, error) {
	raw, err := read(fsys, name, MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("reading trust manifest: %w", err)
	}
	var m Manifest
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&m); err != nil {
		return nil, fmt.Errorf("reading trust manifest: %w", err)
	}
	if len(m.Lists) > MaxLists {
		return nil, fmt.Errorf("reading trust manifest: %d lists, at most %d", len(m.Lists), MaxLists)
	}
	if m.Format != Format || m.Rules != Rules {
		return &m, fmt.Errorf("reading trust manifest: %w (format %d, rules %d; this one has %d, %d)", ErrStale, m.Format, m.Rules, Format, Rules)
	}
	for _, e := range m.Lists {
		if e.Signature.Indication != "TOTAL-PASSED" {
			return nil, fmt.Errorf("reading trust manifest: list %s is %q, and only authenticated lists are stored", e.File, e.Signature.Indication)
		}
	}
	return &m, nil
}

// Load reads a stored snapshot: every list must be there, have its SHA-256, and
// say of itself what the manifest says. Any difference is an error that names the
// file, and nothing is loaded. What is wrong with the encoding of a list is no error:
// the list is read from its XML. workers lists are read at once.
func Load(fsys fs.FS, workers int) (*trustlist.Snapshot, *Manifest, error) {
	m, err := ReadManifest(fsys)
	if err != nil {
		return nil, nil, err
	}
	s, err := m.load(fsys, workers)
	if err != nil {
		return nil, nil, err
	}
	return s, m, nil
}

// load reads the lists of a manifest.
func (m *Manifest) load(fsys fs.FS, workers int) (*trustlist.Snapshot, error) {
	reader := trustlist.NewReader()
	lists := make([]*trustlist.List, len(m.Lists))
	problems := make([]error, len(m.Lists))
	next := make(chan int)
	var wait sync.WaitGroup
	for range max(1, min(workers, len(lists))) {
		wait.Go(func() {
			var buf bytes.Buffer
			for i := range next {
				lists[i], problems[i] = load(fsys, m.Lists[i], reader, &buf)
			}
		})
	}
	for i := range lists {
		next <- i
	}
	close(next)
	wait.Wait()
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	c, err := contents(m, lists)
	if err != nil {
		return nil, err
	}
	s := trustlist.NewSnapshot(c)
	if s.Digest() != m.Digest {
		return nil, fmt.Errorf("loading trust snapshot: it is %s, and the manifest says %s", s.Digest(), m.Digest)
	}
	return s, nil
}

// contents puts the lists into their roles. The agreement under which a third
// country's list is used stands in the list of lists; a list that is said to be one,
// and to which that does not point, is an error.
func contents(m *Manifest, lists []*trustlist.List) (trustlist.Contents, error) {
	c := trustlist.Contents{Rejected: m.Rejected, Missing: m.Missing, Anchors: m.Anchors, Journal: m.Journal}
	for i, e := range m.Lists {
		switch e.Role {
		case RoleLOTL:
			c.LOTLs = append(c.LOTLs, lists[i])
		case RolePivot:
			c.Pivots = append(c.Pivots, lists[i])
		case RoleOther:
			c.Others = append(c.Others, lists[i])
		default:
			c.Lists = append(c.Lists, lists[i])
		}
	}
	for _, l := range c.Lists {
		switch l.Source {
		case trustlist.FromExtra:
		case trustlist.FromThirdCountry:
			l.LOTL = pointsTo(c.Others, l)
		default:
			if len(c.LOTLs) > 0 {
				l.LOTL = c.LOTLs[0]
			}
		}
		if l.Source != trustlist.FromMRA {
			continue
		}
		if l.LOTL != nil {
			l.MRA = l.LOTL.Agreement(l)
		}
		if l.MRA == nil {
			return c, fmt.Errorf("loading trust snapshot: list %s of %s is said to be used under a mutual recognition agreement, and no list of lists carries one for it", l.Name, l.Territory)
		}
	}
	return c, nil
}

// pointsTo is the list of lists besides the Union's that points to a third country's
// list; nil where the operator named that list itself.
func pointsTo(others []*trustlist.List, l *trustlist.List) *trustlist.List {
	for _, o := range others {
		for _, p := range o.Pointers {
			if p.Territory == l.Territory && strings.EqualFold(p.Type, l.Type) {
				return o
			}
		}
	}
	return nil
}

// load reads one list and holds it against its entry. buf is for what is not kept.
func load(fsys fs.FS, e ListEntry, reader *trustlist.Reader, buf *bytes.Buffer) (*trustlist.List, error) {
	raw, err := read(fsys, e.Path(), trustlist.MaxListSize)
	if err != nil {
		return nil, fmt.Errorf("loading trust snapshot: list %s of %s: %w", e.File, e.Territory, err)
	}
	if id := evidence.Of(raw); id != e.SHA256 {
		return nil, fmt.Errorf("loading trust snapshot: list %s of %s (%s) was altered: its SHA-256 is %s", e.File, e.Territory, e.Path(), id)
	}
	l, err := e.decode(fsys, raw, reader, buf)
	if err != nil { // a short cut that leads nowhere: the list itself is there
		l, err = reader.ParseAs(raw, e.SHA256)
	}
	if err != nil {
		return nil, fmt.Errorf("loading trust snapshot: list %s: %w", e.File, err)
	}
	if l.Territory != e.Territory || l.Sequence != e.Sequence || (l.Kind == trustlist.LOTL) != (e.Role == RoleLOTL || e.Role == RolePivot) {
		return nil, fmt.Errorf("loading trust snapshot: list %s is %s %s %d, and the manifest says %s %s %d", e.File, l.Kind, l.Territory, l.Sequence,
			e.Role, e.Territory, e.Sequence)
	}
	signer, err := reader.Certificate(e.Signature.Signer)
	if err != nil {
		return nil, fmt.Errorf("loading trust snapshot: signer of list %s: %w", e.File, err)
	}
	l.Name, l.Source = e.File, trustlist.Source(e.Source)
	l.Signature = trustlist.SignatureStatus{Indication: e.Signature.Indication, Signer: signer, SigningTime: e.Signature.SigningTime, Problems: e.Signature.Problems}
	return l, nil
}

// errNotEncoded says that nothing but the XML is stored of a list.
var errNotEncoded = errors.New("the list is not encoded")

// decode returns what was read of a list when it was authenticated, raw being its
// octets, held against their hash.
func (e ListEntry) decode(fsys fs.FS, raw []byte, reader *trustlist.Reader, buf *bytes.Buffer) (*trustlist.List, error) {
	path := e.EncodedPath()
	if path == "" {
		return nil, errNotEncoded
	}
	buf.Reset()
	if err := readInto(buf, fsys, path, int64(trustlist.MaxEncoding(len(raw)))); err != nil {
		return nil, err
	}
	encoded := buf.Bytes()
	id, err := trustlist.EncodingID(encoded)
	if err != nil {
		return nil, err
	}
	if id != e.Encoded {
		return nil, fmt.Errorf("what was read of the list (%s) was altered: it is %s", path, id)
	}
	return reader.Decode(encoded, raw, e.SHA256)
}

// read reads a whole file of at most limit octets.
func read(fsys fs.FS, name string, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if err := readInto(&buf, fsys, name, limit); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// readInto is read into an empty buffer.
func readInto(buf *bytes.Buffer, fsys fs.FS, name string, limit int64) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err == nil && info.Size() <= limit {
		buf.Grow(int(info.Size()) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(f, limit+1))
	if err != nil {
		return err
	}
	if n > limit {
		return fmt.Errorf("%s has more than %d octets", name, limit)
	}
	return nil
}
