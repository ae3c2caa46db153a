package preserve

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/tst"
)

// Forecast is what falls off when.
type Forecast struct {
	Bundles  int    // in the store
	Unsealed int    // of them, those without an evidence record
	Falls    []Fall // by their day, then by their names
	Damaged  []Problem
}

// Fall is one thing that ends, and how many bundles rest on it.
type Fall struct {
	At      time.Time
	RenewBy time.Time // what to do is due from then on; zero for a retention
	Kind    Kind
	What    string
	Sealed  bool // evidence records rest on it; else bundles that have none
	Bundles int
}

// Says is the fall as a sentence.
func (f Fall) Says() string {
	switch {
	case f.Kind == OfRetention:
		return fmt.Sprintf("The store keeps %d bundles until %s.", f.Bundles, day(f.At))
	case f.At.Equal(never):
		return fmt.Sprintf("%d bundles rest on %s, which never was good.", f.Bundles, f.What)
	case f.Sealed:
		return fmt.Sprintf("The evidence records of %d bundles rest on %s, until %s; renew before %s.", f.Bundles, f.What, day(f.At), day(f.RenewBy))
	}
	return fmt.Sprintf("%d bundles without an evidence record rest on %s, until %s; seal before %s.", f.Bundles, f.What, day(f.At), day(f.RenewBy))
}

// fallKey is what makes two ends one fall.
type fallKey struct {
	at     time.Time
	kind   Kind
	what   string
	sealed bool
}

// Predict says of every bundle of the store what it rests on and when that ends: the
// newest time-stamp and hash tree of its evidence record; without one, the
// certificates, OCSP answers and time-stamps of its evidence. Also until when the
// store keeps it. Nothing is judged; Judge and TSAs are not asked.
func Predict(ctx context.Context, o Options) (Forecast, error) {
	if o.Judge == nil {
		o.Judge = func(context.Context, Question) (Answer, error) { return Answer{}, errors.New("no judge is asked here") }
	}
	r, err := newRun(o)
	if err != nil {
		return Forecast{}, err
	}
	p := &prediction{run: r, falls: map[fallKey]int{}, objects: map[evidence.ID]*certificate.Certificate{}, known: map[evidence.ID][]End{}}
	for b, err := range archive.List(ctx, r.Store) {
		if err != nil {
			return p.out, err
		}
		if p.out.Bundles++; p.out.Bundles%progressStep == 0 {
			r.Progress(Progress{Step: "looking", Done: p.out.Bundles})
		}
		if err := p.bundle(ctx, b); err != nil {
			return p.out, err
		}
	}
	return p.result(), nil
}

type prediction struct {
	*run
	out     Forecast
	falls   map[fallKey]int
	objects map[evidence.ID]*certificate.Certificate // read once; lists share them by the thousand
	known   map[evidence.ID][]End                    // of OCSP answers and tokens in evidence
}

