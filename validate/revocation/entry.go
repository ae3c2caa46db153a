package revocation

import (
	"bytes"
	"fmt"
	"math/big"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// CRLEntry is one revoked certificate, RFC 5280 §5.1.2.6.
type CRLEntry struct {
	Serial         *big.Int
	RevokedAt      time.Time
	Reason         int // NoReason when not given
	InvalidityDate *time.Time
	// CertificateIssuer is the Name in DER of who issued the certificate, when
	// this entry or one before it says so (indirect CRLs, RFC 5280 §5.3.3); nil
	// means the issuer of the CRL.
	CertificateIssuer []byte
	CriticalUnknown   []string
}

// certificateIssuerDER is the OID of certificateIssuer as it stands in an entry.
var certificateIssuerDER = []byte{0x06, 0x03, 0x55, 0x1d, 0x1d}

// shortestWithIssuer is the least size of the fields after the serial number when
// they hold certificateIssuer: UTCTime 15, SEQUENCE 2, the extension 15 with an
// empty name. Most entries have a date and a reason, and need no closer look.
const shortestWithIssuer = 32

// checkEntries reads every entry once: a list that breaks off must not read as
// "not revoked" for those that would have followed.
func (c *CRL) checkEntries() error {
	for rest := c.entries; len(rest) > 0; c.Entries++ {
		var fields []byte
		var err error
		if _, fields, rest, err = nextEntry(rest); err != nil {
			return fmt.Errorf("entry %d: %w", c.Entries+1, err)
		}
		if !c.carriesIssuers && len(fields) >= shortestWithIssuer && bytes.Contains(fields, certificateIssuerDER) {
			c.carriesIssuers = true
		}
	}
	return nil
}

// nextEntry steps over the first entry of b: the octets of its serial number, the
// fields after it, and what follows the entry. The usual short DER form is read
// without the reader, which takes five times as long: lists have millions.
func nextEntry(b []byte) (serial, fields, rest []byte, err error) {
	if len(b) > 4 && b[0] == 0x30 && b[1] < 0x80 && b[2] == 0x02 && b[3] > 0 && b[3] < 0x80 {
		end, start := 2+int(b[1]), 4+int(b[3])
		if end <= len(b) && start < end && (b[start] == der.TagUTCTime || b[start] == der.TagGeneralizedTime) {
			return b[4:start], b[start:end], b[end:], nil
		}
	}
	r := der.NewReader(b)
	_, entry, err := r.Sequence()
	if err != nil {
		return nil, nil, nil, err
	}
	number, err := entry.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return nil, nil, nil, err
	}
	if !entry.Peek(der.Universal, der.TagUTCTime) && !entry.Peek(der.Universal, der.TagGeneralizedTime) {
		return nil, nil, nil, fmt.Errorf("revocationDate is missing")
	}
	return number.Body, entry.Rest(), r.Rest(), nil
}

// Lookup returns the entry with this serial number, whoever issued the
// certificate: for an indirect CRL ask LookupIssued. Of several entries the
// gravest counts. An entry that names the certificate and cannot be read is
// returned as revoked without date, with its OIDs in CriticalUnknown or none.
func (c *CRL) Lookup(serial *big.Int) (CRLEntry, bool) {
	return c.lookup(serial, func([]byte) bool { return true })
}

// LookupIssued returns the entry for the certificate with this serial number of
// the issuer with this name (Name in DER), carrying certificateIssuer along the
// list as RFC 5280 §5.3.3 says.
func (c *CRL) LookupIssued(issuer []byte, serial *big.Int) (CRLEntry, bool) {
	wanted, err := certificate.ParseName(issuer)
	var last []byte // names come in long runs: each is compared once
	same := false
	return c.lookup(serial, func(name []byte) bool {
		if name == nil {
			name = c.RawIssuer
		}
		if last == nil || !bytes.Equal(name, last) {
			n, e := certificate.ParseName(name)
			last, same = name, bytes.Equal(name, issuer) || err == nil && e == nil && n.EqualFold(wanted)
		}
		return same
	})
}

