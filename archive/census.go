package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/evidence"
)

// maxHolders is how many of the bundles that hold an object are remembered: enough to
// see that all of them are being deleted. A trusted list has a million.
const maxHolders = 16

// census knows which bundles hold some objects. Manifests never change, so each is
// read once, however often the census is brought up to date.
type census struct {
	st      Store
	asked   map[evidence.ID][]evidence.ID // object -> bundles that hold it, at most maxHolders
	counted map[evidence.ID]bool          // bundles
}

func newCensus(st Store, objects []evidence.ID) *census {
	c := &census{st: st, asked: map[evidence.ID][]evidence.ID{}, counted: map[evidence.ID]bool{}}
	for _, o := range objects {
		c.asked[o] = nil
	}
	return c
}

// update reads the manifests that were written since. One that cannot be read ends it:
// nobody can tell what its bundle holds.
func (c *census) update(ctx context.Context) error {
	for b, err := range List(ctx, c.st) {
		if err != nil {
			return err
		}
		id, err := bundleID(b.ID)
		if err != nil {
			return err
		}
		if c.counted[id] {
			continue
		}
		_, m, err := loadManifest(ctx, c.st, id)
		var none *NotFoundError
		if errors.As(err, &none) {
			continue // deleted since it was listed
		}
		if err != nil {
			return fmt.Errorf("nothing can be deleted while it cannot be told what bundle %s holds: %w", id, err)
		}
		for _, i := range firsts(m.Entries) {
			o := m.Entries[i].SHA256
			if holders, asked := c.asked[o]; asked && len(holders) < maxHolders {
				c.asked[o] = append(holders, id)
			}
		}
		c.counted[id] = true
	}
	return nil
}

// free are the objects that no bundle holds but those that are being deleted.
func (c *census) free(objects []evidence.ID, going map[evidence.ID]bool) []evidence.ID {
	var out []evidence.ID
	for _, o := range objects {
		holders, free := c.asked[o], true
		for _, h := range holders {
			free = free && going[h]
		}
		if free && len(holders) < maxHolders {
			out = append(out, o)
		}
	}
	return out
}
