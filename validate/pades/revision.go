package pades

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/signature"
)

// placeSignatures finds in which revision each signature was made, and how much of the file
// it covers. The signed octets, read as a file, name their newest cross-reference
// section; that section tells the revision (formats §5.2).
func (f *file) placeSignatures(all []*signed) {
	for _, s := range all {
		s.rev = len(f.revisions) - 1
		if !s.valid {
			f.placeBroken(s)
			continue
		}
		end := s.end()
		rev, found := f.revisionAt(end)
		s.rev = rev
		size := len(f.data)
		tail := f.data[end:]
		switch {
		case end == size:
			s.coverage = signature.CoversFile
		case found && f.endsRevision(rev, end):
			s.coverage = signature.CoversRevision
		default:
			s.coverage = signature.CoversBlock
		}
		switch {
		case s.coverage == signature.CoversBlock && !found:
			s.lost = true
			s.problem(signature.RevisionIncomplete, "The octets of %s end at %d, where the file as it is now has no revision: later revisions do not build on the signed one.", s.what(), end)
		case s.coverage == signature.CoversBlock:
			s.problem(signature.RevisionIncomplete, "The octets of %s end at %d, within revision %d of the file, which goes on to %d: what stands there is not signed.", s.what(), end, rev+1, f.revisions[rev].end)
		case rev == len(f.revisions)-1 && len(bytes.TrimSpace(tail)) > 0:
			s.problem(signature.RevisionIncomplete, "%d octets follow the octets of %s, and belong to no revision of the file.", len(tail), s.what())
		}
	}
}

// revisionAt finds the revision whose end is the end of a part of the file.
func (f *file) revisionAt(end int) (int, bool) {
	if at, ok := startxref(f.data, end); ok {
		for i := range f.revisions {
			for _, s := range f.revisions[i].sections {
				if s == at {
					return i, true
				}
			}
		}
	}
	rev := 0
	for i, r := range f.revisions {
		if r.end <= end {
			rev = i
		}
	}
	return rev, false
}

// endsRevision says whether end is the end of a revision, with or without the end
// of line after %%EOF.
func (f *file) endsRevision(rev, end int) bool {
	from := f.revisions[rev].end
	return end >= from && end <= from+2 && len(bytes.TrimSpace(f.data[from:end])) == 0
}

// placeBroken places a signature whose ByteRange is not valid by its dictionary:
// in the revision that wrote it.
func (f *file) placeBroken(s *signed) {
	if e, ok := f.last().lookup(s.object); ok {
		s.rev = int(e.rev)
	}
}

// collisions reports signed octets that overlap without one holding the other. all
// are in the order of their ends.
func collisions(all []*signed) {
	var before *signed // with the largest end so far
	for _, s := range all {
		if !s.valid {
			continue
		}
		if before != nil && s.rangeOf[1] < before.end() {
			s.problem(signature.ByteRangeCollision, "The octets of %s and of %s overlap, and neither holds the other.", s.what(), before.what())
			before.problem(signature.ByteRangeCollision, "The octets of %s and of %s overlap, and neither holds the other.", before.what(), s.what())
		}
		before = s
	}
}
