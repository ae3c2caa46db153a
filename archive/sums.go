package archive

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// RecordSum is the SHA-256 of evidence record N of a bundle as it is written. What is
// in a record but under none of its own hashes, such as the unsigned attributes of its
// newest token, only this holds until the next renewal.
type RecordSum struct {
	Bundle evidence.ID
	N      int
	SHA256 evidence.ID
}

// MaxSums bounds the lines of one list of sums.
const MaxSums = 4096

// maxSums bounds a list in octets: its lines all have the same length.
const maxSums = MaxSums * 256

// PutSums stores the sums of evidence records whose newest time-stamp is of a time:
// one list for all, at most MaxSums, in the form that sha256sum reads. It is written
// before the records, so that none is ever without; what was killed in between leaves
// a list of records that never came, and a later list names those that came. Like
// records it is create-only. Sums of ascending bundles are found faster.
func PutSums(ctx context.Context, st Store, stamped time.Time, sums []RecordSum) error {
	if len(sums) == 0 {
		return nil
	}
	if len(sums) > MaxSums {
		return fmt.Errorf("storing the sums of evidence records: %d of them, at most %d stand in one list", len(sums), MaxSums)
	}
	var b bytes.Buffer
	first, last := sums[0].Bundle, sums[0].Bundle
	for _, s := range sums {
		fmt.Fprintf(&b, "%s  %s\n", s.SHA256, recordKey(s.Bundle, s.N))
		if s.Bundle.Less(first) {
			first = s.Bundle
		}
		if last.Less(s.Bundle) {
			last = s.Bundle
		}
	}
	if err := st.Put(ctx, sumsKey(stamped, first, last, evidence.Of(b.Bytes())), b.Bytes()); err != nil {
		return fmt.Errorf("storing the sums of evidence records: %w", err)
	}
	return nil
}

// parseSums reads a list; what PutSums cannot have written is an error.
func parseSums(raw []byte) ([]RecordSum, error) {
	if len(raw) > maxSums || !bytes.HasSuffix(raw, []byte("\n")) {
		return nil, fmt.Errorf("%d octets, at most %d are written, and a line feed ends them", len(raw), maxSums)
	}
	var out []RecordSum
	for line := range bytes.SplitSeq(raw[:len(raw)-1], []byte("\n")) {
		hex, key, _ := bytes.Cut(line, []byte("  "))
		sum, err := evidence.ParseID(string(hex))
		id, n, ok := idOfRecordKey(string(key))
		if err != nil || !ok || len(out) == MaxSums {
			return nil, fmt.Errorf("line %d is none of the sum of an evidence record", len(out)+1)
		}
		out = append(out, RecordSum{id, n, sum})
	}
	return out, nil
}

// readSums reads a list and compares it with its key.
func readSums(ctx context.Context, st Store, k sumsOf) ([]RecordSum, error) {
	raw, _, says, err := fitting(ctx, st, k.key, isOf(k.sha256))
	if err != nil {
		return nil, err
	}
	var sums []RecordSum
	if says == "" {
		if sums, err = parseSums(raw); err != nil {
			says = err.Error()
		}
	}
	if says != "" {
		return nil, &DamagedError{Key: k.key, Object: "a list of the sums of evidence records", Says: says}
	}
	return sums, nil
}

// sumLists gives the lists of sums; with a time those of records stamped then.
func sumLists(ctx context.Context, st Store, stamped time.Time) iter.Seq2[sumsOf, error] {
	prefix := sumsPrefix
	if !stamped.IsZero() {
		prefix = sumsFolder(stamped)
	}
	return func(yield func(sumsOf, error) bool) {
		for info, err := range st.List(ctx, prefix) {
			if err != nil {
				yield(sumsOf{}, fmt.Errorf("listing the sums of evidence records: %w", err))
				return
			}
			if k, ok := parseSumsKey(info.Key); ok && !yield(k, nil) {
				return
			}
		}
	}
}

// Sums answers what the SHA-256 of evidence records were when they were written. It
// remembers what it read; all its methods may be called at the same time.
type Sums struct {
	st   Store
	lock sync.Mutex
	of   map[string][]sumsOf    // by folder
	read map[string][]RecordSum // by key
	held int                    // sums in read
}

