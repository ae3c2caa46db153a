package export

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/evidence"
)

// noted are the SHA-256 of evidence records that were imported and are not yet noted in
// the store, by the time of their newest time-stamp. Records of many bundles have the
// same time, since they were stamped together, and stand in one list.
//
// They are noted after the records were written, not before as with records that are
// made here: the store may have another record of that number, and a sum noted for that
// would accuse it. What was killed in between is noted when it is imported again.
type noted struct {
	of   map[time.Time][]archive.RecordSum
	held int
}

// add notes a record that is in the store.
func (s *noted) add(ctx context.Context, st archive.Store, id string, n int, record []byte) error {
	bundle, err := evidence.ParseID(id)
	if err != nil {
		return err
	}
	at, err := preserve.Stamped(record)
	if err != nil {
		at = time.Time{} // who looks for it asks all lists then
	}
	if s.of == nil {
		s.of = map[time.Time][]archive.RecordSum{}
	}
	s.of[at.UTC()] = append(s.of[at.UTC()], archive.RecordSum{Bundle: bundle, N: n, SHA256: evidence.Of(record)})
	if s.held++; s.held < archive.MaxSums {
		return nil
	}
	return s.write(ctx, st)
}

// write writes what is held, in the order of times: the same package gives the same
// lists.
func (s *noted) write(ctx context.Context, st archive.Store) error {
	for _, at := range slices.SortedFunc(maps.Keys(s.of), time.Time.Compare) {
		if err := archive.PutSums(ctx, st, at, s.of[at]); err != nil {
			return err
		}
	}
	s.of, s.held = nil, 0
	return nil
}
