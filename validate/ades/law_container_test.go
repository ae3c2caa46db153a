package ades_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// Containers of CAdES signatures with time-stamps and evidence records (EN 319 162-1
// §A.4), archive time-stamps of CAdES (EN 319 122-1 §5.5), and evidence records by
// themselves (EN 319 102-1 §5.6.3.4, RFC 4998 §3.3, §5.3).
func TestLaw5_6Containers(t *testing.T) { hold(t, lawsContainers) }
func TestLaw5_6_3_4(t *testing.T)       { hold(t, lawsRecords) }

const (
	cadesContainer = "an ASiC-E container of a CAdES signature"
	stampedTwice   = "strict: a time-stamp of the container keeps what it is over"
	cadesArchived  = "strict: a CAdES archive time-stamp keeps what its index names"
	recorded       = "strict: an evidence record keeps the signature that it is over"
	proves         = "PASSED"
	record         = "an evidence record over a file"
)

// cades is a container whose file an ordinary signer signed by CAdES, and what came after.
func cades(o eutest.SignOptions, later func(s *scene, c *eutest.Container), options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		c := s.Container(contract...).SignCAdES(s.issuer().Signer(options...), o)
		if later != nil {
			later(s, c)
		}
		return c.Bytes()
	}
}

// stampAll adds a time-stamp of a day over all of the container but some files.
func stampAll(day time.Time, leftOut ...string) func(*scene, *eutest.Container) {
	return func(s *scene, c *eutest.Container) { c.Timestamp(s.tsa, eutest.TokenOptions{Time: day}, leftOut...) }
}

// message is a CAdES signature by itself, with its content inside.
func message(o eutest.SignOptions, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte { return s.SignCAdES(s.issuer().Signer(options...), contract[0].Raw, false, o) }
}

// cadesLTA has archive time-stamps v3 of these days.
func cadesLTA(stamps ...eutest.Stamp) eutest.SignOptions {
	return eutest.SignOptions{Level: eutest.LTA, Archive: stamps}
}

func stampOn(day time.Time) eutest.Stamp {
	return eutest.Stamp{Options: eutest.TokenOptions{Time: day}}
}

// archivedBy is a container of a XAdES signature with an evidence record of a day.
func archivedBy(stamps []eutest.RecordStamp, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		c := s.Container(contract...).Sign(s.issuer().Signer(options...), eutest.SignOptions{})
		return c.Record(eutest.RecordOptions{TSA: s.tsa, Stamps: stamps}).Bytes()
	}
}

var (
	march11 = eutest.Day(2025, 3, 11)
	march15 = eutest.Day(2025, 3, 15)
	april2  = eutest.Day(2025, 4, 2)
)

