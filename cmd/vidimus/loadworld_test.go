package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// loadWorld is what clients send, and by what the service judges it.
type loadWorld struct {
	mix      []eutest.File
	requests [][]byte // that post them
	flags    []string // of serve
	serve    func(*ServeCmd)
}

// newLoadWorld makes the mix of a Smart-ID service: mostly contracts of some kilobytes
// at level LT, some LTA and PAdES, a few of a megabyte. The CA has 4096 bits and the
// signers have 6144, as theirs.
func newLoadWorld(tb testing.TB) *loadWorld {
	tb.Helper()
	w := eutest.NewWorld("load").At(eutest.Day(2025, 3, 10))
	w.LOTL().NoPivots()
	sk := w.MemberState("EE").Provider("SK", "VATEE-100687640")
	sk.TSA("TSA")
	signer := sk.CA("CA", eutest.RSA(4096), eutest.SmartIDQualifiers()).Signer(eutest.SmartID())
	text := func(size int) []eutest.File {
		raw := make([]byte, size)
		random := rand.NewChaCha8([32]byte{1}) // a scan or a ZIP inside does not shrink
		_, _ = random.Read(raw)
		return []eutest.File{{Name: "contract.bin", Raw: raw}}
	}
	lt := func(size int) []byte { return w.Sign(signer, text(size), eutest.SignOptions{PSS: true}) }
	pdf := func(level eutest.Level) []byte {
		return w.SignPDF(signer, eutest.PDFOptions{SignOptions: eutest.SignOptions{Level: level}})
	}
	small, lta := lt(4<<10), w.Sign(signer, text(20<<10), eutest.SignOptions{Level: eutest.LTA, PSS: true})
	l := &loadWorld{}
	for i, raw := range [][]byte{small, lt(60 << 10), lta, small, pdf(eutest.LT), small, lt(300 << 10), pdf(eutest.LTA), small, lt(1 << 20)} {
		name := "contract" + strconv.Itoa(i) + ".asice"
		if bytes.HasPrefix(raw, []byte("%PDF")) {
			name = "contract" + strconv.Itoa(i) + ".pdf"
		}
		l.mix = append(l.mix, eutest.File{Name: name, Raw: raw})
		head := fmt.Sprintf("POST /v1/validations?name=%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", name, len(raw))
		l.requests = append(l.requests, append([]byte(head), raw...))
	}
	w.At(eutest.Day(2025, 3, 20))
	dir := tb.TempDir()
	put := func(name string, raw []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	var anchors []byte
	for _, a := range w.Anchors() {
		anchors = append(anchors, a.Certificate.PEM()...)
	}
	put("anchors.pem", anchors)
	if err := os.Mkdir(filepath.Join(dir, "lists"), 0o700); err != nil {
		tb.Fatal(err)
	}
	for _, f := range w.Lists() {
		put("lists/"+f.Name, f.Raw)
	}
	at := w.Now().Format(time.RFC3339)
	l.flags = []string{"--lists", filepath.Join(dir, "lists"), "--lotl-anchors", filepath.Join(dir, "anchors.pem"), "--unsafe-now", at, "--offline"}
	l.serve = func(c *ServeCmd) {
		c.Lists, c.LotlAnchors, c.UnsafeNow, c.Offline = filepath.Join(dir, "lists"), filepath.Join(dir, "anchors.pem"), at, true
		c.MaxRequest, c.MaxUploads, c.QueueWait, c.UploadTimeout = DefaultMaxRequest, 64, 10*time.Second, 2*time.Minute
	}
	return l
}

// DefaultMaxRequest is that of the flag.
const DefaultMaxRequest = 100 << 20

// buildCommand builds the command as users run it.
func buildCommand(tb testing.TB) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "vidimus")
	if out, err := exec.CommandContext(tb.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		tb.Fatalf("building the command: %v\n%s", err, out)
	}
	return bin
}

// loadedChild is `vidimus serve` in a process of its own, so that what it takes of the
// processors and of the memory is told apart from what its clients take.
type loadedChild struct {
	tb   testing.TB
	cmd  *exec.Cmd
	addr string
	url  string
	log  lockedBuffer
}

func serveChildOf(tb testing.TB, flags ...string) *loadedChild {
	tb.Helper()
	p := &loadedChild{tb: tb}
	home := tb.TempDir()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--store", "dir:" + filepath.Join(home, "store")}, flags...)
	p.cmd = exec.Command(buildCommand(tb), args...) //nolint:noctx // it is ended as an operator would, by SIGTERM
	p.cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+home, "XDG_DATA_HOME="+home, "HOME="+home)
	errs, err := p.cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	lines := bufio.NewReader(errs)
	for p.addr == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			tb.Fatalf("it did not start: %s%s", p.log.String(), line)
		}
		if _, addr, ok := strings.Cut(line, "serving on http://"); ok {
			p.addr = strings.TrimSpace(addr)
		}
		_, _ = p.log.Write([]byte(line))
	}
	p.url = "http://" + p.addr
	var drained sync.WaitGroup
	drained.Go(func() { _, _ = io.Copy(&p.log, lines) })
	tb.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		drained.Wait()
		if err := p.cmd.Wait(); err != nil {
			tb.Errorf("it ended with %v", err)
		}
	})
	return p
}

// proc reads a file of /proc about the process.
func (p *loadedChild) proc(name string) string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
	if err != nil {
		p.tb.Fatal(err)
	}
	return string(raw)
}

// cpu is the time that the process took of the processors (proc(5): utime and stime,
// in hundredths of a second).
func (p *loadedChild) cpu() time.Duration {
	stat := p.proc("stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	ticks := 0
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// stolenCPU is how long the host has kept the processors of this machine to itself so far
// (proc(5): steal, of all processors, in hundredths of a second); 0 where it does not say.
func stolenCPU() time.Duration {
	raw, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(raw), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0
	}
	n, _ := strconv.Atoi(fields[8])
	return time.Duration(n) * 10 * time.Millisecond
}

// memory is a line of the process's status such as VmHWM, the most memory that it ever
// held, in octets.
func (p *loadedChild) memory(line string) int64 {
	for l := range strings.Lines(p.proc("status")) {
		if value, ok := strings.CutPrefix(l, line+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return n << 10
		}
	}
	p.tb.Fatalf("the kernel does not tell %s", line)
	return 0
}

// ownCPU is the time that this process took.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// send posts a file of the mix and says how it was answered.
func (l *loadWorld) send(client *http.Client, url string, i int) (status int, header http.Header, body []byte, err error) {
	f := l.mix[i%len(l.mix)]
	answer, err := client.Post(url+"/v1/validations?name="+f.Name, "application/octet-stream", bytes.NewReader(f.Raw))
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, body, err
}

// peakOf runs the command to its end and returns the most memory that it ever had.
func peakOf(tb testing.TB, bin string, args ...string) (peak int64) {
	tb.Helper()
	home := tb.TempDir()
	p := &loadedChild{tb: tb, cmd: exec.CommandContext(tb.Context(), bin, args...)}
	p.cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+home, "XDG_DATA_HOME="+home, "HOME="+home)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	for {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)) // it may have ended
		if _, rest, ok := strings.Cut(string(raw), "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			peak = max(peak, n<<10)
		}
		select {
		case err := <-ended:
			if err != nil {
				tb.Fatalf("%v: %s", err, p.log.String())
			}
			return peak
		case <-time.After(5 * time.Millisecond):
		}
	}
}
