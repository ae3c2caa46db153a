package main

import (
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
)

// withExtra adds the operator's own lists to a stored snapshot. The files of in are
// third countries' lists, to which those may point.
func withExtra(s *trustlist.Snapshot, in lotl.Input) (*trustlist.Snapshot, error) {
	if len(s.LOTLs) > 0 {
		in.Union = s.LOTLs[0]
	}
	more, reports := lotl.Authenticate(in)
	if err := refusedExtra(reports[len(in.Files):]); err != nil {
		return nil, err
	}
	c := s.Contents
	c.Lists = slices.Concat(c.Lists, more.Lists)
	c.Others = slices.Concat(c.Others, more.Others)
	c.Missing = slices.Concat(c.Missing, more.Missing)
	return trustlist.NewSnapshot(c).WithCheckedOf(s), nil
}

// unknownNotice is the error of a list of lists that rests on a notice in the Official
// Journal whose certificates the anchors are not; nil where that is not what is wrong.
func unknownNotice(in lotl.Input, where string) error {
	for _, f := range in.Files {
		l, err := trustlist.Parse(f.Raw)
		if err != nil || l.Kind != trustlist.LOTL || lotl.RestsOn(l, in.Journal) {
			continue
		}
		if says := lotl.NoticeSays(l, in.Journal); says != "" {
			return trustFailure(trustNone, noticeHint, "no list of lists in %s is authentic: %s", where, plainText(says))
		}
	}
	return nil
}

const noticeHint = "take the certificates from the notice itself, compare them with care, and give them with --lotl-anchors FILE"

// refusedExtra makes an error of a --trusted-list that is not authentic: who
// names a list means it to be used.
func refusedExtra(reports []lotl.FileReport) error {
	for _, r := range reports {
		if !r.Used {
			return trustFailure(trustNone, "check --trusted-list-signer: it names who may have signed the list", "trusted list %s is not used: %s",
				r.File, strings.Join(r.Problems, " "))
		}
	}
	return nil
}

// extra are the lists of --trusted-list with their signers.
func (f *trustFlags) extra() ([]lotl.Extra, error) {
	if len(f.TrustedList) != len(f.TrustedListSigner) {
		return nil, trustFailure(trustUsage, "each --trusted-list goes with one --trusted-list-signer, in the same order",
			"%d --trusted-list and %d --trusted-list-signer", len(f.TrustedList), len(f.TrustedListSigner))
	}
	var out []lotl.Extra
	for i, path := range f.TrustedList {
		raw, err := readFile(path, trustlist.MaxListSize+1)
		if err != nil {
			return nil, trustFailure(trustNone, "", "reading --trusted-list: %v", err)
		}
		signers, err := readFile(f.TrustedListSigner[i], maxAnchorFile)
		if err != nil {
			return nil, trustFailure(trustNone, "", "reading --trusted-list-signer: %v", err)
		}
		certificates, err := pemFile(f.TrustedListSigner[i], signers)
		if err != nil {
			return nil, err
		}
		out = append(out, lotl.Extra{Name: path, Raw: raw, Signers: certificates})
	}
	return out, nil
}
