package ers_test

import (
	"bytes"
	"crypto"
	"errors"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

var (
	doc1  = []byte("Me oleme seda näinud.\n")
	doc2  = []byte("Vidimus et inspeximus.")
	doc3  = []byte{0, 1, 2, 3, 255}
	xml1  = []byte("<?xml version=\"1.0\"?>\n<a  b='1'><!-- c --></a>")
	xmlC  = []byte(`<a b="1"></a>`) // its canonical form
	other = bytes.Repeat([]byte{0x5a}, 32)
)

func file(name string, data []byte) ers.File { return ers.File{Name: name, Data: data} }

// state is what a record comes to: its references, then its tokens.
func state(t testing.TB, r *signature.EvidenceRecord) string {
	t.Helper()
	word := func(ref *signature.Reference) string {
		switch {
		case ref.Type == signature.RefOrphan:
			return "orphan"
		case !ref.Found:
			return "missing"
		case !ref.Intact:
			return "broken"
		}
		return "ok"
	}
	var out []string
	for _, ref := range r.References {
		out = append(out, word(ref))
		if w := word(ref); (w == "broken" || w == "missing" || w == "orphan") && ref.Why == "" {
			t.Errorf("a %s reference does not say why", w)
		}
	}
	for _, one := range r.Tokens {
		token, err := tst.Parse(one.Raw)
		if err != nil {
			t.Fatal(err)
		}
		s := "| "
		sum, ok := one.Imprint(token.HashAlgorithm)
		switch {
		case !ok:
			s += "nothing"
		case bytes.Equal(sum, token.Imprint):
			s += "stamped"
		default:
			s += "differs"
		}
		for _, ref := range one.References {
			s += " " + word(ref)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// TestASN1 is RFC 4998: trees, groups, renewals, and their faults (attack A3,
// smart cases 134 to 136).
func TestASN1(t *testing.T) {
	a := newAuthority(t)
	tok := func(alg crypto.Hash, sum []byte, year int) []byte { return a.stamp(t, alg, sum, year) }
	d1, d2, d3 := h256(doc1), h256(doc2), h256(doc3)
	one := []ers.File{file("a", doc1)}
	two := []ers.File{file("a", doc1), file("b", doc2)}

	tree := ats(tok(crypto.SHA256, node(h256, node(h256, d1, d2), other), 2020), list(d1, d2), list(other))
	single := ats(tok(crypto.SHA256, d1, 2020))
	renewed := ats(tok(crypto.SHA256, node(h256, h256(tree.Token.FullBytes), other), 2021), list(other, h256(tree.Token.FullBytes)))
	// Hash-tree renewal, RFC 4998 §5.2: h' = H(H(d) || ha), ha over the old chains.
	ha := h512(marshal(t, [][]archiveTimeStamp{{tree, renewed}}))
	leaf := func(d []byte) []byte { return h512(h512(d), ha) }
	rehashed := ats(tok(crypto.SHA512, node(h512, leaf(doc1), leaf(doc2)), 2022), list(leaf(doc1), leaf(doc2)))
	half := ats(tok(crypto.SHA512, node(h512, leaf(doc1), h512(other)), 2022), list(leaf(doc1), h512(other)))
	lone := ats(tok(crypto.SHA512, leaf(doc1), 2022), list(leaf(doc1)))
	swapped := h512(ha, h512(doc1))
	sorted := ats(tok(crypto.SHA512, swapped, 2022), list(swapped))
	haSingle := h512(marshal(t, [][]archiveTimeStamp{{single}}))
	otherOwn := tree
	otherOwn.Digest = algorithm{oid512}
	mixed := ats(tok(crypto.SHA256, h256(tree.Token.FullBytes), 2021), list(h256(tree.Token.FullBytes)))
	mixed.Digest = algorithm{oid512}
	otherAlg := ats(tok(crypto.SHA512, h512(tree.Token.FullBytes), 2021), list(h512(tree.Token.FullBytes)))

	cases := []struct {
		name  string
		raw   []byte
		files []ers.File
		want  string
	}{
		{"group of two", recordASN1(t, []archiveTimeStamp{tree}), two, "ok ok | stamped"},
		{"one of a group", recordASN1(t, []archiveTimeStamp{tree}), one, "ok orphan | stamped"},
		{"no data given", recordASN1(t, []archiveTimeStamp{tree}), nil, "orphan orphan | stamped"},
		{"other data", recordASN1(t, []archiveTimeStamp{tree}), []ers.File{file("c", doc3)}, "orphan orphan | stamped"},
		{"one value, another file", recordASN1(t, []archiveTimeStamp{ats(tok(crypto.SHA256, d1, 2020), list(d1))}), []ers.File{file("c", doc3)}, "broken | stamped"},
		{"only in a later list", recordASN1(t, []archiveTimeStamp{ats(tok(crypto.SHA256, node(h256, node(h256, d2, d3), d1), 2020), list(d2, d3), list(d1))}), one, "orphan orphan | stamped"},
		{"root of another tree", recordASN1(t, []archiveTimeStamp{ats(tok(crypto.SHA256, other, 2020), list(d1, d2))}), two, "ok ok | differs"},
		{"unsorted tree", recordASN1(t, []archiveTimeStamp{ats(tok(crypto.SHA256, h256(later(d1, d2), earlier(d1, d2)), 2020), list(d1, d2))}), two, "ok ok | differs"},
		{"no tree", recordASN1(t, []archiveTimeStamp{single}), one, "ok | stamped"},
		{"no tree, another file", recordASN1(t, []archiveTimeStamp{single}), []ers.File{file("c", doc3)}, "broken | differs"},
		{"no tree, two files (136)", recordASN1(t, []archiveTimeStamp{single}), two, "| nothing"},
		{"no tree, no file", recordASN1(t, []archiveTimeStamp{single}), nil, "| nothing"},
		{"empty tree", recordASN1(t, []archiveTimeStamp{ats(tok(crypto.SHA256, d1, 2020), list())}), one, "| nothing"},
		{"time-stamp renewal", recordASN1(t, []archiveTimeStamp{tree, renewed}), two, "ok ok | stamped | stamped ok"},
		{"time-stamp renewal without tree", recordASN1(t, []archiveTimeStamp{tree, ats(tok(crypto.SHA256, h256(tree.Token.FullBytes), 2021))}), two, "ok ok | stamped | stamped ok"},
		{"renewal of another token", recordASN1(t, []archiveTimeStamp{single, renewed}), one, "ok | stamped | stamped broken"},
		{"hash-tree renewal", recordASN1(t, []archiveTimeStamp{tree, renewed}, []archiveTimeStamp{rehashed}), two, "ok ok | stamped | stamped ok | stamped ok ok"},
		{"hash-tree renewal misses one of two (134)", recordASN1(t, []archiveTimeStamp{tree, renewed}, []archiveTimeStamp{half}), two, "ok ok | stamped | stamped ok | stamped ok broken"},
		{"hash-tree renewal of one only (134)", recordASN1(t, []archiveTimeStamp{tree, renewed}, []archiveTimeStamp{lone}), two, "ok ok | stamped | stamped ok | stamped ok missing"},
		{"hash-tree renewal, ha before the document", recordASN1(t, []archiveTimeStamp{tree, renewed}, []archiveTimeStamp{sorted}), one, "ok orphan | stamped | stamped ok | stamped broken"},
		{"hash-tree renewal over other chains", recordASN1(t, []archiveTimeStamp{tree}, []archiveTimeStamp{rehashed}), two, "ok ok | stamped | stamped broken broken"},
		{"hash-tree renewal without tree", recordASN1(t, []archiveTimeStamp{single}, []archiveTimeStamp{ats(tok(crypto.SHA512, h512(h512(doc1), haSingle), 2022))}), one, "ok | stamped | stamped ok"},
		{"algorithm is not that of the token (135)", recordASN1(t, []archiveTimeStamp{otherOwn}), two, "orphan orphan | differs"},
		{"chain mixes algorithms (135)", recordASN1(t, []archiveTimeStamp{tree, mixed}), two, "ok ok | stamped | stamped broken"},
		{"token of another algorithm in a chain (135)", recordASN1(t, []archiveTimeStamp{tree, otherAlg}), two, "ok ok | stamped | differs broken"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if !ers.Is(c.raw) {
				t.Error("it is not told from its octets")
			}
			doc, err := ers.Open(c.raw, c.files)
			if err != nil {
				t.Fatal(err)
			}
			r := doc.Records[0]
			if got := state(t, r); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if doc.Form != signature.FormEvidenceRecord || r.Form != ers.FormASN1 || !strings.HasPrefix(r.ID, "ER-") || len(r.Digests) != 1 {
				t.Errorf("form %q of %q, id %q, digests %v", r.Form, doc.Form, r.ID, r.Digests)
			}
		})
	}
}

func earlier(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return a
	}
	return b
}

func later(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return b
	}
	return a
}

// TestXML is RFC 6283: canonical data, orders, renewals.
func TestXML(t *testing.T) {
	a := newAuthority(t)
	tok := func(alg crypto.Hash, sum []byte, year int) string { return timeStampXML(a.stamp(t, alg, sum, year)) }
	d1, x1 := h256(doc1), h256(xmlC)
	ts1 := tok(crypto.SHA256, node(h256, d1, x1), 2020)
	first := stampXML(1, ts1, list(d1, x1))
	link := h256(canonical(ts1))
	second := stampXML(2, tok(crypto.SHA256, node(h256, link, other), 2021), list(link), list(other))
	broken := stampXML(2, tok(crypto.SHA256, other, 2021), list(other))
	chain1 := chainXML(1, uri256, first, second)
	ha := h512(canonical(sequenceXML(chain1)))
	e1, e2 := h512(doc1), h512(xmlC)
	chain2 := chainXML(2, uri512, stampXML(1, tok(crypto.SHA512, node(h512, e1, e2, ha), 2022), list(e1, e2, ha)))
	without := chainXML(2, uri512, stampXML(1, tok(crypto.SHA512, node(h512, e1, e2), 2022), list(e1, e2)))
	lacks := chainXML(2, uri512, stampXML(1, tok(crypto.SHA512, node(h512, e1, ha), 2022), list(e1, ha)))
	ha2 := h512(canonical(sequenceXML(chain1, chain2)))
	chain3 := chainXML(3, uri512, stampXML(1, tok(crypto.SHA512, node(h512, e1, e2, ha2), 2023), list(e1, e2, ha2)))
	alone := chainXML(1, uri256, stampXML(1, tok(crypto.SHA256, d1, 2020)))
	haAlone := h512(canonical(sequenceXML(alone)))
	alone2 := chainXML(2, uri512, stampXML(1, tok(crypto.SHA512, node(h512, e1, haAlone), 2022)))

	both := []ers.File{file("a.txt", doc1), file("a.xml", xml1)}
	cases := []struct {
		name  string
		raw   []byte
		files []ers.File
		want  string
	}{
		{"canonical data", recordXML(chainXML(1, uri256, first)), both, "ok ok | stamped"},
		{"no data", recordXML(chainXML(1, uri256, first)), nil, "orphan orphan | stamped"},
		{"time-stamp renewal", recordXML(chain1), both, "ok ok | stamped | stamped ok"},
		{"elements in another order", recordXML(chainXML(1, uri256, second, first)), both, "ok ok | stamped | stamped ok"},
		{"renewal without link", recordXML(chainXML(1, uri256, first, broken)), both, "ok ok | stamped | stamped broken"},
		{"hash-tree renewal", recordXML(chain1, chain2), both, "ok ok | stamped | stamped ok | stamped ok ok ok"},
		{"two hash-tree renewals", recordXML(chain1, chain2, chain3), both, "ok ok | stamped | stamped ok | stamped ok ok ok | stamped ok ok ok"},
		{"hash-tree renewal without the old chains", recordXML(chain1, without), both, "ok ok | stamped | stamped ok | stamped broken ok ok"},
		{"hash-tree renewal misses a file (134)", recordXML(chain1, lacks), both, "ok ok | stamped | stamped ok | stamped ok ok missing"},
		{"hash-tree renewal after another chain", recordXML(chainXML(1, uri256, first), chain2), both, "ok ok | stamped | stamped broken ok ok"},
		{"no tree", recordXML(alone), both[:1], "ok | stamped"},
		{"no tree, renewed without tree", recordXML(alone, alone2), both[:1], "ok | stamped | stamped ok"},
		{"no tree, two files (136)", recordXML(alone), both, "| nothing"},
		{"chain names another algorithm", recordXML(chainXML(1, uri512, first)), both, "orphan orphan | differs"},
		{"unknown algorithm", recordXML(chainXML(1, "urn:unknown", first)), both, "orphan orphan | nothing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc, err := ers.Open(c.raw, c.files)
			if err != nil {
				t.Fatal(err)
			}
			if got := state(t, doc.Records[0]); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestRefused: what is no record, or more than one way to read it.
func TestRefused(t *testing.T) {
	a := newAuthority(t)
	token := a.stamp(t, crypto.SHA256, h256(doc1), 2020)
	good := recordASN1(t, []archiveTimeStamp{ats(token)})
	x := stampXML(1, timeStampXML(token))
	deep := bytes.Repeat([]byte{0x30, 0x80}, 1<<20)
	many := make([][]archiveTimeStamp, 201)
	for i := range many {
		many[i] = []archiveTimeStamp{ats(token)}
	}
	values := make([][]byte, 200_001)
	cases := map[string]struct {
		raw  []byte
		code signature.ErrorCode
	}{
		"empty":              {nil, signature.Malformed},
		"trailing octets":    {append(bytes.Clone(good), 0), signature.Malformed},
		"truncated":          {good[:len(good)-1], signature.Malformed},
		"version 2":          {marshal(t, evidenceRecord{2, nil, [][]archiveTimeStamp{{ats(token)}}}), signature.UnsupportedFormat},
		"no chain":           {recordASN1(t), signature.Malformed},
		"empty chain":        {recordASN1(t, []archiveTimeStamp{}), signature.Malformed},
		"no token":           {recordASN1(t, []archiveTimeStamp{ats([]byte{0x30, 0})}), signature.Malformed},
		"a token":            {token, signature.Malformed},
		"deep":               {deep, signature.Malformed},
		"too many chains":    {recordASN1(t, many...), signature.TooLarge},
		"too many values":    {recordASN1(t, []archiveTimeStamp{ats(token, values)}), signature.TooLarge},
		"other XML":          {[]byte("<a/>"), signature.UnsupportedFormat},
		"not well-formed":    {[]byte("<EvidenceRecord"), signature.Malformed},
		"document type":      {append([]byte("<!DOCTYPE EvidenceRecord>"), recordXML(chainXML(1, uri256, x))...), signature.Hostile},
		"same order twice":   {recordXML(chainXML(1, uri256, x, x)), signature.Malformed},
		"order from 2":       {recordXML(chainXML(2, uri256, x)), signature.Malformed},
		"two time-stamps":    {recordXML(chainXML(1, uri256, strings.Replace(x, "<TimeStamp>", timeStampXML(token)+"<TimeStamp>", 1))), signature.Malformed},
		"no time-stamp":      {recordXML(chainXML(1, uri256, stampXML(1, ""))), signature.Malformed},
		"no chain, XML":      {recordXML(), signature.Malformed},
		"XMLENTRUST":         {bytes.Replace(recordXML(chainXML(1, uri256, x)), []byte("RFC3161"), []byte("XMLENTRUST"), 1), signature.UnsupportedFormat},
		"canonicalisation":   {bytes.Replace(recordXML(chainXML(1, uri256, x)), []byte(exclC), []byte("urn:x"), 1), signature.UnsupportedFormat},
		"value not base64":   {recordXML(chainXML(1, uri256, strings.Replace(stampXML(1, timeStampXML(token), list(other)), "WlpaWl", "!", 1))), signature.Malformed},
		"version 2.0 in XML": {bytes.Replace(recordXML(chainXML(1, uri256, x)), []byte(`"1.0"`), []byte(`"2.0"`), 1), signature.UnsupportedFormat},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ers.Open(c.raw, nil)
			var e *signature.ReadError
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if e.Code != c.code {
				t.Errorf("code %q (%s), want %q", e.Code, e.Message, c.code)
			}
		})
	}
}

// TestInnerNodeA8: a file that is the two children of a node cannot be told from
// the node, and this is said.
func TestInnerNodeA8(t *testing.T) {
	a := newAuthority(t)
	l, r := earlier(h256(doc1), h256(doc2)), later(h256(doc1), h256(doc2))
	posing := append(bytes.Clone(l), r...)
	raw := recordASN1(t, []archiveTimeStamp{ats(a.stamp(t, crypto.SHA256, h256(posing), 2020), list(h256(posing)))})
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{{"two hash values", posing, true}, {"text", []byte("0123456789abcdefghijklmnopqrstuv1123456789abcdefghijklmnopqrstuv"), false}, {"not sorted", append(bytes.Clone(r), l...), false}} {
		t.Run(c.name, func(t *testing.T) {
			doc, err := ers.Open(raw, []ers.File{file("posing", c.data)})
			if err != nil {
				t.Fatal(err)
			}
			got := false
			for _, p := range doc.Records[0].Problems {
				got = got || p.Code == signature.AmbiguousLeaf
			}
			if got != c.want {
				t.Errorf("told ambiguous: %v, want %v", got, c.want)
			}
		})
	}
}

// TestOrderOfTime: a renewal that is older than what it renews is reported.
func TestOrderOfTime(t *testing.T) {
	a := newAuthority(t)
	first := ats(a.stamp(t, crypto.SHA256, h256(doc1), 2021))
	second := ats(a.stamp(t, crypto.SHA256, h256(first.Token.FullBytes), 2020))
	doc, err := ers.Open(recordASN1(t, []archiveTimeStamp{first, second}), []ers.File{file("a", doc1)})
	if err != nil {
		t.Fatal(err)
	}
	if p := doc.Records[0].Problems; len(p) != 1 || !strings.Contains(p[0].Says, "2020-02-28") {
		t.Errorf("problems %v", p)
	}
}

// TestCoverage: each token covers what it renews, and the record the data.
func TestCoverage(t *testing.T) {
	a := newAuthority(t)
	first := ats(a.stamp(t, crypto.SHA256, h256(doc1), 2020))
	second := ats(a.stamp(t, crypto.SHA256, h256(first.Token.FullBytes), 2021))
	ha := h512(marshal(t, [][]archiveTimeStamp{{first, second}}))
	third := ats(a.stamp(t, crypto.SHA512, h512(h512(doc1), ha), 2022))
	doc, err := ers.Open(recordASN1(t, []archiveTimeStamp{first, second}, []archiveTimeStamp{third}), []ers.File{file("a", doc1)})
	if err != nil {
		t.Fatal(err)
	}
	r := doc.Records[0]
	if len(r.Tokens) != 3 || len(r.CoversData) != 1 || r.Digests[0] != algo.SHA256 {
		t.Fatalf("%d tokens, %d data, %v", len(r.Tokens), len(r.CoversData), r.Digests)
	}
	for i, n := range []int{0, 1, 2} {
		if got := len(r.Tokens[i].CoversTokens); got != n {
			t.Errorf("token %d covers %d tokens, want %d", i, got, n)
		}
	}
	if len(r.Tokens[1].CoversData) != 0 || len(r.Tokens[2].CoversData) != 1 {
		t.Error("a time-stamp renewal covers no data by itself, a hash-tree renewal does")
	}
}
