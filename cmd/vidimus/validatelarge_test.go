package main_test

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// largeWorld is a signer, a folder for large files, and the flags by which the
// command judges them.
type largeWorld struct {
	*eutest.World
	signer *eutest.Signer
	dir    string
	flags  []string
}

func newLargeWorld(tb testing.TB) *largeWorld {
	w := eutest.New(tb)
	ca := w.MemberState("EE").Provider("Test Provider", "VATEE-1").CA("Test CA")
	l := &largeWorld{World: w, signer: ca.Signer(), dir: tb.TempDir()}
	// The signer's own certificate is trusted, so that the files need no revocation data.
	anchor := filepath.Join(l.dir, "anchor.pem")
	write(tb, anchor, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.signer.Certificate.Raw}))
	at := w.Now().Add(time.Hour)
	l.flags = []string{"validate", "--offline", "--lists", "none", "--trust-anchor", anchor, "--at", at.Format(time.RFC3339), "--format", "json"}
	return l
}

func write(tb testing.TB, name string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// sparse makes a file of zeros, which takes no place on the disk.
func (l *largeWorld) sparse(tb testing.TB, name string, size int64) string {
	tb.Helper()
	name = filepath.Join(l.dir, name)
	write(tb, name, nil)
	if err := os.Truncate(name, size); err != nil {
		tb.Fatal(err)
	}
	return name
}

// cms signs size zero octets, detached.
func (l *largeWorld) cms(tb testing.TB, name string, size int) string {
	tb.Helper()
	name = filepath.Join(l.dir, name)
	write(tb, name, l.SignCAdES(l.signer, make([]byte, size), true, eutest.SignOptions{Level: eutest.B}))
	return name
}

// pdf makes a signed PDF with images of a megabyte each, and an update after it.
func (l *largeWorld) pdf(tb testing.TB, name string, images int) string {
	tb.Helper()
	const room = 12000
	var b bytes.Buffer
	b.Grow(images<<20 + 1<<20)
	b.WriteString("%PDF-1.7\n")
	at := map[int]int{}
	object := func(n int, body string) {
		at[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, body)
	}
	var names strings.Builder
	picture := strings.Repeat("0123456789abcdef", 1<<16)
	for i := range images {
		fmt.Fprintf(&names, "/I%d %d 0 R", i, 10+i)
		object(10+i, fmt.Sprintf("<</Type/XObject/Subtype/Image/Length %d>>\nstream\n%s\nendstream", len(picture), picture))
	}
	object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>")
	object(2, "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 300]>>")
	object(3, "<</Type/Page/Parent 2 0 R/Resources<</XObject<<"+names.String()+">>>>/Annots[4 0 R]>>")
	object(4, "<</Type/Annot/Subtype/Widget/FT/Sig/T(First)/Rect[0 0 0 0]/P 3 0 R/V 5 0 R>>")
	object(5, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20250310120000Z)/ByteRange [0 aaaaaaaaaa bbbbbbbbbb cccccccccc]/Contents <"+
		strings.Repeat("0", 2*room)+">>>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 1\n0000000000 65535 f \n1 5\n")
	for n := range 5 {
		fmt.Fprintf(&b, "%010d 00000 n \n", at[n+1])
	}
	fmt.Fprintf(&b, "10 %d\n", images)
	for i := range images {
		fmt.Fprintf(&b, "%010d 00000 n \n", at[10+i])
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", 10+images, xref)
	data := b.Bytes()
	gap := at[5] + bytes.Index(data[at[5]:], []byte("/Contents <")) + len("/Contents ")
	end := gap + 2*room + 2
	for from, to := range map[string]int{"aaaaaaaaaa": gap, "bbbbbbbbbb": end, "cccccccccc": len(data) - end} {
		copy(data[at[5]+bytes.Index(data[at[5]:], []byte(from)):], fmt.Sprintf("%-10d", to))
	}
	signed := append(append(make([]byte, 0, len(data)), data[:gap]...), data[end:]...)
	hex.Encode(data[gap+1:], l.CMS(l.signer.Certificate, signed, eutest.CMSOptions{Detached: true}))
	name = filepath.Join(l.dir, name)
	write(tb, name, data)
	return name
}

// judge runs the command over a file and returns its report, and the largest memory
// that the kernel counted as the command's, in octets: mapped pages included.
func (l *largeWorld) judge(tb testing.TB, bin, file string, detached ...string) (report string, peak int) {
	tb.Helper()
	args := append([]string{}, l.flags...)
	for _, d := range detached {
		args = append(args, "--detached", d)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(tb.Context(), bin, append(args, file)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	for {
		// Not Maxrss of the child's usage: across exec the kernel keeps in it the peak
		// of the process that started it, which is this test with its large files.
		peak = max(peak, highWater(status))
		select {
		case err := <-ended:
			if errs.Len() > 0 {
				tb.Fatalf("%v: %s", err, errs.String())
			}
			return out.String(), peak
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// highWater is VmHWM of a process, in octets; 0 where it is not told.
func highWater(status string) int {
	raw, err := os.ReadFile(status)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			return n << 10
		}
	}
	return 0
}

// TestValidateLargeFiles: files that are mapped are judged as those that are read,
// and an altered octet anywhere in them is found.
func TestValidateLargeFiles(t *testing.T) {
	l, bin := newLargeWorld(t), build(t)
	const size = 20 << 20
	content, cms := l.sparse(t, "content", size), l.cms(t, "signature.p7s", size)
	if report, _ := l.judge(t, bin, cms, content); !strings.Contains(report, `"TOTAL-PASSED"`) {
		t.Errorf("a good signature over a large file: %s", report)
	}
	pdf := l.pdf(t, "large.pdf", 20)
	if report, _ := l.judge(t, bin, pdf); !strings.Contains(report, `"TOTAL-PASSED"`) {
		t.Errorf("a large PDF: %s", report)
	}
	alter := func(name string, at int64) {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte{'X'}, at); err != nil {
			t.Fatal(err)
		}
	}
	alter(content, size-1)
	if report, _ := l.judge(t, bin, cms, content); !strings.Contains(report, `"HASH_FAILURE"`) {
		t.Errorf("the last octet of the content altered: %s", report)
	}
	alter(pdf, 15<<20)
	if report, _ := l.judge(t, bin, pdf); !strings.Contains(report, `"HASH_FAILURE"`) {
		t.Errorf("an octet of a large PDF altered: %s", report)
	}
}

// BenchmarkValidateLarge judges what must not fill the memory, by the command as
// users run it: a detached CMS over a gigabyte, and a PDF of 300 MB. It reports the
// peak that the kernel counted, and how far it lies above that for a small file.
func BenchmarkValidateLarge(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the peak is read in /proc, which is Linux")
	}
	l, bin := newLargeWorld(b), build(b)
	_, idle := l.judge(b, bin, l.cms(b, "small.p7s", 1000), l.sparse(b, "small", 1000))
	for _, tt := range []struct {
		name  string
		size  int64
		files func(b *testing.B) (string, []string)
	}{
		{"detached CMS of 1 GB", 1e9, func(b *testing.B) (string, []string) {
			return l.cms(b, "large.p7s", 1e9), []string{l.sparse(b, "large", 1e9)}
		}},
		{"PDF of 300 MB", 300 << 20, func(b *testing.B) (string, []string) { return l.pdf(b, "large.pdf", 300), nil }},
	} {
		b.Run(tt.name, func(b *testing.B) {
			file, detached := tt.files(b)
			runtime.GC()
			b.SetBytes(tt.size)
			worst := 0
			for b.Loop() {
				report, peak := l.judge(b, bin, file, detached...)
				if !strings.Contains(report, `"TOTAL-PASSED"`) {
					b.Fatal(report)
				}
				worst = max(worst, peak)
			}
			b.ReportMetric(float64(worst)/1e6, "peak-MB")
			b.ReportMetric(float64(worst-idle)/1e6, "MB-above-idle")
		})
	}
}
