package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// Divided is a Store that opens its parts itself, because it keeps more at a place than
// objects: a folder has the notes of retention and of legal holds at its root. A part is
// then what the store is that is opened at that place, whoever opens it.
type Divided interface {
	// Within is the store of the keys that begin with prefix, under the rest of each.
	Within(prefix string) (Store, error)
}

// Within is the part of a store that holds the keys which begin with prefix, "a/b/". It
// shows nothing else, and nothing else shows it: equal objects of two parts are two.
//
// A part is a Streamer, and a Versioned, whatever its store is: what the store cannot
// stream is read whole, and a store that keeps no versions has none. Of a store that is a
// Keeper and a Restorer, as all that keep archives are, it is both and a Taker too.
func Within(st Store, prefix string) (Store, error) {
	if err := CheckKey(strings.TrimSuffix(prefix, "/")); err != nil || !strings.HasSuffix(prefix, "/") {
		return nil, errors.Join(fmt.Errorf("the part %q of a store: want the beginning of keys, with a slash at the end", prefix), err)
	}
	if d, ok := st.(Divided); ok {
		return d.Within(prefix)
	}
	p := &part{whole: st, prefix: prefix}
	k, keeps := st.(Keeper)
	r, restores := st.(Restorer)
	if !keeps || !restores {
		return p, nil
	}
	return &keptPart{part: p, keeper: k, restorer: r}, nil
}

// Parts gives the names of the parts of a store below prefix: of "tenants/a/x" and
// "tenants/b/y" those below "tenants/" are a and b.
func Parts(ctx context.Context, st Store, prefix string) ([]string, error) {
	var out []string
	for info, err := range st.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for the parts of the store below %q: %w", prefix, err)
		}
		rest, ok := strings.CutPrefix(info.Key, prefix)
		name, _, below := strings.Cut(rest, "/")
		// Keys come in the order of octets, in which those of "a-b/" stand before and
		// those of "a0/" after all of "a/": a name that ended does not come again.
		if ok && below && (len(out) == 0 || out[len(out)-1] != name) {
			out = append(out, name)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(out))), nil
}

// part is the part of a store under a prefix.
type part struct {
	whole  Store
	prefix string
}

// outer is a key as the store knows it. It refuses what is no key before it becomes part
// of one: "../" would lead out.
func (p *part) outer(key string) (string, error) {
	if err := CheckKey(key); err != nil {
		return "", err
	}
	whole := p.prefix + key
	if len(whole) > MaxKey {
		return "", &KeyError{Key: key, Why: fmt.Sprintf("with the %d octets of the place of its part it has %d, want at most %d", len(p.prefix), len(whole), MaxKey)}
	}
	return whole, nil
}

// inner is a store's error with the key as the part knows it.
func (p *part) inner(err error) error {
	var missing *NotFoundError
	var exists *ExistsError
	var damaged *DamagedError
	var held *HeldError
	switch {
	case errors.As(err, &missing):
		return &NotFoundError{Key: strings.TrimPrefix(missing.Key, p.prefix)}
	case errors.As(err, &exists):
		return &ExistsError{Key: strings.TrimPrefix(exists.Key, p.prefix)}
	case errors.As(err, &damaged):
		return &DamagedError{Key: strings.TrimPrefix(damaged.Key, p.prefix), Object: damaged.Object, Says: damaged.Says}
	case errors.As(err, &held):
		return &HeldError{Key: strings.TrimPrefix(held.Key, p.prefix), Lock: held.Lock}
	}
	return err
}

// on does something to a key of the part.
func (p *part) on(key string, do func(whole string) error) error {
	whole, err := p.outer(key)
	if err != nil {
		return err
	}
	return p.inner(do(whole))
}

// Put implements Store.
func (p *part) Put(ctx context.Context, key string, data []byte) error {
	return p.on(key, func(whole string) error { return p.whole.Put(ctx, whole, data) })
}

// Get implements Store.
func (p *part) Get(ctx context.Context, key string) (data []byte, err error) {
	err = p.on(key, func(whole string) error {
		data, err = p.whole.Get(ctx, whole)
		return err
	})
	return data, err
}

// Stat implements Store.
func (p *part) Stat(ctx context.Context, key string) (info Info, err error) {
	err = p.on(key, func(whole string) error {
		info, err = p.whole.Stat(ctx, whole)
		info.Key = strings.TrimPrefix(info.Key, p.prefix)
		return err
	})
	return info, err
}

// List implements Store.
func (p *part) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for info, err := range p.whole.List(ctx, p.prefix+prefix) {
			if err != nil {
				yield(Info{}, p.inner(err))
				return
			}
			inner, ok := strings.CutPrefix(info.Key, p.prefix)
			if !ok {
				continue // of a store that takes a prefix for less than it says
			}
			info.Key = inner
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Capabilities are those of the store, at the place of the part.
func (p *part) Capabilities() Capabilities {
	c := p.whole.Capabilities()
	c.Place += "/" + strings.TrimSuffix(p.prefix, "/")
	return c
}

// Stream implements Streamer.
func (p *part) Stream(ctx context.Context, key string, w io.Writer) error {
	return p.on(key, func(whole string) error {
		if s, ok := p.whole.(Streamer); ok {
			return s.Stream(ctx, whole, w)
		}
		data, err := p.whole.Get(ctx, whole)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}

// Versions implements Versioned.
func (p *part) Versions(ctx context.Context, key string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		whole, err := p.outer(key)
		if err != nil {
			yield(nil, err)
			return
		}
		v, ok := p.whole.(Versioned)
		if !ok {
			return
		}
		for data, err := range v.Versions(ctx, whole) {
			if !yield(data, p.inner(err)) {
				return
			}
		}
	}
}

// keptPart is the part of a store that protects, deletes and restores.
type keptPart struct {
	*part
	keeper   Keeper
	restorer Restorer
}

// Retain implements Keeper.
func (p *keptPart) Retain(ctx context.Context, key string, until time.Time) error {
	return p.on(key, func(whole string) error { return p.keeper.Retain(ctx, whole, until) })
}

// Hold implements Keeper.
func (p *keptPart) Hold(ctx context.Context, key string, on bool) error {
	return p.on(key, func(whole string) error { return p.keeper.Hold(ctx, whole, on) })
}

// Delete implements Keeper.
func (p *keptPart) Delete(ctx context.Context, key string, at time.Time) error {
	return p.on(key, func(whole string) error { return p.keeper.Delete(ctx, whole, at) })
}

// Restore implements Restorer.
func (p *keptPart) Restore(ctx context.Context, key string, data []byte) error {
	return p.on(key, func(whole string) error { return p.restorer.Restore(ctx, whole, data) })
}

// PutFrom implements Taker.
func (p *keptPart) PutFrom(ctx context.Context, key string, src Source) error {
	return p.on(key, func(whole string) error { return putFrom(ctx, p.whole, whole, src) })
}

// RestoreFrom implements Taker.
func (p *keptPart) RestoreFrom(ctx context.Context, key string, src Source) error {
	return p.on(key, func(whole string) error { return restoreFrom(ctx, p.restorer, whole, src) })
}
