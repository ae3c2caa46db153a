package ers

import (
	"crypto/sha256"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Bounds of one record. They stop records that cost more than their size: each
// chain hashes all chains before it.
const (
	maxChains = 200
	maxLists  = 20_000  // lists of hash values in all trees together
	maxValues = 200_000 // hash values in all trees together
	maxOrphan = 1000    // hash values without a data object that are listed one by one
)

// record is an evidence record while it is read.
type record struct {
	form     string
	raw      []byte
	chains   []*chain
	embedded signature.Material
	problems []signature.Problem

	sequence *xmldom.Node // XML: ArchiveTimeStampSequence
	der      *bool        // ASN.1: it is in DER; nil: not asked yet

	objects  []*object
	unlisted []*object // files that the manifest does not name
	manifest *Manifest
	alone    bool // a missing value for the only file is a broken one (preservation §1.6)
	treeless bool // the first archive time-stamp may lack its tree
	budget   *budget

	exhausted             bool // the budget is spent, and that is written down
	stamps, lists, values int  // counted against the bounds
}

// chain is an ArchiveTimeStampChain.
type chain struct {
	digest     algo.Digest // "" where it is not known
	digestName string
	method     xmldom.Method // XML only
	methodURI  string
	stamps     []*stamp

	raw  []byte       // ASN.1: as it stands in the record
	node *xmldom.Node // XML
}

// stamp is an ArchiveTimeStamp.
type stamp struct {
	tree   bool // it has a hash tree
	groups [][][]byte
	own    string // its own digestAlgorithm, as the record says it; "" where it has none
	token  *tst.Token
	raw    []byte // the token

	content  []byte             // ASN.1: timeStamp as it stands in the record
	node     *xmldom.Node       // XML: TimeStamp
	material signature.Material // XML: CryptographicInformationList

	set map[string]bool // the values of the first group, or the imprint where there is no tree
}

func (r *record) problem(format string, args ...any) {
	r.problems = append(r.problems, signature.Problem{Code: signature.BadStructure, Says: fmt.Sprintf(format, args...)})
}

// addStamp parses the token and counts against the bounds.
func (r *record) addStamp(c *chain, s *stamp) error {
	if r.stamps++; r.stamps > signature.MaxTimestamps {
		return refuse(signature.TooLarge, "more than %d archive time-stamps", signature.MaxTimestamps)
	}
	token, err := tst.Parse(s.raw)
	if err != nil {
		return malformed("archive time-stamp %d: %v", r.stamps, err)
	}
	s.token = token
	s.set = map[string]bool{}
	if s.tree && len(s.groups) > 0 {
		for _, v := range s.groups[0] {
			s.set[string(v)] = true
		}
	} else if !s.tree {
		s.set[string(token.Imprint)] = true
	}
	c.stamps = append(c.stamps, s)
	return nil
}

// addGroup counts a list of hash values against the bounds.
func (r *record) addGroup(s *stamp, group [][]byte) error {
	r.lists++
	if r.values += len(group); r.lists > maxLists || r.values > maxValues {
		return refuse(signature.TooLarge, "more than %d lists of hash values, or %d values", maxLists, maxValues)
	}
	s.groups = append(s.groups, group)
	return nil
}

// read does the arithmetic and writes down what was found.
func (r *record) read(path string) *signature.EvidenceRecord {
	id := sha256.Sum256(r.raw)
	out := &signature.EvidenceRecord{ID: fmt.Sprintf("ER-%X", id[:]), Path: path, Raw: r.raw, Form: r.form, Embedded: r.embedded}
	first := r.chains[0]
	out.Digests = []algo.Digest{first.digest}
	found := r.references(out)
	r.tokens(out, found)
	for _, o := range found {
		if o.report.Found && o.report.Intact {
			out.CoversData = append(out.CoversData, o.ids()...)
			out.Signatures = append(out.Signatures, o.signatures...)
		}
	}
	r.checkTimes()
	out.Problems = r.problems
	return out
}

// checkTimes reports tokens that are older than what they renew: time-stamps of a
// chain, and chains, stand in the order of time (RFC 4998 §5.1).
func (r *record) checkTimes() {
	var before *tst.Token
	n := 0
	for _, c := range r.chains {
		for _, s := range c.stamps {
			if n++; before != nil && s.token.GenTime.Before(before.GenTime) {
				r.problem("Archive time-stamp %d is of %s, before the one that it renews, of %s.", n,
					s.token.GenTime.Format("2006-01-02 15:04:05"), before.GenTime.Format("2006-01-02 15:04:05"))
			}
			before = s.token
		}
	}
}
