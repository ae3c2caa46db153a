package api

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkDoor is what the door costs without a network and without judging: gin,
// the checks of the OpenAPI document's parameters, the spool, the log. Beside the
// milliseconds of judging a file it must not count.
func BenchmarkDoor(b *testing.B) {
	f := newFake()
	h, err := New(Deps{Validator: f, Archive: f, Readiness: f, Now: noonNow, TempDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	body := strings.Repeat("x", 20_000)
	for b.Loop() {
		f.got = f.got[:0]
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/v1/validations?name=c.asice&policy=practice&depth=full", strings.NewReader(body)))
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
