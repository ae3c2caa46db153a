package ades_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// Counter-signatures, evidence that was fetched, authorities that the list names as
// something else, and odd records: what stands beside the main road.
func TestLawBeside(t *testing.T) { hold(t, lawsBeside) }

const (
	countersigned   = "a signature that somebody counter-signed"
	counter         = "its counter-signature"
	withFetched     = "without revocation data in the file, those that were fetched count"
	listedAsIssuer  = "a listed authority whose own certificate does not say that it is one"
	freshForArchive = "an answer of after the archive time-stamp is fresh for it, and no other time-stamp"
	noStampCA       = "an authority revoked after the archive time-stamp, and no other time-stamp"
)

// countersigning is a signature with a counter-signature by a signer with these options.
func countersigning(o eutest.SignOptions, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		return s.Container(contract...).Sign(ca.Signer(), eutest.SignOptions{}).Countersign(ca.Signer(options...), o).Bytes()
	}
}

// fetching is a signature of level T whose revocation data were fetched.
func fetching(at time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer()
		s.fetched = signature.Material{OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: at})}}
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.T})
	}
}

// unstampedUnder is a signature without a signature time-stamp, archived on 11 March,
// under an authority that was revoked on a day.
func unstampedUnder(on time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		sub := ca.SubCA("TEST between").RevokedOn(on, eutest.CACompromise)
		status := ca.OCSP().Response(sub.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 19)})
		signer := sub.Signer()
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, NoTimestamp: true, Archive: []eutest.Stamp{stampOn(march11),
			{Options: eutest.TokenOptions{Time: judged.Add(-time.Hour), Revocation: [][]byte{eutest.OtherRevocation(status)}}}}})
	}
}

// answeredLater is a signature without a signature time-stamp, archived on 11 March;
// a second archive time-stamp carries the signer's status of a day.
func answeredLater(day time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer()
		status := ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: day})
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, NoTimestamp: true, NoRevocation: true, Archive: []eutest.Stamp{stampOn(march11),
			{Options: eutest.TokenOptions{Time: judged.Add(-time.Hour), Revocation: [][]byte{eutest.OtherRevocation(status)}}}}})
	}
}

// nodes are data that read as the hash values of an inner node of a hash tree.
func nodes() []byte {
	one, two := sha256.Sum256([]byte("one")), sha256.Sum256([]byte("two"))
	all := [][]byte{one[:], two[:]}
	slices.SortFunc(all, bytes.Compare)
	return slices.Concat(all...)
}

