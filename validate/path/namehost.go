package path

import (
	"strings"
)

// maxHost is the longest domain name, RFC 1035 §2.3.4; the dot of the root counts.
const maxHost = 254

// hostOf makes a domain name ready for comparing, or says why it is none. Labels may
// hold an underscore, which certificates have; anything beyond ASCII must come as an
// A-label (RFC 5280 §7.2).
func hostOf(s string) (host, broken string) {
	if len(s) > maxHost {
		return "", "the host is too long"
	}
	host = strings.TrimSuffix(asciiLower(s), ".")
	if host == "" {
		return "", "there is no host"
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return "", "the host has a label that is empty or too long"
		}
		for i := range len(label) {
			if b := label[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' && b != '_' {
				return "", "the host has characters that no host has"
			}
		}
	}
	return host, ""
}

// mailboxName reads an address, RFC 5280 §4.2.1.6: Local-part@Domain.
func mailboxName(s string) subjectName {
	n := subjectName{form: RFC822Name, text: s}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		n.broken = "it is no address"
		return n
	}
	n.local = s[:at]
	n.host, n.broken = hostOf(s[at+1:])
	return n
}

// uriHost is the host of a URI that has one as a domain name. Constraints cannot be
// compared with others, and RFC 5280 §4.2.1.10 says to reject them.
func uriHost(s string) (host, broken string) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || !strings.HasPrefix(s[colon+1:], "//") {
		return "", "the URI has no host"
	}
	authority := s[colon+3:]
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if strings.ContainsAny(authority[:at], `\[]`) {
			return "", "the URI is ambiguous"
		}
		authority = authority[at+1:]
	}
	if port := strings.LastIndexByte(authority, ':'); port >= 0 {
		if strings.Trim(authority[port+1:], "0123456789") != "" {
			return "", "the host of the URI is no domain name"
		}
		authority = authority[:port]
	}
	if host, broken = hostOf(authority); broken != "" {
		return "", broken
	}
	// what ends in a number is read as an IPv4 address (WHATWG URL §3.5)
	last := host[strings.LastIndexByte(host, '.')+1:]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", "the host of the URI is an IP address"
	}
	return host, ""
}

// foldURI lowers scheme and host, RFC 5280 §7.4.
func foldURI(b []byte) string {
	s := string(b)
	start := strings.Index(s, "://")
	if start < 0 {
		return s
	}
	end := len(s)
	if i := strings.IndexAny(s[start+3:], "/?#"); i >= 0 {
		end = start + 3 + i
	}
	authority := s[start+3 : end]
	at := strings.LastIndexByte(authority, '@') + 1
	return asciiLower(s[:start+3]) + authority[:at] + asciiLower(authority[at:]) + s[end:]
}
