package ades

import (
	"time"

	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/verdict"
)

// pastResult is what past certificate validation ends with.
type pastResult struct {
	verdict.Conclusion
	control time.Time // control-time
	answer  *answer   // the answer used for the signer's certificate
	anchor  int
}

// pastCertificate is past certificate validation, EN 319 102-1 §5.6.2.1: for each
// anchor that may count, the control-time; the latest one is kept.
func (c *Case) pastCertificate(r role, ch *path.Chain) *pastResult {
	if !ch.Anchored() {
		return &pastResult{Conclusion: verdict.RuleChain.Fails}
	}
	best := &pastResult{Conclusion: verdict.RulePastChain.Fails}
	for i, a := range ch.Anchors {
		if a == nil {
			continue
		}
		control, ans, ok := c.slide(r, ch, i)
		if ok && (!best.Passed() || control.After(best.control)) {
			best = &pastResult{Conclusion: verdict.OK, control: control, answer: ans, anchor: i}
		}
		// The next anchor is only asked where this one has a sunset date.
		if a.Sunset == nil || c.selfSigned(ch.Certificates[i]) {
			break
		}
	}
	if best.Passed() && !c.good(chainUses(ch, best.control), best.control) {
		best.Conclusion = verdict.RulePastAlgorithms.Fails
	}
	return best
}
