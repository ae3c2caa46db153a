package ades

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// block records what a building block asked and learned (EN 319 102-1 §5.1.1).
type block struct {
	policy   *policy.Policy
	at       time.Time // the time that the block asks for
	findings []verdict.Finding
}

func (c *Case) block(at time.Time) *block { return &block{policy: c.Policy, at: at} }

// ask records the answer to a rule and says whether to go on: the answer is yes,
// or the policy does not let it decide. says is called only for a no.
func (b *block) ask(ok bool, rule *verdict.Rule, constraint string, about evidence.ID, says func() string, by ...evidence.ID) bool {
	level := b.policy.Level(constraint)
	if level == policy.Ignore {
		return true
	}
	f := verdict.Finding{Rule: rule, Passed: ok, About: about, By: by, At: b.at}
	if !ok {
		f.Level, f.Says = level.Finding(), says()
	}
	b.findings = append(b.findings, f)
	return ok || level != policy.Fail
}

// demand records the answer to a rule that no policy softens, since nothing can be
// asked after a no.
func (b *block) demand(ok bool, rule *verdict.Rule, about evidence.ID, says func() string) bool {
	f := verdict.Finding{Rule: rule, Passed: ok, About: about, At: b.at}
	if !ok {
		f.Level, f.Says = verdict.Error, says()
	}
	b.findings = append(b.findings, f)
	return ok
}

// tell records something at a level of its own, whatever the policy.
func (b *block) tell(level verdict.Level, rule *verdict.Rule, about evidence.ID, says string, by ...evidence.ID) {
	b.findings = append(b.findings, verdict.Finding{Rule: rule, Level: level, Says: says, About: about, By: by, At: b.at})
}

// join takes over the findings of another block.
func (b *block) join(other []verdict.Finding) { b.findings = append(b.findings, other...) }

// soften takes over findings of a block whose conclusion does not decide here:
// its errors are told as warnings.
func (b *block) soften(other []verdict.Finding) {
	for _, f := range other {
		if f.Level == verdict.Error {
			f.Level = verdict.Warning
		}
		b.findings = append(b.findings, f)
	}
}

// subject names a certificate in a sentence.
func subject(c *certificate.Certificate) string {
	if c == nil {
		return "an unknown certificate"
	}
	name := c.SignerName()
	if name == "" {
		name = c.Subject.String()
	}
	if name == "" {
		name = "serial number " + c.Serial.String()
	}
	return quote(name)
}

// quote writes a name in quotation marks, with control characters made visible
// so that a name cannot forge a line of a report (attack S3).
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// moment writes a time in a sentence.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// span writes a validity in a sentence.
func span(c *certificate.Certificate) string {
	return moment(c.NotBefore) + " to " + moment(c.NotAfter)
}

func within(c *certificate.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}
