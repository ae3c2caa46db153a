package eutest_test

import (
	"bytes"
	"testing"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/xades"
)

// What the XAdES reader says that each token is to cover is what it covers, archive
// time-stamps included.
func TestArchiveTimestamps(t *testing.T) {
	w, ca, _ := small(t)
	for _, c14n := range []string{eutest.ExclusiveC14N, eutest.InclusiveC14N, eutest.C14N11} {
		o := eutest.SignOptions{Level: eutest.LTA, C14N: c14n, Archive: []eutest.Stamp{{}, {Options: eutest.TokenOptions{Time: eutest.Day(2025, 4, 1)}}}}
		for place, raw := range map[string][]byte{
			"enveloped":  w.SignEnveloped(ca.Signer(), []byte(`<a:doc xmlns:a="urn:a">x</a:doc>`), o),
			"enveloping": w.SignEnveloping(ca.Signer(), []byte(`<a:doc xmlns:a="urn:a">x</a:doc>`), o),
		} {
			doc, err := xades.Open(raw, nil)
			if err != nil {
				t.Fatalf("%s %s: %v", c14n, place, err)
			}
			if len(doc.Signatures) != 1 || len(doc.Signatures[0].Timestamps) != 3 {
				t.Fatalf("%s %s: want one signature with three time-stamps", c14n, place)
			}
			for i, stamp := range doc.Signatures[0].Timestamps {
				token, err := tst.Parse(stamp.Raw)
				if err != nil {
					t.Fatal(err)
				}
				if sum, ok := stamp.Imprint(token.HashAlgorithm); !ok || !bytes.Equal(sum, token.Imprint) {
					t.Errorf("%s %s: time-stamp %d (%s) is over something else", c14n, place, i, stamp.Type)
				}
			}
		}
	}
}

func TestCAdES(t *testing.T) {
	w, ca, _ := small(t)
	content := []byte("content")
	for _, options := range [][]eutest.Option{{eutest.RSA(2048)}, {eutest.EC(384)}} {
		s := ca.Signer(options...)
		for _, test := range []struct {
			options              eutest.SignOptions
			detached             bool
			stamps, answers, all int
			verifies, reference  bool
		}{
			{eutest.SignOptions{Level: eutest.B}, false, 0, 0, 1, true, true},
			{eutest.SignOptions{Level: eutest.T}, true, 1, 0, 1, true, true},
			{eutest.SignOptions{}, true, 1, 1, 3, true, true},
			{eutest.SignOptions{Level: eutest.B, WrongValue: true}, true, 0, 0, 1, false, true},
			{eutest.SignOptions{Level: eutest.B, Reference: eutest.Reference{None: true}}, true, 0, 0, 1, true, false},
		} {
			data, err := cms.Parse(w.SignCAdES(s, content, test.detached, test.options))
			if err != nil {
				t.Fatal(err)
			}
			signer := data.Signers[0]
			if data.HasContent == test.detached || len(data.OCSPs) != test.answers || len(data.Certificates) != test.all {
				t.Errorf("content %t, %d answers, %d certificates; want %t, %d, %d", data.HasContent, len(data.OCSPs), len(data.Certificates), !test.detached, test.answers, test.all)
			}
			if verifies := signer.Verify(parse(t, s.Raw).Key, content) == nil; verifies != test.verifies {
				t.Errorf("the value verifies: %t, want %t", verifies, test.verifies)
			}
			if _, n := signer.SigningCertificates(); n == 1 != test.reference {
				t.Errorf("%d signing certificate attributes", n)
			}
			if n := len(signer.UnsignedAttributes); n != test.stamps {
				t.Fatalf("%d unsigned attributes, want %d", n, test.stamps)
			}
			for _, stamp := range signer.UnsignedAttributes {
				token, err := tst.Parse(stamp.Values[0])
				if err != nil {
					t.Fatal(err)
				}
				if sum, _ := token.HashAlgorithm.Sum(signer.Value); !bytes.Equal(sum, token.Imprint) {
					t.Error("the time-stamp is not over the signature value")
				}
			}
		}
	}
}

// The loader authenticates the lists from the Official Journal down, and only so far
// as the chain is whole.
func TestListsAuthenticate(t *testing.T) {
	stranger := func(w *eutest.World) *eutest.Certificate { return w.ListSigner("BE", "Stranger", "1") }
	for name, test := range map[string]struct {
		change func(w *eutest.World)
		lists  int
	}{
		"good":              {func(*eutest.World) {}, 2},
		"version 5":         {func(w *eutest.World) { w.MemberState("LV").List.Version = 5 }, 2},
		"three pivots":      {func(w *eutest.World) { w.LOTL().NewPivot() }, 2},
		"no pivots":         {func(w *eutest.World) { w.LOTL().NoPivots() }, 2},
		"stranger's list":   {func(w *eutest.World) { w.MemberState("LV").List.Signer = stranger(w) }, 1},
		"unsigned list":     {func(w *eutest.World) { w.MemberState("LV").List.Unsigned = true }, 1},
		"stranger's LOTL":   {func(w *eutest.World) { w.LOTL().List.Signer = stranger(w) }, 0},
		"stranger's pivot":  {func(w *eutest.World) { w.LOTL().Pivots[0].List.Signer = stranger(w) }, 0},
		"missing pivot":     {func(w *eutest.World) { w.LOTL().Pivots[1].Missing = true }, 0},
		"not pointed to":    {func(w *eutest.World) { w.MemberState("LV").List.NotPointed = true }, 1},
		"pointed elsewhere": {func(w *eutest.World) { w.MemberState("LV").List.Pointed = []*eutest.Certificate{stranger(w)} }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, _ := small(t)
			w.MemberState("LV").Provider("LVRTC").CA("TEST LV")
			test.change(w)
			in := lotl.Input{At: w.Now()}
			for _, f := range w.Lists() {
				in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
			}
			for _, a := range w.Anchors() {
				in.Anchors = append(in.Anchors, lotl.Anchor{Certificate: parse(t, a.Certificate.Raw)})
			}
			snapshot, _ := lotl.Authenticate(in)
			if len(snapshot.Lists) != test.lists {
				t.Errorf("%d national lists, want %d; rejected: %v", len(snapshot.Lists), test.lists, snapshot.Rejected)
			}
		})
	}
}

// Before 2018 the CA that a provider makes is older, and was supervised before eIDAS.
func TestOlderWorld(t *testing.T) {
	w := eutest.New(t).At(eutest.Day(2015, 5, 5))
	ca := w.MemberState("EE").Provider("SK").CA("TEST ESTEID")
	if h := ca.Service.History; len(h) != 2 || h[0].URI != eutest.UnderSupervision || !h[1].Since.Equal(eutest.EIDAS) {
		t.Errorf("history %v", h)
	}
	s := ca.Signer()
	if !s.Parsed.NotBefore.After(ca.Service.History[0].Since) || s.Parsed.NotBefore.After(w.Now()) {
		t.Errorf("the signer's certificate begins on %s", s.Parsed.NotBefore)
	}
	w = eutest.New(t).At(eutest.Day(2018, 2, 1))
	ca = w.MemberState("EE").Provider("SK").CA("TEST", eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(2018, 1, 5)}))
	if got := ca.Signer().Parsed.NotBefore; !got.Equal(eutest.Day(2018, 1, 6)) {
		t.Errorf("a signer of a service that began on 2018-01-05 begins on %s", got)
	}
}
