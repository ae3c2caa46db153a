package ades_test

import (
	"bytes"
	"encoding/asn1"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// RFC 5280 §6.3: CRLs.
func TestLawRFC5280CRL(t *testing.T) { hold(t, lawsCRL) }

// tlv is a DER element of any tag.
func tlv(tag byte, parts ...[]byte) []byte {
	raw, err := asn1.Marshal(asn1.RawValue{Class: int(tag >> 6), Tag: int(tag & 0x1f), IsCompound: tag&0x20 != 0, Bytes: bytes.Join(parts, nil)})
	must(nil, err)
	return raw
}

// Distribution points, RFC 5280 §4.2.1.13 and §5.2.5: a name, reasons, and issuers.
func uri(s string) []byte { return tlv(0xa0, tlv(0xa0, tlv(0x86, []byte(s)))) }
func directory(c *eutest.Certificate) []byte {
	return tlv(0xa0, tlv(0xa0, tlv(0xa4, c.Parsed.RawSubject)))
}
func reasons(tag byte, unused byte, bits ...byte) []byte {
	return tlv(tag, append([]byte{unused}, bits...))
}
func crlIssuer(c *eutest.Certificate) []byte { return tlv(0xa2, tlv(0xa4, c.Parsed.RawSubject)) }

// points is the option that gives a certificate distribution points.
func points(list ...[]byte) eutest.Option {
	return eutest.Extension("2.5.29.31", false, tlv(0x30, list...))
}

// pointed is the scope of a CRL of one distribution point.
func pointed(s string) []byte { return tlv(0x30, uri(s)) }

// Of the eight reasons of revocation, these are two halves.
var (
	someReasons  = reasons(0x83, 4, 0x70)
	otherReasons = reasons(0x83, 7, 0x0f, 0x80)
)

// byLists makes a signature with the CRLs that a function makes.
func byLists(lists func(s *scene, ca *eutest.CA, signer *eutest.Certificate) [][]byte, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(options...)
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: lists(s, ca, signer.Certificate)})
	}
}

// updated makes a signature with a complete CRL of the 11th and a delta CRL of the 12th of March.
func updated(revoked, changed time.Time, reason int, base, delta eutest.CRLOptions) func(*scene) []byte {
	return byLists(func(_ *scene, ca *eutest.CA, signer *eutest.Certificate) [][]byte {
		if !revoked.IsZero() {
			ca.Revoke(signer, revoked, reason)
		}
		base.Number, delta.Number = max(base.Number, 5), max(delta.Number, 6)
		whole := ca.CRL(eutest.Day(2025, 3, 11), base)
		if !changed.IsZero() {
			ca.Revoke(signer, changed, reason)
		}
		return [][]byte{whole, ca.CRL(eutest.Day(2025, 3, 12), delta)}
	})
}

// appointed makes a signature whose certificate names another authority as the
// issuer of its CRLs, which makes one.
func appointed(other func(s *scene, ca *eutest.CA) *eutest.CA, named bool, revoked time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		lists := other(s, ca)
		var options []eutest.Option
		if named {
			options = append(options, points(tlv(0x30, uri("http://crl.test/indirect"), crlIssuer(lists.Certificate))))
		}
		signer := ca.Signer(options...)
		if !revoked.IsZero() {
			ca.Revoke(signer.Certificate, revoked, eutest.KeyCompromise)
		}
		o := eutest.CRLOptions{Signer: lists.Certificate, EntryIssuer: ca.Certificate, IDP: tlv(0x30, uri("http://crl.test/indirect"), tlv(0x84, []byte{0xff}))}
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), o)}})
	}
}

// listMaker is another authority of the same provider, of the list.
func listMaker(s *scene, _ *eutest.CA) *eutest.CA { return s.sk.CA("TEST lists") }

// strange is an authority of another provider.
func strange(s *scene, _ *eutest.CA) *eutest.CA {
	return s.MemberState("LV").Provider("LVRTC").CA("TEST lists of somebody")
}

const (
	byDelta    = "a delta CRL brings its base up to date"
	byReasons  = "CRLs that share the reasons clear together"
	byIndirect = "an indirect CRL of one whom the certificate names speaks"
	byPoint    = "a CRL of the certificate's own distribution point speaks"
)

var (
	noTime    time.Time
	before    = eutest.Day(2025, 3, 5)
	point     = eutest.URLs("", "http://crl.test/1.crl")
	deltaOf5  = eutest.CRLOptions{DeltaBase: 5}
	aCRL      = eutest.CRLOptions{}
	byNobody  = []string{"XCV-REVOCATION-PRESENT"}
	isRevoked = []string{"XCV-REVOKED"}
)