var lawsBeside = []law{
	// EN 319 132-1 §5.2.7.2
	{name: countersigned, made: countersigning(eutest.SignOptions{}), want: passed},
	{name: counter, made: countersigning(eutest.SignOptions{}), sig: 1, want: passed},
	{name: "a counter-signature whose value is wrong", good: counter, made: countersigning(eutest.SignOptions{WrongValue: true}), sig: 1, want: failed + "SIG_CRYPTO_FAILURE",
		fires: []string{"CV-SIGNATURE-INTACT"}},
	{name: "a signature does not suffer from its counter-signature", good: countersigned, made: countersigning(eutest.SignOptions{WrongValue: true}), want: passed, fires: []string{"CV-SIGNATURE-INTACT"}},
	{name: "a counter-signer who was revoked before", good: counter, made: func(s *scene) []byte {
		ca := s.issuer()
		revoked := ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise)
		return s.Container(contract...).Sign(ca.Signer(), eutest.SignOptions{}).Countersign(revoked, eutest.SignOptions{}).Bytes()
	}, sig: 1, want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "a counter-signature of another signature", good: counter, made: func(s *scene) []byte {
		ca := s.issuer()
		two := s.Container(contract...).Sign(ca.Signer(), eutest.SignOptions{}).Countersign(ca.Signer(), eutest.SignOptions{})
		other := s.Container(eutest.Text("other.txt", "x")).Sign(ca.Signer(), eutest.SignOptions{})
		two.Signatures[0].Raw = []byte(moved(string(two.Signatures[0].Raw), string(other.Signatures[0].Raw)))
		two.Files = []eutest.File{eutest.Text("other.txt", "x")}
		return two.Bytes()
	}, sig: 1, want: changed, fires: []string{"CV-DATA-INTACT"}},

	// §5.2.6.1: the validator may use any source
	{name: withFetched, made: fetching(stamped.Add(time.Second)), want: passed, level: "XAdES-BASELINE-T"},
	{name: "without any there is nothing to go by", good: withFetched, made: sign(eutest.SignOptions{Level: eutest.T}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},

	// RFC 5280 §6.1.4 (k), of what a list names
	{name: listedAsIssuer, made: func(s *scene) []byte {
		return s.Sign(s.issuer(eutest.NotCA()).Signer(), contract, eutest.SignOptions{Responder: nil})
	}, want: passed},
	{name: "C5: a time-stamping unit of the list that issued a certificate", good: listedAsIssuer, made: func(s *scene) []byte {
		return s.Sign(s.issuer(eutest.NotCA(), eutest.ServiceType(eutest.QTST)).Signer(), contract, eutest.SignOptions{})
	}, want: general, fires: []string{"XCV-CA"}},

	// §5.6.2.4
	{name: noStampCA, made: unstampedUnder(march15), want: passed, bst: march11, fires: []string{"XCV-REVOKED-CA", "PSV-POE"}},
	{name: "an authority revoked before it", good: noStampCA, made: unstampedUnder(eutest.Day(2025, 3, 5)), want: revokedCA, bst: march11},
	{name: "on hold since after the archive time-stamp, and no other", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer().OnHold(march15)
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, NoTimestamp: true, Archive: []eutest.Stamp{stampOn(march11)},
			OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: passed, bst: march11, fires: []string{"XCV-ON-HOLD", "PSV-POE"}},
	{name: freshForArchive, values: fresh + "Unit=DAYS Value=0\n", made: answeredLater(eutest.Day(2025, 3, 12)), want: passed, bst: march11, fires: []string{"RFC-FRESH", "PSV-POE"}},
	{name: "an answer of before the archive time-stamp, and no other time-stamp", good: freshForArchive, values: fresh + "Unit=DAYS Value=0\n", made: answeredLater(signed),
		want: indeterminate + "TRY_LATER", bst: march11, fires: []string{"RFC-FRESH"}},
	{name: "an answer that is too old stays so, archived or not", good: "an answer of after the time-stamp is fresh for it", values: fresh + "Unit=DAYS Value=0\n", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer()
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: signed.Add(-time.Hour)})}})
	}, want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"RFC-FRESH"}},

	// EN 319 142-1 §5.5
	{name: "PAdES LTA by one document time-stamp", made: documentStamped(nil, false), want: passed, level: "PAdES-BASELINE-LTA"},
	{name: "and by one of a unit below a listed authority, with its data", made: documentStamped(unlistedUnit, true), want: passed, level: "PAdES-BASELINE-LTA"},
	{name: "and without them", good: "PAdES LTA by one document time-stamp", made: documentStamped(unlistedUnit, false), want: passed, bst: judged, level: "PAdES-BASELINE-T",
		fires: []string{"XCV-REVOCATION-PRESENT"}},

	// preservation A8, RFC 4998 §5.1
	{name: "A8: a record over data that read as hash values", record: true, good: record, made: func(s *scene) []byte {
		s.issuer()
		s.name, s.files = "record.ers", []eutest.File{{Name: "nodes.bin", Raw: nodes()}}
		return s.EvidenceRecord(eutest.RecordOptions{TSA: s.tsa}, nodes())
	}, want: "FAILED/FORMAT_FAILURE", fires: []string{"FC-AMBIGUOUS-FILE"}},
	{name: "a renewal that is older than what it renews is told of", record: true, good: record,
		made: alone(eutest.RecordOptions{Stamps: []eutest.RecordStamp{{Time: march15}, {Time: march11}}}), want: proves, fires: []string{"SAV-STRUCTURE"}},
}

// documentStamped is a PDF whose only time-stamp is of the document, over a document
// security store; by another unit, where one is given, with its status or without.
func documentStamped(unit func(s *scene, ca *eutest.CA) *eutest.TSA, status bool) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		tsa := s.tsa
		if unit != nil {
			tsa = unit(s, ca)
		}
		signer := ca.Signer()
		answers := [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{})}
		if status {
			answers = append(answers, ca.OCSP().Response(tsa.Certificate, eutest.OCSPOptions{}))
		}
		p := s.PDF().Sign(signer, eutest.PDFOptions{SignOptions: eutest.SignOptions{Level: eutest.B}})
		p.Store([]*eutest.Certificate{ca.Certificate}, answers, nil)
		return p.Timestamp(tsa, eutest.TokenOptions{Time: stamped}).Bytes()
	}
}

func unlistedUnit(s *scene, ca *eutest.CA) *eutest.TSA {
	return s.sk.TSA("TEST TSA below", eutest.IssuedBy(ca), eutest.Unlisted())
}

// moved takes the counter-signature out of one signature file and puts it into another.
func moved(from, into string) string {
	const open, end, place = "<xades:CounterSignature>", "</xades:CounterSignature>", "</xades:UnsignedSignatureProperties>"
	i, j := strings.Index(from, open), strings.Index(from, end)
	return strings.Replace(into, place, from[i:j+len(end)]+place, 1)
}

// What was fetched is said to be no part of the file.
func TestFetchedEvidenceIsNamed(t *testing.T) {
	for name, embedded := range map[string]bool{withFetched: false, countersigned: true} {
		i := slices.IndexFunc(lawsBeside, func(l law) bool { return l.name == name })
		r := lawsBeside[i].judge(t).results[0]
		if len(r.Revocations) != 1 || r.Revocations[0].Embedded != embedded || r.Revocations[0].Type != "OCSP" {
			t.Errorf("%s: %+v, want one answer, embedded: %t", name, r.Revocations, embedded)
		}
	}
}
