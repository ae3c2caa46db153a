package qualify

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/verdict"
)

// Third countries under an agreement on mutual recognition (Regulation (EU) 910/2014
// article 14; qualification digest §5 step 2). An entry in such a list counts for
// nothing but what an equivalence, enacted at the time that is asked about, makes of
// it: its type, additional information, status and qualifiers are read in the
// Union's words, and so is what the certificate says of itself.

// recognition is an entry of a third country's list in the words of the Union.
type recognition struct {
	equivalence *trustlist.Equivalence
	in          *trustlist.EquivalenceInstance // of the time that is asked about
	as          trustlist.TypeASI
	status      string
}

// refusal is why an entry is not recognised; without a rule it is.
type refusal struct {
	rule *verdict.Rule
	why  string
	// besides: the agreement does not speak of such services at all. That is no news
	// where another service of the same authority is recognised.
	besides bool
	entry   *trustlist.Instance
}

// tellRefusals says what was in the way of entries in third countries' lists.
func (n *notes) tellRefusals(list []refusal, recognised bool, about evidence.ID, t time.Time, when string) {
	for _, no := range list {
		if no.besides && recognised {
			continue
		}
		l := no.entry.Service.Provider.List
		n.no(no.rule, about, t, fmt.Sprintf("%s is not recognised %s, %s, under %s: %s.", entryName(no.entry), when, moment(t), agreementName(l), no.why), l.SHA256)
	}
}

// How far an equivalence goes with an entry; the farthest is told.
const (
	otherType = iota
	otherStatus
	notYet
	notEnacted
	unclear
	applies
)

// recognise asks the agreement of the entry's list at a time. Exactly one
// equivalence must apply; where two do, nobody says which one is meant.
func recognise(i *trustlist.Instance, t time.Time) (recognition, refusal) {
	var found recognition
	var second *trustlist.Equivalence
	best := otherType
	why := "no equivalence names its type"
	for _, e := range i.Service.Provider.List.MRA.Equivalences {
		r, got, says := compare(e, i, t)
		if got >= unclear && best >= unclear {
			second = e
		}
		if got > best {
			found, best, why = r, got, says
		}
	}
	switch {
	case second != nil:
		why = fmt.Sprintf("more than one equivalence names its type and status, %s among them, so none is applied", quoted(second.LegalIdentifier))
		return recognition{}, refusal{rule: verdict.RuleMRAOne, why: why, entry: i}
	case best == unclear:
		return recognition{}, refusal{rule: verdict.RuleMRAOne, why: why, entry: i}
	case best < applies:
		return recognition{}, refusal{rule: verdict.RuleMRA, why: why, entry: i, besides: best == otherType}
	}
	return found, refusal{}
}

// compare asks one equivalence about an entry at a time, and says what is in the way.
func compare(e *trustlist.Equivalence, i *trustlist.Instance, t time.Time) (recognition, int, string) {
	in, id := e.At(t), quoted(e.LegalIdentifier)
	words := in
	if words == nil {
		words = e.Instances[len(e.Instances)-1] // to tell whether it would have applied later
	}
	as, typeMatch := words.Type(i.Type, i.ASI)
	status, statusMatch := words.StatusOf(i.Status)
	switch {
	case typeMatch == trustlist.NoMatch:
		return recognition{}, otherType, ""
	case statusMatch == trustlist.NoMatch:
		return recognition{}, otherStatus, fmt.Sprintf("equivalence %s names its type, and not its status", id)
	case in == nil:
		return recognition{}, notYet, fmt.Sprintf("equivalence %s begins only on %s", id, moment(words.Start))
	case !in.Enacted():
		return recognition{}, notEnacted, fmt.Sprintf("equivalence %s has been %s since %s", id, short(in.Status), moment(in.Start))
	case typeMatch == trustlist.Unclear || statusMatch == trustlist.Unclear:
		return recognition{}, unclear, fmt.Sprintf("equivalence %s does not tell to which of several types or statuses it is equivalent", id)
	}
	return recognition{e, in, as, status}, applies, ""
}

// entry is the listed instance in the words of the Union. For the Union it begins no
// earlier than the equivalence: its words are those of Regulation 910/2014 whatever
// the third country's service is older than.
func (r recognition) entry(i instance) instance {
	translated := *i.Instance
	translated.Type, translated.ASI, translated.Status = r.as.Type, r.as.ASI, r.status
	i.Instance, i.in = &translated, r.in
	i.pre = i.pre && r.in.Start.Before(trustlist.EIDASStart())
	return i
}

