package report_test

import (
	"testing"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// What each voice costs, for one Smart-ID signature.
func BenchmarkVoices(b *testing.B) {
	r := judged(b, frozen(b), "strict", "contract.asice")
	for name, write := range map[string]func() ([]byte, error){
		"json": r.JSON,
		"etsi": func() ([]byte, error) { return r.ETSI(report.ETSIOptions{}) },
		"html": func() ([]byte, error) { return r.HTML(lang.English) },
		"pdf":  func() ([]byte, error) { return r.PDF(lang.English) },
	} {
		b.Run(name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				raw, err := write()
				if err != nil {
					b.Fatal(err)
				}
				size = len(raw)
			}
			b.ReportMetric(float64(size), "octets")
		})
	}
}
