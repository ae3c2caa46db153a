package preserve_test

import (
	"context"
	"crypto"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/digitorus/timestamp"

	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
)

// poster answers requests as a TSA does, by what nonce says.
type poster struct {
	unit  *eutest.TSA
	nonce func(*big.Int) *big.Int
	down  error
}

func (p poster) Timestamp(_ context.Context, _ string, request []byte) ([]byte, error) {
	if p.down != nil {
		return nil, p.down
	}
	q, err := timestamp.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	token := p.unit.Token(nil, eutest.TokenOptions{Imprint: q.HashedMessage, Hash: q.HashAlgorithm, Nonce: p.nonce(q.Nonce)})
	return der.Encode(0x30, der.Encode(0x30, []byte{2, 1, 0}), token), nil
}

func TestHTTP(t *testing.T) {
	s := newScene(t, suiteLines)
	unit := s.tsa(3).unit
	value := make([]byte, crypto.SHA256.Size())
	same := func(n *big.Int) *big.Int { return n }
	if raw, err := (preserve.HTTP{URL: "http://tsa", Post: poster{unit: unit, nonce: same}}).Stamp(t.Context(), algo.SHA256, value); err != nil || len(raw) == 0 {
		t.Errorf("%d octets, %v", len(raw), err)
	}
	for says, p := range map[string]poster{
		"nonce of our request":  {unit: unit, nonce: func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(1)) }},
		"does not have the non": {unit: unit, nonce: func(*big.Int) *big.Int { return nil }},
		"refused":               {down: errors.New("refused")},
	} {
		if _, err := (preserve.HTTP{Post: p}).Stamp(t.Context(), algo.SHA256, value); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want an error that says %q", err, says)
		}
	}
	if _, err := (preserve.HTTP{Post: poster{}}).Stamp(t.Context(), algo.SHA1, value); err == nil {
		t.Error("a request by SHA-1 is made")
	}
}
