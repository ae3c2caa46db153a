package eutest

import (
	"crypto/x509"
	"time"
)

// Signer is an end entity: somebody with a key and a certificate.
type Signer struct {
	*Certificate
	// CA issued the certificate.
	CA *CA
}

// Policies that signers have (smart-id.md §2; EN 319 411-2 §5.3).
const (
	PolicySmartIDQualified = "1.3.6.1.4.1.10015.17.2"
	PolicySmartIDBasic     = "1.3.6.1.4.1.10015.17.1"
	PolicyMobileID         = "1.3.6.1.4.1.10015.18.1"
	PolicyQCPn             = "0.4.0.194112.1.0"
	PolicyQCPl             = "0.4.0.194112.1.1"
	PolicyQCPnQSCD         = "0.4.0.194112.1.2"
	PolicyQCPlQSCD         = "0.4.0.194112.1.3"
	PolicyNCP              = "0.4.0.2042.1.1"
	PolicyNCPPlus          = "0.4.0.2042.1.2"
)

// Signer issues a certificate to somebody. By default: the natural person
// "TESTNUMBER,OK" with a P-256 key and a qualified certificate for e-signatures on
// a QSCD, with Smart-ID's policies, valid for three years from a year before the
// world's clock (or from the day after the CA or its service began, where that is later).
func (ca *CA) Signer(options ...Option) *Signer {
	w := ca.world
	w.tb.Helper()
	qc := QualifiedSignature()
	from := ca.begin(w.now.AddDate(-1, 0, 0))
	cfg := &config{
		kind: KeyKind{"EC", 256}, issuer: ca, pathLen: -1, qc: &qc,
		notBefore: from, notAfter: from.AddDate(0, 0, 1095),
		usage:    x509.KeyUsageContentCommitment,
		policies: []string{PolicySmartIDQualified, PolicyQCPnQSCD},
		ocspURL:  "http://aia.example/ocsp", issuerURL: "http://c.example/ca.der",
	}
	Natural("EE", "TESTNUMBER", "OK", "30303039914")(cfg)
	return &Signer{Certificate: w.certify(cfg.apply(options)), CA: ca}
}

// begin is that day, or the day after the CA and its service began where that is
// later (and not after the world's clock).
func (ca *CA) begin(day time.Time) time.Time {
	later := func(t time.Time) {
		if next := t.AddDate(0, 0, 1); next.After(day) && next.Before(ca.world.now) {
			day = next
		}
	}
	if ca.Parsed != nil {
		later(ca.Parsed.NotBefore)
	}
	if ca.Service != nil && len(ca.Service.History) > 0 {
		first, older := latest(ca.Service.History)
		if len(older) > 0 {
			first = older[len(older)-1]
		}
		later(first.Since)
	}
	return day
}

// Several makes one option of many.
func Several(options ...Option) Option {
	return func(c *config) { c.apply(options) }
}

// SmartID is the profile of a qualified Smart-ID signer since 2019: RSA of 6144
// bits, QSCD (smart-id.md §2).
func SmartID() Option {
	return Several(RSA(6144), KeyUsage(x509.KeyUsageContentCommitment), ExtendedKeyUsage(false),
		Policies(PolicySmartIDQualified, PolicyQCPnQSCD), QC(QualifiedSignature()))
}

// SmartID2017 is the profile of a qualified Smart-ID signer before the device was
// recognised as a QSCD: RSA of 4096 bits, QCP-n, no QcSSCD.
func SmartID2017() Option {
	qc := QualifiedSignature()
	qc.SSCD = false
	return Several(RSA(4096), KeyUsage(x509.KeyUsageContentCommitment),
		Policies(PolicySmartIDQualified, PolicyQCPn), QC(qc))
}

// SmartIDBasic is the profile of a Smart-ID Basic signer: not qualified.
func SmartIDBasic() Option {
	return Several(KeyUsage(x509.KeyUsageContentCommitment), Policies(PolicySmartIDBasic, PolicyNCP), NoQC())
}

// Authentication is the profile of a Smart-ID authentication certificate: no signer's.
func Authentication() Option {
	return Several(KeyUsage(x509.KeyUsageDigitalSignature), ExtendedKeyUsage(false, "1.3.6.1.4.1.62306.5.7.0"),
		Policies(PolicySmartIDQualified, PolicyNCPPlus), NoQC())
}

// Seal is the profile of a qualified electronic seal on a QSCD.
func Seal() Option {
	return Several(Legal("EE", "Test Seal AS", "10000000"), KeyUsage(x509.KeyUsageContentCommitment),
		Policies(PolicyQCPlQSCD), QC(QualifiedSeal()))
}

// RevokedOn records that the CA revoked the certificate then.
func (s *Signer) RevokedOn(at time.Time, reason int) *Signer {
	s.CA.Revoke(s.Certificate, at, reason)
	return s
}

// OnHold records that the CA suspended the certificate then (certificateHold).
func (s *Signer) OnHold(at time.Time) *Signer { return s.RevokedOn(at, CertificateHold) }