var lawsContainers = []law{
	{name: cadesContainer, made: cades(eutest.SignOptions{}, nil), want: passed},
	{name: "a file that the manifest lists was changed", good: cadesContainer, made: cades(eutest.SignOptions{}, func(_ *scene, c *eutest.Container) {
		c.Replace("contract.txt", []byte("You owe me."))
	}), want: changed, fires: []string{"CV-DATA-INTACT"}},
	{name: "a file that the manifest does not list", good: cadesContainer, made: cades(eutest.SignOptions{}, func(_ *scene, c *eutest.Container) {
		c.Add(eutest.Text("late.txt", "x"))
	}), want: passed, fires: []string{"FC-ALL-FILES-SIGNED"}},
	{name: "an ASiC-S container of a CAdES signature", made: func(s *scene) []byte {
		c := s.Container(contract...)
		c.MIMEType = eutest.ASiCS
		return c.SignCAdES(s.issuer().Signer(), eutest.SignOptions{}).Bytes()
	}, want: passed},
	{name: "a ZIP file of which nothing says what it is", good: wellMade, made: func(s *scene) []byte {
		s.name = "file.zip"
		c := s.Container(eutest.Text("folder/contract.txt", "I owe you."))
		c.MIMEType = ""
		return c.Sign(s.issuer().Signer(), eutest.SignOptions{}).Bytes()
	}, want: misshapen, fires: []string{"FC-CONTAINER-TYPE"}},

	{name: stampedTwice, at: long, made: cades(eutest.SignOptions{}, stampAll(march11)), want: passed, fires: []string{"XCV-REVOCATION-ISSUER", "PSV-POE"}},
	{name: "strict: one of after the responder's life does not keep it", at: long, good: stampedTwice, made: cades(eutest.SignOptions{}, stampAll(eutest.Day(2025, 6, 1))),
		want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"PSV-REVOCATION-ISSUER"}},
	{name: "strict: a later time-stamp of the container keeps an earlier one", at: long, made: cades(eutest.SignOptions{}, func(s *scene, c *eutest.Container) {
		c.Timestamp(s.tsa, eutest.TokenOptions{Time: march11}).Timestamp(s.tsa, eutest.TokenOptions{Time: march15})
	}), want: passed, fires: []string{"PSV-POE"}},
	{name: "strict: a time-stamp whose manifest leaves out the data proves nothing", at: long, good: stampedTwice,
		made: cades(eutest.SignOptions{}, stampAll(march11, "contract.txt")), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped,
		fires: []string{"FC-TIMESTAMP-COVERAGE"}},
	{name: "strict: nor does one whose manifest leaves out the signature", at: long, good: stampedTwice,
		made: cades(eutest.SignOptions{}, stampAll(march11, "META-INF/signature001.p7s")), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE",
		fires: []string{"XCV-REVOCATION-ISSUER"}},
	{name: "strict: nor does one over a file that was changed since", at: long, good: stampedTwice, made: cades(eutest.SignOptions{}, func(s *scene, c *eutest.Container) {
		c.Add(eutest.Text("late.txt", "x")).Timestamp(s.tsa, eutest.TokenOptions{Time: march11}).Replace("late.txt", []byte("y"))
	}), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"TST-IMPRINT-INTACT"}},
	{name: "strict: nor does one over a file that is gone", at: long, good: stampedTwice, made: cades(eutest.SignOptions{}, func(s *scene, c *eutest.Container) {
		c.Add(eutest.Text("late.txt", "x")).Timestamp(s.tsa, eutest.TokenOptions{Time: march11}).Remove("late.txt")
	}), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"TST-IMPRINT-FOUND"}},

	{name: "a CAdES signature by itself", made: message(eutest.SignOptions{}), want: passed},
	{name: cadesArchived, at: long, made: message(cadesLTA(stampOn(march11))), want: passed, fires: []string{"XCV-REVOCATION-ISSUER", "PSV-POE"}},
	{name: "strict: a CAdES archive time-stamp of after the responder's life does not", at: long, good: cadesArchived, made: message(cadesLTA(stampOn(eutest.Day(2025, 6, 1)))),
		want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"PSV-REVOCATION-ISSUER"}},
	{name: "an index that names what is not there is told of", good: cadesArchived, at: long, made: message(cadesLTA(eutest.Stamp{Options: eutest.TokenOptions{Time: march11}, ForeignIndex: true})),
		want: passed, fires: []string{"FC-HASH-INDEX"}},
	{name: "and decides where the policy says so", good: cadesArchived, at: long, levels: map[string]policy.Level{"Timestamp/AtsHashIndex": policy.Fail},
		made: message(cadesLTA(eutest.Stamp{Options: eutest.TokenOptions{Time: march11}, ForeignIndex: true})),
		want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"FC-HASH-INDEX"}},
	{name: "strict: expired, archived in time, and signed by an algorithm that had ended", good: "strict: expired long since, and archived in time", at: eutest.Day(2027, 6, 1), made: func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(expiring), contract, eutest.SignOptions{Hash: crypto.SHA1, Level: eutest.LTA, Archive: []eutest.Stamp{stampOn(march11)}})
	}, want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", bst: stamped, fires: []string{"PSV-ALGORITHMS"}},

	{name: recorded, at: long, made: archivedBy([]eutest.RecordStamp{{Time: march11}}), want: passed, fires: []string{"XCV-REVOCATION-ISSUER", "PSV-POE"}},
	{name: "strict: an evidence record of after the responder's life does not", at: long, good: recorded, made: archivedBy([]eutest.RecordStamp{{Time: eutest.Day(2025, 6, 1)}}),
		want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"PSV-REVOCATION-ISSUER"}},
	{name: "strict: an evidence record over something else does not", at: long, good: recorded, made: func(s *scene) []byte {
		c := s.Container(contract...).Sign(s.issuer().Signer(), eutest.SignOptions{})
		return c.Record(eutest.RecordOptions{TSA: s.tsa, Foreign: true, Stamps: []eutest.RecordStamp{{Time: march11}}}).Bytes()
	}, want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped},
	{name: "strict: an evidence record keeps the time-stamp of the container below it", at: long, made: func(s *scene) []byte {
		c := s.Container(contract...).SignCAdES(s.issuer().Signer(), eutest.SignOptions{}).Timestamp(s.tsa, eutest.TokenOptions{Time: march11})
		return c.Record(eutest.RecordOptions{TSA: s.tsa, Stamps: []eutest.RecordStamp{{Time: march15}}}).Bytes()
	}, want: passed, fires: []string{"PSV-POE"}},
}

