package main

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// curled is a word of a curl command: in quotes, or without blanks.
var curled = regexp.MustCompile(`'([^']*)'|(\S+)`)

// TestTourCurl runs each curl command of the README's tour, as far as the tour needs
// curl: -F file=@NAME, and a URL of the service.
func TestTourCurl(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	server := serviceOf(t, withJobs(t))
	n, job := 0, "" // the job that was made last
	for line := range strings.Lines(string(raw)) {
		command, ok := strings.CutPrefix(line, "    curl ")
		if !ok {
			continue
		}
		n++
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		method, url := http.MethodGet, ""
		words := curled.FindAllStringSubmatch(command, -1)
		for i := 0; i < len(words); i++ {
			word := words[i][1] + words[i][2]
			if word == "#" { // what follows is a comment of the shell
				break
			}
			if word == "-X" {
				if i++; i < len(words) {
					method = words[i][2]
				}
				continue
			}
			if word != "-F" {
				url = strings.Replace(word, "http://127.0.0.1:8080", server.URL, 1)
				url = strings.Replace(url, "/jobs/ID", "/jobs/"+job, 1)
				continue
			}
			if i++; i == len(words) {
				t.Fatalf("%q ends in -F", command)
			}
			field, name, ok := strings.Cut(words[i][1]+words[i][2], "=@")
			if !ok {
				t.Fatalf("%q: this test knows -F FIELD=@FILE only", command)
			}
			data, err := os.ReadFile(filepath.Join("../../testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			to, err := form.CreateFormFile(field, name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := to.Write(data); err != nil {
				t.Fatal(err)
			}
			method = http.MethodPost
		}
		_ = form.Close()
		request, err := http.NewRequestWithContext(t.Context(), method, url, &body)
		if err != nil {
			t.Fatalf("%q: %v", command, err)
		}
		if method == http.MethodPost {
			request.Header.Set("Content-Type", form.FormDataContentType())
		}
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatalf("%q: %v", command, err)
		}
		says, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if at := answer.Header.Get("Location"); strings.HasPrefix(at, "/v1/jobs/") {
			job = filepath.Base(at)
		}
		if answer.StatusCode/100 != 2 {
			t.Errorf("curl %s: %d %s", strings.TrimSpace(command), answer.StatusCode, says)
		}
	}
	if n < 13 || job == "" {
		t.Errorf("only %d curl commands stand in the README", n)
	}
}
