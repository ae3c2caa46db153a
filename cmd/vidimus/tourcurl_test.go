package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/validate/eutest"
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
	w := eutest.New(t)
	provider := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	provider.TSA("TEST TSA")
	signer := provider.CA("TEST CA").Signer()
	signatures := map[string][]byte{"contract.p7s": w.SignCAdES(signer, read(t, "contract.asice"), true, eutest.SignOptions{})}
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
			data, made := signatures[name]
			if !made {
				data = read(t, name)
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
		if strings.Contains(command, "detached=@") && strings.Contains(command, "/v1/jobs") {
			c := jobsClient(t, server, "")
			if _, err := c.Wait(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			var report client.Report
			if lines := resultsOf(t, c, job, 0); len(lines) != 2 || lines[1].Error != nil {
				t.Errorf("curl %s: %+v", strings.TrimSpace(command), lines)
			} else if err := json.Unmarshal(lines[1].Report, &report); err != nil || len(report.Signatures) != 1 || !report.Signatures[0].References[0].Intact || report.Signatures[0].References[0].Name != "contract.asice" {
				t.Errorf("curl %s: %+v %v", strings.TrimSpace(command), report, err)
			}
		}
		if answer.StatusCode/100 != 2 {
			t.Errorf("curl %s: %d %s", strings.TrimSpace(command), answer.StatusCode, says)
		}
	}
	if n < 14 || job == "" {
		t.Errorf("only %d curl commands stand in the README", n)
	}
}