// alone is an evidence record by itself, over the contract that lies beside it.
func alone(o eutest.RecordOptions) func(*scene) []byte {
	return func(s *scene) []byte {
		s.issuer()
		s.name, s.files = "record.ers", contract
		if o.TSA == nil {
			o.TSA = s.tsa
		}
		return s.EvidenceRecord(o, contract[0].Raw)
	}
}

// endedUnit is an evidence record whose first time-stamp is of a unit that has ended
// since, and of stamps by another.
func endedUnit(renewals ...eutest.RecordStamp) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		old := s.sk.TSA("TEST old TSA", eutest.IssuedBy(ca), eutest.Unlisted(), eutest.Valid(eutest.Day(2024, 1, 1), eutest.Day(2025, 3, 25)))
		answer := ca.OCSP().Response(old.Certificate, eutest.OCSPOptions{ProducedAt: march11})
		first := eutest.RecordStamp{Time: signed, TSA: old, Token: eutest.TokenOptions{Certificates: []*eutest.Certificate{ca.Certificate}, Revocation: [][]byte{eutest.OtherRevocation(answer)}}}
		s.name, s.files = "record.ers", contract
		return s.EvidenceRecord(eutest.RecordOptions{TSA: s.tsa, Stamps: append([]eutest.RecordStamp{first}, renewals...)}, contract[0].Raw)
	}
}

// leavingOut is a container whose evidence record is over the signature alone.
func leavingOut(s *scene) []byte {
	c := s.Container(contract...).Sign(s.issuer().Signer(), eutest.SignOptions{})
	return c.Record(eutest.RecordOptions{TSA: s.tsa}, "contract.txt").Bytes()
}

// wholeRecords has a policy want all that records are over, and records over all.
var wholeRecords = map[string]policy.Level{"EvidenceRecord/DataObjectGroup": policy.Fail, "EvidenceRecord/SignedFilesCovered": policy.Fail}

const wholeContainer = "an evidence record over all of a container"

