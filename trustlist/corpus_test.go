package trustlist

import (
	"crypto/x509"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// corpusList reads one of the real lists, or skips the test.
func corpusList(t testing.TB, parts ...string) *List {
	t.Helper()
	dir := os.Getenv("VIDIMUS_CORPUS")
	if dir == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	raw, err := os.ReadFile(filepath.Join(append([]string{dir}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return mustParse(t, raw)
}

// named finds the services whose current name begins so, or says so in brackets.
func named(l *List, part string) []*Service {
	var out []*Service
	for _, p := range l.Providers {
		for _, s := range p.Services {
			if len(s.Instances) == 0 {
				continue
			}
			if name := s.Instances[0].Name; strings.HasPrefix(name, part) || strings.Contains(name, "("+part+")") {
				out = append(out, s)
			}
		}
	}
	return out
}

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	if err != nil {
		panic(err)
	}
	return t
}

// TestCorpusEstonianServices holds the Estonian list against what is known of it
// (smart-ID digest §4).
func TestCorpusEstonianServices(t *testing.T) {
	l := corpusList(t, "worlds", "eu-2023-11", "lists", "EE.xml")
	if p := l.Providers[0]; p.Name() != "SK ID Solutions AS" || !slices.Contains(p.TradeNames, "VATEE-100687640") {
		t.Errorf("provider %q, %q", p.Names, p.TradeNames)
	}
	for _, c := range []struct {
		name, kind string
		statuses   string // newest first, "status start"
	}{
		{"EID-SK 2016", ServiceCAQC, "granted 2016-12-21T10:00:00Z"},
		{"EID-SK 2011", ServiceCAQC, "withdrawn 2020-12-05T09:14:31Z, granted 2016-06-30T22:00:00Z, undersupervision 2011-03-18"},
		{"EID-SK 2007", ServiceCAQC, "withdrawn 2017-06-30T22:00:00Z, granted 2016-06-30T22:00:00Z, undersupervision 2007-01-05"},
		{"ESTEID2018", ServiceCAQC, "granted 2018-11-02T14:00:00Z"},
		{"SK OCSP RESPONDER 2011", ServiceOCSPQC, "granted 2016-06-30T22:00:00Z"},
	} {
		s := named(l, c.name)
		if len(s) == 0 {
			t.Errorf("no service %q", c.name)
			continue
		}
		if s[0].Instances[0].Type != c.kind || len(s[0].Certificates) == 0 {
			t.Errorf("%s is %s with %d certificates", c.name, s[0].Instances[0].Type, len(s[0].Certificates))
		}
		for n, want := range strings.Split(c.statuses, ", ") {
			if n >= len(s[0].Instances) {
				t.Errorf("%s has %d instances", c.name, len(s[0].Instances))
				break
			}
			i := s[0].Instances[n]
			if got := strings.TrimPrefix(i.Status, statusPrefix) + " " + i.Start.Format(time.RFC3339); !strings.HasPrefix(got, want) {
				t.Errorf("%s: instance %d is %q, want %q", c.name, n, got, want)
			}
		}
	}
	// Three certificates of one key, two history instances of one start, of which one says NotQualified.
	klass := named(l, "Klass3-SK 2010")
	if len(klass) == 0 {
		t.Fatal("no service Klass3-SK 2010")
	}
	k := klass[0]
	same := 0
	for n := 1; n < len(k.Instances); n++ {
		if k.Instances[n].Start.Equal(k.Instances[n-1].Start) {
			same++
			if !k.Instances[n].End.Equal(k.Instances[n].Start) {
				t.Error("of two instances of one start, the older lasts no time")
			}
		}
	}
	if len(k.Certificates) != 3 || same != 1 || !k.Instances[0].Start.Equal(utc("2023-05-09T21:00:00Z")) {
		t.Errorf("Klass3-SK 2010: %d certificates, %d instances of the same start, since %v", len(k.Certificates), same, k.Instances[0].Start)
	}
}

// TestCorpusEstonianQualifiers: what the lists say of a Smart-ID signing
// certificate and of an ID card's two certificates.
func TestCorpusEstonianQualifiers(t *testing.T) {
	l := corpusList(t, "worlds", "eu-2023-11", "lists", "EE.xml")
	cert := func(usage x509.KeyUsage, policy ...uint64) *certificate.Certificate {
		return testCertificate(t, func(c *x509.Certificate) {
			c.KeyUsage = usage
			oid, err := x509.OIDFromInts(policy)
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = []x509.OID{oid}
		})
	}
	smartID := []uint64{1, 3, 6, 1, 4, 1, 10015, 17, 2}
	idCard := []uint64{1, 3, 6, 1, 4, 1, 51361, 1}
	for _, c := range []struct {
		service string
		cert    *certificate.Certificate
		want    []string
	}{
		{"EID-SK 2016", cert(x509.KeyUsageContentCommitment, smartID...), []string{QCForESig, QCStatement}},
		{"EID-SK 2016", cert(x509.KeyUsageDigitalSignature, smartID...), nil},
		{"EID-SK 2016", cert(x509.KeyUsageContentCommitment, 1, 2, 3), nil},
		// An authentication certificate is in a device, and is no certificate for signatures.
		{"ESTEID2018", cert(x509.KeyUsageDigitalSignature, idCard...), []string{QCWithQSCD}},
		{"ESTEID2018", cert(x509.KeyUsageContentCommitment, idCard...), []string{QCForESig, QCStatement, QCWithQSCD}},
	} {
		i := named(l, c.service)[0].Instances[0]
		got, undecided := i.Captured(c.cert)
		slices.Sort(got)
		if !slices.Equal(got, c.want) || len(undecided) != 0 {
			t.Errorf("%s captures %q and leaves %q open, want %q", c.service, got, undecided, c.want)
		}
	}
	if i := named(l, "EID-SK 2016")[0].Instances[0]; !slices.Contains(i.ASI, ForeSignatures) {
		t.Errorf("EID-SK 2016 covers %q", i.ASI)
	}
}

// TestCorpusCounts holds the whole against the counts of the trusted-list digest:
// services, those without a certificate, identities in two lists.
func TestCorpusCounts(t *testing.T) {
	dir := os.Getenv("VIDIMUS_CORPUS")
	if dir == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	files, err := filepath.Glob(filepath.Join(dir, "worlds", "eu-2023-11", "lists", "??.xml"))
	if err != nil || len(files) != 30 {
		t.Fatal(len(files), err)
	}
	reader := NewReader()
	var lists []*List
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		l, err := reader.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Problems) > 0 {
			t.Errorf("%s: %v", filepath.Base(f), l.Problems)
		}
		lists = append(lists, l)
	}
	s := NewSnapshot(Contents{Lists: lists})
	services, bare, keyless := 0, 0, 0
	for _, l := range s.Lists {
		for _, p := range l.Providers {
			for _, v := range p.Services {
				if services++; len(v.Certificates) == 0 {
					bare++
				}
				for _, c := range v.Certificates {
					if c.Key == nil {
						keyless++
						t.Logf("%s: key of %q: %s", l.Territory, c.SignerName(), c.KeyProblem)
					}
					if !slices.Contains(s.Services(c), v) {
						t.Errorf("%s: a service is not found by its own certificate", l.Territory)
					}
				}
			}
		}
	}
	t.Logf("%d services, %d without certificate, %d certificates, %d keys that cannot be used", services, bare, s.CertificateCount(), keyless)
	if bare > 13 || s.CertificateCount() < 2500 {
		t.Errorf("%d services without certificate, %d certificates", bare, s.CertificateCount())
	}
}

// TestStringsDoNotKeepTheXML: the strings of a list are copies, and do not hold
// on to a second copy of the whole file.
func TestStringsDoNotKeepTheXML(t *testing.T) {
	const padding = 16 << 20
	raw := criteriaXML(`<q:CriteriaList assert="all"><q:PolicySet><q:PolicyIdentifier><xa:Identifier>1.2.3</xa:Identifier></q:PolicyIdentifier></q:PolicySet></q:CriteriaList>`)
	raw = []byte(strings.Replace(string(raw), "<SchemeInformation>", "<!--"+strings.Repeat("x", padding)+"--><SchemeInformation>", 1))
	before := heapInUse()
	l := mustParse(t, raw)
	if kept := int64(heapInUse()) - int64(before); kept > padding/2 {
		t.Errorf("a list of %d octets keeps %d more", len(raw), kept)
	}
	goruntime.KeepAlive(l)
	goruntime.KeepAlive(raw)
}

func heapInUse() uint64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.HeapAlloc
}
