package qualify

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// TimestampResult is the qualification of a time-stamp and why.
type TimestampResult struct {
	Level    string // QTSA, TSA or N/A
	Services []*trustlist.Service
	Findings []verdict.Finding
}

// Timestamp says whether a time-stamp is a qualified one (TS 119 615 §4.7): its
// unit or an authority above it was listed as TSA/QTST and granted, at the time
// that the token states and at the earliest time at which the token is proven to
// have existed. What the token claims of itself is no proof. checked may be nil.
func Timestamp(chain []*certificate.Certificate, services Services, checked Checked, genTime, existed, now time.Time, p *policy.Policy) *TimestampResult {
	n := &notes{now: now, policy: p, checked: checked, told: map[under]bool{}}
	res := &TimestampResult{Level: NotApplicable}
	defer func() { res.Findings = n.findings }()
	if len(chain) == 0 {
		return res
	}
	unit := chain[0]
	res.Services = match(chain, services)
	if len(res.Services) == 0 {
		n.no(verdict.RuleListReached, unit.ID, now, fmt.Sprintf("No service of the trusted lists stands above the time-stamping unit %s: whether its time-stamps are qualified cannot be told from them.", name(unit)))
	}
	listed := acceptable(res.Services, now, n)
	if len(listed) == 0 {
		return res
	}
	res.Level = "QTSA"
	for _, at := range []struct {
		t    time.Time
		when string
	}{{genTime, "when the time-stamp was made"}, {existed, "at the earliest proof that the time-stamp existed"}} {
		if !n.grantedQTST(unit, listed, at.t, at.when) {
			res.Level = "TSA"
			n.no(verdict.RuleTimestampQualified, unit.ID, at.t, fmt.Sprintf("No service above %s was granted as a qualified time-stamping service (TSA/QTST) %s, %s.", name(unit), at.when, moment(at.t)))
			break
		}
	}
	return res
}

// grantedQTST asks for an entry of a qualified time-stamping service. What a third
// country's list calls one is one where an agreement says so (digest §9, "MRA
// filter first"): at that time alone, since nothing in the unit's certificate is translated.
func (n *notes) grantedQTST(unit *certificate.Certificate, services []*trustlist.Service, t time.Time, when string) bool {
	var refused []refusal
	recognised := false
	for _, s := range services {
		for _, i := range s.Instances {
			if !i.At(t) || len(i.UnknownCritical) > 0 {
				continue
			}
			x := instance{Instance: i, listed: i, pre: i.PreEIDAS()}
			var r recognition
			if s.Provider.List.MRA != nil {
				var no refusal
				if r, no = recognise(i, t); no.rule != nil {
					refused = append(refused, no)
					continue
				}
				recognised, x = true, r.entry(x)
			}
			if x.Type != trustlist.ServiceQTST || !isGranted(x) {
				continue
			}
			if r.in != nil {
				n.tellRecognition(x, r, unit.ID, t)
			}
			return true
		}
	}
	n.tellRefusals(refused, recognised, unit.ID, t, when)
	return false
}