var lawsRecords = []law{
	{name: record, record: true, made: alone(eutest.RecordOptions{}), want: proves, bst: signed},
	{name: "an evidence record over a file among others", record: true, made: alone(eutest.RecordOptions{Beside: [][]byte{[]byte("another file")}}), want: proves, bst: signed},
	{name: "a record of a group of which a part is missing, where the policy wants all", record: true, good: record, levels: wholeRecords,
		made: alone(eutest.RecordOptions{Beside: [][]byte{[]byte("another file")}}), want: indeterminate + "SIGNED_DATA_NOT_FOUND", fires: []string{"ER-GROUP"}},
	{name: wholeContainer, record: true, levels: wholeRecords, made: archivedBy(nil), want: proves, bst: signed},
	{name: "a record that leaves out a file of the container is told of", record: true, good: wholeContainer, made: leavingOut, want: proves, fires: []string{"ER-FILES"}},
	{name: "a record that leaves out a file of the container, where the policy wants all", record: true, good: wholeContainer, levels: wholeRecords, made: leavingOut,
		want: unwanted, fires: []string{"ER-FILES"}},
	{name: "an evidence record over something else", record: true, good: record, made: alone(eutest.RecordOptions{Foreign: true}), want: indeterminate + "SIGNED_DATA_NOT_FOUND",
		fires: []string{"CV-DATA-FOUND"}},
	{name: "an evidence record over one file that was changed", record: true, good: record, made: func(s *scene) []byte {
		raw := alone(eutest.RecordOptions{})(s)
		s.files = []eutest.File{eutest.Text("contract.txt", "You owe me.")}
		return raw
	}, want: "FAILED/HASH_FAILURE", fires: []string{"CV-DATA-INTACT"}},
	{name: "an evidence record whose manifest names a file that is gone", record: true, good: record, made: func(s *scene) []byte {
		c := s.Container(append([]eutest.File{eutest.Text("late.txt", "x")}, contract...)...).Sign(s.issuer().Signer(), eutest.SignOptions{})
		return c.Record(eutest.RecordOptions{TSA: s.tsa}).Remove("late.txt").Bytes()
	}, want: indeterminate + "SIGNED_DATA_NOT_FOUND", fires: []string{"CV-DATA-FOUND"}},
	{name: "a renewed record proves the time of its first time-stamp", record: true, made: alone(eutest.RecordOptions{Stamps: []eutest.RecordStamp{{Time: signed}, {Time: march15}}}), want: proves, bst: signed},
	{name: "a record renewed by another hash proves it too", record: true, made: alone(eutest.RecordOptions{Stamps: []eutest.RecordStamp{{Time: signed}, {Time: march15, Hash: crypto.SHA512}}}),
		want: proves, bst: signed},
	{name: "a renewal of something else", record: true, good: "a renewed record proves the time of its first time-stamp",
		made: alone(eutest.RecordOptions{Stamps: []eutest.RecordStamp{{Time: signed}, {Time: march15, Broken: true}}}), want: "FAILED/HASH_FAILURE", fires: []string{"ER-TIMESTAMP"}},
	{name: "a record whose time-stamp is forged", record: true, good: record,
		made: alone(eutest.RecordOptions{Stamps: []eutest.RecordStamp{{Time: signed, Token: eutest.TokenOptions{WrongSignature: true}}}}), want: "FAILED/SIG_CRYPTO_FAILURE", fires: []string{"ER-TIMESTAMP"}},
	{name: "a record whose unit has ended, and nothing after it", record: true, good: "a record whose unit has ended, renewed before",
		made: endedUnit(), at: april2, want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", fires: []string{"ER-TIMESTAMP"}},
	{name: "a record whose unit has ended, renewed before", record: true, made: endedUnit(eutest.RecordStamp{Time: march15}), at: april2, want: proves, bst: signed},
	{name: "a record whose unit has ended, renewed after", record: true, good: "a record whose unit has ended, renewed before",
		made: endedUnit(eutest.RecordStamp{Time: eutest.Day(2025, 3, 28)}), at: april2, want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", fires: []string{"ER-TIMESTAMP"}},
	{name: "a record by an algorithm that has ended", record: true, good: record, made: alone(eutest.RecordOptions{Stamps: []eutest.RecordStamp{{Time: signed, Hash: crypto.SHA1}}}),
		want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", fires: []string{"ER-TIMESTAMP"}},
}
