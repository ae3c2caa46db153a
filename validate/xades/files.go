package xades

import (
	"crypto/sha256"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
)

// File is detached content: an entry of a container, or a file given beside the
// signature.
type File struct {
	Name string
	Data []byte
}

// Digested is detached content of which only a digest is at hand. What needs the
// octets themselves (transforms, time-stamps over the content) does not find it.
type Digested struct {
	Name   string
	Digest algo.Digest
	Sum    []byte
}

// Files are the detached contents that the references of a signature may mean.
// Each is hashed at most once with each algorithm, however many signatures and
// references there are. Safe for concurrent use.
type Files struct {
	files  []*hashedFile
	byName map[string]int
	mu     sync.Mutex
	bySum  map[algo.Digest]map[string][]int
}

type hashedFile struct {
	File
	digested *Digested // the octets are not at hand, this is
	mu       sync.Mutex
	sums     map[algo.Digest][]byte
	sha256   *evidence.ID
}

// NewFiles makes a set of detached contents. The data must not change afterwards.
func NewFiles(files []File) *Files {
	f := &Files{}
	for _, one := range files {
		f.files = append(f.files, &hashedFile{File: one, sums: map[algo.Digest][]byte{}})
	}
	f.index()
	return f
}

// newDigests makes a set of contents that are known by their digests.
func newDigests(digests []Digested) *Files {
	f := &Files{}
	for _, one := range digests {
		f.files = append(f.files, &hashedFile{File: File{Name: one.Name}, digested: &one})
	}
	f.index()
	return f
}

func (f *Files) index() {
	f.byName = make(map[string]int, len(f.files))
	f.bySum = map[algo.Digest]map[string][]int{}
	for i, one := range f.files {
		if _, ok := f.byName[one.Name]; !ok {
			f.byName[one.Name] = i
		}
	}
}

// Subset returns the files with these indices; hashes are shared.
func (f *Files) Subset(keep []int) *Files {
	out := &Files{}
	for _, i := range keep {
		out.files = append(out.files, f.files[i])
	}
	out.index()
	return out
}

// Len is the number of files; a nil *Files has none.
func (f *Files) Len() int {
	if f == nil {
		return 0
	}
	return len(f.files)
}

// size is how many octets the files have together.
func (f *Files) size() int {
	n := 0
	for i := range f.Len() {
		n += len(f.files[i].Data)
	}
	return n
}

// SHA256 is the hash of the i-th file.
func (f *Files) SHA256(i int) evidence.ID { return f.files[i].id() }

// byDigest says whether the octets of the file are not at hand.
func (h *hashedFile) byDigest() bool { return h.digested != nil }

// id is the SHA-256 of the octets; zero where another digest of them is all there is.
func (h *hashedFile) id() evidence.ID {
	if h.byDigest() {
		if d := h.digested; d.Digest == algo.SHA256 && len(d.Sum) == len(evidence.ID{}) {
			return evidence.ID(d.Sum)
		}
		return evidence.ID{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sha256 == nil {
		id := evidence.ID(sha256.Sum256(h.Data))
		h.sha256 = &id
	}
	return *h.sha256
}

// sum is the digest of a file; nil where the algorithm is not known.
func (h *hashedFile) sum(d algo.Digest) []byte {
	if h.byDigest() {
		if d == h.digested.Digest {
			return h.digested.Sum
		}
		return nil
	}
	if d == "SHA-256" {
		id := h.id()
		return id[:]
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.sums[d]
	if !ok {
		s, _ = d.Sum(h.Data)
		h.sums[d] = s
	}
	return s
}

// withSum returns the indices of the files that have this digest.
func (f *Files) withSum(d algo.Digest, value []byte) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, ok := f.bySum[d]
	if !ok {
		m = make(map[string][]int, len(f.files))
		for i, one := range f.files {
			if s := one.sum(d); s != nil {
				m[string(s)] = append(m[string(s)], i)
			}
		}
		f.bySum[d] = m
	}
	return m[string(value)]
}
