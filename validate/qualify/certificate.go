package qualify

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/verdict"
)

// candidate is a certificate before the lists.
type candidate struct {
	cert     *certificate.Certificate
	self     statements // what it says of itself
	services []*trustlist.Service
	notes    *notes
}

// at is the qualification of the certificate at a time, TS 119 615 §4.4. Steps
// filter the listed instances in order; one that leaves none is told, and what
// follows goes on without a service.
func (c *candidate) at(t time.Time, when string) outcome {
	self := c.self
	about := func(rule *verdict.Rule, format string, args ...any) {
		c.notes.no(rule, c.cert.ID, t, fmt.Sprintf(format, args...))
	}
	// 1. the date
	list := c.instancesAt(t)
	if len(list) == 0 {
		about(verdict.RuleServiceAtTime, "No service above the certificate of %s was listed %s, %s.", name(c.cert), when, moment(t))
	}
	// 2. what agreements recognise in the lists of third countries
	list = c.recognised(list, t, when)
	c.capture(list, t)
	// 3. the type CA/QC; without any, the others go on for their conflicts only
	issuing := keep(list, func(i instance) bool { return i.Type == trustlist.ServiceCAQC })
	noIssuer := len(issuing) == 0
	if !noIssuer {
		list = issuing
	} else if len(list) > 0 {
		about(verdict.RuleServiceType, "The services above the certificate of %s were not listed for issuing qualified certificates (CA/QC) %s, %s: %s.", name(c.cert), when, moment(t), names(list))
	}
	// 4. coverage of the certificate's type, for certificates under Regulation 910/2014
	if self.post {
		covering := keep(list, func(i instance) bool { return covers(i, i.self) })
		if len(covering) == 0 && len(list) > 0 {
			about(verdict.RuleServiceCovers, "Service %s does not cover certificates for %s %s, %s: its additional service information names %s.", names(list), list[0].self.kind, when, moment(t), asi(list))
		}
		list = covering
	}
	// 6. conflict: all that is left must say the same
	if conflict(list) {
		about(verdict.RuleServiceConflict, "The services above the certificate of %s contradict each other %s, %s: %s.", name(c.cert), when, moment(t), names(list))
		return outcome{q: Qualification{Conflict: true, Type: Unknown}, t: t, when: when}
	}
	// 7. words of the right law
	consistent := keep(list, func(i instance) bool { return !wrongEraStatus(i) })
	if wrong := keep(list, wrongEraStatus); len(wrong) > 0 {
		about(verdict.RuleServiceConsistent, "Service %s has a status of Regulation 910/2014 from before it applied; that entry is passed over.", names(wrong))
	}
	// 8. granted
	granted := keep(consistent, isGranted)
	if len(granted) == 0 && len(consistent) > 0 {
		about(verdict.RuleServiceGranted, "Service %s was not granted %s, %s: its status was %s since %s.", names(consistent), when, moment(t), short(consistent[0].Status), moment(consistent[0].Start))
	}
	var chosen *instance
	if len(granted) > 0 && !noIssuer && !conflict(granted) {
		chosen = &granted[0]
	}
	return outcome{q: c.judge(chosen, t, when), chosen: chosen, t: t, when: when}
}

// outcome is a qualification at a time and the entry that it follows from.
type outcome struct {
	q      Qualification
	chosen *instance // nil: none qualifies, or there is a conflict
	t      time.Time
	when   string
}

// judge is steps 9 to 11: qualified, type, device.
func (c *candidate) judge(i *instance, t time.Time, when string) Qualification {
	if i == nil {
		return Qualification{Type: c.self.kind}
	}
	self := i.self
	q := Qualification{Type: self.kind}
	if says := inconsistentQualified(*i); says != "" {
		c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("Service %s: %s; the certificate is not taken as qualified %s.", quoted(i.Name), says, when))
		return q
	}
	q.Qualified = qualified(*i, self)
	if !q.Qualified {
		return q
	}
	if says := inconsistentType(*i); says != "" {
		c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("Service %s: %s; what the certificate is for stays unknown %s.", quoted(i.Name), says, when))
		q.Type = Unknown
	} else {
		q.Type = usage(*i, self)
	}
	if says := inconsistentQSCD(*i); says != "" {
		c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("Service %s: %s; the key is not taken to be in a QSCD %s.", quoted(i.Name), says, when))
	} else {
		q.QSCD = inQSCD(*i, self) && q.Type != WSA
	}
	return q
}

