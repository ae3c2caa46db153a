package lotl

import (
	"fmt"
	"sync"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/verdict"
)

// entry is one file on its way through authentication.
type entry struct {
	name    string
	id      evidence.ID
	list    *trustlist.List // nil when the file is no list
	err     error
	twin    *entry // an earlier file of the same octets, which is read in this one's place
	lotl    bool   // the file claims to be a list of lists, readable or not
	checked checked

	role     string // LOTL pivot TL
	place    place  // of a TL: whose list it is
	pivot    string // the address of the pivot that it is, "" for none
	kept     bool   // of Input.Kept
	used     bool
	older    bool   // authentic, or never needed, and a newer one is used
	rollback bool   // refused because a newer list, or another of its number, was seen before
	why      string // one sentence, where it is not used
	notes    []string
	decision *fault // of the signature, once the signers are known; nil with trusted: TOTAL-PASSED
	trusted  bool
}

// open reads the files and checks their signatures, several at once. The order
// of the result is that of the input.
func open(files []File, known map[evidence.ID]*trustlist.List, reader *trustlist.Reader, workers int) []*entry {
	entries := make([]*entry, len(files))
	seen := map[evidence.ID]*entry{}
	var todo []int
	for i, f := range files {
		e := &entry{name: f.Name, id: evidence.Of(f.Raw)}
		entries[i] = e
		if twin, ok := seen[e.id]; ok {
			e.err = fmt.Errorf("the file is the same, octet for octet, as %s", twin.name)
			e.twin, e.older = twin, true
			continue
		}
		seen[e.id] = e
		if l := known[e.id]; l != nil {
			e.recall(l)
			continue
		}
		todo = append(todo, i)
	}
	each(len(todo), workers, func(n int) { entries[todo[n]].open(files[todo[n]].Raw, reader) })
	return entries
}

// open reads one file. The XML tree is let go when it returns.
func (e *entry) open(raw []byte, reader *trustlist.Reader) {
	e.lotl = claimsListOfLists(raw)
	doc, err := trustlist.Document(raw)
	if err != nil {
		e.err = err
		return
	}
	if e.list, e.err = reader.Read(doc, e.id); e.err != nil {
		return
	}
	e.list.Name = e.name
	e.lotl = e.list.Kind == trustlist.LOTL
	e.checked = check(doc, e.list.Version, reader)
}

// each calls work for 0…n-1 by several workers.
func each(n, workers int, work func(int)) {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			work(i)
		}
		return
	}
	next := make(chan int)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// judge decides on a signature, now that its signers are known. It says nothing
// about which list is used.
func (e *entry) judge(by *signers) bool {
	e.trusted, e.decision = false, nil
	switch c := e.checked; {
	case c.fault != nil:
		e.decision = c.fault
	case !by.has(c.signer):
		e.decision = undecided(verdict.NoCertificateChainFound, "It is signed by %q (SHA-256 %s…), which is not among %s.",
			c.signer.SignerName(), c.signer.ID.String()[:16], by.what())
	default:
		e.trusted = true
	}
	return e.trusted
}

// status is the outcome of judge in the words of trustlist.
func (e *entry) status() trustlist.SignatureStatus {
	s := trustlist.SignatureStatus{Signer: e.checked.signer, SigningTime: e.checked.signingTime}
	switch {
	case e.trusted:
		s.Indication, s.Problems = string(verdict.TotalPassed), e.checked.problems
	case !e.checked.signed: // nothing to give an indication to
	case e.decision != nil:
		s.Indication, s.SubIndication, s.Says = string(e.decision.Indication), string(e.decision.SubIndication), e.decision.says
	}
	return s
}

// reject says that the file is not used.
func (e *entry) reject(format string, args ...any) {
	if e.why == "" {
		e.why = fmt.Sprintf(format, args...)
	}
}

func (e *entry) note(format string, args ...any) {
	e.notes = append(e.notes, fmt.Sprintf(format, args...))
}
