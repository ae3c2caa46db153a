package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
)

// BenchmarkServeOverhead compares judging by a direct call with judging over a
// connection of loopback that is kept alive: what HTTP, the document's checks of
// parameters and the spool cost beside the judging. It alternates, so that both see
// the same machine.
func BenchmarkServeOverhead(b *testing.B) {
	contract, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		b.Fatal(err)
	}
	deps, handler := doorOf(b, nil)
	server := newServer(b, handler)
	var direct, over time.Duration
	n := 0
	for b.Loop() {
		begun := time.Now()
		if _, err := deps.Validator.Validate(b.Context(), api.Upload{File: api.File{Name: "c.asice", Data: contract}}); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		answer, err := http.Post(server.URL+"/v1/validations?name=c.asice&policy=practice", "application/octet-stream", bytes.NewReader(contract))
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			b.Fatal(answer.Status)
		}
		direct += between.Sub(begun)
		over += time.Since(between)
		n++
	}
	b.ReportMetric(float64(n)/direct.Seconds(), "direct/s")
	b.ReportMetric(float64(n)/over.Seconds(), "http/s")
	b.ReportMetric(100*(over.Seconds()/direct.Seconds()-1), "overhead-%")
}
