package path

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
)

// matcher holds the subtrees of one authority, permitted or excluded, so that a name
// is looked up instead of compared with each: a thousand constraints upon a thousand
// names cost two thousand steps, not a million (attack C5).
type matcher struct {
	named  [generalNameForms]bool // there are subtrees of this form
	opaque [generalNameForms]bool // one of them cannot be compared with

	directories map[string]bool                   // canonical RDNs, each ended by \x01
	mailboxes   map[string]bool                   // local@host
	hosts       [generalNameForms]map[string]bool // exact hosts: addresses, URIs
	domains     [generalNameForms]map[string]bool // all hosts below
	parents     map[string]bool                   // DNS: domains one label above
	every       [generalNameForms]bool            // an empty host
	networks    map[network]bool
	lengths     []network // the different mask lengths, with no address
}

// network is an IPv4 or IPv6 prefix.
type network struct {
	octets int // 4 or 16
	bits   int
	base   [16]byte
}

// take adds a subtree. What nothing can be compared with must not constrain less: then
// no name of its form is good.
func (m *matcher) take(x Subtree) {
	if x.Base.Form < 0 || x.Base.Form >= generalNameForms {
		return
	}
	if m.add(x) != nil {
		m.opaque[x.Base.Form] = true
	}
}

func (m *matcher) add(x Subtree) error {
	form := x.Base.Form
	m.named[form] = true
	if x.Bounded {
		m.opaque[form] = true
		return nil
	}
	switch form {
	case DirectoryName:
		name, err := certificate.ParseName(x.Base.Value)
		if err != nil {
			return err
		}
		put(&m.directories, NameKey(name))
		return nil
	case RFC822Name, DNSName, URIName:
		return m.addHost(form, string(x.Base.Value))
	case IPAddress:
		return m.addNetwork(x.Base.Value)
	}
	m.opaque[form] = true
	return nil
}

func put[K comparable](set *map[K]bool, k K) {
	if *set == nil {
		*set = map[K]bool{}
	}
	(*set)[k] = true
}

// addHost takes a host, a domain with a leading dot, or (RFC822Name) an address.
func (m *matcher) addHost(form int, s string) error {
	if s == "" {
		m.every[form] = true
		return nil
	}
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		n := mailboxName(s)
		if form != RFC822Name || n.broken != "" {
			return fmt.Errorf("the %s %q is no constraint", formNames[form], clipped(s))
		}
		put(&m.mailboxes, n.local+"@"+n.host)
		return nil
	}
	bare, below := strings.CutPrefix(s, ".")
	host, broken := hostOf(bare)
	if broken != "" {
		return fmt.Errorf("the %s %q is no constraint: %s", formNames[form], clipped(s), broken)
	}
	switch {
	case below:
		put(&m.domains[form], host)
	case form == DNSName:
		// "adding zero or more labels to the left-hand side"
		put(&m.hosts[form], host)
		put(&m.domains[form], host)
	default:
		put(&m.hosts[form], host)
	}
	if dot := strings.IndexByte(host, '.'); form == DNSName && dot >= 0 {
		put(&m.parents, host[dot+1:])
	}
	return nil
}

func clipped(s string) string { return s[:min(len(s), 100)] }

// addNetwork takes address and mask, RFC 4632 style.
func (m *matcher) addNetwork(b []byte) error {
	if len(b) != 8 && len(b) != 32 {
		return fmt.Errorf("an iPAddress constraint of %d octets", len(b))
	}
	n := network{octets: len(b) / 2}
	mask := b[n.octets:]
	for i, x := range mask {
		ones := bits.LeadingZeros8(^x)
		if x != byte(uint16(0xff00)>>ones) || ones > 0 && n.bits < 8*i {
			return fmt.Errorf("the iPAddress constraint %x has a mask with holes", b)
		}
		n.bits += ones
		n.base[i] = b[i] & x
	}
	put(&m.networks, n)
	length := network{octets: n.octets, bits: n.bits}
	for _, l := range m.lengths {
		if l == length {
			return nil
		}
	}
	m.lengths = append(m.lengths, length)
	return nil
}

// permits says whether a name is within a permitted subtree.
func (m *matcher) permits(n subjectName) bool {
	if n.form == DNSName && m.every[DNSName] {
		return true // any number of labels may be added to none
	}
	return m.within(n)
}

// excludes says whether a name is within an excluded subtree, in doubt yes: an empty
// host excludes all, a dNSName ".example.com" also excludes example.com itself, and a
// wildcard is excluded if one of the names that it stands for is.
func (m *matcher) excludes(n subjectName) bool {
	if n.host != "" && m.every[n.form] {
		return true
	}
	if n.form == DNSName {
		if parent, wild := strings.CutPrefix(n.host, "*."); wild && m.parents[parent] {
			return true
		}
		if m.domains[DNSName][n.host] {
			return true
		}
	}
	return m.within(n)
}

func (m *matcher) within(n subjectName) bool {
	switch n.form {
	case DirectoryName:
		return m.withinDirectory(n.rdns)
	case RFC822Name:
		if m.mailboxes[n.local+"@"+n.host] {
			return true
		}
	case IPAddress:
		return m.withinNetwork(n.ip)
	}
	if m.hosts[n.form][n.host] {
		return true
	}
	for rest := n.host; ; {
		dot := strings.IndexByte(rest, '.')
		if dot < 0 {
			return false
		}
		if rest = rest[dot+1:]; m.domains[n.form][rest] {
			return true
		}
	}
}

// withinDirectory looks up each beginning of a name.
func (m *matcher) withinDirectory(rdns []string) bool {
	if m.directories[""] {
		return true
	}
	whole := strings.Join(append(rdns[:len(rdns):len(rdns)], ""), "\x01")
	end := 0
	for _, r := range rdns {
		end += len(r) + 1
		if m.directories[whole[:end]] {
			return true
		}
	}
	return false
}

func (m *matcher) withinNetwork(ip []byte) bool {
	for _, n := range m.lengths {
		if n.octets != len(ip) {
			continue
		}
		for i, x := range ip {
			n.base[i] = x & byte(uint16(0xff00)>>max(0, min(8, n.bits-8*i)))
		}
		if m.networks[n] {
			return true
		}
	}
	return false
}
