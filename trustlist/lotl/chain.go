package lotl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/verdict"
)

// chain is how a list of lists was reached from the anchors.
type chain struct {
	lotl   *entry
	pivots []*entry // oldest first
}

// authenticateLOTL finds the list of lists in force: the highest sequence number
// that authenticates. A pivot is a list of lists too, but an old one: it serves
// only where no other file claims to be one.
func (a *authentication) authenticateLOTL() *chain {
	var candidates, pivots []*entry
	damaged := false
	for _, e := range a.entries {
		switch {
		case !e.lotl:
		case e.list == nil:
			damaged = damaged || !e.older
		default:
			e.role = "LOTL"
			if e.pivot = pivotURL(e); e.pivot != "" {
				e.role = "pivot"
				pivots = append(pivots, e)
			} else {
				candidates = append(candidates, e)
			}
		}
	}
	newestFirst(candidates)
	newestFirst(pivots)
	all := append(slices.Clone(candidates), pivots...)
	a.alarm(candidates, all)
	var found *chain
	switch {
	case len(candidates) > 0:
		found = a.firstOf(candidates, all)
	case len(pivots) > 0 && !damaged:
		if found = a.firstOf(pivots[:1], all); found != nil {
			found.lotl.note("this pivot serves as the list of lists: there is no other one among the files")
		}
	}
	a.settle(all, found)
	return found
}

// alarm refuses the newest list of lists of the files when a newer one was seen
// before, or one of the same number with other content. Whether it authenticates is
// asked all the same: if so, it is evidence.
func (a *authentication) alarm(candidates, all []*entry) {
	for _, e := range candidates {
		if e.kept {
			continue
		}
		if why := a.rollback(place{code: "EU"}, e); why != "" {
			e.rollback = true
			a.reach(e, all)
			e.reject("%s", why)
		}
		return
	}
}

// firstOf returns the chain of the first candidate that authenticates.
func (a *authentication) firstOf(candidates, all []*entry) *chain {
	for _, e := range candidates {
		if c := a.reach(e, all); c != nil && e.why == "" && a.rollback(place{code: "EU"}, e) == "" {
			return c
		}
	}
	return nil
}

// reach walks from the anchors over the pivots to the list of lists. A list of a
// transition names two notices in the Official Journal, and either will do.
func (a *authentication) reach(e *entry, all []*entry) *chain {
	mark := ""
	if a.set != nil {
		mark = a.set.Mark
	}
	chains, notices := chainURLs(e.list, mark)
	if says := NoticeSays(e.list, a.in.Journal); says != "" {
		e.note("%s", says)
	} else if a.set != nil && len(notices) > 0 && !strings.Contains(strings.ToUpper(notices[0]), strings.ToUpper(mark)) {
		e.note("the list of lists rests on another notice in the Official Journal, %s, than the anchors (%s)", notices[0], a.set.Notice)
	}
	for _, urls := range chains {
		if c := a.walk(e, urls, all); c != nil {
			return c
		}
	}
	if a.pinned(e, all) {
		e.note("its signer is itself an anchor; no pivot was needed")
		return &chain{lotl: e}
	}
	return nil
}

// walk verifies the pivots, oldest first: the anchors may sign the oldest, and
// each names who may sign the next one (TS 119 615 §4.1). It stops at the first
// that fails.
func (a *authentication) walk(e *entry, urls []string, all []*entry) *chain {
	c := &chain{lotl: e}
	may := a.anchors
	for _, url := range slices.Backward(urls) {
		if url == e.pivot {
			continue // it is itself the newest pivot
		}
		p, reason := pick(url, may, all)
		if p == nil {
			e.judge(nil)
			if e.checked.fault == nil {
				e.decision = undecided(verdict.NoCertificateChainFound, "Nobody says who may sign it: %s.", reason)
			}
			return nil
		}
		a.checkLocation(p, e)
		may = listOfListsSigners(p.list)
		c.pivots = append(c.pivots, p)
	}
	if !e.judge(may) {
		return nil
	}
	return c
}

