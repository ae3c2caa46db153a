package xmldom

import (
	"errors"
	"strings"
	"testing"
)

var (
	inc10   = Method{}
	inc10c  = Method{WithComments: true}
	inc11   = Method{V11: true}
	exc     = Method{Exclusive: true}
	excComm = Method{Exclusive: true, WithComments: true}
)

func excWith(prefixes ...string) Method { return Method{Exclusive: true, Inclusive: prefixes} }

// find returns the element with this local name; "" is the document node.
func find(d *Document, local string) *Node {
	if local == "" {
		return d.Node
	}
	var hit *Node
	d.Node.Walk(func(n *Node) bool {
		if n.Kind == Element && n.Local == local && hit == nil {
			hit = n
		}
		return hit == nil
	})
	return hit
}

// TestCanonical: the rules of the three specifications, one by one. Where others
// fail (deps B) is marked.
func TestCanonical(t *testing.T) {
	cases := []struct {
		name, in, at string
		m            Method
		want         string
	}{
		// Canonical XML 1.0 §2.3 and its examples in §3.
		{"declaration dropped, PIs kept, line feeds around the root (others lose them)",
			"<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n",
			"", inc10, "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"},
		{"the same with comments",
			"<?xml version=\"1.0\"?>\n<?xml-stylesheet   href=\"doc.xsl\"?>\n<doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data     ?>\n<!-- Comment 2 -->\n<!-- Comment 3 -->\n",
			"", inc10c, "<?xml-stylesheet href=\"doc.xsl\"?>\n<doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data?>\n<!-- Comment 2 -->\n<!-- Comment 3 -->"},
		{"comment before the root", "<!--a--><r/>", "", excComm, "<!--a-->\n<r></r>"},
		{"white space in content stays", "<doc>\n  <a>  x </a>\n</doc>", "", inc10, "<doc>\n  <a>  x </a>\n</doc>"},
		{"white space in tags goes", "<doc ><a   b = 'c'\n/></doc\n>", "", inc10, "<doc><a b=\"c\"></a></doc>"},
		{"attributes sort by namespace URI, not prefix (others by prefix)",
			`<e xmlns:b="http://www.ietf.org" xmlns:a="http://www.w3.org" xmlns="http://example.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"/>`,
			"", inc10, `<e xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e>`},
		{"xml: attributes sort by their namespace too", `<e xmlns:z="http://a" xmlns:a="urn:z" a:q="3" xml:lang="en" z:q="1" q="0"/>`, "", inc10,
			`<e xmlns:a="urn:z" xmlns:z="http://a" q="0" z:q="1" xml:lang="en" a:q="3"></e>`},
		{"superfluous declarations go", `<a xmlns:p="urn:p" xmlns="urn:d"><b xmlns:p="urn:p" xmlns="urn:d"><c xmlns:p="urn:q"/></b></a>`, "", inc10,
			`<a xmlns="urn:d" xmlns:p="urn:p"><b><c xmlns:p="urn:q"></c></b></a>`},
		{"xmlns empty only where it takes away", `<a xmlns=""><b xmlns="urn:b"><c xmlns=""><d xmlns=""/></c><e xmlns=""/></b></a>`, "", inc10,
			`<a><b xmlns="urn:b"><c xmlns=""><d></d></c><e xmlns=""></e></b></a>`},
		{"xmlns:xml goes (others keep it)", `<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="en"/>`, "", inc10, `<a xml:lang="en"></a>`},
		{"text escapes", "<a>&#13;&lt;&gt;&amp;\"'&#9;</a>", "", inc10, "<a>&#xD;&lt;&gt;&amp;\"'\t</a>"},
		{"value escapes", "<a b=\"&#13;&#10;&#9;&lt;>&amp;&quot;'\"/>", "", inc10, "<a b=\"&#xD;&#xA;&#x9;&lt;>&amp;&quot;'\"></a>"},
		{"literal line end in value is a space (others keep it)", "<a b='x\ty\nz\r\nw'/>", "", inc10, `<a b="x y z w"></a>`},
		{"CDATA becomes text", `<a><![CDATA[value>"0" && value<"10" ?"valid":"error"]]></a>`, "", inc10, `<a>value&gt;"0" &amp;&amp; value&lt;"10" ?"valid":"error"</a>`},
		{"characters as UTF-8", "<a>&#169;&#x1F600;</a>", "", inc10, "<a>©😀</a>"},
		{"namespace value escapes", `<a xmlns:p="urn:&quot;&amp;&#10;" p:b=""/>`, "", inc10, `<a xmlns:p="urn:&quot;&amp;&#xA;" p:b=""></a>`},

		// Subtrees: Canonical XML 1.0 §2.4.
		{"ancestors' namespaces and xml attributes come along", `<a xmlns="urn:a" xmlns:u="urn:u" xml:lang="en" xml:space="preserve" xml:id="i"><m xml:lang="et" x="1"><b c="2"/></m></a>`, "b", inc10,
			`<b xmlns="urn:a" xmlns:u="urn:u" c="2" xml:id="i" xml:lang="et" xml:space="preserve"></b>`},
		{"own xml attribute wins", `<a xml:lang="en"><b xml:lang="fi"/></a>`, "b", inc10, `<b xml:lang="fi"></b>`},
		{"default namespace taken away above", `<a xmlns="urn:a"><m xmlns=""><b/></m></a>`, "b", inc10, `<b></b>`},

		// Canonical XML 1.1 §2.4.
		{"1.1: xml:id is not lent", `<a xml:lang="en" xml:space="preserve" xml:id="i"><b/></a>`, "b", inc11, `<b xml:lang="en" xml:space="preserve"></b>`},
		{"1.1: xml:base is joined (others ignore ancestors)", `<a xml:base="http://h/x/y"><m xml:base="../z/"><b xml:base="f.xml"/></m></a>`, "b", inc11, `<b xml:base="http://h/z/f.xml"></b>`},
		{"1.1: xml:base is lent", `<a xml:base="foo/bar"><b c="1"/></a>`, "b", inc11, `<b c="1" xml:base="foo/bar"></b>`},
		{"1.1: a relative base stays relative", `<a xml:base="../bar/"><b xml:base="foo"/></a>`, "b", inc11, `<b xml:base="../bar/foo"></b>`},
		{"1.1: an empty result is not written", `<a xml:base=""><b/></a>`, "b", inc11, `<b></b>`},
		{"1.1: nothing left out, nothing joined", `<a xml:base="x/"><b xml:base="../y"/></a>`, "", inc11, `<a xml:base="x/"><b xml:base="../y"></b></a>`},
		{"1.0: xml:base is not joined", `<a xml:base="http://h/x/y"><b xml:base="f"/></a>`, "b", inc10, `<b xml:base="f"></b>`},

		// Exclusive XML Canonicalization 1.0 §2, §3.
		{"only what is used", `<n0:a xmlns:n0="urn:0" xmlns:n3="ftp://x"><n1:b xmlns:n1="urn:1" xml:lang="en"><n3:c xmlns:n3="ftp://x"/></n1:b></n0:a>`, "b", exc,
			`<n1:b xmlns:n1="urn:1" xml:lang="en"><n3:c xmlns:n3="ftp://x"></n3:c></n1:b>`},
		{"xml attributes are not lent", `<a xml:lang="en"><b/></a>`, "b", exc, `<b></b>`},
		{"declared where used", `<a xmlns:p="urn:p"><b><p:c/><p:d p:e="1"><p:f/></p:d></b></a>`, "", exc,
			`<a><b><p:c xmlns:p="urn:p"></p:c><p:d xmlns:p="urn:p" p:e="1"><p:f></p:f></p:d></b></a>`},
		{"attribute prefix is used", `<a xmlns:p="urn:p" p:x="1"/>`, "", exc, `<a xmlns:p="urn:p" p:x="1"></a>`},
		{"unused default namespace goes", `<p:a xmlns="urn:d" xmlns:p="urn:p"><b/></p:a>`, "", exc, `<p:a xmlns:p="urn:p"><b xmlns="urn:d"></b></p:a>`},
		{"xmlns empty in exclusive form", `<a xmlns="urn:a"><p:m xmlns:p="urn:p" xmlns=""><b/></p:m></a>`, "", exc, `<a xmlns="urn:a"><p:m xmlns:p="urn:p"><b xmlns=""></b></p:m></a>`},
		{"rebound prefix", `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"/></p:b><p:d/></p:a>`, "", exc,
			`<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"></p:c></p:b><p:d></p:d></p:a>`},
		{"PrefixList at the apex", `<a xmlns:p="urn:p" xmlns:q="urn:q" xmlns="urn:d"><x:b xmlns:x="urn:x"/></a>`, "b", excWith("p", "none"),
			`<x:b xmlns:p="urn:p" xmlns:x="urn:x"></x:b>`},
		{"PrefixList #default (others ignore it)", `<a xmlns:p="urn:p" xmlns="urn:d"><x:b xmlns:x="urn:x"><x:c xmlns=""/></x:b></a>`, "b", excWith("#default"),
			`<x:b xmlns="urn:d" xmlns:x="urn:x"><x:c xmlns=""></x:c></x:b>`},
		{"PrefixList below the apex", `<a><b xmlns:p="urn:p"><c xmlns:p="urn:q"/><p:d/></b><e xmlns:p="urn:p"/></a>`, "", excWith("p"),
			`<a><b xmlns:p="urn:p"><c xmlns:p="urn:q"></c><p:d></p:d></b><e xmlns:p="urn:p"></e></a>`},
		{"PrefixList that is used anyway", `<p:a xmlns:p="urn:p"><p:b/></p:a>`, "", excWith("p"), `<p:a xmlns:p="urn:p"><p:b></p:b></p:a>`},
		{"comments kept inside a subtree", `<a><b><!--x-->y</b></a>`, "b", excComm, `<b><!--x-->y</b>`},
		{"X7 comments dropped inside a subtree", `<a><b><!--x-->y<?p?></b></a>`, "b", exc, `<b>y<?p?></b>`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := mustParse(t, c.in)
			got, err := CanonicalBytes(find(d, c.at), c.m, nil)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

// TestSkip: subtrees left out, as the enveloped-signature transform wants it.
func TestSkip(t *testing.T) {
	d := mustParse(t, "<!--c--><r xmlns:s='urn:s'>1<s:S><s:S/></s:S>2<x><s:S/></x></r>")
	skip := func(n *Node) bool { return n.Is("urn:s", "S") }
	for at, want := range map[string]string{
		"":  `<r xmlns:s="urn:s">12<x></x></r>`,
		"x": `<x xmlns:s="urn:s"></x>`,
		"S": ``,
	} {
		got, err := CanonicalBytes(find(d, at), inc10, skip)
		if err != nil || string(got) != want {
			t.Errorf("%q: %s (%v), want %s", at, got, err, want)
		}
	}
	for _, n := range []*Node{d.Node.Children[0], d.Root.Children[0]} {
		got, err := CanonicalBytes(n, inc10c, nil)
		if want := map[Kind]string{Comment: "<!--c-->", Text: "1"}[n.Kind]; err != nil || string(got) != want {
			t.Errorf("%s: %q (%v)", n.Kind, got, err)
		}
	}
}

func TestRelativeNamespace(t *testing.T) {
	d := mustParse(t, `<a xmlns:p="../rel" xmlns:q="urn:q"><q:b/><p:c/></a>`)
	for _, c := range []struct {
		at string
		m  Method
		ok bool
	}{{"", inc10, false}, {"", exc, false}, {"b", inc11, false}, {"b", exc, true}} {
		_, err := CanonicalBytes(find(d, c.at), c.m, nil)
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "relative") {
			t.Errorf("%q %+v: %v", c.at, c.m, err)
		}
	}
	for uri, relative := range map[string]bool{"": false, "urn:x": false, "http://x": false, "a+b-1.c:": false, "x": true, "/x": true, "#": true, "1a:x": true, "a/b:c": true, ":": true} {
		if relativeURI(uri) != relative {
			t.Errorf("%q: relative %v", uri, !relative)
		}
	}
}

func TestMethodByURI(t *testing.T) {
	for _, uri := range []string{C14N10URI, C14N10URI + "#WithComments", C14N11URI, C14N11URI + "#WithComments", ExclusiveURI, ExclusiveURI + "WithComments"} {
		m, ok := MethodByURI(uri)
		if !ok || m.URI() != uri {
			t.Errorf("%s: %+v %v gives %s", uri, m, ok, m.URI())
		}
	}
	for _, uri := range []string{"", C14N10URI + "#", C14N10URI + "WithComments", ExclusiveURI + "#WithComments", strings.TrimSuffix(ExclusiveURI, "#"), "http://www.w3.org/2001/10/xml-exc-c14n"} {
		if _, ok := MethodByURI(uri); ok {
			t.Errorf("%q is no method", uri)
		}
	}
}

// TestJoinBase: Canonical XML 1.1 §2.4 with the sort of values of its appendix A.
func TestJoinBase(t *testing.T) {
	for _, c := range []struct{ base, ref, want string }{
		{"http://h/a/b", "c", "http://h/a/c"},
		{"http://h/a/b", "../c", "http://h/c"},
		{"http://h/a/b", "../../../c", "http://h/c"},
		{"http://h", "c", "http://h/c"},
		{"http://h/a/b?q#f", "", "http://h/a/b?q"},
		{"http://h/a/b?q", "?r", "http://h/a/b?r"},
		{"http://h/a/b", "//k/l/../m", "http://k/m"},
		{"http://h/a/b", "urn:x", "urn:x"},
		{"http://h/a/b", "/c/./d", "http://h/c/d"},
		{"a/b", "../../c", "../c"},
		{"../", "../", "../../"},
		{"..", "..", "../../"},
		{"..", "c", "../c"},
		{"a/..", "b", "b"},
		{"a//b/", "c", "a/b/c"},
		{"a/", "", "a/"},
		{"", "a", "a"},
	} {
		if got := joinBase(c.base, c.ref); got != c.want {
			t.Errorf("join(%q, %q) = %q, want %q", c.base, c.ref, got, c.want)
		}
	}
}

type brokenWriter struct{ left int }

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestWriterError(t *testing.T) {
	d := mustParse(t, "<a>"+strings.Repeat("<b>text</b>", 20000)+strings.Repeat("x", 100000)+"</a>")
	for n := range 4 {
		if err := Canonicalize(&brokenWriter{left: n}, d.Node, inc10, nil); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("after %d writes: %v", n, err)
		}
	}
	if err := Canonicalize(&brokenWriter{}, nil, inc10, nil); err == nil {
		t.Error("no node, no error")
	}
}

// A namespace of 100 KB that 2,000 elements use would be written 2,000 times.
func TestX2_CanonicalFormIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<r xmlns:p="urn:` + strings.Repeat("x", 100_000) + `">`)
	for range 2000 {
		b.WriteString(`<p:a/>`)
	}
	b.WriteString(`</r>`)
	doc, err := Parse([]byte(b.String()), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CanonicalBytes(doc.Root, Method{Exclusive: true}, nil); !errors.Is(err, errExpansion) {
		t.Errorf("exclusive: %v, want an error of the bound", err)
	}
	if out, err := CanonicalBytes(doc.Root, Method{}, nil); err != nil || len(out) > b.Len()+20_000 {
		t.Errorf("inclusive: %d octets, %v", len(out), err)
	}
}
