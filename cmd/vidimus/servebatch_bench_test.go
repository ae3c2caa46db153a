package main

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/client"
)

// BenchmarkServeBatch compares judging files by direct calls, one after the other, with
// sending them as a batch job over loopback and waiting for its end: what durability, the
// queue and the results cost. The queue looks for new jobs once a second.
func BenchmarkServeBatch(b *testing.B) {
	const files = 1000
	contract := read(b, "contract.asice")
	deps, handler := doorOf(b, withJobs(b))
	c := jobsClient(b, newServer(b, handler), "")
	var direct, sent, judged time.Duration
	n := 0
	for b.Loop() {
		begun := time.Now()
		for range files {
			if _, err := deps.Validator.Validate(b.Context(), api.Upload{File: api.File{Name: "c.asice", Data: contract}}); err != nil {
				b.Fatal(err)
			}
		}
		direct += time.Since(begun)
		request := client.JobRequest{Files: make([]client.File, files)}
		for i := range request.Files {
			request.Files[i] = client.Bytes("c.asice", contract)
		}
		begun = time.Now()
		job, err := c.Submit(b.Context(), request)
		if err != nil {
			b.Fatal(err)
		}
		sent += time.Since(begun)
		begun = time.Now()
		for !job.Done() {
			time.Sleep(5 * time.Millisecond)
			if job, err = c.Job(b.Context(), job.ID); err != nil {
				b.Fatal(err)
			}
		}
		judged += time.Since(begun)
		if job.Counts.Passed != files {
			b.Fatalf("%+v", job)
		}
		n += files
	}
	b.ReportMetric(float64(n)/direct.Seconds(), "direct-files/s")
	b.ReportMetric(float64(n)/sent.Seconds(), "sent-files/s")
	b.ReportMetric(float64(n)/judged.Seconds(), "job-files/s")
}