var lawsCRL = []law{
	{name: byCRL, made: listed(eutest.CRLOptions{}), want: passed},
	{name: "a CRL with the certificate is a revocation", good: byCRL, made: over(eutest.Day(2025, 3, 1), eutest.KeyCompromise, eutest.CRLOptions{}),
		want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "a CRL's revocation of after the time-stamp is outlived", made: over(eutest.Day(2025, 3, 15), eutest.KeyCompromise, eutest.CRLOptions{}), want: passed, fires: []string{"XCV-REVOKED"}},
	{name: "R5: the date of invalidity is told, the date of revocation decides", made: over(eutest.Day(2025, 3, 15), eutest.KeyCompromise,
		eutest.CRLOptions{InvalidityDate: eutest.Day(2025, 3, 1)}), want: passed, fires: []string{"XCV-REVOKED"}},
	{name: "on hold in a CRL", good: byCRL, made: over(eutest.Day(2025, 3, 1), eutest.CertificateHold, eutest.CRLOptions{}),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"XCV-ON-HOLD"}},
	{name: "on hold since after the time-stamp", made: over(eutest.Day(2025, 3, 15), eutest.CertificateHold, eutest.CRLOptions{}), want: passed, fires: []string{"XCV-ON-HOLD"}},
	{name: "a CRL whose signature is wrong is none", good: byCRL, made: listed(eutest.CRLOptions{WrongSignature: true}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "a CRL of an authority that may not sign one is none", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer(eutest.KeyUsage(1 << 5))
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "a CRL of another authority is none", good: byCRL, made: func(s *scene) []byte {
		other := s.sk.CA("TEST other")
		return s.Sign(s.issuer().Signer(), contract, eutest.SignOptions{CRLs: [][]byte{other.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "a CRL of a namesake with another key is none", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer()
		other := s.sk.CA("TEST EID-Q", eutest.Unlisted())
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{other.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "R4: a delta CRL proves nothing without its base", good: byCRL, made: listed(eutest.CRLOptions{DeltaBase: 1}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "R4: a CRL of authorities does not speak of signers", good: byCRL, made: listed(eutest.CRLOptions{IDP: scope(2)}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "R4: a CRL of signers speaks of signers", made: listed(eutest.CRLOptions{IDP: scope(1)}), want: passed},
	{name: "R4: a CRL of attribute certificates does not", good: "R4: a CRL of signers speaks of signers", made: listed(eutest.CRLOptions{IDP: scope(5)}), want: general},
	{name: "R4: an indirect CRL of the issuer speaks of its own, too", made: listed(eutest.CRLOptions{IDP: scope(4)}), want: passed},
	{name: "R4: a CRL with an unknown critical extension does not", good: byCRL,
		made: listed(eutest.CRLOptions{Extension: []byte{0x30, 0x0d, 0x06, 4, 0x2a, 3, 4, 5, 1, 1, 0xff, 4, 2, 5, 0}}), want: general},
	{name: "R4: a CRL that is no longer the newest still says what was", made: listed(eutest.CRLOptions{NextUpdate: eutest.Day(2025, 3, 12)}), want: passed},
	{name: "a CRL without next update speaks", made: listed(eutest.CRLOptions{NoNextUpdate: true}), want: passed},
	{name: "a CRL of before the certificate is none", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2024, 3, 1), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},

	// §5.2.4, §6.3.3 (c), (h), (k)
	{name: byDelta, made: updated(noTime, noTime, 0, aCRL, deltaOf5), want: passed},
	{name: "a delta CRL revokes", good: byDelta, made: updated(noTime, eutest.Day(2025, 3, 6), eutest.KeyCompromise, aCRL, deltaOf5), want: unproven, bst: stamped, fires: isRevoked},
	{name: "a delta CRL ends a hold", made: updated(before, noTime, eutest.CertificateHold, aCRL, eutest.CRLOptions{DeltaBase: 5, EntryReason: eutest.RemoveFromCRL}), want: passed},
	{name: "a delta CRL ends no compromise", good: byDelta, made: updated(before, noTime, eutest.KeyCompromise, aCRL, eutest.CRLOptions{DeltaBase: 5, EntryReason: eutest.RemoveFromCRL}),
		want: unproven, bst: stamped, fires: isRevoked},
	{name: "a delta CRL of a later base ends no hold", good: byDelta, made: updated(before, noTime, eutest.CertificateHold, aCRL, eutest.CRLOptions{DeltaBase: 6, Number: 7, EntryReason: eutest.RemoveFromCRL}),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"XCV-ON-HOLD"}},
	{name: "a forged delta CRL ends no hold", good: byDelta, made: updated(before, noTime, eutest.CertificateHold, aCRL, eutest.CRLOptions{DeltaBase: 5, EntryReason: eutest.RemoveFromCRL, WrongSignature: true}),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"XCV-ON-HOLD"}},
	{name: "a delta CRL of another scope ends no hold", good: byDelta, made: updated(before, noTime, eutest.CertificateHold, aCRL, eutest.CRLOptions{DeltaBase: 5, EntryReason: eutest.RemoveFromCRL, IDP: scope(1)}),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"XCV-ON-HOLD"}},

	// §5.2.5, §6.3.3 (d), (e)
	{name: byReasons, made: byLists(func(_ *scene, ca *eutest.CA, _ *eutest.Certificate) [][]byte {
		return [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: tlv(0x30, someReasons)}), ca.CRL(eutest.Day(2025, 3, 12), eutest.CRLOptions{IDP: tlv(0x30, otherReasons)})}
	}), want: passed},
	{name: "a CRL for some reasons clears of none", good: byReasons, made: listed(eutest.CRLOptions{IDP: tlv(0x30, someReasons)}), want: general, fires: byNobody},
	{name: "a CRL for some reasons revokes", good: byReasons, made: over(before, eutest.KeyCompromise, eutest.CRLOptions{IDP: tlv(0x30, someReasons)}), want: unproven, bst: stamped, fires: isRevoked},
	{name: "two CRLs for the same reasons do not clear together", good: byReasons, made: byLists(func(_ *scene, ca *eutest.CA, _ *eutest.Certificate) [][]byte {
		return [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: tlv(0x30, someReasons)}), ca.CRL(eutest.Day(2025, 3, 12), eutest.CRLOptions{IDP: tlv(0x30, someReasons)})}
	}), want: general, fires: byNobody},
	{name: "one of two for the reasons is of before the certificate", good: byReasons, made: byLists(func(_ *scene, ca *eutest.CA, _ *eutest.Certificate) [][]byte {
		return [][]byte{ca.CRL(eutest.Day(2024, 3, 1), eutest.CRLOptions{IDP: tlv(0x30, someReasons)}), ca.CRL(eutest.Day(2025, 3, 12), eutest.CRLOptions{IDP: tlv(0x30, otherReasons)})}
	}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},

	// §6.3.3 (b)(2)(i)
	{name: byPoint, made: byLists(func(_ *scene, ca *eutest.CA, _ *eutest.Certificate) [][]byte {
		return [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: pointed("http://crl.test/1.crl")})}
	}, point), want: passed},
	{name: "a CRL of another distribution point does not", good: byPoint, made: byLists(func(_ *scene, ca *eutest.CA, _ *eutest.Certificate) [][]byte {
		return [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: pointed("http://crl.test/2.crl")})}
	}, point), want: general, fires: byNobody},
	{name: "a CRL of a distribution point in a directory does not clear", good: byPoint, made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(points(tlv(0x30, directory(ca.Certificate))))
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: tlv(0x30, directory(ca.Certificate))})}})
	}, want: general, fires: byNobody},
	{name: "a CRL of a distribution point in a directory revokes", good: byPoint, made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(points(tlv(0x30, directory(ca.Certificate)))).RevokedOn(before, eutest.KeyCompromise)
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: tlv(0x30, directory(ca.Certificate))})}})
	}, want: unproven, bst: stamped, fires: isRevoked},

	// §5.2.5, §5.3.3, §6.3.3 (b)(1), (f)
	{name: byIndirect, made: appointed(listMaker, true, noTime), want: passed},
	{name: "an indirect CRL revokes", good: byIndirect, made: appointed(listMaker, true, before), want: unproven, bst: stamped, fires: isRevoked},
	{name: "an indirect CRL of one whom the certificate does not name does not speak", good: byIndirect, made: appointed(listMaker, false, noTime), want: general, fires: byNobody},
	{name: "an indirect CRL of another provider is no answer", good: byIndirect, made: appointed(strange, true, noTime), want: general, fires: []string{"XCV-REVOCATION-AUTHORITY", "XCV-REVOCATION-ACCEPTABLE"}},
	{name: "an entry of another issuer with the same serial number is not ours", made: byLists(func(s *scene, ca *eutest.CA, signer *eutest.Certificate) [][]byte {
		ca.Revoke(signer, before, eutest.KeyCompromise)
		return [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: scope(4), EntryIssuer: s.sk.CA("TEST other").Certificate})}
	}), want: passed},
}