// bundle counts what one bundle rests on, each thing once.
func (p *prediction) bundle(ctx context.Context, b archive.Bundle) error {
	ends, err := p.ends(ctx, b)
	var damaged *archive.DamagedError
	var unread *recordError
	if errors.As(err, &damaged) || errors.As(err, &unread) {
		p.out.Damaged = append(p.out.Damaged, Problem{b.ID, err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	if b.Records == 0 {
		p.out.Unsealed++
	}
	lock, err := archive.Locked(ctx, p.Store, b.ID)
	if err != nil {
		return err
	}
	ends = append(ends, p.bindings(), End{At: lock.Until, Kind: OfRetention, What: "the lock of the store"})
	seen := map[fallKey]bool{}
	for _, e := range ends {
		key := fallKey{e.At, e.Kind, e.What, b.Records > 0}
		if !e.At.IsZero() && !seen[key] {
			seen[key] = true
			p.falls[key]++
		}
	}
	return nil
}

func (p *prediction) ends(ctx context.Context, b archive.Bundle) ([]End, error) {
	if b.Records > 0 {
		return p.recordEnds(ctx, b)
	}
	m, err := archive.Manifest(ctx, p.Store, b.ID)
	if err != nil {
		return nil, err
	}
	return p.evidenceEnds(ctx, m)
}

// recordEnds are those of a bundle that has evidence records.
func (p *prediction) recordEnds(ctx context.Context, b archive.Bundle) ([]End, error) {
	rec, err := p.read(ctx, b.ID, b.Records)
	if err != nil {
		return nil, err
	}
	c := rec.last()
	return append([]End{p.treeEnd(c.digest())}, p.tokenEnds(c.tokens[len(c.tokens)-1])...), nil
}

// evidenceEnds are the ends of the evidence of a bundle: its algorithms, its TSAs and
// its CAs. When a signer's certificate ends says nothing: that is what time-stamps
// are for.
func (p *prediction) evidenceEnds(ctx context.Context, m bundle.Manifest) ([]End, error) {
	var certs []*certificate.Certificate
	for _, e := range m.Entries {
		if e.Kind != evidence.Certificate {
			continue
		}
		x, err := p.certificate(ctx, e)
		if err != nil {
			return nil, err
		}
		if x != nil {
			certs = append(certs, x)
		}
	}
	var ends []End
	for _, x := range certs {
		ends = append(ends, p.chainEnds(x, certs, "it")...)
	}
	for _, e := range m.Entries {
		if e.Kind != evidence.OCSP && e.Kind != evidence.Timestamp {
			continue
		}
		more, err := p.objectEnds(ctx, e)
		if err != nil {
			return nil, err
		}
		ends = append(ends, more...)
	}
	return ends, nil
}

// certificate reads a certificate of the evidence; nil for one that cannot be read.
func (p *prediction) certificate(ctx context.Context, e bundle.Entry) (*certificate.Certificate, error) {
	if x, ok := p.objects[e.SHA256]; ok {
		return x, nil
	}
	raw, err := archive.Object(ctx, p.Store, e)
	if err != nil {
		return nil, err
	}
	x, err := certificate.Parse(raw)
	if err != nil {
		x = nil
	}
	if len(p.objects) < maxCachedTokens {
		p.objects[e.SHA256] = x
	}
	return x, nil
}

// objectEnds are the ends of an OCSP answer's or a token's algorithms.
func (p *prediction) objectEnds(ctx context.Context, e bundle.Entry) ([]End, error) {
	if ends, ok := p.known[e.SHA256]; ok {
		return ends, nil
	}
	raw, err := archive.Object(ctx, p.Store, e)
	if err != nil {
		return nil, err
	}
	var ends []End
	if e.Kind == evidence.Timestamp {
		if t, err := tst.Parse(raw); err == nil {
			ends = p.tokenEnds(t)
		}
	} else if o, err := revocation.ParseOCSP(raw); err == nil {
		ends = append(ends, p.digestEnd(o.SignatureAlgorithm.Digest, "an OCSP answer is signed with"))
		if len(o.Certificates) > 0 {
			ends = append(ends, p.signatureEnd(o.SignatureAlgorithm, o.Certificates[0].Key, "an OCSP answer is signed"))
		}
	}
	if len(p.known) < maxCachedTokens {
		p.known[e.SHA256] = ends
	}
	return ends, nil
}

func (p *prediction) result() Forecast {
	for key, n := range p.falls {
		f := Fall{At: key.at, Kind: key.kind, What: key.what, Sealed: key.sealed, Bundles: n}
		if key.kind != OfRetention {
			f.RenewBy = End{At: key.at}.RenewBy()
		}
		p.out.Falls = append(p.out.Falls, f)
	}
	sort.Slice(p.out.Falls, func(i, j int) bool {
		a, b := p.out.Falls[i], p.out.Falls[j]
		switch {
		case !a.At.Equal(b.At):
			return a.At.Before(b.At)
		case a.Kind != b.Kind:
			return a.Kind < b.Kind
		case a.What != b.What:
			return a.What < b.What
		}
		return a.Sealed && !b.Sealed
	})
	return p.out
}
