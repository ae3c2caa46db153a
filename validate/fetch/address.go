package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// special holds what no public responder lives at, beside what netip.Addr tells
// by itself (loopback, private, link-local, multicast, unspecified): the special
// purpose address registries of RFC 6890, as far as they are not for the public.
var special = prefixes(
	"0.0.0.0/8",       // this network, RFC 791
	"100.64.0.0/10",   // carrier-grade NAT, RFC 6598
	"192.0.0.0/24",    // IETF protocol assignments, RFC 6890
	"192.0.2.0/24",    // documentation, RFC 5737
	"192.88.99.0/24",  // 6to4 relays, RFC 7526
	"198.18.0.0/15",   // benchmarking, RFC 2544
	"198.51.100.0/24", // documentation, RFC 5737
	"203.0.113.0/24",  // documentation, RFC 5737
	"240.0.0.0/4",     // reserved, and the broadcast address, RFC 1112
	"2001::/23",       // protocol assignments, Teredo among them, RFC 2928, RFC 4380
	"2001:db8::/32",   // documentation, RFC 3849
	"2002::/16",       // 6to4: carries any IPv4 address, RFC 3056
	"3fff::/20",       // documentation, RFC 9637
)

// globalIPv6 is the only part of IPv6 given out for the public (RFC 4291 §2.4);
// NAT64 (64:ff9b::/96), unique local, site-local and mapped addresses lie outside.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public says whether a is an address of the public internet. An IPv4 address
// mapped into IPv6 is judged as the IPv4 address that would be dialled.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	if a.Is6() && !globalIPv6.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

var errNoAddress = errors.New("the name has no address that may be dialled")

// dial resolves the host of address once, checks what comes back, and dials
// exactly the checked addresses: a second look-up that answers otherwise (DNS
// rebinding) is never asked for. The transport calls it, also after redirects.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading the address to dial: %w", err)
	}
	trusted := c.trusted[hostPort(host, port)]
	if !trusted && !c.ports[port] { // the URL was checked; this is the last door before the network
		return nil, fmt.Errorf("port %q is not allowed", port)
	}
	addresses, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	failure := errNoAddress
	tried := 0
	for _, a := range addresses {
		if !trusted && !c.options.UnsafeAllowPrivate && !public(a) {
			continue
		}
		if tried++; tried > maxAddresses {
			break
		}
		conn, err := c.options.Dialer.DialContext(ctx, network, net.JoinHostPort(a.Unmap().String(), port))
		if err == nil {
			return conn, nil
		}
		failure = err
	}
	return nil, failure
}

// resolve gives the addresses of host; a literal address is its own.
func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addresses, err := c.options.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolving the name: %w", err)
	}
	return addresses, nil
}
