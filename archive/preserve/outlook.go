package preserve

import (
	"context"
	"errors"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
)

// Outlook says of single bundles what they rest on and when that ends, as Predict
// says it of a whole store. It remembers what bundles share; one goroutine may use it
// at a time.
type Outlook struct{ p *prediction }

// NewOutlook reads from a store, by a suite that says until when algorithms are good.
func NewOutlook(st archive.Store, suite *policy.Suite) (*Outlook, error) {
	r, err := newRun(Options{Store: st, Suite: suite,
		Judge: func(context.Context, Question) (Answer, error) { return Answer{}, errors.New("no judge is asked here") },
		Now:   func() time.Time { return time.Time{} }, // no end depends on today
	})
	if err != nil {
		return nil, err
	}
	return &Outlook{&prediction{run: r, objects: map[evidence.ID]*certificate.Certificate{}, known: map[evidence.ID][]End{}}}, nil
}

// Of gives the ends of one bundle, whose manifest was read, each once, those that never
// come left out. What cannot be read of it is an *archive.DamagedError.
func (o *Outlook) Of(ctx context.Context, b archive.Bundle, m bundle.Manifest) ([]End, error) {
	ends, err := o.p.ends(ctx, b, func() (bundle.Manifest, error) { return m, nil })
	var unread *recordError
	if errors.As(err, &unread) {
		return nil, &archive.DamagedError{Key: b.ID, Object: "the evidence record", Says: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	var out []End
	seen := map[fallKey]bool{}
	for _, e := range append(ends, o.p.bindings()) {
		key := fallKey{at: e.At, kind: e.Kind, what: e.What}
		if !e.At.IsZero() && !seen[key] {
			seen[key] = true
			out = append(out, e)
		}
	}
	return out, nil
}
