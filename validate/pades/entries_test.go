package pades_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// What the signature dictionary says is handed on: of whatever encoding, without
// control characters, and no more of it than is shown.
func TestEntries(t *testing.T) {
	w := eutest.New(t)
	provider := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	provider.TSA("TEST TSA")
	signer := provider.CA("TEST CA").Signer()
	utf16 := "<feff" + hex.EncodeToString([]byte{0x01, 0x7d, 0, 'a', 0, 7, 0, 'b'}) + ">"
	for _, one := range []struct{ entries, reason, location string }{
		{"", "", ""},
		{"/Reason(I agree)/Location(Narva)", "I agree", "Narva"},
		{"/Reason" + utf16 + "/Location(\xef\xbb\xbfP\xc3\xa4rnu)", "Žab", "Pärnu"},
		{"/Reason(a\\033[2Jb\\r\\nc)/Location()", "a[2Jbc", ""},
		{"/Reason[(a)]/Location 7", "", ""},
		{"/Reason(" + strings.Repeat("x", 60_000) + ")/Location/Narva", strings.Repeat("x", 1000), ""},
	} {
		s := only(t, w.SignPDF(signer, eutest.PDFOptions{Entries: one.entries}))
		p := s.PDF
		if p == nil || p.Reason != one.reason || p.Location != one.location {
			t.Fatalf("%.60s gives %.80q", one.entries, fmt.Sprint(p))
		}
		if r := p.ByteRange; r[0] != 0 || r[1] <= 0 || r[2] <= r[1] || r[3] <= 0 || !s.References[0].Intact {
			t.Errorf("ByteRange %v", r)
		}
	}
	// What is not valid is handed on as it stands.
	s := only(t, w.SignPDF(signer, eutest.PDFOptions{Range: func(r [4]int) [4]int { return [4]int{r[0] + 1, r[1] - 1, r[2], r[3]} }}))
	if s.PDF.ByteRange[0] != 1 {
		t.Errorf("ByteRange %v", s.PDF.ByteRange)
	}
}
