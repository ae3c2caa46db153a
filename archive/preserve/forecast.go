package preserve

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
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
	Heads    int    // of the audit log, with an evidence record
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
	Heads   int // heads of the audit log whose evidence records rest on it
}

// Says is the fall as a sentence.
func (f Fall) Says() string {
	bundles, rest := count(f.Bundles, "bundle"), "rest"
	if f.Bundles == 1 {
		rest = "rests"
	}
	switch {
	case f.Kind == OfRetention:
		return fmt.Sprintf("The store keeps %s until %s.", bundles, day(f.At))
	case f.Sealed:
		records, verb := "The evidence records of "+f.of(), "rest"
		if f.Bundles+f.Heads == 1 {
			records, verb = "The evidence record of "+f.of(), "rests"
		}
		if f.At.Equal(never) {
			return fmt.Sprintf("%s %s on %s, which never was good.", records, verb, f.What)
		}
		return fmt.Sprintf("%s %s on %s, until %s; renew before %s.", records, verb, f.What, day(f.At), day(f.RenewBy))
	case f.At.Equal(never):
		return fmt.Sprintf("%s without an evidence record %s on %s, which never was good.", bundles, rest, f.What)
	}
	return fmt.Sprintf("%s without an evidence record %s on %s, until %s; seal before %s.", bundles, rest, f.What, day(f.At), day(f.RenewBy))
}

// of says whose evidence records they are.
func (f Fall) of() string {
	heads := count(f.Heads, "head") + " of the audit log"
	switch {
	case f.Heads == 0:
		return count(f.Bundles, "bundle")
	case f.Bundles == 0:
		return heads
	}
	return count(f.Bundles, "bundle") + " and of " + heads
}

// count is a number of things: 1 bundle, 12,340 bundles.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return Grouped(n) + " " + what
}

// Grouped is a number with its thousands apart, as in 12,340.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Counted is a number with its noun, as in "1 bundle" and "12,340 bundles".
func Counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + more
}

// touched is how many rest on one thing.
type touched struct{ bundles, heads int }

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
// store keeps it. The heads of the audit log that have evidence records are said too.
// Nothing is judged; Judge and TSAs are not asked.
func Predict(ctx context.Context, o Options) (Forecast, error) {
	if o.Judge == nil {
		o.Judge = func(context.Context, Question) (Answer, error) { return Answer{}, errors.New("no judge is asked here") }
	}
	r, err := newRun(o)
	if err != nil {
		return Forecast{}, err
	}
	p := &prediction{run: r, falls: map[fallKey]*touched{}, objects: map[evidence.ID]*certificate.Certificate{}, known: map[evidence.ID][]End{}}
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
	for h, err := range archive.Heads(ctx, r.Store) {
		if err == nil && h.Records > 0 {
			err = p.head(ctx, subject{head: h.Segment, n: h.Records})
		}
		if err != nil {
			return p.out, err
		}
	}
	return p.result(), nil
}

type prediction struct {
	*run
	out     Forecast
	falls   map[fallKey]*touched
	objects map[evidence.ID]*certificate.Certificate // read once; lists share them by the thousand
	known   map[evidence.ID][]End                    // of OCSP answers and tokens in evidence
}

// bundle counts what one bundle rests on, each thing once.
func (p *prediction) bundle(ctx context.Context, b archive.Bundle) error {
	ends, err := p.ends(ctx, b, func() (bundle.Manifest, error) { return archive.Manifest(ctx, p.Store, b.ID) })
	if err != nil {
		return p.passOver(b.ID, err)
	}
	if b.Records == 0 {
		p.out.Unsealed++
	}
	lock, err := archive.Locked(ctx, p.Store, b.ID)
	if err != nil {
		return err
	}
	ends = append(ends, p.bindings(), End{At: lock.Until, Kind: OfRetention, What: "the lock of the store"})
	p.touch(ends, b.Records > 0, func(t *touched) { t.bundles++ })
	return nil
}

// head counts what the newest record over a head of the audit log rests on.
func (p *prediction) head(ctx context.Context, of subject) error {
	ends, err := p.recordEnds(ctx, of)
	if err != nil {
		return p.passOver(of.id(), err)
	}
	p.out.Heads++
	p.touch(ends, true, func(t *touched) { t.heads++ })
	return nil
}

func (p *prediction) passOver(id string, err error) error {
	var damaged *archive.DamagedError
	var unread *recordError
	if errors.As(err, &damaged) || errors.As(err, &unread) {
		p.out.Damaged = append(p.out.Damaged, Problem{id, err.Error()})
		return nil
	}
	return err
}

// touch counts one that rests on ends, each of them once.
func (p *prediction) touch(ends []End, sealed bool, one func(*touched)) {
	seen := map[fallKey]bool{}
	for _, e := range ends {
		key := fallKey{e.At, e.Kind, e.What, sealed}
		if e.At.IsZero() || seen[key] {
			continue
		}
		seen[key] = true
		if p.falls[key] == nil {
			p.falls[key] = &touched{}
		}
		one(p.falls[key])
	}
}

// ends are those of a bundle, whose manifest is asked for where no record says it.
func (p *prediction) ends(ctx context.Context, b archive.Bundle, manifest func() (bundle.Manifest, error)) ([]End, error) {
	if b.Records > 0 {
		of, err := subjectOf(b)
		if err != nil {
			return nil, err
		}
		return p.recordEnds(ctx, of)
	}
	m, err := manifest()
	if err != nil {
		return nil, err
	}
	return p.evidenceEnds(ctx, m)
}

// recordEnds are the ends of an evidence record: its newest token, its newest tree.
func (p *prediction) recordEnds(ctx context.Context, of subject) ([]End, error) {
	rec, err := p.read(ctx, of)
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
		f := Fall{At: key.at, Kind: key.kind, What: key.what, Sealed: key.sealed, Bundles: n.bundles, Heads: n.heads}
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
