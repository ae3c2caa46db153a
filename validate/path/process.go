package path

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
)

// maxProcessed bounds the certificates of a path that Process takes.
const maxProcessed = 64

// ProcessInput are the inputs of certification path processing, RFC 5280 §6.1.1.
type ProcessInput struct {
	// Certificates is the path in the order of Chain: the certificate asked about
	// first, its issuer next, the trust anchor last. Of the anchor only name and
	// key count (unless AnchorConstraints), as §6.1.1 (d) says. An anchor alone is
	// a path of no certificates, in which nothing can fail.
	Certificates []*certificate.Certificate
	// At is the time for which validity is asked. With the zero time every
	// certificate is outside its validity.
	At time.Time
	// InitialPolicies is user-initial-policy-set, dotted; empty: any-policy.
	InitialPolicies []string
	// The flags of §6.1.1 (e), (f) and (g).
	InitialPolicyMappingInhibit bool
	InitialExplicitPolicy       bool
	InitialAnyPolicyInhibit     bool
	// InitialSubtrees are the initial-permitted- and -excluded-subtrees of §6.1.1
	// (h) and (i); nil: none.
	InitialSubtrees *Subtrees
	// AnchorConstraints has the extensions of the anchor's certificate count too:
	// name constraints, policies, policy constraints and path length (RFC 5937
	// §3.2). An authority that a trusted list names is so held to its own limits.
	AnchorConstraints bool
	// KnownCritical are dotted OIDs of critical extensions that the caller heeds,
	// besides those that Process knows.
	KnownCritical []string
	// Verified says whether issuer's key verifies child: Trust.Verified, which
	// remembers. nil: each signature is checked anew.
	Verified func(child, issuer *certificate.Certificate) bool
}

// Failure is a step of RFC 5280 §6.1 that did not succeed.
type Failure struct {
	Clause string // of RFC 5280, e.g. "6.1.3 (b)"
	Says   string // a sentence
	Index  int    // of the certificate in ProcessInput.Certificates
}

// Error writes the clause and the sentence.
func (f *Failure) Error() string { return fmt.Sprintf("RFC 5280 §%s: %s", f.Clause, f.Says) }

// ProcessResult are the outputs of §6.1.6.
type ProcessResult struct {
	// Failure is the first step that failed, in the order of the standard: from
	// the anchor downward. nil: the path is valid.
	Failure *Failure
	// Policies holds what the path asserts; of no meaning after a failure.
	Policies PolicyOutcome
	// Keys are the public keys of the certificates, beside ProcessInput.Certificates,
	// with inherited DSA parameters filled in (§6.1.4 (d) to (f)). nil: unusable.
	Keys []*algo.PublicKey
}

// OK says whether the path is valid.
func (r ProcessResult) OK() bool { return r.Failure == nil }

// Process is certification path processing, RFC 5280 §6.1, with the policy graph of
// RFC 9618 in place of the tree of §6.1.2 (a). Whether a certificate was revoked,
// step 6.1.3 (a)(3), is asked elsewhere (package pkix, or OCSP).
func Process(in ProcessInput) ProcessResult {
	p, failure := newProcess(in)
	if failure != nil {
		return ProcessResult{Failure: failure}
	}
	res := ProcessResult{Keys: p.keys}
	for p.at = len(in.Certificates) - 2; p.at >= 0; p.at-- {
		for _, step := range []func() *Failure{p.basic, p.checkNames, p.policies, p.prepare, p.wrapUp} {
			if res.Failure = step(); res.Failure != nil {
				return res
			}
		}
	}
	res.Policies = p.tree.outcome(in.InitialPolicies)
	return res
}

// NameConstraints is the part of Process about names: 6.1.3 (b) and (c), 6.1.4 (g).
// It asks nothing else of the path. nil: no name breaks a constraint.
func NameConstraints(in ProcessInput) *Failure {
	p, failure := newProcess(in)
	if failure != nil {
		return failure
	}
	for p.at = len(in.Certificates) - 2; p.at >= 0; p.at-- {
		if failure = p.checkNames(); failure != nil {
			return failure
		}
		if p.at == 0 {
			break
		}
		if failure = p.addNames(); failure != nil {
			return failure
		}
	}
	return nil
}

// PolicyTree is the part of Process about certificate policies: 6.1.3 (d) to (f),
// 6.1.4 (a), (b), (h) to (j), 6.1.5 (a), (b) and (g).
func PolicyTree(in ProcessInput) (PolicyOutcome, *Failure) {
	p, failure := newProcess(in)
	if failure != nil {
		return PolicyOutcome{}, failure
	}
	for p.at = len(in.Certificates) - 2; p.at >= 0; p.at-- {
		if failure = p.policies(); failure != nil {
			return PolicyOutcome{}, failure
		}
		if p.at > 0 {
			failure = p.preparePolicies()
		} else {
			failure = p.wrapUpPolicies()
		}
		if failure != nil {
			return PolicyOutcome{}, failure
		}
	}
	return p.tree.outcome(in.InitialPolicies), nil
}

// process is the state of §6.1.2.
type process struct {
	in      ProcessInput
	at      int // index of the certificate under way
	keys    []*algo.PublicKey
	names   nameState
	tree    policyState
	pathLen int // max_path_length
}

func newProcess(in ProcessInput) (*process, *Failure) {
	n := len(in.Certificates)
	switch {
	case n == 0:
		return nil, &Failure{Clause: "6.1.1 (a)", Says: "There is no certificate to process."}
	case n > maxProcessed:
		return nil, &Failure{Clause: "6.1.1 (a)", Says: fmt.Sprintf("The path has %d certificates, at most %d are processed.", n, maxProcessed)}
	}
	for i, c := range in.Certificates {
		if c == nil {
			return nil, &Failure{Clause: "6.1.1 (a)", Index: i, Says: "A certificate of the path is missing."}
		}
	}
	p := &process{in: in, keys: WorkingKeys(in.Certificates), pathLen: n, tree: newPolicyState(in, n-1)}
	if in.InitialSubtrees != nil {
		p.names.add(in.InitialSubtrees)
	}
	if in.AnchorConstraints {
		p.at = n - 1
		return p, p.constrainByAnchor()
	}
	return p, nil
}

// cert is the certificate under way.
func (p *process) cert() *certificate.Certificate { return p.in.Certificates[p.at] }

// final says whether it is the last of the path, certificate n.
func (p *process) final() bool { return p.at == 0 }

func (p *process) fail(clause, format string, args ...any) *Failure {
	return &Failure{Clause: clause, Index: p.at, Says: fmt.Sprintf(format, args...)}
}

// constrainByAnchor takes the limits of the anchor's own certificate, RFC 5937 §3.2.
func (p *process) constrainByAnchor() *Failure {
	if failure := p.addNames(); failure != nil {
		return failure
	}
	c := p.cert()
	if c.PathLen >= 0 {
		p.pathLen = min(p.pathLen, c.PathLen)
	}
	return p.constrainPoliciesByAnchor()
}
