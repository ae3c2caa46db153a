package pull

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// answer is what became of one wanted list.
type answer struct {
	want
	raw       []byte // nil when it was not had, or is as the one that we hold
	unchanged bool
	full      bool        // the octets were seen, not only a server's word for them
	sha256    evidence.ID // of the octets that were seen
	from      string      // the location that gave it
	etag      string
	modified  string
	err       error
}

// getAll gets several lists at once; the answers are in the order of the wants.
func (r *round) getAll(ctx context.Context, wants []want) []answer {
	r.mu.Lock()
	r.total += len(wants)
	r.mu.Unlock()
	answers := make([]answer, len(wants))
	slots := make(chan struct{}, r.Limits.Concurrent)
	var wg sync.WaitGroup
	for i, w := range wants {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			answers[i] = r.get(ctx, w)
			r.tell(answers[i])
		})
	}
	wg.Wait()
	return answers
}

// tell reports progress, one list after the other.
func (r *round) tell(a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	says := ""
	if a.err != nil {
		says = a.err.Error()
	}
	r.Progress(Progress{Done: r.done, Total: r.total, Name: a.name, Says: says})
}

// get asks the locations of a list one after the other, each for an equal part of
// the list's time, until one gives what is genuine. When none does, the first that
// gave anything is returned, so that it can be said what is wrong with it.
func (r *round) get(ctx context.Context, w want) answer {
	worst := answer{want: w, err: errors.New("nobody says where it is published")}
	for i, u := range w.locations {
		a := r.from(ctx, w, u, r.Limits.ListTime/time.Duration(len(w.locations)))
		if a.err == nil && (a.unchanged || len(w.locations) == 1) {
			return a
		}
		if a.err == nil {
			if a.err = r.doubt(a); a.err == nil {
				return a
			}
		}
		if i == 0 || worst.raw == nil && a.raw != nil {
			worst = a
		}
		if ctx.Err() != nil {
			break
		}
	}
	return worst
}

// doubt says why another location should be asked for the list.
func (r *round) doubt(a answer) error {
	l, err := a.accept(a.raw)
	if err != nil {
		return fmt.Errorf("%s gave what is not usable: %w", a.from, err)
	}
	if a.seen.Territory != "" {
		if why := a.seen.Refuses(l); why != "" {
			return fmt.Errorf("%s gave what is not usable: %s", a.from, why)
		}
	}
	return nil
}

// from asks one location, again when it may help.
func (r *round) from(ctx context.Context, w want, location string, within time.Duration) answer {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	a := answer{want: w, from: location}
	for try := range r.Limits.Attempts {
		if try > 0 {
			// Spread, so that clients that failed together do not come back together.
			pause := time.Duration((0.5 + r.Random()) * float64(r.Limits.Backoff) * float64(int(1)<<min(try-1, 10)))
			if r.Wait(ctx, pause) != nil {
				return a // the error of the try before tells more
			}
		}
		if a = r.once(ctx, w, location); a.err == nil || !temporary(a.err) {
			return a
		}
	}
	return a
}

// once asks one location once. What the server said of the copy that we hold is
// given to it; where it says nothing, its .sha2 file is asked first.
func (r *round) once(ctx context.Context, w want, location string) answer {
	a := answer{want: w, from: location}
	held, etag, modified := r.base.validators(w.id, location, r.began, r.Limits.FullAfter)
	if held != nil && etag == "" && modified == "" && r.hinted(ctx, location, held.SHA256) {
		a.unchanged = true
		return a
	}
	body, newETag, newModified, err := r.Getter.IfChanged(ctx, location, etag, modified, r.Limits.MaxList)
	switch {
	case err != nil:
		a.err = err
		return a
	case body == nil:
		a.unchanged, a.etag, a.modified = true, etag, modified
		return a
	}
	if total := r.taken.Add(int64(len(body))); total > r.Limits.MaxTotal {
		a.err = fmt.Errorf("the lists of this pull have more than %d octets together: %s is left out", r.Limits.MaxTotal, location)
		return a
	}
	a.full, a.etag, a.modified = true, clip(newETag), clip(newModified)
	a.sha256 = evidence.Of(body)
	if l := r.base.list(w.id); l != nil && l.SHA256 == a.sha256 {
		a.unchanged = true
		return a
	}
	a.raw = body
	return a
}

// clip leaves out what is too long to be worth keeping.
func clip(s string) string {
	if len(s) > 500 {
		return ""
	}
	return s
}

// hinted says whether the .sha2 file beside a list (TS 119 612 §6.1: the same name
// with that extension) says that it did not change. It is a hint and no more: who
// could forge it could as well not answer at all.
func (r *round) hinted(ctx context.Context, location string, held evidence.ID) bool {
	u, err := url.Parse(location)
	if err != nil || !isXML(location) {
		return false
	}
	u.Path = strings.TrimSuffix(u.Path, path.Ext(u.Path)) + ".sha2"
	u.RawPath = ""
	body, _, _, err := r.Getter.IfChanged(ctx, u.String(), "", "", 4096)
	if err != nil {
		return false
	}
	return bytes.Equal(body, held[:]) || sha2Text(body) == held.String()
}

// sha2Text is the first word of a .sha2 file in hexadecimal, "" when it is none.
func sha2Text(body []byte) string {
	word, _, _ := strings.Cut(strings.TrimSpace(string(body)), " ")
	if raw, err := hex.DecodeString(word); err != nil || len(raw) != 32 {
		return ""
	}
	return strings.ToLower(word)
}

// temporary says whether asking again soon may help; without a word on it, it may.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return !errors.As(err, &t) || t.Temporary()
}

// causeOf is what happened below, for the operator's eyes only.
func causeOf(err error) string {
	var c interface{ Cause() error }
	if !errors.As(err, &c) || c.Cause() == nil {
		return ""
	}
	return c.Cause().Error()
}
