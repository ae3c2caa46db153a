package main

import (
	"path/filepath"
	"testing"
)

// TestBrowserBatches: what a program sent as a batch, a person looks at: each file with
// its verdict and its bundle.
func TestBrowserBatches(t *testing.T) {
	b, server := looked(t, withJobs(t))
	b.Go("/")
	says(b, "nav", "Batches")
	fine(b, "/batches", "none")
	says(b, "main", "There is none.")
	answer, body := sendJob(t, server, "?archive=true", "", read(t, "contract.asice"), read(t, "contract-altered.asice"), []byte("<script>"))
	if answer.StatusCode != 201 {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	id := filepath.Base(answer.Header.Get("Location"))
	if _, err := jobsClient(t, server, "").Wait(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	fine(b, "/batches", "list")
	says(b, "main", id, "3 of 3", "completed")
	fine(b, "/batches/"+id, "batch")
	says(b, "main", "1.asice", "Valid", "2.asice", "Not valid", "3.asice", "Not judged", "bundle")
	b.Go("/batches/none")
	says(b, "main", "No batch has this ID.")
}
