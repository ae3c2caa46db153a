package eutest_test

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/eutest"
)

// A contract signed by Smart-ID in March, a certificate revoked in June, and the
// lists as they stand in December.
func Example() {
	w := eutest.NewWorld("example").At(eutest.Day(2025, 3, 10))
	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	ca := sk.CA("TEST EID-Q", eutest.RSA(4096), eutest.SmartIDQualifiers())
	sk.TSA("TEST TSA 2025")
	signer := ca.Signer(eutest.SmartID()).RevokedOn(eutest.Day(2025, 6, 1), eutest.KeyCompromise)
	container := w.Sign(signer, []eutest.File{eutest.Text("contract.txt", "I owe you.")}, eutest.SignOptions{PSS: true})

	fmt.Println("a ZIP file:", string(container[:2]) == "PK")
	for _, f := range w.At(eutest.Day(2025, 12, 1)).Lists() {
		fmt.Println(f.Name)
	}
	fmt.Println(len(w.Anchors()), "certificates may sign the oldest pivot")
	// Output:
	// a ZIP file: true
	// eu-lotl.xml
	// eu-lotl-pivot-290.xml
	// eu-lotl-pivot-300.xml
	// EE.xml
	// 2 certificates may sign the oldest pivot
}
