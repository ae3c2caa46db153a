package lotl

import (
	"bytes"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
)

// chainURLs reads SchemeInformationURI (TS 119 615 §4.1; notice OJ C 276/1): the
// addresses that end in .xml are pivots, newest first, up to the notice in the
// Official Journal on which they rest. A list that stands in a transition names
// two notices; each gives a chain. mark picks the configured notice, "" any.
func chainURLs(l *trustlist.List, mark string) (chains [][]string, notices []string) {
	var pivots []string
	for _, uri := range l.InformationURIs {
		switch {
		case isJournal(uri):
			notices = append(notices, uri)
			chain := append([]string(nil), pivots...)
			if mark != "" && strings.Contains(strings.ToUpper(uri), strings.ToUpper(mark)) {
				return [][]string{chain}, notices
			}
			chains = append(chains, chain)
		case isPivotURL(uri):
			pivots = append(pivots, uri)
		}
	}
	if len(chains) == 0 {
		chains = append(chains, pivots)
	}
	return chains, notices
}

func isPivotURL(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && strings.HasSuffix(strings.ToLower(u.Path), ".xml")
}

// ownPivot returns the address of the pivot that the list itself is: the first
// pivot it names, when the number in that address is its own sequence number.
func ownPivot(l *trustlist.List) (string, bool) {
	own := newestPivot(l)
	n, ok := numberIn(own)
	return own, ok && n == l.Sequence
}

func newestPivot(l *trustlist.List) string {
	chains, _ := chainURLs(l, "")
	if all := chains[len(chains)-1]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// pivotURL returns the address of the pivot that the file is, "" when it is none.
// Where the address has no number, the name of the file may help: it opens no
// door, since the pivot's signature is asked in any case.
func pivotURL(e *entry) string {
	own, ok := ownPivot(e.list)
	if !ok && own != "" {
		_, numbered := numberIn(own)
		ok = !numbered && path.Base(own) == path.Base(e.name)
	}
	if !ok {
		return ""
	}
	return own
}

// numberIn returns the last number in a file's name: …/eu-lotl-pivot-300.xml,
// …/tl-pivot-172-mp.xml.
func numberIn(uri string) (int, bool) {
	name := path.Base(uri)
	end := len(name)
	for end > 0 && (name[end-1] < '0' || name[end-1] > '9') {
		end--
	}
	start := end
	for start > 0 && name[start-1] >= '0' && name[start-1] <= '9' {
		start--
	}
	n, err := strconv.Atoi(name[start:end])
	return n, err == nil
}

// claimsListOfLists looks for the TSLType of a file that need not be well-formed,
// so that a damaged list of lists does not pass for none.
func claimsListOfLists(raw []byte) bool {
	head := raw[:min(len(raw), 64<<10)]
	at := bytes.Index(head, []byte("/TSLType/"))
	return at >= 0 && bytes.HasPrefix(bytes.ToLower(head[at+len("/TSLType/"):]), []byte("eulistofthelists"))
}
