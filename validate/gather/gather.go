// Package gather closes the evidence of a document before it is judged: issuers
// that the document lacks, and OCSP answers and CRLs about the certificates of its
// signers, time-stamping units and OCSP responders (EN 319 102-1 §5.2.6.1: the
// validator may use any source). It decides nothing: what it keeps is evidence
// for the judge, who asks it for everything again.
//
// Whoever made the document chose the addresses in its certificates. So there are
// few fetches, only addresses in certificates are asked, revocation only for
// chains that reach an anchor, and an answer is kept only after it was verified:
// it is read, is about the certificate asked for, and is signed by one who may
// speak for its issuer (attacks S1, S7, R2, R3).
package gather

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/signature"
)

// Bounds of one document. A legitimate one needs an answer for each signer and a
// few CAs; a hostile one gets no more than this out of us (attack S1).
const (
	// MaxFetches bounds the fetches for one document, MaxIssuerFetches those of
	// them that look for issuers, and MaxAtOnce those under way at one time.
	MaxFetches       = 24
	MaxIssuerFetches = 12
	MaxAtOnce        = 4
	// MaxNotes bounds Result.Notes; one more says how many were left out.
	MaxNotes = 100
	// Answers larger than these are not read; octets.
	maxOCSPSize   = 256 << 10
	maxIssuerSize = 1 << 20
	maxCRLSize    = 64 << 20
	// maxOctets bounds all answers together, those that are not kept too. CRLs can
	// be large: only maxCRLsAtOnce are fetched in one wave.
	maxOctets     = 128 << 20
	maxCRLsAtOnce = 2
	// maxPlaces bounds the addresses of one kind in one certificate that are
	// tried, maxURL the length of an address in octets.
	maxPlaces = 4
	maxURL    = 2048
	// maxDepth: signers and time-stamping units, their OCSP responders, the
	// responders of these.
	maxDepth = 3
)

// Source is where answers come from: the network, a cache, or nothing. An error
// says in a sentence that may be shown to anyone why there is no answer. Its
// methods return soon after ctx is done, and are called by up to MaxAtOnce
// goroutines at once. What they return is not trusted, and not changed.
type Source interface {
	// OCSP sends the DER of an OCSPRequest to a responder (RFC 6960 appendix A.1).
	OCSP(ctx context.Context, url string, request []byte) ([]byte, error)
	// CRL gets a certificate revocation list (RFC 5280 §4.2.1.13).
	CRL(ctx context.Context, url string) ([]byte, error)
	// Issuers gets certificates of an issuer: one in DER, or a certs-only CMS
	// (RFC 5280 §4.2.2.1).
	Issuers(ctx context.Context, url string) ([]byte, error)
}

// Result is what was gathered for a document.
type Result struct {
	// Material is what was kept, each list in the order of SHA-256: the same
	// answers give the same Result, in whatever order they came.
	Material signature.Material
	// Notes say what was asked for in vain, and why.
	Notes []Note
	// Fetches is how often the Source was asked.
	Fetches int
}

// Close gathers what is missing for judging doc under trust at a time; periods
// says whether anchors of lists count only in the span of their services, as the
// judge will have it. Without a Source, or when ctx is done, nothing is asked. It
// returns when all its fetches have returned. doc is not changed.
func Close(ctx context.Context, doc *signature.Document, trust *path.Trust, periods bool, at time.Time, src Source) Result {
	if src == nil || doc == nil || trust == nil {
		return Result{}
	}
	g := newGatherer(trust, periods, at, src)
	if ctx.Err() == nil {
		g.close(ctx, doc)
	}
	if err := ctx.Err(); err != nil {
		g.note(Note{Says: fmt.Sprintf("The search for missing evidence was ended after %d fetches: %v.", g.fetches, err)})
	} else if g.unasked > 0 {
		g.note(Note{Says: fmt.Sprintf("For %d certificates not all was asked that could be: at most %d fetches are made for one document, %d of them for issuers.", g.unasked, MaxFetches, MaxIssuerFetches)})
	}
	return g.result()
}

// close: chains first, since only what stands in one is asked about; then the
// answers; then the same for those who signed the answers.
func (g *gatherer) close(ctx context.Context, doc *signature.Document) {
	leaves := g.collect(ctx, doc)
	for range maxDepth {
		g.closeChains(ctx, leaves)
		wants := g.wants(ctx, leaves)
		g.closeStatus(ctx, wants)
		leaves = g.responders(wants)
	}
}

func (g *gatherer) result() Result {
	r := Result{Material: g.kept, Notes: g.notes, Fetches: g.fetches}
	for _, list := range [][][]byte{r.Material.Certificates, r.Material.OCSPs, r.Material.CRLs} {
		sortByHash(list)
	}
	if g.unsaid > 0 {
		r.Notes = append(r.Notes, Note{Says: fmt.Sprintf("%d further notes are left out.", g.unsaid)})
	}
	return r
}

func sortByHash(list [][]byte) {
	type hashed struct {
		id  evidence.ID
		raw []byte
	}
	sorted := make([]hashed, len(list))
	for i, raw := range list {
		sorted[i] = hashed{evidence.Of(raw), raw}
	}
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].id.Less(sorted[j].id) })
	for i, h := range sorted {
		list[i] = h.raw
	}
}
