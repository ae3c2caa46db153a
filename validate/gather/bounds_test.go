package gather_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/signature"
)

// several are signers that each name an address of their own.
func several(n int, ca *eutest.CA, option func(url string) eutest.Option) []*eutest.Certificate {
	key := ca.Signer().Key
	var out []*eutest.Certificate
	for i := range n {
		out = append(out, ca.Signer(eutest.WithKey(key), option(fmt.Sprintf("http://%d.example/", i))).Certificate)
	}
	return out
}

// S1: a file cannot make us fetch more than a few times, whatever it names.
func TestS1_ThousandAddresses(t *testing.T) {
	w := begin(t)
	w.ca = w.sk.CA("TEST QUICK", eutest.EC(256))
	unlisted := w.sk.CA("TEST UNLISTED", eutest.Unlisted(), eutest.SelfSigned(), eutest.EC(256))
	tests := map[string]struct {
		signers []*eutest.Certificate
		want    int
	}{
		"OCSP":    {several(1000, w.ca, func(u string) eutest.Option { return eutest.URLs(u, "") }), gather.MaxFetches},
		"CRL":     {several(1000, w.ca, func(u string) eutest.Option { return eutest.URLs("", u) }), gather.MaxFetches},
		"issuers": {several(1000, unlisted, eutest.IssuerURL), gather.MaxIssuerFetches},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			src := serve()
			src.delay = func(int) time.Duration { return time.Millisecond }
			r := closed(w.trust(), bare(signature.Material{}, test.signers...), src)
			if r.Fetches != test.want || len(src.asked) != test.want || src.most > gather.MaxAtOnce {
				t.Errorf("%s, %d asked, %d at once", counts(r), len(src.asked), src.most)
			}
			last := r.Notes[len(r.Notes)-1].Says
			if len(r.Notes) != test.want+1 || !strings.Contains(last, fmt.Sprintf("For %d certificates", 1000-test.want)) {
				t.Errorf("%d notes, the last: %s", len(r.Notes), last)
			}
		})
	}
}

// Notes are bounded as well.
func TestNotesAreBounded(t *testing.T) {
	w := begin(t)
	w.ca = w.sk.CA("TEST QUICK", eutest.EC(256))
	r := closed(w.trust(), bare(signature.Material{}, several(gather.MaxNotes+7, w.ca, func(string) eutest.Option { return eutest.URLs("", "") })...), serve())
	if len(r.Notes) != gather.MaxNotes+1 || r.Notes[gather.MaxNotes].Says != "7 further notes are left out." {
		t.Errorf("%d notes, the last: %+v", len(r.Notes), r.Notes[len(r.Notes)-1])
	}
}

// All answers of a document together are bounded: three CRLs of 50 MB are not read.
func TestAnswersTogetherAreBounded(t *testing.T) {
	w := begin(t)
	huge := make([]byte, 50<<20)
	src := serve()
	src.delay = func(int) time.Duration { return 20 * time.Millisecond }
	var signers []*eutest.Certificate
	for i := range 3 {
		u := fmt.Sprintf("http://%d.example/", i)
		src.raw("crl "+u, huge)
		signers = append(signers, w.ca.Signer(eutest.URLs("", u)).Certificate)
	}
	r := closed(w.trust(), bare(signature.Material{}, signers...), src)
	same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 3 notes, 3 fetches")
	if !strings.Contains(r.Notes[2].Says, "together have more than") || src.most > 2 {
		t.Errorf("%d at once; %+v", src.most, r.Notes)
	}
}

func TestCancelled(t *testing.T) {
	w := begin(t)
	doc := bare(signature.Material{}, several(30, w.ca, func(u string) eutest.Option { return eutest.URLs(u, "") })...)
	src := serve()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	r := gather.Close(done, doc, w.trust(), false, judged, src)
	same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 1 notes, 0 fetches")
	says(t, r, "ended after 0 fetches: context canceled")

	// While all responders are silent.
	late, cancel := context.WithCancel(t.Context())
	defer cancel()
	src.delay = func(n int) time.Duration {
		if n == gather.MaxAtOnce {
			cancel()
		}
		return time.Hour
	}
	begun := time.Now()
	r = gather.Close(late, doc, w.trust(), false, judged, src)
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v to end", took)
	}
	same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 1 notes, 4 fetches")
	says(t, r, "ended after 4 fetches: context canceled")
}