func (c *CRL) lookup(serial *big.Int, issuedBy func(name []byte) bool) (CRLEntry, bool) {
	if serial == nil {
		return CRLEntry{}, false
	}
	wanted := minimal(twosComplement(serial))
	var best CRLEntry
	found := false
	var certificateIssuer []byte
	for rest := c.entries; len(rest) > 0; {
		var octets, fields []byte
		var err error
		if octets, fields, rest, err = nextEntry(rest); err != nil {
			break // cannot be: ParseCRL has read them all
		}
		hit := bytes.Equal(minimal(octets), wanted)
		if !hit && (!c.carriesIssuers || !bytes.Contains(fields, certificateIssuerDER)) {
			continue
		}
		entry := readEntry(der.NewReader(fields))
		if entry.CertificateIssuer != nil {
			certificateIssuer = entry.CertificateIssuer
		}
		entry.CertificateIssuer = certificateIssuer
		if !hit || !issuedBy(certificateIssuer) {
			continue
		}
		entry.Serial = new(big.Int).Set(serial)
		if !found || graver(entry, best) {
			best, found = entry, true
		}
	}
	return best, found
}

// graver orders entries about the same certificate: revoked for good, then on
// hold, then removed; the earlier before the later.
func graver(a, b CRLEntry) bool {
	if ra, rb := finality(a.Reason), finality(b.Reason); ra != rb {
		return ra > rb
	}
	return a.RevokedAt.Before(b.RevokedAt)
}

func finality(reason int) int {
	switch reason {
	case ReasonRemoveFromCRL:
		return 0
	case ReasonCertificateHold:
		return 1
	}
	return 2
}

// readEntry reads revocationDate and crlEntryExtensions, RFC 5280 §5.3.
func readEntry(r der.Reader) CRLEntry {
	entry := CRLEntry{Reason: NoReason}
	if e, err := r.Next(); err == nil {
		if t, err := e.Time(); err == nil {
			entry.RevokedAt = t
		}
	}
	if r.Empty() {
		return entry
	}
	list, err := extensions(r.Rest())
	if err != nil {
		entry.CriticalUnknown = append(entry.CriticalUnknown, "unreadable entry extensions")
		return entry
	}
	for _, x := range list {
		var err error
		switch x.OID {
		case oidReason:
			var reason int
			if reason, err = enumerated(x.Value); err == nil {
				entry.Reason = reason
			}
		case oidInvalidityDate:
			entry.InvalidityDate, err = timeValue(x.Value)
		case oidCertificateIssuer:
			entry.CertificateIssuer, err = directoryName(x.Value)
		case oidHoldInstruction:
		default:
			if x.Critical {
				err = fmt.Errorf("not known")
			}
		}
		// An unreadable reason or date of invalidity leaves the entry what it is;
		// without its certificateIssuer nobody knows whom it is about.
		if err != nil && (x.Critical || x.OID == oidCertificateIssuer) {
			entry.CriticalUnknown = append(entry.CriticalUnknown, x.OID)
		}
	}
	return entry
}

// directoryName reads GeneralNames and returns the first directoryName's Name.
func directoryName(raw []byte) ([]byte, error) {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	for !r.Empty() {
		n, err := r.Next()
		if err != nil {
			return nil, err
		}
		if n.Is(der.ContextSpecific, 4) {
			return n.Body, nil
		}
	}
	return nil, fmt.Errorf("no directoryName")
}

// twosComplement is the minimal contents octets of an INTEGER (X.690 §8.3).
func twosComplement(n *big.Int) []byte {
	if n.Sign() >= 0 {
		return append([]byte{0}, n.Bytes()...)
	}
	size := uint(n.BitLen()/8 + 1)
	return new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), 8*size)).Bytes()
}

// minimal drops leading octets that say nothing, so that serial numbers that were
// not minimally encoded compare equal to those that were (attacks.md C9).
func minimal(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}
