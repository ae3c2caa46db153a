package lotl

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// KnownOf are all lists of an input whose signatures are intact, whoever made them, as
// an earlier snapshot of another world could hold them: used, under other names, of
// other signers' grace.
func KnownOf(in Input) []*trustlist.List {
	var out []*trustlist.List
	files := append(append([]File{}, in.Files...), in.Kept...)
	for _, x := range in.Extra {
		files = append(files, File{Name: x.Name, Raw: x.Raw})
	}
	for _, f := range files {
		e := &entry{name: "known before", id: evidence.Of(f.Raw)}
		e.open(f.Raw, trustlist.NewReader())
		if e.list == nil || e.checked.fault != nil {
			continue
		}
		e.trusted = true
		e.list.Signature, e.list.Source = e.status(), trustlist.FromExtra
		e.list.LOTL, e.list.MRA = e.list, &trustlist.MRA{}
		out = append(out, e.list)
	}
	return out
}

// Twice authenticates with nothing known before, and with everything, and holds that
// it comes to the same, and that nothing known was touched.
func Twice(t testing.TB, in Input) (*trustlist.Snapshot, []FileReport) {
	t.Helper()
	s, reports := Authenticate(in)
	if len(in.Known) > 0 {
		t.Fatal("lists are known already")
	}
	in.Known = KnownOf(in)
	for i := range 2 { // the second time they were used before
		again, told := Authenticate(in)
		if !reflect.DeepEqual(reports, told) {
			t.Errorf("time %d: by what is known the reports differ: %+v and %+v", i+1, reports, told)
		}
		if s.Digest() != again.Digest() || !reflect.DeepEqual(s.Rejected, again.Rejected) || !reflect.DeepEqual(s.Missing, again.Missing) {
			t.Errorf("time %d: by what is known the snapshot differs: %+v %+v, %+v %+v", i+1, s.Rejected, s.Missing, again.Rejected, again.Missing)
		}
		for n, part := range [][]*trustlist.List{s.LOTLs, s.Pivots, s.Lists, s.Others} {
			other := [][]*trustlist.List{again.LOTLs, again.Pivots, again.Lists, again.Others}[n]
			if len(part) != len(other) {
				t.Fatalf("%d and %d lists", len(part), len(other))
			}
			for i := range part {
				sameList(t, part[i], other[i])
			}
		}
	}
	for _, l := range in.Known {
		if l.Name != "known before" || l.Source != trustlist.FromExtra || l.LOTL != l || !l.Signature.Passed() {
			t.Errorf("list %s of what is known was changed: %s %s", l.SHA256, l.Name, l.Source)
		}
		for _, p := range l.Providers {
			if p.List != l {
				t.Errorf("a provider of list %s was changed", l.SHA256)
			}
		}
	}
	return s, reports
}

func sameList(t testing.TB, a, b *trustlist.List) {
	t.Helper()
	of := func(l *trustlist.List) any {
		type view struct {
			name, lotl      string
			source          trustlist.Source
			id              evidence.ID
			mra             *trustlist.MRA
			signer          evidence.ID
			signature, says string
			odd             []string
			problems        []string
			size            int
		}
		v := view{name: l.Name, source: l.Source, id: l.SHA256, mra: l.MRA, signature: l.Signature.Indication + l.Signature.SubIndication + l.Signature.SigningTime.String(),
			says: l.Signature.Says, odd: l.Signature.Problems, problems: l.Problems, size: len(l.Raw)}
		if l.LOTL != nil {
			v.lotl = l.LOTL.SHA256.String()
		}
		if l.Signature.Signer != nil {
			v.signer = l.Signature.Signer.ID
		}
		return v
	}
	if !reflect.DeepEqual(of(a), of(b)) {
		t.Errorf("list %s differs by what is known: %+v and %+v", a.Name, of(a), of(b))
	}
	x, err := trustlist.Encode(a)
	y, err2 := trustlist.Encode(b)
	if err != nil || err2 != nil || !bytes.Equal(x, y) {
		t.Errorf("list %s says other things by what is known (%v, %v)", a.Name, err, err2)
	}
	for _, p := range b.Providers {
		for _, s := range p.Services {
			for _, i := range s.Instances {
				if i.Service != s || s.Provider != p || p.List != b {
					t.Fatalf("list %s: an instance leads to another list", b.Name)
				}
			}
		}
	}
}
