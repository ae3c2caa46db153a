package eutest

import (
	"bytes"
	"crypto"
	"time"
)

// FrozenAt is the validation time at which the frozen world of testdata is to be judged.
var FrozenAt = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// Frozen is the small world that testdata holds, as paths below testdata: its lists,
// the certificates of its Official Journal, a contract signed by Smart-ID and the same
// contract altered. `go run ./testdata/gen` writes it; a test compares.
func Frozen() []File {
	w := NewWorld("frozen").At(time.Date(2025, 3, 10, 9, 30, 0, 0, time.UTC))
	ee := w.MemberState("EE")
	ee.List.Sequence = 80
	tsp := ee.Provider("TEST Trust Services AS", "VATEE-100000001", "AS TEST Trust")
	ca := tsp.CA("TEST EID-Q 2024", RSA(4096), SmartIDQualifiers(), Valid(Day(2024, 7, 2), Day(2039, 6, 29)),
		HistoryOf(Status{URI: Granted, Since: Day(2024, 7, 5)}), ServiceName("TEST EID-Q 2024 qualified certificates for electronic signatures"))
	tsp.CA("TEST ESTEID 2011", Valid(Day(2011, 3, 18), Day(2026, 3, 18)), HistoryBySKI(),
		HistoryOf(Status{URI: UnderSupervision, Since: Day(2011, 3, 18), Unqualified: true}, Status{URI: Granted, Since: EIDAS},
			Status{URI: Withdrawn, Since: Day(2021, 5, 21)}),
		Qualify(Criteria{Assert: "atLeastOne", KeyUsage: []map[string]bool{{"digitalSignature": true}, {"nonRepudiation": true}}}, QCWithQSCD))
	tsp.TSA("TEST TSA 2024", Valid(Day(2023, 10, 1), Day(2030, 4, 1)), HistoryOf(Status{URI: Granted, Since: Day(2023, 11, 7)}))

	lv := w.MemberState("LV")
	lv.List.Version, lv.List.Sequence = 5, 45
	lv.Provider("TEST Latvian provider", "NTRLV-40000000000").CA("TEST LV eID", ASI(ForeSignatures, ForeSeals))

	signer := ca.Signer(SmartID(), Natural("EE", "TESTNUMBER", "OK", "30303039914"), Valid(Day(2024, 12, 2), Day(2027, 12, 2)))
	contract := File{Name: "contract.txt", MediaType: "text/plain", Raw: []byte(
		"LOAN CONTRACT (test data, of no legal worth)\n\nThe lender lends the borrower EUR 1000.\nThe borrower pays it back by 2026-03-10.\n")}
	container := w.Container(contract).Sign(signer, SignOptions{PSS: true, Hash: crypto.SHA512})
	good := container.Bytes()
	altered := container.Replace("contract.txt", bytes.Replace(contract.Raw, []byte("EUR 1000"), []byte("EUR 9000"), 1)).Bytes()

	w.At(FrozenAt)
	out := []File{{Name: "contract.asice", Raw: good}, {Name: "contract-altered.asice", Raw: altered}}
	var anchors []byte
	for _, a := range w.Anchors() {
		anchors = append(anchors, a.Certificate.PEM()...)
	}
	out = append(out, File{Name: "world/lotl-anchors.pem", Raw: anchors})
	for _, l := range w.Lists() {
		out = append(out, File{Name: "world/lists/" + l.Name, Raw: l.Raw})
	}
	return out
}