// What came before the end is kept.
func TestCancelledHalfway(t *testing.T) {
	w := begin(t)
	quick, slow := w.ca.Signer(eutest.URLs("http://quick.example/", "")), w.ca.Signer(eutest.URLs("http://slow.example/", ""))
	done, cancel := context.WithCancel(t.Context())
	defer cancel()
	src := serve().ocsp("http://quick.example/", w.ca.OCSP(), eutest.OCSPOptions{ProducedAt: judged}, quick.Certificate)
	src.answers["ocsp http://slow.example/"] = func(c context.Context, _ []byte) ([]byte, error) {
		time.AfterFunc(50*time.Millisecond, cancel)
		<-c.Done()
		return nil, c.Err()
	}
	r := gather.Close(done, bare(signature.Material{}, slow.Certificate, quick.Certificate), w.trust(), false, judged, src)
	same(t, "gathered", counts(r), "0 certificates, 1 OCSP answers, 0 CRLs, 1 notes, 2 fetches")
	says(t, r, "ended after 2 fetches")
}

func TestNothingToAsk(t *testing.T) {
	w := begin(t)
	doc := bare(signature.Material{Certificates: [][]byte{nil, {0x30}}, OCSPs: [][]byte{{}}, CRLs: [][]byte{{1}}}, w.ca.Signer().Certificate)
	for _, r := range []gather.Result{
		closed(w.trust(), doc, nil), closed(w.trust(), nil, serve()), closed(nil, doc, serve()),
		closed(w.trust(), &signature.Document{Signatures: []*signature.Signature{{}}, Timestamps: []*signature.Timestamp{{Raw: []byte("x")}}}, serve()),
	} {
		same(t, "gathered", counts(r), counts(gather.Result{}))
	}
}

// The same answers give the same result, whichever comes first.
func TestDeterministic(t *testing.T) {
	w := begin(t)
	ok := eutest.OCSPOptions{ProducedAt: judged}
	const rude = "down\u202e.\r\n\x1b[2J"
	src := serve()
	sub := w.ca.SubCA("TEST SUB", eutest.URLs("http://sub.example/", ""), eutest.IssuerURL(""))
	src.raw("issuers "+caURL, sub.Raw).ocsp("http://sub.example/", w.ca.OCSP(), ok, sub.Certificate)
	var signers []*eutest.Certificate
	for i := range 30 {
		u := fmt.Sprintf("http://%d.example/", i)
		ca := []*eutest.CA{w.ca, sub}[i%2]
		s := ca.Signer(eutest.URLs(u, crlURL))
		if i%3 > 0 {
			src.ocsp(u, ca.OCSP(), ok, s.Certificate)
		} else {
			src.answers["ocsp "+u] = func(context.Context, []byte) ([]byte, error) { return nil, errors.New(rude) }
		}
		signers = append(signers, s.Certificate)
	}
	src.raw("crl "+crlURL, w.ca.CRL(judged, eutest.CRLOptions{}))
	src.delay = func(int) time.Duration { return time.Duration(rand.IntN(2000)) * time.Microsecond }
	doc := bare(signature.Material{}, signers...)
	first := closed(w.trust(), doc, src)
	if first.Fetches != gather.MaxFetches || len(first.Material.OCSPs) == 0 || len(first.Notes) == 0 {
		t.Fatalf("gathered: %s", counts(first))
	}
	for _, n := range first.Notes {
		if strings.ContainsAny(n.Says, "\u202e\r\n\x1b") {
			t.Errorf("a note is not plain: %q", n.Says)
		}
	}
	for range 5 {
		if again := closed(w.trust(), doc, src); !reflect.DeepEqual(first, again) {
			t.Fatalf("gathered %s, then %s", counts(first), counts(again))
		}
	}
}

// BenchmarkComplete is what it costs when nothing is missing; of a warm trust.
func BenchmarkComplete(b *testing.B) {
	w := begin(b)
	raw := w.SignDetached(w.ca.Signer(), contract, eutest.SignOptions{Level: eutest.LTA})
	doc, trust := open(b, raw), w.trust()
	b.ReportAllocs()
	for b.Loop() {
		if r := closed(trust, doc, serve()); len(r.Notes) > 0 || r.Fetches > 0 {
			b.Fatal(counts(r))
		}
	}
}