// pick finds the pivot of this address that authenticates.
func pick(url string, may *signers, all []*entry) (*entry, string) {
	reason := "pivot " + url + " is not among the files"
	var found *entry
	for _, p := range all {
		switch {
		case p.pivot != url:
		case !p.judge(may):
			reason = "pivot " + p.name + " is refused (" + strings.TrimSuffix(p.decision.says, ".") + ")"
		case found == nil:
			found = p
		}
	}
	return found, reason
}

// checkLocation tells when the list of lists has moved: TSLLocation is signed,
// the address that we fetch from is not.
func (a *authentication) checkLocation(p, e *entry) {
	if from, to := location(p.list), location(e.list); from != "" && to != "" && from != to {
		e.note("the list of lists says that it is at %s, and %s says %s", to, title(p.list), from)
	}
}

// pinned says whether the list of lists may be taken without its pivots: its
// signer is itself an anchor, and the anchors are the operator's own choice and
// not a published set, which only signs pivots. A pivot that is there, and is
// altered or was signed by an anchor, is not passed over.
func (a *authentication) pinned(e *entry, all []*entry) bool {
	if a.set != nil || published(a.in.Anchors) || e.checked.fault != nil {
		return false
	}
	chains, _ := chainURLs(e.list, "")
	for _, p := range all {
		if p == e || p.pivot == "" || !slices.Contains(chains[len(chains)-1], p.pivot) {
			continue
		}
		if p.checked.fault != nil || a.anchors.has(p.checked.signer) {
			return false
		}
	}
	return a.anchors.has(e.checked.signer) && e.judge(a.anchors)
}

// settle gives every list of lists its place: used, older, or refused.
func (a *authentication) settle(all []*entry, found *chain) {
	for _, e := range all {
		asked := e.decision != nil || e.trusted
		if !asked {
			// Nobody came to ask: behind a broken link, or not part of the chain.
			if e.decision = e.checked.fault; e.decision == nil {
				e.decision = undecided(verdict.NoCertificateChainFound, "Nobody says who may sign it: %s.", unreached(found))
			}
		}
		switch {
		case e.why != "": // a rollback
		case found != nil && (e == found.lotl || slices.Contains(found.pivots, e)):
			e.used = true
			if e == found.lotl {
				e.role = "LOTL"
			}
		case e.trusted && a.rollback(place{code: "EU"}, e) != "" && e.role == "LOTL":
			e.older = true
			e.reject("List of lists %d of %s is older than one that was seen before.", e.list.Sequence, day(e.list.Issued))
		case found == nil && e.trusted:
			e.reject("It authenticates, and no list of lists in force rests on it.")
		case !e.trusted && (found == nil || asked || e.checked.fault != nil):
			e.reject("%s", e.decision.says)
		default:
			e.older = e.list.Sequence < found.lotl.list.Sequence
			e.reject("List of lists %d of %s is not needed: %d is used.", e.list.Sequence, day(e.list.Issued), found.lotl.list.Sequence)
		}
	}
}

func unreached(found *chain) string {
	if found == nil {
		return "the chain of pivots is broken before it"
	}
	return fmt.Sprintf("it is not part of the chain of list of lists %d", found.lotl.list.Sequence)
}

// newestFirst orders by sequence number, then date, then hash.
func newestFirst(entries []*entry) {
	slices.SortStableFunc(entries, func(x, y *entry) int {
		if d := y.list.Sequence - x.list.Sequence; d != 0 {
			return d
		}
		if d := y.list.Issued.Compare(x.list.Issued); d != 0 {
			return d
		}
		return strings.Compare(y.id.String(), x.id.String())
	})
}

// kindWord is the word of the contract for an entry.
func (e *entry) kindWord() string {
	switch {
	case e.twin != nil:
		return e.twin.kindWord()
	case e.list == nil:
		return "unreadable"
	case e.role != "":
		return e.role
	case e.list.Kind == trustlist.LOTL:
		return "LOTL"
	}
	return "TL"
}
