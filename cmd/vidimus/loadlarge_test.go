package main

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// zeros is what large files are made of: it takes no place.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// largeUpload is a detached CMS over size zeros, and the flags by which serve trusts
// its signer.
func largeUpload(tb testing.TB, size int) (cms []byte, flags []string) {
	tb.Helper()
	if goruntime.GOOS != "linux" {
		tb.Skip("files are mapped, and the peak is read in /proc, on Linux")
	}
	w := eutest.New(tb)
	signer := w.MemberState("EE").Provider("Test Provider", "VATEE-1").CA("Test CA").Signer()
	anchor := filepath.Join(tb.TempDir(), "anchor.pem")
	if err := os.WriteFile(anchor, signer.PEM(), 0o600); err != nil {
		tb.Fatal(err)
	}
	cms = w.SignCAdES(signer, make([]byte, size), true, eutest.SignOptions{Level: eutest.B})
	goruntime.GC()
	return cms, []string{"--offline", "--lists", "none", "--trust-anchor", anchor, "--unsafe-now", w.Now().Add(time.Hour).Format(time.RFC3339), "--max-request", "2147483648"}
}

// upload streams the CMS and size zeros as a form.
func (p *loadedChild) upload(path string, cms []byte, size int64) (status int, body string) {
	p.tb.Helper()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	to, err := parts.CreateFormFile("file", "large.p7s")
	if err == nil {
		_, err = to.Write(cms)
	}
	if err == nil {
		_, err = parts.CreateFormFile("detached", "large")
	}
	if err != nil {
		p.tb.Fatal(err)
	}
	head := form.String()
	answer, err := http.Post(p.url+path, parts.FormDataContentType(),
		io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, size), strings.NewReader("\r\n--"+parts.Boundary()+"--\r\n")))
	if err != nil {
		p.tb.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		p.tb.Fatal(err)
	}
	return answer.StatusCode, string(raw)
}

// TestS2LargeUploadsAreJudgedInLittleMemory: a large content is received and judged,
// and the most memory that the process ever had is a small part of it.
func TestS2LargeUploadsAreJudgedInLittleMemory(t *testing.T) {
	const size, most = 192 << 20, 96 << 20
	cms, flags := largeUpload(t, size)
	p := serveChildOf(t, append(flags, "--max-judgings", "1")...)
	if status, body := p.upload("/v1/validations", cms, size); status != http.StatusOK || !strings.Contains(body, `"TOTAL-PASSED"`) {
		t.Errorf("%d %.500s", status, body)
	}
	if status, body := p.upload("/v1/validations", cms, size-1); status != http.StatusOK || !strings.Contains(body, `"HASH_FAILURE"`) {
		t.Errorf("an octet is missing: %d %.500s", status, body)
	}
	if peak := p.memory("VmHWM"); peak > most {
		t.Errorf("the process had %d MB for an upload of %d MB", peak>>20, size>>20)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "vidimus-upload-*")); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
}

// BenchmarkServeLarge uploads a gigabyte, and reports the peak of the memory that the
// kernel counted as the service's: mapped pages included.
func BenchmarkServeLarge(b *testing.B) {
	const size = 1_000_000_000
	cms, flags := largeUpload(b, size)
	p := serveChildOf(b, flags...)
	idle := p.memory("VmHWM")
	b.SetBytes(size)
	for b.Loop() {
		if status, body := p.upload("/v1/validations", cms, size); status != http.StatusOK || !strings.Contains(body, `"TOTAL-PASSED"`) {
			b.Fatal(status, body)
		}
	}
	b.ReportMetric(float64(p.memory("VmHWM"))/1e6, "peak-MB")
	b.ReportMetric(float64(p.memory("VmHWM")-idle)/1e6, "MB-above-idle")
}
