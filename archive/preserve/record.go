package preserve

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/tst"
)

// Identifier octets of RFC 4998 (its module has implicit tags).
const (
	tagSequence    = 0x30
	tagOctetString = 0x04
	tagOID         = 0x06
	tagTree        = 0xa2 // reducedHashtree [2]
)

// Bounds of one record; our own have a time-stamp every few years.
const (
	maxChains = 200
	maxStamps = 1000
)

// hashIDs are the AlgorithmIdentifiers, without parameters (RFC 5754 §2), of the hash
// algorithms that records are made by: those that RFC 3161 requests can name, see
// tst.NewRequest.
var hashIDs = map[algo.Digest][]byte{algo.SHA256: nistHash(1), algo.SHA384: nistHash(2), algo.SHA512: nistHash(3)}

// nistHash is 2.16.840.1.101.3.4.2.n.
func nistHash(n byte) []byte {
	return der.Encode(tagSequence, der.Encode(tagOID, []byte{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, n}))
}

// record is an EvidenceRecord of RFC 4998 §3.1 in DER, taken apart as far as
// renewing it needs.
type record struct{ chains []chain }

// chain is an ArchiveTimeStampChain: its archive time-stamps as they stand in the
// record, and the token of each.
type chain struct {
	stamps [][]byte
	tokens []*tst.Token
}

// digest is the hash algorithm of a chain: that of its tokens, since we write no
// digestAlgorithm field (RFC 4998 §4.1).
func (c chain) digest() algo.Digest { return c.tokens[0].HashAlgorithm }

func (c chain) encode() []byte { return der.Encode(tagSequence, c.stamps...) }

// last is the newest chain.
func (r *record) last() *chain { return &r.chains[len(r.chains)-1] }

// tokens are all time-stamps, the oldest first.
func (r *record) tokens() []*tst.Token {
	var out []*tst.Token
	for _, c := range r.chains {
		out = append(out, c.tokens...)
	}
	return out
}

// renewalLeaf is what a time-stamp renewal is over: the hash of the timeStamp field
// of the last archive time-stamp (RFC 4998 §5.2).
func (r *record) renewalLeaf() ([]byte, error) {
	c := r.last()
	return sum(c.digest(), c.tokens[len(c.tokens)-1].Raw)
}

// treeLeaf is what a hash-tree renewal is over: the hash of the data object's hash
// and of that of all chains before, in this order and not sorted (RFC 4998 §5.2
// step 4; its figure 4 says otherwise, and nobody follows it).
func (r *record) treeLeaf(d algo.Digest, data []byte) ([]byte, error) {
	object, err := sum(d, data)
	if err != nil {
		return nil, err
	}
	chains := make([][]byte, len(r.chains))
	for i, c := range r.chains {
		chains[i] = c.encode()
	}
	before, err := sum(d, der.Encode(tagSequence, chains...))
	if err != nil {
		return nil, err
	}
	return sum(d, append(object, before...))
}

// renewed is the record with one more archive time-stamp, in a new chain or at the
// end of the last one.
func (r *record) renewed(s stamp, newChain bool) *record {
	out := &record{chains: append([]chain(nil), r.chains...)}
	if newChain || len(out.chains) == 0 {
		out.chains = append(out.chains, chain{})
	}
	c := out.last()
	c.stamps = append(append([][]byte(nil), c.stamps...), s.encode())
	c.tokens = append(append([]*tst.Token(nil), c.tokens...), s.token)
	return out
}

// encode writes the record (RFC 4998 §3.1).
func (r *record) encode() ([]byte, error) {
	var algorithms, chains [][]byte
	seen := map[algo.Digest]bool{}
	for _, c := range r.chains {
		chains = append(chains, c.encode())
		if d := c.digest(); !seen[d] {
			seen[d] = true
			id, ok := hashIDs[d]
			if !ok {
				return nil, fmt.Errorf("writing an evidence record: no identifier for the hash algorithm %q", d)
			}
			algorithms = append(algorithms, id)
		}
	}
	return der.Encode(tagSequence, []byte{0x02, 1, 1}, der.Encode(tagSequence, algorithms...), der.Encode(tagSequence, chains...)), nil
}

// stamp is an archive time-stamp in the making.
type stamp struct {
	lists [][][]byte // nil: the leaf is what the token is over
	token *tst.Token
}