// recognised keeps the entries of the Union's lists as they are, and of those of
// third countries what an agreement recognises at t. The certificate must have been
// issued under it as well: what it says of itself is read by the equivalence of that day.
func (c *candidate) recognised(list []instance, t time.Time, when string) []instance {
	var out []instance
	var refused []refusal
	recognised := false
	for _, i := range list {
		if i.Service.Provider.List.MRA == nil {
			out = append(out, i)
			continue
		}
		r, no := recognise(i.Instance, t)
		if no.rule == nil {
			no = c.issuedUnder(r, i.Instance)
		}
		if no.rule != nil {
			refused = append(refused, no)
			continue
		}
		x := r.entry(i)
		x.self = c.translated(r, t)
		c.notes.tellRecognition(x, r, c.cert.ID, t)
		recognised, out = true, append(out, x)
	}
	c.notes.tellRefusals(refused, recognised, c.cert.ID, t, when)
	return out
}

// issuedUnder asks whether the equivalence was enacted when the certificate was issued.
func (c *candidate) issuedUnder(r recognition, i *trustlist.Instance) refusal {
	if issued := r.equivalence.At(c.cert.NotBefore); issued != nil && issued.Enacted() {
		return refusal{}
	}
	return refusal{rule: verdict.RuleMRA, entry: i,
		why: fmt.Sprintf("equivalence %s was not enacted when the certificate was issued, %s", quoted(r.equivalence.LegalIdentifier), moment(c.cert.NotBefore))}
}

// tellRecognition says once for each entry and equivalence what it is read as.
func (n *notes) tellRecognition(as instance, r recognition, about evidence.ID, t time.Time) {
	if n.told[as.listedUnder()] {
		return
	}
	n.told[as.listedUnder()] = true
	with := ""
	if len(as.ASI) > 0 {
		with = " (" + asi([]instance{as}) + ")"
	}
	list := as.Service.Provider.List
	n.add(verdict.Info, verdict.RuleMRA, about, t, fmt.Sprintf("%s is validated under %s: by equivalence %s, enacted on %s, its type counts as %s%s and its status as %s.",
		entryName(as.listed), agreementName(list), quoted(r.equivalence.LegalIdentifier), moment(r.in.Start), short(as.Type), with, short(as.Status)), list.SHA256)
}

// under names an entry and the equivalence by which it is read.
type under struct {
	listed *trustlist.Instance
	in     *trustlist.EquivalenceInstance
}

func (i instance) listedUnder() under { return under{i.listed, i.in} }

// translated is what the certificate says of itself, in the words of the Union. A
// statement that the agreement translates, and that does not stand there as it
// asks, counts for nothing: the third country's authorities may claim what is the
// Union's only through the agreement.
func (c *candidate) translated(r recognition, t time.Time) statements {
	qc, lost := translate(c.cert, r.equivalence.At(c.cert.NotBefore).Contents)
	about := under{in: r.in} // whatever the entry
	for _, context := range lost {
		if !c.notes.told[about] {
			c.notes.no(verdict.RuleMRACertificate, c.cert.ID, t, fmt.Sprintf("The certificate of %s does not state %s as equivalence %s asks of one that it recognises: what it says of %s counts for nothing.",
				name(c.cert), short(context), quoted(r.equivalence.LegalIdentifier), lostWorth[context]))
		}
	}
	c.notes.told[about] = true
	return readAs(c.cert, &qc)
}

// lostWorth is what a certificate cannot claim where it misses a context.
var lostWorth = map[string]string{
	trustlist.MRAContextCompliance: "being qualified", trustlist.MRAContextType: "being qualified", trustlist.MRAContextQSCD: "a device",
}

// meaning is a captured qualifier in the words of the Union. One that the agreement
// does not translate gives nothing; what it takes away it takes away all the same.
func (i instance) meaning(qualifier string) (means []string, known bool) {
	if i.in == nil {
		return []string{qualifier}, knownQualifiers[qualifier]
	}
	for _, q := range i.in.QualifiersOf(qualifier) {
		means, known = append(means, q), known || knownQualifiers[q]
	}
	if means == nil && restrictive[qualifier] {
		return []string{qualifier}, true
	}
	return means, known
}

var restrictive = map[string]bool{trustlist.NotQualified: true, trustlist.QCNoQSCD: true, trustlist.QCNoSSCD: true}

func entryName(i *trustlist.Instance) string {
	list := i.Service.Provider.List
	return fmt.Sprintf("Service %s (%s, %s) of %s in the trusted list of %s, number %d,", quoted(i.Name), short(i.Type), short(i.Status), quoted(i.Service.Provider.Name()), list.Territory, list.Sequence)
}

func agreementName(l *trustlist.List) string {
	return fmt.Sprintf("the mutual recognition agreement of %s with %s", orUnnamed(l.MRA.Pointing), orUnnamed(l.MRA.Pointed))
}

func orUnnamed(legislation string) string {
	if legislation == "" {
		return "a legislation that it does not name"
	}
	return legislation
}
