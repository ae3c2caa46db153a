package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/storetest"
)

var errDown = errors.New("the store is down")

// failing is a store whose put number at fails, with its effect or without; with
// down, all after it fail too.
type failing struct {
	archive.Store
	puts         atomic.Int64
	at           int64
	effect, down bool
}

func (f *failing) Put(ctx context.Context, key string, data []byte) error {
	n := f.puts.Add(1) - 1
	if n < f.at || n > f.at && !f.down {
		return f.Store.Put(ctx, key, data)
	}
	if n == f.at && f.effect {
		if err := f.Store.Put(ctx, key, data); err != nil {
			return err
		}
	}
	return errDown
}

// A4: each write of Save fails, with effect and without; the world is checked, and
// saving again completes it.
func TestA4_SaveFailsAtEachPut(t *testing.T) {
	id, raw := storetest.Bundle(t, 1)
	count := &failing{Store: storetest.NewMemory(), at: 1 << 30}
	if _, err := archive.Save(t.Context(), count, raw); err != nil {
		t.Fatal(err)
	}
	for at := range count.puts.Load() {
		for _, effect := range []bool{false, true} {
			for _, down := range []bool{false, true} {
				t.Run(fmt.Sprintf("put %d effect=%v down=%v", at, effect, down), func(t *testing.T) {
					world := storetest.NewMemory()
					_, err := archive.Save(t.Context(), &failing{Store: world, at: at, effect: effect, down: down}, raw)
					if !errors.Is(err, errDown) {
						t.Fatalf("Save says %v", err)
					}
					for b, err := range archive.List(t.Context(), world) {
						if err != nil {
							t.Fatal(err)
						}
						if got, err := archive.Load(t.Context(), world, b.ID); err != nil || !bytes.Equal(got, raw) {
							t.Errorf("a manifest without its bundle: %v", err)
						}
					}
					if got, err := archive.Save(t.Context(), world, raw); err != nil || got != id {
						t.Errorf("saving again: %q, %v", got, err)
					}
					if damages, err := archive.Verify(t.Context(), world, id); err != nil || len(damages) != 0 {
						t.Errorf("verifying: %v, %v", damages, err)
					}
				})
			}
		}
	}
}

func TestSaveRefusesDamaged(t *testing.T) {
	_, raw := storetest.Bundle(t, 1)
	raw[len(raw)-1] ^= 1
	st := storetest.NewMemory()
	var damaged *bundle.DamagedError
	if _, err := archive.Save(t.Context(), st, raw); !errors.As(err, &damaged) {
		t.Errorf("saving a damaged bundle: %v", err)
	}
	for info, err := range st.List(t.Context(), "") {
		t.Errorf("stored %+v, %v", info, err)
	}
}

// An unreachable store is an error, never a finding of damage.
func TestVerifyOfUnreachableStore(t *testing.T) {
	id, raw := storetest.Bundle(t, 1)
	st := storetest.NewMemory()
	if _, err := archive.Save(t.Context(), st, raw); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if damages, err := archive.Verify(ctx, st, id); !errors.Is(err, context.Canceled) || damages != nil {
		t.Errorf("verifying: %v, %v", damages, err)
	}
}

func TestManifest(t *testing.T) {
	id, raw := storetest.Bundle(t, 1)
	st := storetest.NewMemory()
	if _, err := archive.Save(t.Context(), st, raw); err != nil {
		t.Fatal(err)
	}
	m, err := archive.Manifest(t.Context(), st, id)
	if err != nil || len(m.Entries) == 0 {
		t.Errorf("%d entries, %v", len(m.Entries), err)
	}
	var none *archive.NotFoundError
	if _, err := archive.Manifest(t.Context(), st, "00"+id[2:]); !errors.As(err, &none) {
		t.Errorf("manifest of an unknown bundle: %v", err)
	}
}
