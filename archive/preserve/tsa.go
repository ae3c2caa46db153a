package preserve

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/tst"
)

// TSA is a time-stamping authority.
type TSA interface {
	// Name says which one, for reports.
	Name() string
	// Stamp returns a token over a hash value. It need not be believed.
	Stamp(ctx context.Context, d algo.Digest, value []byte) ([]byte, error)
}

// Poster sends a request to a TSA by HTTP and returns the octets of the answer.
type Poster interface {
	Timestamp(ctx context.Context, url string, request []byte) ([]byte, error)
}

// HTTP is a TSA at a URL (RFC 3161 §3.4).
type HTTP struct {
	URL  string
	Post Poster
}

// Name implements TSA.
func (h HTTP) Name() string { return h.URL }

// Stamp implements TSA. An answer with another nonce is one to somebody else's
// request, or an old one played again (RFC 3161 §2.4.2).
func (h HTTP) Stamp(ctx context.Context, d algo.Digest, value []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("drawing a nonce: %w", err)
	}
	request, err := tst.NewRequest(d, value, nonce)
	if err != nil {
		return nil, err
	}
	answer, err := h.Post.Timestamp(ctx, h.URL, request)
	if err != nil {
		return nil, err
	}
	token, err := tst.ParseResponse(answer)
	if err != nil {
		return nil, err
	}
	if token.Nonce == nil || token.Nonce.Cmp(nonce) != 0 {
		return nil, errors.New("the token does not have the nonce of our request: it is an answer to another one")
	}
	return token.Raw, nil
}

// StampError says that no TSA gave a token that can be used. Trying again later
// may help; nothing was written.
type StampError struct{ Failures []string }

func (e *StampError) Error() string {
	if len(e.Failures) == 0 {
		return "a time-stamp is needed, and no TSA is named"
	}
	return "no TSA gave a time-stamp that can be used: " + strings.Join(e.Failures, "; ")
}

// Hint says what to do.
func (e *StampError) Hint() string {
	if len(e.Failures) == 0 {
		return "name one or more with --tsa URL; the next is asked where one fails"
	}
	return "nothing was written; run it again, or name another TSA with --tsa URL"
}

// stamp asks the TSAs in their order for a token over the root of a tree, until one
// gives a token that holds it and that believe does not refuse. believe is given each,
// and returns it with what it needs to be verified offline.
func (r *run) stamp(ctx context.Context, t *tree, believe func(*tst.Token) (*tst.Token, error)) (*tst.Token, error) {
	failed := &StampError{}
	for _, tsa := range r.TSAs {
		token, err := r.ask(ctx, tsa, t)
		if err == nil {
			token, err = believe(token)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			return token, nil
		}
		failed.Failures = append(failed.Failures, fmt.Sprintf("%s: %v", tsa.Name(), err))
	}
	return nil, failed
}

// ask gets a token and compares what it says with what was asked for.
func (r *run) ask(ctx context.Context, tsa TSA, t *tree) (*tst.Token, error) {
	raw, err := tsa.Stamp(ctx, t.digest, t.root())
	if err != nil {
		return nil, err
	}
	token, err := inDER(raw)
	if err != nil {
		return nil, err
	}
	if token.HashAlgorithm != t.digest || !bytes.Equal(token.Imprint, t.root()) {
		return nil, fmt.Errorf("the token is over %s %x, not over the hash tree's root %s %x", token.HashAlgorithm, token.Imprint, t.digest, t.root())
	}
	// Attack A5: with a clock that is years off everything seems due, or nothing.
	if off := token.GenTime.Sub(r.Now()).Abs(); off > MaxClockSkew {
		return nil, fmt.Errorf("the token is of %s and our clock says %s; they may differ by %v: one of the clocks is wrong", moment(token.GenTime), moment(r.Now()), MaxClockSkew)
	}
	return token, nil
}
