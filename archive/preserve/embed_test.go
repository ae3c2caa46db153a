package preserve_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// TestFetchedEvidenceIsKept: what the judge had to fetch is put into the token, so
// that the record proves offline, renewed and long after the responders are gone.
func TestFetchedEvidenceIsKept(t *testing.T) {
	for _, kind := range []string{"CRL", "OCSP", "both"} {
		s := newScene(t, suiteLines)
		ids := s.save(0, 3)
		fetchable := func(unit *eutest.TSA) signature.Material {
			var m signature.Material
			if kind != "OCSP" {
				m.CRLs = [][]byte{s.ca.CRL(s.now, eutest.CRLOptions{})}
			}
			if kind != "CRL" {
				m.OCSPs = [][]byte{s.ca.OCSP().Response(unit.Certificate, eutest.OCSPOptions{})}
			}
			return m
		}
		tsa := s.tsa(2)
		tsa.bare = true
		var failed *preserve.StampError
		if _, err := preserve.Seal(t.Context(), s.options(tsa)); !errors.As(err, &failed) {
			t.Fatalf("%s: without revocation data: %v", kind, err)
		}
		s.network = fetchable(tsa.unit)
		if _, err := preserve.Seal(t.Context(), s.options(tsa)); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, id := range ids {
			s.proves(id, 1)
		}
		s.clock(start.AddDate(1, 10, 0))
		next := s.tsa(4)
		next.bare = true
		s.network = fetchable(next.unit)
		if done, err := preserve.Renew(t.Context(), s.options(next), s.now); err != nil || done.Timestamp != 3 {
			t.Fatalf("%s: %+v, %v", kind, done, err)
		}
		s.network = signature.Material{}
		s.clock(start.AddDate(3, 0, 0))
		for _, id := range ids {
			s.proves(id, 2)
		}
	}
}

// TestLargeEvidenceIsRefused: CRLs of megabytes are not copied into every record.
func TestLargeEvidenceIsRefused(t *testing.T) {
	s := newScene(t, suiteLines)
	s.save(0, 1)
	tsa := s.tsa(2)
	s.network = signature.Material{CRLs: [][]byte{make([]byte, 2<<20)}}
	if _, err := preserve.Seal(t.Context(), s.options(tsa)); err == nil || !strings.Contains(err.Error(), "at most 1048576 are kept") {
		t.Errorf("%v", err)
	}
}