// encode writes ArchiveTimeStamp (RFC 4998 §4.1). Tokens are in DER, see inDER.
func (s stamp) encode() []byte {
	if len(s.lists) == 0 {
		return der.Encode(tagSequence, s.token.Raw)
	}
	lists := make([][]byte, len(s.lists))
	for i, list := range s.lists {
		values := make([][]byte, len(list))
		for j, v := range list {
			values[j] = der.Encode(tagOctetString, v)
		}
		lists[i] = der.Encode(tagSequence, values...)
	}
	return der.Encode(tagSequence, der.Encode(tagTree, lists...), s.token.Raw)
}

// inDER reads a token after it was brought into DER: RFC 4998 §5.2 hashes its DER,
// and what is in DER from the start has one hash value only. TSAs that sign BER exist.
func inDER(raw []byte) (*tst.Token, error) {
	normal, err := der.Normalize(raw)
	if err != nil {
		return nil, fmt.Errorf("reading a time-stamp: %w", err)
	}
	return tst.Parse(normal)
}

// tokenCache reads each token once: a million records share one. It is safe for
// concurrent use; so are tokens, which nobody changes.
type tokenCache struct {
	lock sync.Mutex
	read map[evidence.ID]*tst.Token
}

// maxCachedTokens bounds the cache; beyond it tokens are read again.
const maxCachedTokens = 4096

func (c *tokenCache) parse(raw []byte) (*tst.Token, error) {
	id := evidence.Of(raw)
	c.lock.Lock()
	t, ok := c.read[id]
	c.lock.Unlock()
	if ok {
		return t, nil
	}
	t, err := tst.Parse(raw)
	if err != nil {
		return nil, err
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.read == nil {
		c.read = map[evidence.ID]*tst.Token{}
	}
	if len(c.read) < maxCachedTokens {
		c.read[id] = t
	}
	return t, nil
}

// parse takes a record of ours apart; it refuses what this package does not write:
// other fields, tokens of another hash algorithm than their chain, anything not in
// DER. What the record proves the Judge says.
func parse(raw []byte, tokens *tokenCache) (*record, error) {
	r, err := parseRecord(raw, tokens)
	if err != nil {
		return nil, fmt.Errorf("reading an evidence record: %w", err)
	}
	again, err := r.encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, raw) {
		return nil, errors.New("reading an evidence record: it has fields, or is encoded in a way, that this version does not write")
	}
	return r, nil
}

func parseRecord(raw []byte, tokens *tokenCache) (*record, error) {
	if len(raw) > archive.MaxRecord {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(raw), archive.MaxRecord)
	}
	top := der.NewReader(raw)
	_, in, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	if _, err := in.Expect(der.Universal, der.TagInteger); err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	if _, _, err := in.Sequence(); err != nil {
		return nil, fmt.Errorf("digestAlgorithms: %w", err)
	}
	_, chains, err := in.Sequence()
	if err != nil {
		return nil, fmt.Errorf("archiveTimeStampSequence: %w", err)
	}
	r := &record{}
	for !chains.Empty() {
		if len(r.chains) == maxChains {
			return nil, fmt.Errorf("more than %d chains", maxChains)
		}
		c, err := parseChain(&chains, tokens)
		if err != nil {
			return nil, fmt.Errorf("chain %d: %w", len(r.chains)+1, err)
		}
		r.chains = append(r.chains, c)
	}
	if len(r.chains) == 0 {
		return nil, errors.New("it holds no chain")
	}
	return r, nil
}

func parseChain(in *der.Reader, tokens *tokenCache) (chain, error) {
	var c chain
	_, stamps, err := in.Sequence()
	if err != nil {
		return c, err
	}
	for !stamps.Empty() {
		if len(c.stamps) == maxStamps {
			return c, fmt.Errorf("more than %d archive time-stamps", maxStamps)
		}
		whole, fields, err := stamps.Sequence()
		if err != nil {
			return c, err
		}
		if _, _, err := fields.Optional(der.ContextSpecific, 2); err != nil {
			return c, fmt.Errorf("reducedHashtree: %w", err)
		}
		token, err := tokens.parse(fields.Rest())
		if err != nil {
			return c, err
		}
		c.stamps, c.tokens = append(c.stamps, whole.Raw), append(c.tokens, token)
		if token.HashAlgorithm != c.digest() {
			return c, fmt.Errorf("token %d is by %s, its chain by %s", len(c.tokens), token.HashAlgorithm, c.digest())
		}
	}
	if len(c.stamps) == 0 {
		return c, errors.New("it holds no archive time-stamp")
	}
	return c, nil
}

func sum(d algo.Digest, data []byte) ([]byte, error) {
	out, ok := d.Sum(data)
	if !ok {
		return nil, fmt.Errorf("the hash algorithm %q cannot be computed", d)
	}
	return out, nil
}
