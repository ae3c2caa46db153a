package preserve_test

import (
	"context"
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// locked is a store that keeps what it holds until a day.
type locked struct {
	archive.Store
	until time.Time
}

func (l locked) Stat(ctx context.Context, key string) (archive.Info, error) {
	info, err := l.Store.Stat(ctx, key)
	info.Lock = archive.Lock{Mode: "COMPLIANCE", Until: l.until}
	return info, err
}

// falls are the lines of a forecast, by what they are about.
func falls(f preserve.Forecast) string {
	var out strings.Builder
	for _, x := range f.Falls {
		fmt.Fprintf(&out, "%s %s %s sealed=%v %d\n", x.At.Format(time.DateOnly), x.Kind, x.What, x.Sealed, x.Bundles)
	}
	return out.String()
}

func TestForecast(t *testing.T) {
	s := newScene(t, strings.Replace(retiring, "algorithm\tECDSA\t256\t-\n", "algorithm\tECDSA\t256\t2060-01-01\n", 1))
	sub := s.ca.SubCA("TEST TSA sub", eutest.Valid(start.AddDate(-1, 0, 0), start.AddDate(9, 0, 0)))
	unit := s.p.TSA("TEST RSA unit", eutest.RSA(2048), eutest.IssuedBy(sub), eutest.Unlisted(), eutest.Valid(start.AddDate(0, 0, -1), start.AddDate(7, 0, 0)))
	tsa := &testTSA{s: s, unit: unit, options: eutest.TokenOptions{Digest: crypto.SHA512, Certificates: []*eutest.Certificate{sub.Certificate}}}
	tsa.revocation = [][]byte{sub.CRL(s.now, eutest.CRLOptions{})}
	s.save(0, 3)
	if _, err := preserve.Seal(t.Context(), s.options(tsa)); err != nil {
		t.Fatal(err)
	}
	s.pack("unsealed", unit.Token([]byte("x"), eutest.TokenOptions{}), unit.Raw, sub.Raw)
	o := s.options()
	o.Judge, o.Store = nil, locked{s.store, eutest.Day(2040, 1, 1)}
	f, err := preserve.Predict(t.Context(), o)
	if err != nil || f.Bundles != 4 || f.Unsealed != 1 || len(f.Damaged) != 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	want := `2033-11-22 TSA the certificate of "TEST RSA unit" sealed=true 3
2033-11-22 TSA the certificate of "TEST RSA unit" sealed=false 1
2035-11-22 CA the certificate of "TEST TSA sub" sealed=true 3
2035-11-22 CA the certificate of "TEST TSA sub" sealed=false 1
2040-01-01 retention the lock of the store sealed=true 3
2040-01-01 retention the lock of the store sealed=false 1
2046-11-22 hash SHA-256 sealed=true 3
2046-11-22 hash SHA-256 sealed=false 1
2056-11-22 signature RSA with a key of 2048 bits sealed=true 3
2056-11-22 signature RSA with a key of 2048 bits sealed=false 1
2060-01-01 signature ECDSA with a key of 384 bits sealed=true 3
2060-01-01 signature ECDSA with a key of 384 bits sealed=false 1
`
	if got := falls(f); got != want {
		t.Errorf("forecast\n%swant\n%s", got, want)
	}
	says := f.Falls[8].Says()
	if says != "The evidence records of 3 bundles rest on RSA with a key of 2048 bits, until 2056-11-22; renew before 2056-08-22." {
		t.Error(says)
	}
	if says := f.Falls[9].Says(); !strings.HasPrefix(says, "1 bundle without an evidence record rests on RSA") || !strings.HasSuffix(says, "seal before 2056-08-22.") {
		t.Error(says)
	}
	if says := f.Falls[4].Says(); says != "The store keeps 3 bundles until 2040-01-01." {
		t.Error(says)
	}
}

// The numbers of a sentence: one, several, thousands.
func TestForecastSays(t *testing.T) {
	at := eutest.Day(2029, 1, 1)
	f := preserve.Fall{At: at, RenewBy: eutest.Day(2028, 10, 1), Kind: preserve.OfSignature, What: "RSA", Sealed: true}
	for want, of := range map[string]preserve.Fall{
		"The evidence record of 1 bundle rests on RSA, until 2029-01-01; renew before 2028-10-01.":                                              {Bundles: 1},
		"The evidence records of 12,340 bundles rest on RSA, until 2029-01-01; renew before 2028-10-01.":                                        {Bundles: 12340},
		"The evidence records of 1,234,567 bundles and of 1,000 heads of the audit log rest on RSA, until 2029-01-01; renew before 2028-10-01.": {Bundles: 1234567, Heads: 1000},
		"The evidence record of 1 head of the audit log rests on RSA, until 2029-01-01; renew before 2028-10-01.":                               {Heads: 1},
	} {
		f.Bundles, f.Heads = of.Bundles, of.Heads
		if got := f.Says(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	f = preserve.Fall{At: at, Kind: preserve.OfRetention, Bundles: 1}
	if got := f.Says(); got != "The store keeps 1 bundle until 2029-01-01." {
		t.Error(got)
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1000000: "1,000,000"} {
		if got := preserve.Grouped(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}

// pack saves a bundle whose evidence are a token and certificates.
func (s *scene) pack(name string, token []byte, certificates ...[]byte) {
	s.Helper()
	c := bundle.Content{Originals: []bundle.Original{{Name: name, Role: bundle.Document, Data: []byte(name)}},
		Report: []byte("{}"), Policy: []byte("{}"), Input: []byte("{}")}
	c.Evidence = append(c.Evidence, evidence.Object{ID: evidence.Of(token), Kind: evidence.Timestamp, Raw: token})
	for _, raw := range certificates {
		c.Evidence = append(c.Evidence, evidence.Object{ID: evidence.Of(raw), Kind: evidence.Certificate, Raw: raw})
	}
	_, raw, err := bundle.Pack(c)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := archive.Save(context.Background(), s.store, raw); err != nil {
		s.Fatal(err)
	}
}
