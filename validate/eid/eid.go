// Package eid tells which eID scheme a certificate belongs to, from what it says
// of itself: a table of data, no judgement. Who may be believed is told by the
// trusted lists; the scheme is named for people.
package eid

import (
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
)

// Scheme is an eID scheme and the level that it gives the certificate.
type Scheme struct {
	Name  string // Smart-ID, Mobile-ID, …
	Level string // QUALIFIED or ADVANCED, where the scheme has levels
	Test  bool   // of the scheme's demonstration environment
}

// row names the policies that a certificate of a scheme carries: that of the
// scheme (or one below it), and the ETSI policies beside it, of which one must be there.
type row struct {
	name, level string
	policy      string
	etsi        []string
	test        bool
}

// ETSI certificate policies: EN 319 411-1 §5.3 and EN 319 411-2 §5.3.
const (
	ncp       = "0.4.0.2042.1.1"
	qcpN      = "0.4.0.194112.1.0"
	qcpNQSCD  = "0.4.0.194112.1.2"
	qcpPublic = "0.4.0.1456.1.1"
)

// table: SK ID Solutions' certificate profiles. Both the scheme's OID and the
// ETSI one are asked for, as SK's own client does, for some authorities issue
// for several schemes.
var table = []row{
	{"Smart-ID", "QUALIFIED", "1.3.6.1.4.1.10015.17.2", []string{qcpN, qcpNQSCD}, false},
	{"Smart-ID", "ADVANCED", "1.3.6.1.4.1.10015.17.1", []string{ncp}, false},
	{"Smart-ID", "QUALIFIED", "1.3.6.1.4.1.10015.3.17.2", []string{qcpN, qcpNQSCD}, true},
	{"Smart-ID", "ADVANCED", "1.3.6.1.4.1.10015.3.17.1", []string{ncp}, true},
	{"Mobile-ID", "QUALIFIED", "1.3.6.1.4.1.10015.18.1", []string{qcpN, qcpNQSCD}, false},
	{"Mobile-ID", "QUALIFIED", "1.3.6.1.4.1.10015.3.18.1", []string{qcpN, qcpNQSCD}, true},
	{"Mobile-ID", "QUALIFIED", "1.3.6.1.4.1.10015.1.3", []string{qcpPublic, qcpNQSCD}, false},
	{"Mobile-ID", "QUALIFIED", "1.3.6.1.4.1.10015.3.3", []string{qcpPublic, qcpNQSCD}, true},
	{"Estonian ID-card", "QUALIFIED", "1.3.6.1.4.1.51361.1.1", []string{qcpNQSCD}, false},
	{"Estonian ID-card", "QUALIFIED", "1.3.6.1.4.1.51361.2.1", []string{qcpNQSCD}, false},
	{"Estonian ID-card", "QUALIFIED", "1.3.6.1.4.1.10015.1.1", []string{qcpPublic, qcpNQSCD}, false},
	{"Estonian ID-card", "QUALIFIED", "1.3.6.1.4.1.10015.3.1", []string{qcpPublic, qcpNQSCD}, true},
}

// Of names the scheme of a certificate; ok is false where it is not known.
func Of(c *certificate.Certificate) (s Scheme, ok bool) {
	for _, r := range table {
		if hasUnder(c.Policies, r.policy) && hasAny(c.Policies, r.etsi) {
			return Scheme{Name: r.name, Level: r.level, Test: r.test}, true
		}
	}
	return Scheme{}, false
}

func hasUnder(list []string, oid string) bool {
	for _, p := range list {
		if p == oid || strings.HasPrefix(p, oid+".") {
			return true
		}
	}
	return false
}

func hasAny(list, wanted []string) bool {
	for _, p := range list {
		for _, w := range wanted {
			if p == w {
				return true
			}
		}
	}
	return false
}
