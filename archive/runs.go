package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// A bundle that is being saved while another one is deleted must not lose an object
// that both hold: Save finds it there, the deletion finds no manifest yet that names
// it, and takes it away; then Save writes its manifest. Neither a lock that all stores
// know nor a clock that all machines share can help. So both sides write before they
// look:
//
// A run of deletions writes a mark with the objects that it may take, then reads all
// manifests, then deletes what none of them names, then writes that it has ended.
// Save writes its manifest, then lists the marks, then acknowledges.
//
// Either the manifest was written before the run read manifests: then the run sees it
// and leaves its objects. Or it was written after: then the mark was there before, and
// Save sees it. If the run has ended, Save puts its objects again; if it has not, and
// may take one of them, Save waits. A run that began after Save looked will read the
// manifest.

// mark is what stands under runKey.
type mark struct {
	Format  string        `json:"format"`
	Begun   time.Time     `json:"begun"`
	Bundles []evidence.ID `json:"bundles"`
	Objects []evidence.ID `json:"objects"` // the run may delete these and no others
}

const markFormat = "vidimus-deleting/1"

// maxMark bounds a mark, in octets: a line for each object of MaxDeletions bundles of a
// thousand objects each.
const maxMark = 128 << 20

// marks is what a listing of the marks says.
type marks struct {
	all  []int // numbers of all runs that are still listed
	open []int // without an end
}

func (m marks) newest() int {
	if len(m.all) == 0 {
		return 0
	}
	return m.all[len(m.all)-1]
}

func listMarks(ctx context.Context, st Store) (marks, error) {
	var m marks
	done := map[int]bool{}
	for info, err := range st.List(ctx, runsPrefix) {
		if err != nil {
			return m, fmt.Errorf("looking for deletions under way: %w", err)
		}
		n, ended, ok := numberOfRunKey(info.Key)
		switch {
		case !ok:
		case ended:
			done[n] = true
		default:
			m.all = append(m.all, n)
		}
	}
	slices.Sort(m.all)
	for _, n := range m.all {
		if !done[n] {
			m.open = append(m.open, n)
		}
	}
	return m, nil
}

func readMark(ctx context.Context, st Store, n int) (mark, error) {
	var m mark
	raw, err := st.Get(ctx, runKey(n))
	if err != nil {
		return m, err
	}
	if len(raw) > maxMark {
		return m, &DamagedError{Key: runKey(n), Says: fmt.Sprintf("%d octets, at most %d can have been written", len(raw), maxMark)}
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Format != markFormat {
		return m, &DamagedError{Key: runKey(n), Says: fmt.Sprintf("it does not read as the mark of a deletion (%v)", err)}
	}
	return m, nil
}

// begin writes the mark of a run under the next free number.
func begin(ctx context.Context, st Store, m mark) (int, error) {
	m.Format = markFormat
	raw, err := json.Marshal(m)
	if err == nil && len(raw) > maxMark {
		err = fmt.Errorf("the bundles have %d objects of their own; name fewer bundles", len(m.Objects))
	}
	if err != nil {
		return 0, fmt.Errorf("writing the mark of a deletion: %w", err)
	}
	before, err := listMarks(ctx, st)
	if err != nil {
		return 0, err
	}
	for n := before.newest() + 1; ; n++ {
		err := st.Put(ctx, runKey(n), raw)
		var exists *ExistsError
		if errors.As(err, &exists) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("writing the mark of a deletion: %w", err)
		}
		return n, nil
	}
}

// end writes that runs have ended, and tidies marks that nobody needs any more. The
// newest stays, so that numbers go on.
func end(ctx context.Context, st Keeper, numbers []int, at time.Time) error {
	for _, n := range numbers {
		if err := st.Put(ctx, runDoneKey(n), []byte("{}\n")); err != nil {
			return fmt.Errorf("writing the end of a deletion: %w", err)
		}
	}
	m, err := listMarks(ctx, st)
	if err != nil {
		return err
	}
	for _, n := range m.all {
		if n == m.newest() || slices.Contains(m.open, n) {
			continue
		}
		// The mark goes first: an end without its mark says nothing, a mark without its
		// end would say that the run goes on. What is locked stays until it is not.
		for _, key := range []string{runKey(n), runDoneKey(n)} {
			var held *HeldError
			if err := st.Delete(ctx, key, at); errors.As(err, &held) {
				break
			} else if err != nil {
				return fmt.Errorf("tidying the marks of deletions: %w", err)
			}
		}
	}
	return nil
}

// BusyError says that a deletion is under way that concerns a bundle. Trying again
// helps when the other run has ended, or was resumed after its machine died.
type BusyError struct {
	ID  string
	Run int
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("bundle %s shares an object with one that is being deleted (run %d)", e.ID, e.Run)
}

// Hint says what to do.
func (e *BusyError) Hint() string {
	return "try again; if no deletion is running any more, finish what one left with 'vidimus archive delete --resume'"
}

// How long Save waits for a deletion: 60 looks, 50 ms to 1 s apart.
const (
	waitLooks = 60
	waitMost  = time.Second
)

// settle ends a Save whose objects and manifest are written: see the head of this
// file. again puts all objects once more.
func settle(ctx context.Context, st Store, id evidence.ID, objects []evidence.ID, before marks, again func() error) error {
	pause := 50 * time.Millisecond
	for look := 0; ; look++ {
		now, err := listMarks(ctx, st)
		if err != nil {
			return err
		}
		if err := notDeleted(ctx, st, id); err != nil {
			return err
		}
		if now.newest() == before.newest() && len(before.open) == 0 {
			return nil
		}
		busy := 0
		for _, n := range now.open {
			m, err := readMark(ctx, st, n)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(objects, func(o evidence.ID) bool { return slices.Contains(m.Objects, o) }) {
				busy = n
			}
		}
		if busy == 0 {
			return again()
		}
		if look == waitLooks {
			return &BusyError{ID: id.String(), Run: busy}
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, waitMost)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
