package lotl

import (
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
)

// reports makes one line for each file (contract §1).
func (a *authentication) reports(c *chain) []FileReport {
	out := make([]FileReport, 0, len(a.entries)+len(a.extra))
	for _, e := range slices.Concat(a.entries[:len(a.in.Files)], a.extra) {
		r := FileReport{File: e.name, Kind: e.kindWord(), SHA256: e.id, Used: e.used, Older: e.older}
		if e.twin != nil && e.twin.list != nil {
			r.describe(e.twin.list)
		}
		if e.list != nil {
			r.describe(e.list)
			r.MutualRecognition = e.used && e.list.MRA != nil
			if e.used {
				r.Source = string(e.list.Source)
			}
			r.Problems = append(r.Problems, e.list.Problems...)
		}
		r.Problems = append(r.Problems, e.checked.problems...)
		r.Problems = append(r.Problems, e.notes...)
		if e.why != "" {
			r.Problems = append(r.Problems, e.why)
		}
		if s := e.status(); s.Indication != "" {
			r.Signature = &SignatureReport{Indication: s.Indication, SubIndication: s.SubIndication}
			if s.Signer != nil {
				r.Signature.SignedBy = s.Signer.SignerName()
			}
			if s.Says != "" && s.Says != e.why {
				r.Problems = append(r.Problems, s.Says)
			}
		} else if e.checked.fault != nil && e.checked.fault.says != e.why {
			r.Problems = append(r.Problems, e.checked.fault.says)
		}
		if e.used && e.role != "pivot" && e.list.Expired(a.in.At) {
			r.Problems = append(r.Problems, fmt.Sprintf("the list expired on %s (NextUpdate) and is used all the same", day(*e.list.NextUpdate)))
		}
		if c != nil && e == c.lotl {
			for _, m := range a.contents.Missing {
				r.Problems = append(r.Problems, m.Says)
			}
		}
		out = append(out, r)
	}
	return out
}

// describe copies what a list says of itself.
func (r *FileReport) describe(l *trustlist.List) {
	r.Territory, r.Version, r.Sequence = l.Territory, l.Version, l.Sequence
	r.Providers, r.Services = len(l.Providers), l.ServiceCount()
	if !l.Issued.IsZero() {
		r.Issued = instant(l.Issued)
	}
	if l.NextUpdate != nil {
		r.NextUpdate = instant(*l.NextUpdate)
	}
	for i := range l.Pointers {
		switch p := &l.Pointers[i]; {
		case !p.MachineReadable():
		case p.Kind() == trustlist.LOTL:
			r.LOTLPointers++
			r.LOTLPointerCertificates += len(p.Certificates)
		default:
			r.TLPointers++
		}
	}
	if l.Kind == trustlist.LOTL {
		chains, _ := chainURLs(l, "")
		n := len(chains[0])
		r.Pivots = &n
	}
}

func instant(t time.Time) *time.Time { t = t.UTC(); return &t }

// Authenticated says whether all that is needed is authenticated: some list of
// lists is in force, and no file was refused for another reason than that a newer
// one is used. Without files that claim to be of the EU (extra lists alone), only
// they are asked.
func Authenticated(s *trustlist.Snapshot, reports []FileReport) bool {
	for _, r := range s.Rejected {
		if !r.Older {
			return false
		}
	}
	return len(s.LOTLs) > 0 || len(reports) > 0 && len(s.Lists)+len(s.Others) == len(reports)
}
