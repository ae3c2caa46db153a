package lotl

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
)

// TestCorpusAlteredByte alters one byte of a real list: the file is named with a
// reason and not used, and no other national list is lost. An altered pivot or
// list of lists takes all with it: nobody else names signers.
func TestCorpusAlteredByte(t *testing.T) {
	whole := eu2023(t)
	for n, f := range whole.Files {
		upper := f.Name[:3] == "eu-"
		if !upper && f.Name != "EE.xml" && f.Name != "IT.xml" {
			continue
		}
		in := whole
		in.Files = slices.Clone(whole.Files)
		at := alter(&in.Files[n], n)
		t.Run(fmt.Sprintf("%s@%d", f.Name, at), func(t *testing.T) {
			s, reports := Twice(t, in)
			for i, r := range reports {
				switch {
				case i == n:
					if r.Used || len(r.Problems) == 0 {
						t.Errorf("the altered file: used %v, problems %v", r.Used, r.Problems)
					}
				case upper:
					if r.Kind == "TL" && r.Used {
						t.Errorf("%s is used without its list of lists", r.File)
					}
				case !r.Used:
					t.Errorf("%s is lost: %v", r.File, r.Problems)
				}
			}
			if Authenticated(s, reports) {
				t.Error("Authenticated says that all is well")
			}
		})
	}
}

// TestCorpusAllNationalAltered alters every national list: none is used, and each
// is named.
func TestCorpusAllNationalAltered(t *testing.T) {
	in := eu2023(t)
	for n := range in.Files {
		if in.Files[n].Name[:3] != "eu-" {
			alter(&in.Files[n], n)
		}
	}
	s, reports := Twice(t, in)
	if len(s.Lists) != 0 || len(s.Rejected) != 30 || len(s.LOTLs) != 1 || len(s.Missing) != 31 {
		t.Errorf("%d lists, %d rejected, %d lists of lists, %d missing", len(s.Lists), len(s.Rejected), len(s.LOTLs), len(s.Missing))
	}
	for _, r := range reports {
		if r.Kind == "TL" && (r.Used || len(r.Problems) == 0) {
			t.Errorf("%s: used %v, problems %v", r.File, r.Used, r.Problems)
		}
	}
}

// alter changes one byte of the signed content, in a different region for each n.
func alter(f *File, n int) int {
	f.Raw = bytes.Clone(f.Raw)
	at := flippable(f.Raw, n)
	f.Raw[at] ^= 1
	return at
}

// flippable picks a byte of the signed content, in a different region each time.
func flippable(raw []byte, n int) int {
	for at := len(raw) / 37 * (n%34 + 1); at < len(raw); at++ {
		if c := raw[at]; c >= '1' && c <= '8' && !bytes.Contains(raw[max(0, at-200):at], []byte("<?xml")) {
			return at
		}
	}
	return len(raw) / 2
}

func TestCorpusEstonianTestList(t *testing.T) {
	in := eu2023(t)
	raw, err := os.ReadFile(corpus(t, "worlds", "ee-test", "EE_T.xml"))
	if err != nil {
		t.Fatal(err)
	}
	signers := pemCertificates(t, corpus(t, "worlds", "ee-test", "EE_T-signer.pem"))
	in.Extra = []Extra{{Name: "EE_T.xml", Raw: raw, Signers: signers}}
	s, reports := Twice(t, in)
	r := reports[len(reports)-1]
	if !r.Used || r.Sequence != 34 || len(s.Lists) != 31 {
		t.Fatalf("%+v, %d lists", r, len(s.Lists))
	}
	extra := 0
	for _, l := range s.Lists {
		if l.Source == trustlist.FromExtra {
			extra++
			if l.LOTL != nil {
				t.Error("a list of lists is said to point to the extra list")
			}
		} else if l.LOTL == nil {
			t.Errorf("list of %s has no list of lists", l.Territory)
		}
	}
	if extra != 1 {
		t.Errorf("%d extra lists", extra)
	}
	// Signed by somebody else, it is not used, and the others are.
	in.Extra[0].Signers = pemCertificates(t, corpus(t, "worlds", "eu-2023-11", "lotl-anchors.pem"))
	s, reports = Twice(t, in)
	if r := reports[len(reports)-1]; r.Used || len(s.Lists) != 30 || r.Signature.SubIndication != "NO_CERTIFICATE_CHAIN_FOUND" {
		t.Errorf("with foreign signers: %+v, %d lists", r, len(s.Lists))
	}
	// In the mirror nobody points to it.
	in.Extra = nil
	in.Files = append(in.Files, File{Name: "EE_T.xml", Raw: raw})
	s, reports = Twice(t, in)
	if r := reports[len(reports)-1]; r.Used || len(s.Lists) != 30 || len(s.Rejected) != 1 {
		t.Errorf("in the mirror: %+v, %d lists", r, len(s.Lists))
	}
}

// TestCorpusAlteredEstonianLists: the worlds ee-altered are lists that other
// people altered and signed again.
func TestCorpusAlteredEstonianLists(t *testing.T) {
	dirs, err := os.ReadDir(corpus(t, "worlds", "ee-altered"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		raw, err := os.ReadFile(corpus(t, "worlds", "ee-altered", d.Name(), "list.xml"))
		if err != nil {
			t.Fatal(err)
		}
		s, reports := Twice(t, Input{At: at2023, Extra: []Extra{{Name: d.Name(), Raw: raw,
			Signers: pemCertificates(t, corpus(t, "worlds", "ee-altered", d.Name(), "signer.pem"))}}})
		if len(s.Lists) != 1 || !Authenticated(s, reports) {
			t.Errorf("%s: %+v", d.Name(), reports)
		}
	}
}
