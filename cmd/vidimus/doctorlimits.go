package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// uploads looks at the folder in which uploads wait: under a read-only root, or for a
// user who does not own it, there is none that can be written.
func (v *visit) uploads() {
	dir := os.TempDir()
	v.writable("uploads", dir)
	v.disk("uploads", dir)
}

// Files that a process has open besides connections and uploads: databases, lists, logs.
const baseFiles = 64

// openFiles compares how many files may be open at once with what connections and
// uploads need.
func (v *visit) openFiles() {
	if v.rt.Machine == nil {
		return
	}
	have := openFilesOf(textOf(v.rt.Machine, "proc/self/limits"))
	if have == 0 {
		return // this system does not say
	}
	if need := uint64(baseFiles + max(v.MaxConnections, 0) + max(v.MaxUploads, 0)); need > have { //#nosec G115 -- not negative
		v.warn("files", "LimitNOFILE= in the unit, --ulimit nofile= of a container, or a smaller --max-connections",
			"%d files may be open at once, and %d connections with %d uploads need up to %d.", have, v.MaxConnections, v.MaxUploads, need)
		return
	}
	v.ok("files", "%d files may be open at once.", have)
}

// openFilesOf reads the soft limit of open files from what Linux says of a process; 0:
// it does not say, or there is none.
func openFilesOf(limits string) uint64 {
	for line := range strings.Lines(limits) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if words := strings.Fields(rest); len(words) > 0 {
				n, _ := strconv.ParseUint(words[0], 10, 63) // "unlimited" is 0
				return n
			}
		}
	}
	return 0
}

// signing looks at the key that signs reports: that it can be read, that the certificate
// is its own, and how long that one is good.
func (v *visit) signing() {
	if v.SignReport == "" {
		return
	}
	for _, name := range []string{v.SignReport, v.SignReportPassword} {
		if name != "" && !v.private("signing", name) {
			return
		}
	}
	if err := v.prepare(v.rt, "pdf"); err != nil {
		v.failed("signing", err, "give the file of a key with the certificate that was issued for it")
		return
	}
	own := v.key.Certificate()
	switch {
	case !v.now.Before(own.NotAfter):
		v.fail("signing", "ask for another certificate", "The certificate that signs reports has ended on %s.", day(own.NotAfter))
	case v.now.Before(own.NotBefore):
		v.fail("signing", "look at the clock", "The certificate that signs reports begins on %s only.", day(own.NotBefore))
	case own.NotAfter.Before(v.now.Add(certificateSoon)):
		v.warn("signing", "ask for another certificate", "The certificate that signs reports ends on %s.", day(own.NotAfter))
	default:
		v.ok("signing", "Reports are signed; the certificate is good until %s.", day(own.NotAfter))
	}
}

// gap tells when a clock elsewhere and ours are apart.
func (v *visit) gap(whose string, theirs, ours time.Time) {
	if apart := ours.Sub(theirs).Round(time.Second); apart.Abs() > clockSlack {
		v.fail("clock", "set the clock, and keep it by NTP", "The clock says %s, and that of %s says %s: they are %s apart.",
			ours.UTC().Format(time.RFC3339), whose, theirs.UTC().Format(time.RFC3339), apart.Abs())
	}
}
