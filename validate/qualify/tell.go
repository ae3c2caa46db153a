package qualify

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/verdict"
)

// tell says why the certificate is worth what it is: for a yes as information,
// for a no as a warning. What is the same at both times is said once.
func (c *candidate) tell(issued, signed outcome) {
	if issued.chosen != nil && signed.chosen != nil && issued.chosen.listedUnder() == signed.chosen.listedUnder() && issued.q == signed.q && !issued.t.Equal(signed.t) {
		c.tellOf(signed, fmt.Sprintf("both %s, %s, and %s, %s", issued.when, moment(issued.t), signed.when, moment(signed.t)), signed.t)
		return
	}
	for _, o := range []outcome{issued, signed} {
		if o.chosen != nil { // else the step that left no service has said why
			c.tellOf(o, fmt.Sprintf("%s, %s", o.when, moment(o.t)), o.t)
		}
	}
}

func (c *candidate) tellOf(o outcome, when string, at time.Time) {
	i, q := o.chosen, o.q
	list := i.Service.Provider.List
	by := []evidence.ID{list.SHA256}
	span := "since " + moment(i.Start)
	if i.End != nil {
		span = fmt.Sprintf("from %s to %s", moment(i.Start), moment(*i.End))
	}
	where := fmt.Sprintf("service %s of %s, listed as %s (%s) %s by the trusted list of %s, number %d",
		quoted(i.Name), quoted(i.Service.Provider.Name()), short(i.Status), short(i.Type), span, list.Territory, list.Sequence)
	if list.MRA != nil {
		where += ", validated under " + agreementName(list)
	}
	c.checkName(i, at)
	if !q.Qualified {
		why := "the certificate does not say that it is qualified, and the list does not say it in its place"
		switch {
		case i.captured[trustlist.NotQualified]:
			why = "the list says of such certificates that they are not qualified"
		case i.self.foreign && i.self.o:
			why = "the certificate says that it is qualified under the law of another country, not of the Union"
		}
		c.notes.no(verdict.RuleQualified, c.cert.ID, at, fmt.Sprintf("The certificate of %s was not qualified, %s, under %s: %s.", name(c.cert), when, where, why), by...)
		return
	}
	c.notes.add(verdict.Info, verdict.RuleQualified, c.cert.ID, at, fmt.Sprintf("The certificate of %s was, %s, a %s, under %s.", name(c.cert), when, q, where), by...)
	if q.Type == Unknown {
		c.notes.no(verdict.RuleCertificateType, c.cert.ID, at, fmt.Sprintf("Neither certificate nor list tells what the certificate of %s was for, %s.", name(c.cert), when), by...)
	}
	if !q.QSCD && q.Type != WSA {
		c.notes.no(verdict.RuleQSCD, c.cert.ID, at, fmt.Sprintf("Certificate and list do not say that the key of %s was in a qualified signature creation device, %s.", name(c.cert), when), by...)
	}
}

// checkName asks whether the listed certificate names the listed provider (TS 119
// 615 §4.3): its organization must be there, and it or the common name be one of
// the provider's names or the service's. It only warns.
func (c *candidate) checkName(i *instance, at time.Time) {
	var organization string
	for _, x := range i.Service.Certificates {
		o := x.Subject.Get(oidOrganization)
		if o == "" {
			continue
		}
		organization = o
		p := i.Service.Provider
		for _, known := range append(append([]string{i.Name}, p.Names...), p.TradeNames...) {
			if sameName(known, o) || sameName(known, x.Subject.CommonName()) {
				return
			}
		}
	}
	says := fmt.Sprintf("The certificate of the listed service %s names no organization, so it cannot be compared with the provider %s.", quoted(i.Name), quoted(i.Service.Provider.Name()))
	if organization != "" {
		says = fmt.Sprintf("The certificate of the listed service %s names the organization %s, and the list the provider %s.", quoted(i.Name), quoted(organization), quoted(i.Service.Provider.Name()))
	}
	c.notes.no(verdict.RuleProviderName, c.cert.ID, at, says, i.Service.Provider.List.SHA256)
}

// oidOrganization is the attribute organizationName of ITU-T X.520.
const oidOrganization = "2.5.4.10"

// sameName compares as a reader would: case and spacing do not count.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
