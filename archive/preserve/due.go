package preserve

import (
	"bytes"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/tst"
)

// MarginMonths is how long before an end a renewal is due: time for a TSA that is
// down, for holidays, and for those who must buy another one.
const MarginMonths = 3

// maxIssuers bounds the chain of a TSA that is followed upwards.
const maxIssuers = 10

// End is the day from which on something that a record rests on proves nothing new:
// the record must have been renewed before. The zero End never comes.
type End struct {
	At   time.Time
	Kind Kind
	What string // what ends, for lists: `RSA with a key of 2048 bits`
	Why  string // a sentence: what ends then, by whom or by what table
}

// Kind says of what sort an End is.
type Kind string

// The kinds of what a record or a bundle rests on.
const (
	OfTSA       Kind = "TSA"       // the certificate of a time-stamping unit
	OfCA        Kind = "CA"        // a certificate above another
	OfSignature Kind = "signature" // a signature algorithm with a key size
	OfHash      Kind = "hash"      // a hash algorithm
	OfRetention Kind = "retention" // the lock that the store keeps
)

// RenewBy is the day from which on a renewal is due; zero for an End that never comes.
func (e End) RenewBy() time.Time {
	if e.At.IsZero() {
		return e.At
	}
	return e.At.AddDate(0, -MarginMonths, 0)
}

// due says whether a renewal is due at a time.
func (e End) due(at time.Time) bool { return !e.At.IsZero() && !at.Before(e.RenewBy()) }

// over says whether the end has come at a time.
func (e End) over(at time.Time) bool { return !e.At.IsZero() && !at.Before(e.At) }

// first is the earlier of two ends.
func (e End) first(o End) End {
	if e.At.IsZero() || !o.At.IsZero() && o.At.Before(e.At) {
		return o
	}
	return e
}

// end is when the record must have been renewed: what its newest token and its newest
// hash tree rest on. What older ones rest on they vouch for.
func (r *run) end(rec *record) End {
	c := rec.last()
	return r.tokenEnd(c.tokens[len(c.tokens)-1]).first(r.treeEnd(c.digest()))
}

// treeEnd is the end of a hash algorithm as a hash tree uses it.
func (r *run) treeEnd(d algo.Digest) End {
	return r.digestEnd(d, "the hash tree is by")
}

func (r *run) digestEnd(d algo.Digest, use string) End {
	j := r.Suite.Digest(string(d), time.Time{})
	e := End{At: j.End, Kind: OfHash, What: string(d)}
	switch {
	case !j.Known:
		e.At, e.Why = never, fmt.Sprintf("By %s, %s never was good: %s %s.", r.Suite.Name, d, use, d)
	case !j.End.IsZero():
		e.Why = fmt.Sprintf("By %s, %s is good until %s: %s %s.", r.Suite.Name, d, day(j.End), use, d)
	}
	return e
}

// never is the end of what was never good.
var never = time.Unix(0, 0).UTC()

// tokenEnd is when a token needs another one over it: the first of its ends.
func (r *run) tokenEnd(t *tst.Token) End {
	var first End
	for _, e := range r.tokenEnds(t) {
		first = first.first(e)
	}
	return first
}

// tokenEnds are the ends of what a token rests on: its certificate and those above
// it, and the algorithms by which it and they are signed. A self-signed certificate
// is an anchor or nothing, and ends nothing. They are remembered: a million records
// share one token.
func (r *run) tokenEnds(t *tst.Token) []End {
	if ends, ok := r.ends[t.ID]; ok {
		return ends
	}
	name := "the time-stamp of " + moment(t.GenTime)
	alg := t.Signer.SignatureAlgorithm
	ends := []End{r.digestEnd(alg.Digest, name+" is signed with")}
	if x := signerOf(t); x != nil {
		ends = append(ends, r.signatureEnd(alg, x.Key, name+" rests on a signature"), certificateEnd(x, OfTSA, name))
		ends = append(ends, r.chainEnds(x, t.Candidates(), name)...)
	}
	if len(r.ends) < maxCachedTokens {
		r.ends[t.ID] = ends
	}
	return ends
}

// chainEnds are the ends of the signature on a certificate and of all above it that
// are at hand.
func (r *run) chainEnds(x *certificate.Certificate, among []*certificate.Certificate, name string) []End {
	var ends []End
	for range maxIssuers {
		above := issuerOf(x, among)
		if above == nil || above == x {
			break
		}
		what := fmt.Sprintf("the certificate of %q, on which %s rests, is signed with", x.SignerName(), name)
		ends = append(ends, r.digestEnd(x.SignatureAlgorithm.Digest, what),
			r.signatureEnd(x.SignatureAlgorithm, above.Key, fmt.Sprintf("%s rests on the certificate of %q, signed", name, x.SignerName())))
		if above.SelfIssued() {
			break
		}
		x = above
		ends = append(ends, certificateEnd(x, OfCA, name))
	}
	return ends
}

func certificateEnd(x *certificate.Certificate, kind Kind, name string) End {
	return End{At: x.NotAfter, Kind: kind, What: fmt.Sprintf("the certificate of %q", x.SignerName()),
		Why: fmt.Sprintf("The certificate of %q, on which %s rests, is valid until %s.", x.SignerName(), name, day(x.NotAfter))}
}

// signatureEnd is the end of a signature algorithm with a key.
func (r *run) signatureEnd(alg algo.Signature, key *algo.PublicKey, use string) End {
	if key == nil {
		return End{}
	}
	j := r.Suite.Algorithm(string(alg.Scheme), key.Bits, time.Time{})
	e := End{At: j.End, Kind: OfSignature, What: fmt.Sprintf("%s with a key of %d bits", alg.Scheme, key.Bits)}
	switch {
	case !j.Known:
		e.At, e.Why = never, fmt.Sprintf("By %s, %s never was good: %s by it.", r.Suite.Name, e.What, use)
	case !j.End.IsZero():
		e.Why = fmt.Sprintf("By %s, %s is good until %s: %s by it.", r.Suite.Name, e.What, day(j.End), use)
	}
	return e
}

func signerOf(t *tst.Token) *certificate.Certificate {
	for _, x := range t.Candidates() {
		if t.SignerMatches(x) {
			return x
		}
	}
	return nil
}

func issuerOf(x *certificate.Certificate, among []*certificate.Certificate) *certificate.Certificate {
	for _, a := range among {
		if bytes.Equal(a.RawSubject, x.RawIssuer) && a.IsCA {
			return a
		}
	}
	return nil
}

// lapse finds the first gap in a record: something had ended before the time-stamp
// came that should have vouched for it, or has ended by the time at and nothing came
// (EN 319 102-1 §5.6.2.2; RFC 4998 §5.3). It goes by dates alone: a revocation the
// Judge finds.
func (r *run) lapse(rec *record, at time.Time) (gap End, lapsed bool) {
	note := func(e End, next time.Time) {
		if e.over(next) && (!lapsed || e.At.Before(gap.At)) {
			gap, lapsed = e, true
		}
	}
	tokens := rec.tokens()
	for i, t := range tokens {
		next := at
		if i+1 < len(tokens) {
			next = tokens[i+1].GenTime
		}
		note(r.tokenEnd(t), next)
	}
	for i, c := range rec.chains {
		next := at
		if i+1 < len(rec.chains) {
			next = rec.chains[i+1].tokens[0].GenTime
		}
		note(r.treeEnd(c.digest()), next)
	}
	return gap, lapsed
}
