package fetch

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds a URL, in octets: those in real certificates stay below 300.
const maxURL = 2048

// checkURL reads a URL and refuses, before any network is touched, what we never
// fetch. What it says depends on the URL alone, so that it tells nothing of ours.
func (c *Client) checkURL(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, refused(nil, "it has %d octets, at most %d are allowed", len(raw), maxURL)
	}
	target, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, refused(nil, "it is not a URL")
	}
	if err := c.check(target); err != nil {
		return nil, err
	}
	return target, nil
}

// check refuses schemes, hosts and ports that we do not fetch from.
func (c *Client) check(target *url.URL) error {
	if target.Scheme != "http" && target.Scheme != "https" {
		return refused(target, "the scheme is %q, only http and https are fetched", clip(target.Scheme))
	}
	host := target.Hostname()
	switch {
	case target.Opaque != "" || host == "":
		return refused(target, "it names no host")
	case target.User != nil:
		return refused(target, "it carries a user name or password")
	case strings.ContainsAny(host, "%\\@/ \t\r\n"): // an IPv6 zone, or a host that parsers read differently
		return refused(target, "the host name has characters that no host name has")
	}
	if c.trusted[hostPort(host, portOf(target))] {
		return nil
	}
	if port := portOf(target); !c.ports[port] {
		return refused(target, "port %q is not among those allowed", clip(port))
	}
	if a, err := netip.ParseAddr(host); err == nil && !c.options.UnsafeAllowPrivate && !public(a) {
		return refused(target, "the address is not one of the public internet")
	}
	return nil
}

// checkRedirect lets a fetch go on to another URL. Each hop passes the same
// checks as the first; going from https to http would show to the network what
// was meant to be hidden, and a POST may only be repeated as it was (RFC 9110
// §15.4.8, §15.4.9), not turned into a GET that asks for something else.
func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > c.options.MaxRedirects {
		return fmt.Errorf("more than %d redirects", max(c.options.MaxRedirects, 0))
	}
	if err := c.check(next.URL); err != nil {
		return err
	}
	last := via[len(via)-1]
	if last.URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("a redirect from https to %s", next.URL.Scheme)
	}
	if next.Method != via[0].Method {
		return fmt.Errorf("a redirect that turns %s into %s", via[0].Method, next.Method)
	}
	next.Header.Del("Referer") // the earlier URL is nobody's business
	return nil
}

func portOf(target *url.URL) string {
	if p := target.Port(); p != "" {
		return p
	}
	if target.Scheme == "https" {
		return "443"
	}
	return "80"
}

func portSet(ports []uint16) map[string]bool {
	set := make(map[string]bool, len(ports))
	for _, p := range ports {
		set[strconv.Itoa(int(p))] = true
	}
	return set
}

// hostSet are the trusted hosts, each with its port.
func hostSet(hosts []string) map[string]bool {
	set := map[string]bool{}
	for _, h := range hosts {
		if host, port, err := net.SplitHostPort(h); err == nil {
			set[hostPort(host, port)] = true
			continue
		}
		set[hostPort(h, "80")], set[hostPort(h, "443")] = true, true
	}
	return set
}

func hostPort(host, port string) string { return net.JoinHostPort(strings.ToLower(host), port) }

// clip keeps a word that a hostile file wrote short enough for a sentence.
func clip(s string) string {
	const most = 20
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