// Bounds of what Sums remembers: some 40 MB.
const (
	maxSumsFolders = 1024
	maxSumsHeld    = 500_000
)

// NewSums reads from a store.
func NewSums(st Store) *Sums {
	return &Sums{st: st, of: map[string][]sumsOf{}, read: map[string][]RecordSum{}}
}

// Of gives what record n of a bundle, whose newest time-stamp is of a time, had when it
// was written: none where nobody noted it, several where a run was killed before it
// wrote what it had noted, and another one wrote. With the zero time all lists are
// looked through. A list that is altered is a *DamagedError.
func (s *Sums) Of(ctx context.Context, id string, n int, stamped time.Time) ([]evidence.ID, error) {
	want, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	folder := ""
	if !stamped.IsZero() {
		folder = sumsFolder(stamped)
	}
	lists, ok := s.of[folder]
	if !ok {
		for k, err := range sumLists(ctx, s.st, stamped) {
			if err != nil {
				return nil, err
			}
			lists = append(lists, k)
		}
		if len(s.of) < maxSumsFolders {
			s.of[folder] = lists
		}
	}
	var out []evidence.ID
	for _, k := range lists {
		if !k.spans(want) {
			continue
		}
		sums, err := s.list(ctx, k)
		if err != nil {
			return nil, err
		}
		for _, sum := range sums {
			if sum.Bundle == want && sum.N == n {
				out = append(out, sum.SHA256)
			}
		}
	}
	return out, nil
}

func (s *Sums) list(ctx context.Context, k sumsOf) ([]RecordSum, error) {
	if sums, ok := s.read[k.key]; ok {
		return sums, nil
	}
	sums, err := readSums(ctx, s.st, k)
	if err != nil {
		return nil, err
	}
	if s.held += len(sums); s.held > maxSumsHeld {
		clear(s.read) // lists are asked for in their order
		s.held = len(sums)
	}
	s.read[k.key] = sums
	return sums, nil
}

// Record reads record n of a bundle in the octets that have one of the sums; where a
// store holds several versions, the newest that has. says is empty then; else raw is
// what stands there, and says what is wrong with it.
func (s *Sums) Record(ctx context.Context, id string, n int, sums []evidence.ID) (raw []byte, says string, err error) {
	key, err := bundleID(id)
	if err != nil {
		return nil, "", err
	}
	raw, _, says, err = fitting(ctx, s.st, recordKey(key, n), inMemory(isOneOf(sums)))
	var none *NotFoundError
	if err != nil && !errors.As(err, &none) {
		return nil, "", fmt.Errorf("reading evidence record %d of bundle %s: %w", n, id, err)
	}
	return raw, says, err
}

// RecordName is what evidence record n is called in a report about a bundle.
func RecordName(n int) string {
	return fmt.Sprintf("%s%0*d%s", recordName[1:], recordDigits, n, recordSuffix)
}

// isOneOf compares a record with the sums that it may have.
func isOneOf(sums []evidence.ID) func(digest) string {
	return func(d digest) string {
		if slices.Contains(sums, d.sha256) {
			return ""
		}
		return fmt.Sprintf("SHA-256 is %s; when it was written it was %s", d.sha256, sums[0])
	}
}

func (a RecordSum) compare(b RecordSum) int {
	return cmp.Or(slices.Compare(a.Bundle[:], b.Bundle[:]), cmp.Compare(a.N, b.N), slices.Compare(a.SHA256[:], b.SHA256[:]))
}

// notedSums are sums of many records, ordered.
type notedSums []RecordSum

func (s notedSums) ordered() notedSums {
	slices.SortFunc(s, RecordSum.compare)
	return slices.Compact(s)
}

// of are those that a record may have.
func (s notedSums) of(id evidence.ID, n int) []evidence.ID {
	at, _ := slices.BinarySearchFunc(s, RecordSum{Bundle: id, N: n}, RecordSum.compare)
	var out []evidence.ID
	for ; at < len(s) && s[at].Bundle == id && s[at].N == n; at++ {
		out = append(out, s[at].SHA256)
	}
	return out
}