// conflict says whether instances lead to different qualifications. Consistency
// of their qualifiers is not asked here.
func conflict(list []instance) bool {
	var first Qualification
	for n, i := range list {
		self := i.self
		q := Qualification{Type: self.kind}
		if isGranted(i) && !wrongEraStatus(i) && qualified(i, self) {
			q = Qualification{Qualified: true, Type: usage(i, self)}
			q.QSCD = inQSCD(i, self) && q.Type != WSA // websites have no device to differ in
		}
		if n == 0 {
			first = q
		} else if q != first {
			return true
		}
	}
	return false
}

// covers: does the service's additional information cover the certificate's
// type (TS 119 615 §4.4; TS 119 612 §5.5.9.4)? A usage qualifier of the list
// may override the type, where the service covers that usage.
func covers(i instance, self statements) bool {
	asiS := has(i.ASI, trustlist.ForeSignatures) && !i.captured[trustlist.QCForLegalPerson]
	asiL := has(i.ASI, trustlist.ForeSeals)
	asiW := has(i.ASI, trustlist.ForWebSiteAuthentication)
	qcL, qcW := i.captured[trustlist.QCForESeal], i.captured[trustlist.QCForWSA]
	qcS := i.captured[trustlist.QCForESig] || self.o && !qcL && !qcW
	one := count(qcS, qcL, qcW) == 1
	overS, overL, overW := asiS && qcS && one, asiL && qcL && one, asiW && qcW && one
	switch self.kind {
	case ESig:
		return asiS || overL || overW
	case ESeal:
		return asiL || overS || overW
	case WSA:
		return asiW || overL || overS
	}
	return true
}

// isGranted: the status under which a service issues qualified certificates, in
// the words of the law under which the instance began.
func isGranted(i instance) bool {
	if i.pre {
		return i.Status == trustlist.StatusUnderSupervision || i.Status == trustlist.StatusSupervisionInCessation || i.Status == trustlist.StatusAccredited
	}
	return i.Status == trustlist.StatusGranted
}

func wrongEraStatus(i instance) bool {
	return i.pre && (i.Status == trustlist.StatusGranted || i.Status == trustlist.StatusWithdrawn)
}

// qualified: the list has the last word, the certificate the first.
func qualified(i instance, self statements) bool {
	switch {
	case i.captured[trustlist.NotQualified]:
		return false
	case i.captured[trustlist.QCStatement]:
		return true
	}
	return self.qualified
}

// usage is what the certificate is for: the list's qualifier where there is one.
func usage(i instance, self statements) Type {
	if i.pre {
		return ESig
	}
	s, l, w := i.captured[trustlist.QCForESig], i.captured[trustlist.QCForESeal], i.captured[trustlist.QCForWSA]
	switch {
	case count(s, l, w) > 1:
		return Unknown
	case s:
		return ESig
	case l:
		return ESeal
	case w:
		return WSA
	}
	return self.kind
}

func count(bools ...bool) int {
	n := 0
	for _, b := range bools {
		if b {
			n++
		}
	}
	return n
}

func keep(list []instance, want func(instance) bool) []instance {
	var out []instance
	for _, i := range list {
		if want(i) {
			out = append(out, i)
		}
	}
	return out
}

func names(list []instance) string {
	out := make([]string, len(list))
	for n, i := range list {
		out[n] = fmt.Sprintf("%s (%s, %s)", quoted(i.Name), short(i.Type), short(i.Status))
	}
	return strings.Join(out, "; ")
}

func asi(list []instance) string {
	var out []string
	for _, i := range list {
		for _, u := range i.ASI {
			out = append(out, short(u))
		}
	}
	if out == nil {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

func shorts(uris []string) string {
	out := make([]string, len(uris))
	for n, u := range uris {
		out[n] = short(u)
	}
	return strings.Join(out, ", ")
}

// short is the last part of a URI, or the two last for service types.
func short(uri string) string {
	if _, t, ok := strings.Cut(uri, "/Svctype/"); ok {
		return t
	}
	return uri[strings.LastIndexByte(uri, '/')+1:]
}
