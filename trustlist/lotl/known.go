package lotl

import (
	"slices"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// KnownIn are the lists of a snapshot of which all is known that depends on their
// octets alone, for Input.Known; none of a nil snapshot. The caller answers for the
// snapshot: that it was made by the rules of this build.
func KnownIn(s *trustlist.Snapshot) []*trustlist.List {
	if s == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Concat(s.LOTLs, s.Pivots, s.Lists, s.Others), func(l *trustlist.List) bool { return !isKnown(l) })
}

// isKnown: the signature of the list was verified, with the key of the certificate that
// stands there, and what was odd about it was written down.
func isKnown(l *trustlist.List) bool {
	return l != nil && l.Signature.Passed() && l.Signature.Signer != nil && l.Signature.Problems != nil && !l.SHA256.IsZero()
}

// known are the lists of Input.Known by their SHA-256.
func known(in Input) map[evidence.ID]*trustlist.List {
	out := make(map[evidence.ID]*trustlist.List, len(in.Known))
	for _, l := range in.Known {
		if isKnown(l) {
			out[l.SHA256] = l
		}
	}
	return out
}

// recall takes what reading and checking the same octets gave before. Nothing of how
// the list was judged then is taken over.
func (e *entry) recall(l *trustlist.List) {
	e.list = l.Unjudged()
	e.list.Name = e.name
	e.lotl = l.Kind == trustlist.LOTL
	e.checked = checked{signed: true, signer: l.Signature.Signer, signingTime: l.Signature.SigningTime, problems: l.Signature.Problems}
}
