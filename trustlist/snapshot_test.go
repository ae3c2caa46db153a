package trustlist

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// service is a service of these instances, newest first: "status start".
func service(c []*certificate.Certificate, current string, history ...string) string {
	part := func(element, s, rest string) string {
		status, start, _ := strings.Cut(s, " ")
		return inst(element, "CA/QC", status, start+"-01-01T00:00:00Z", rest)
	}
	out := `<TSPService>` + part("ServiceInformation", current, identity(c...)) + `<ServiceHistory>`
	for _, h := range history {
		out += part("ServiceHistoryInstance", h, "")
	}
	return out + `</ServiceHistory></TSPService>`
}

func listOf(t *testing.T, territory string, services ...string) *List {
	return mustParse(t, listXML(strings.Replace(goodScheme, ">ee<", ">"+territory+"<", 1), provider(strings.Join(services, ""))))
}

func TestSpan(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := certify(t, key, nil)
	again := certify(t, key, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(2) }) // same name and key
	one := []*certificate.Certificate{ca}
	for _, c := range []struct {
		name   string
		lists  []*List
		active bool
		span   string
	}{
		{"granted", []*List{listOf(t, "AA", service(one, "granted 2018"))}, true, "2018 open"},
		{"withdrawn", []*List{listOf(t, "AA", service(one, "withdrawn 2020", "granted 2016", "accredited 2012"))}, true, "2012 2020"},
		{"a gap does not count", []*List{listOf(t, "AA", service(one, "granted 2020", "withdrawn 2018", "undersupervision 2012"))}, true, "2012 open"},
		{"never at work", []*List{listOf(t, "AA", service(one, "withdrawn 2020", "supervisionceased 2010"))}, false, "0001 open"},
		{"set by national law", []*List{listOf(t, "AA", service(one, "deprecatedbynationallaw 2020", "setbynationallaw 2014"))}, true, "2014 2020"},
		{"recognised at national level", []*List{listOf(t, "AA", service(one, "recognisedatnationallevel 2017"))}, true, "2017 open"},
		{"two services", []*List{listOf(t, "AA", service(one, "withdrawn 2019", "granted 2017"), service(one, "withdrawn 2022", "granted 2018"))}, true, "2017 2022"},
		{"two lists", []*List{listOf(t, "AA", service(one, "withdrawn 2019", "granted 2015")), listOf(t, "BB", service(one, "granted 2021"))}, true, "2015 open"},
		{"open before closed", []*List{listOf(t, "AA", service(one, "granted 2021")), listOf(t, "BB", service(one, "withdrawn 2019", "granted 2015"))}, true, "2015 open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewSnapshot(Contents{Lists: c.lists})
			for _, cert := range []*certificate.Certificate{ca, again} {
				listed, active, start, end := s.Span(cert)
				got := start.Format("2006") + " open"
				if end != nil {
					got = start.Format("2006") + " " + end.Format("2006")
				}
				if !listed || active != c.active || got != c.span {
					t.Errorf("listed %v, active %v, %s; want %v, %s", listed, active, got, c.active, c.span)
				}
			}
			if listed, active, _, _ := s.Span(testCertificate(t, nil)); listed || active {
				t.Error("another key of the same name is listed")
			}
		})
	}
}

func TestSnapshotIndex(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := certify(t, key, nil)
	again := certify(t, key, func(c *x509.Certificate) { c.SerialNumber = big.NewInt(2) })
	renamed := certify(t, key, func(c *x509.Certificate) { c.Subject.CommonName = "Renamed" })
	bb := listOf(t, "BB", service([]*certificate.Certificate{ca, again, renamed}, "granted 2018"), service([]*certificate.Certificate{again}, "granted 2019"))
	aa := listOf(t, "AA", service([]*certificate.Certificate{ca}, "granted 2017"))
	s := NewSnapshot(Contents{Lists: []*List{bb, aa}})
	if s.Lists[0] != aa {
		t.Error("lists are not in the order of territories")
	}
	services := s.Services(again)
	if len(services) != 3 || services[0].Provider.List != aa || services[1] != bb.Providers[0].Services[0] || services[2] != bb.Providers[0].Services[1] {
		t.Errorf("%d services", len(services))
	}
	if n := len(s.Services(renamed)); n != 1 {
		t.Errorf("the same key under another name reaches %d services", n)
	}
	if got := s.BySubject(ca.RawSubject); len(got) != 2 || got[0].ID != ca.ID || got[1].ID != again.ID {
		t.Errorf("%d certificates of that name", len(got))
	}
	if s.ByID(renamed.ID) == nil || s.ByID(testCertificate(t, nil).ID) != nil || s.CertificateCount() != 3 {
		t.Error("certificates by hash")
	}
	if s.List("BB") != bb || s.List("CC") != nil {
		t.Error("lists by territory")
	}
	other := NewSnapshot(Contents{Lists: []*List{aa, bb}})
	if other.Digest() != s.Digest() || NewSnapshot(Contents{Lists: []*List{aa}}).Digest() == s.Digest() {
		t.Error("the digest depends on the lists, and not on their order")
	}
	if NewSnapshot(Contents{LOTLs: []*List{aa}}).Digest() == NewSnapshot(Contents{Lists: []*List{aa}}).Digest() {
		t.Error("the digest does not depend on the role of a list")
	}
}

func TestAcceptable(t *testing.T) {
	now := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	v := func(n int) *List { return &List{Version: n} }
	for _, c := range []struct {
		list, lotl *List
		at         time.Time
		want       bool
	}{
		{v(5), v(6), now, true}, {v(6), nil, now, true}, {v(4), v(5), now, false}, {v(0), v(5), now, false}, {v(5), v(4), now, false},
		{v(4), v(4), now.AddDate(-7, 0, 0), true},
	} {
		c.list.LOTL = c.lotl
		if got := c.list.Acceptable(c.at); got != c.want {
			t.Errorf("version %d at %s: %v", c.list.Version, c.at, got)
		}
	}
}
