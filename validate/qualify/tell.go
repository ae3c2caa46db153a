package qualify

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/verdict"
)

// tell says why the certificate is worth what it is at a time: for a yes as
// information, for a no as a warning.
func (c *candidate) tell(i *instance, self statements, q Qualification, t time.Time, when string) {
	if i == nil {
		return // the step that left no service has said why
	}
	list := i.Service.Provider.List
	by := []evidence.ID{list.SHA256}
	where := fmt.Sprintf("service %s of %s (trusted list of %s, number %d; %s, %s since %s)",
		quoted(i.Name), quoted(i.Service.Provider.Name()), list.Territory, list.Sequence, short(i.Type), short(i.Status), moment(i.Start))
	if !q.Qualified {
		why := "the certificate does not say that it is qualified, and the list does not say it in its place"
		if i.captured[trustlist.NotQualified] {
			why = "the list says of such certificates that they are not qualified"
		}
		c.notes.no(verdict.RuleQualified, c.cert.ID, t, fmt.Sprintf("The certificate of %s was not qualified %s, %s, under %s: %s.", name(c.cert), when, moment(t), where, why), by...)
		return
	}
	c.notes.add(verdict.Info, verdict.RuleQualified, c.cert.ID, t, fmt.Sprintf("The certificate of %s was a %s %s, %s, under %s.", name(c.cert), q, when, moment(t), where), by...)
	if q.Type == Unknown {
		c.notes.no(verdict.RuleCertificateType, c.cert.ID, t, fmt.Sprintf("Neither certificate nor list tells what the certificate of %s is for %s, %s.", name(c.cert), when, moment(t)), by...)
	}
	if !q.QSCD && q.Type != WSA {
		c.notes.no(verdict.RuleQSCD, c.cert.ID, t, fmt.Sprintf("Neither the certificate of %s nor the list says that its key was in a qualified signature creation device %s, %s.", name(c.cert), when, moment(t)), by...)
	}
}
