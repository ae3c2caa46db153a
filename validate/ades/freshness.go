package ades

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// freshness is the revocation freshness checker, EN 319 102-1 §5.2.5: was the
// answer issued late enough for the time asked for?
func (c *Case) freshness(b *block, constraint string, a *answer, at time.Time) verdict.Conclusion {
	if c.Policy.Level(constraint) == policy.Ignore {
		return verdict.OK
	}
	maxAge, given := c.Policy.MaximumAge(constraint)
	if !given {
		// 5.2.5.4 2): the issuer's own interval; without nextUpdate newer information is always to be had.
		if a.nextUpdate == nil {
			maxAge = 0
		} else {
			maxAge = a.nextUpdate.Sub(a.thisUpdate)
		}
	}
	if b.ask(a.thisUpdate.After(at.Add(-maxAge)), verdict.RuleFresh, constraint, a.datum.id, func() string {
		return fmt.Sprintf("The %s about %s was issued on %s; the policy wants one issued after %s.", a.datum.word(), subject(a.about), moment(a.thisUpdate), moment(at.Add(-maxAge)))
	}, a.about.ID) {
		return verdict.OK
	}
	return verdict.RuleFresh.Fails
}
