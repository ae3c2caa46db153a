package validate_test

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
)

// smartID is a container with one Smart-ID LT signature (RSA of 6144 bits, issued
// under RSA of 4096), as most of those that are judged.
func smartID(b *testing.B) (*world, []byte) {
	b.Helper()
	w := begin(b, eutest.RSA(4096), eutest.SmartIDQualifiers())
	return w, w.Sign(w.ca.Signer(eutest.SmartID()), contract, eutest.SignOptions{PSS: true})
}

func judge(b *testing.B, v *validate.Validator, raw []byte) {
	b.Helper()
	got, err := v.Validate(validate.Request{File: validate.File{Name: "a.asice", Data: raw}, At: judged})
	if err != nil {
		b.Fatal(err)
	}
	if got.Report.ValidSignaturesCount != 1 {
		b.Fatalf("%d valid signatures, want 1", got.Report.ValidSignaturesCount)
	}
}

func perOperation(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N), "ms/op")
}

// BenchmarkSmartIDLT is one validator that judges one file again and again: what
// does not change (who issued whom) is remembered.
func BenchmarkSmartIDLT(b *testing.B) {
	w, raw := smartID(b)
	v := w.validator(b, "practice")
	judge(b, v, raw)
	b.ReportAllocs()
	for b.Loop() {
		judge(b, v, raw)
	}
	perOperation(b)
}

// BenchmarkSmartIDLTCold is a new validator each time; the lists are authenticated
// before.
func BenchmarkSmartIDLTCold(b *testing.B) {
	w, raw := smartID(b)
	snapshot, p := w.lists(b, nil), named(b, "practice")
	b.ReportAllocs()
	for b.Loop() {
		v, err := validate.New(path.NewTrust(snapshot, nil), p)
		if err != nil {
			b.Fatal(err)
		}
		judge(b, v, raw)
	}
	perOperation(b)
}
