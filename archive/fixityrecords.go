package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/evidence"
)

// sums reads what was noted of the evidence records of this part: 72 octets of memory
// each. The lists themselves are read again like objects, by the part that they are in.
func (f *fixity) sums(ctx context.Context) error {
	for info, err := range f.st.List(ctx, sumsPrefix) {
		if err != nil {
			return err
		}
		k, ok := parseSumsKey(info.Key)
		if !ok {
			continue
		}
		if f.mine(k.sha256) {
			f.out.Objects++
			if raw, err := f.read(ctx, info, 0, k.sha256); err != nil {
				return err
			} else if raw == nil {
				continue // named
			}
		}
		sums, err := readSums(ctx, f.st, k)
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			continue // it is named in its own part
		}
		if err != nil {
			return err
		}
		for _, s := range sums {
			if f.mine(s.Bundle) {
				f.noted = append(f.noted, s)
			}
		}
	}
	f.noted = f.noted.ordered()
	return nil
}

// record reads an evidence record again. One that nobody noted is counted: what its own
// time-stamps hold of it only its verification says.
func (f *fixity) record(ctx context.Context, info Info, id evidence.ID, n int) error {
	sums := f.noted.of(id, n)
	if len(sums) == 0 {
		f.out.Unnoted++
		return nil
	}
	f.out.Records++
	if _, err := f.compare(ctx, info, 0, isOneOf(sums), sums...); err != nil {
		return err
	}
	if d := f.damaged[info.Key]; d != nil {
		d.Bundles = []string{id.String()}
	}
	return nil
}

// lostRecords looks for records that were noted and are not there. A run that was killed
// notes what it then does not write, so that alone is no damage; but where the replica
// has the record, it was written.
func (f *fixity) lostRecords(ctx context.Context) error {
	if f.Replica == nil {
		return nil
	}
	for i, s := range f.noted {
		if i > 0 && f.noted[i-1].Bundle == s.Bundle && f.noted[i-1].N == s.N {
			continue
		}
		key := recordKey(s.Bundle, s.N)
		there, err := has(ctx, f.st, key)
		if err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		if there, err = has(ctx, f.Replica, key); err != nil {
			return fmt.Errorf("asking the replica: %w", err)
		}
		if !there {
			continue
		}
		if err := f.note(key, "missing", "it was noted before it was written, the replica has it, and nothing is stored there", f.noted.of(s.Bundle, s.N)...); err != nil {
			return err
		}
		f.damaged[key].Bundles = []string{s.Bundle.String()}
	}
	return nil
}

func has(ctx context.Context, st Store, key string) (bool, error) {
	_, err := st.Stat(ctx, key)
	var none *NotFoundError
	if errors.As(err, &none) {
		return false, nil
	}
	return err == nil, err
}
