package xmldom

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func mustParse(t testing.TB, s string) *Document {
	t.Helper()
	d, err := Parse([]byte(s), Limits{})
	if err != nil {
		t.Fatalf("parsing %q: %v", s, err)
	}
	return d
}

// TestRefused: what no document may hold. The names carry the attack where it is one.
func TestRefused(t *testing.T) {
	cases := []struct {
		name, doc string
		problem   Problem
		says      string
	}{
		{"X1 DOCTYPE", `<!DOCTYPE a><a/>`, HasDoctype, "document type"},
		{"X1 external DTD", `<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`, HasDoctype, ""},
		{"X1 DOCTYPE after comment", `<!--x--><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, HasDoctype, ""},
		{"X1 DOCTYPE inside", `<a><!DOCTYPE a></a>`, HasDoctype, ""},
		{"X1 entity", `<a>&xxe;</a>`, NotWellFormed, "predefined"},
		{"X1 entity in value", `<a b="&xxe;"/>`, NotWellFormed, "predefined"},
		{"X12 UTF-16 BOM", "\xff\xfe<\x00a\x00/\x00>\x00", WrongEncoding, "UTF-16"},
		{"X12 UTF-16 without BOM", "<\x00a\x00/\x00>\x00", WrongEncoding, "NUL"},
		{"X12 UTF-16 declared", `<?xml version="1.0" encoding="UTF-16"?><a/>`, WrongEncoding, "UTF-16"},
		{"X12 UTF-7", `<?xml version="1.0" encoding="UTF-7"?><a/>`, WrongEncoding, "UTF-7"},
		{"X12 windows-1252", `<?xml version='1.0' encoding = 'windows-1252'?><a/>`, WrongEncoding, "WINDOWS-1252"},
		{"X12 invalid UTF-8", "<a>\n\xc3\x28</a>", WrongEncoding, "line 2, offset 4"},
		{"X12 overlong", "<a>\xc0\xaf</a>", WrongEncoding, "not UTF-8"},
		{"X12 surrogate", "<a>\xed\xa0\x80</a>", WrongEncoding, "not UTF-8"},
		{"X12 NUL", "<abc>\x00</abc>", NotWellFormed, "U+0000"},
		{"X12 NUL reference", "<a>&#0;</a>", NotWellFormed, "U+0000"},
		{"X12 US-ASCII with more", "<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a>\xc3\xa4</a>", WrongEncoding, "US-ASCII"},
		{"X12 BOM and ISO-8859-1", "\ufeff<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", WrongEncoding, "byte order mark"},
		{"X12 encoding hidden behind 400 octets", `<?xml version="1.0"` + strings.Repeat(" ", 500) + `encoding="ISO-8859-1"?><a/>`, WrongEncoding, ""},
		{"X12 double colon", `<a:b:c xmlns:a="urn:a"/>`, WrongNamespace, "two colons"},
		{"X12 leading colon", `<:a/>`, NotWellFormed, "name"},
		{"X12 trailing colon", `<a: xmlns:a="urn:a"/>`, WrongNamespace, "local name"},
		{"X12 attribute :x", `<a :x="1"/>`, NotWellFormed, "name"},
		{"control character", "<a>\x0b</a>", NotWellFormed, "U+000B"},
		{"control character in value", "<a b='\x01'/>", NotWellFormed, "U+0001"},
		{"control character in comment", "<a><!--\x01--></a>", NotWellFormed, "U+0001"},
		{"U+FFFE", "<a>\ufffe</a>", NotWellFormed, "U+FFFE"},
		{"U+FFFF in PI", "<a><?x \uffff?></a>", NotWellFormed, "U+FFFF"},
		{"surrogate reference", "<a>&#xD800;</a>", NotWellFormed, "U+D800"},
		{"reference beyond Unicode", "<a>&#x110000;</a>", NotWellFormed, "U+10FFFF"},
		{"reference overflow", "<a>&#99999999999999999999;</a>", NotWellFormed, "U+10FFFF"},
		{"reference without digits", "<a>&#x;</a>", NotWellFormed, "digits"},
		{"reference with X", "<a>&#X41;</a>", NotWellFormed, "digit"},
		{"bare ampersand", "<a>a & b</a>", NotWellFormed, "&"},
		{"less-than in value", `<a b="<"/>`, NotWellFormed, "'<'"},
		{"]]> in text", `<a>x]]></a>`, NotWellFormed, "]]>"},
		{"-- in comment", `<a><!-- -- --></a>`, NotWellFormed, "--"},
		{"--- at comment end", `<a><!--x---></a>`, NotWellFormed, "--"},
		{"comment open", `<a><!--x</a>`, NotWellFormed, "does not end"},
		{"CDATA open", `<a><![CDATA[x</a>`, NotWellFormed, "does not end"},
		{"CDATA outside", `<a/><![CDATA[x]]>`, NotWellFormed, "outside"},
		{"PI open", `<a><?x</a>`, NotWellFormed, "does not end"},
		{"PI target xml", `<a><?xml version="1.0"?></a>`, NotWellFormed, "reserved"},
		{"PI target XmL", `<a><?XmL x?></a>`, NotWellFormed, "reserved"},
		{"declaration not first", ` <?xml version="1.0"?><a/>`, NotWellFormed, "reserved"},
		{"version 1.1", `<?xml version="1.1"?><a/>`, NotWellFormed, "1.0"},
		{"no version", `<?xml encoding="UTF-8"?><a/>`, NotWellFormed, "no place"},
		{"standalone maybe", `<?xml version="1.0" standalone="maybe"?><a/>`, NotWellFormed, "standalone"},
		{"no element", `<!-- -->`, NotWellFormed, "no element"},
		{"empty", ``, NotWellFormed, "no element"},
		{"two roots", `<a/><b/>`, NotWellFormed, "second root"},
		{"text after", `<a/>x`, NotWellFormed, "outside"},
		{"reference after", `<a/>&#32;`, NotWellFormed, "outside"},
		{"not closed", `<a><b></b>`, NotWellFormed, "inside <a>"},
		{"crossed", `<a><b></a></b>`, NotWellFormed, "does not match <b>"},
		{"end tag longer", `<a></ab>`, NotWellFormed, "does not match"},
		{"other prefix, same namespace", `<p:a xmlns:p="urn:a" xmlns:q="urn:a"></q:a>`, NotWellFormed, "does not match"},
		{"end without start", `</a>`, NotWellFormed, "without a start"},
		{"tag open", `<a b="1"`, NotWellFormed, "does not end"},
		{"value open", `<a b="1/>`, NotWellFormed, "does not end"},
		{"no space between attributes", `<a b="1"c="2"/>`, NotWellFormed, "no space"},
		{"no quotes", `<a b=1/>`, NotWellFormed, "not quoted"},
		{"no value", `<a b/>`, NotWellFormed, "without a value"},
		{"name begins with digit", `<1a/>`, NotWellFormed, "name"},
		{"duplicate attribute", `<a b="1" b="2"/>`, NotWellFormed, "twice"},
		{"duplicate expanded name", `<a xmlns:p="urn:x" xmlns:q="urn:x" p:b="1" q:b="2"/>`, NotWellFormed, "twice"},
		{"duplicate declaration", `<a xmlns:p="urn:x" xmlns:p="urn:x"/>`, NotWellFormed, "twice"},
		{"duplicate default", `<a xmlns="urn:x" xmlns=""/>`, NotWellFormed, "twice"},
		{"prefix unknown", `<p:a/>`, WrongNamespace, `"p"`},
		{"attribute prefix unknown", `<a p:b="1"/>`, WrongNamespace, `"p"`},
		{"prefix out of scope", `<a><b xmlns:p="urn:p"/><p:c/></a>`, WrongNamespace, `"p"`},
		{"prefix undeclared", `<a xmlns:p="urn:p"><b xmlns:p=""/></a>`, WrongNamespace, "empty"},
		{"xmlns declared", `<a xmlns:xmlns="http://www.w3.org/2000/xmlns/"/>`, WrongNamespace, "xmlns"},
		{"xml rebound", `<a xmlns:xml="urn:x"/>`, WrongNamespace, "xml"},
		{"XML namespace on another prefix", `<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`, WrongNamespace, "another prefix"},
		{"XML namespace as default", `<a xmlns="http://www.w3.org/XML/1998/namespace"/>`, WrongNamespace, "another prefix"},
		{"element with prefix xmlns", `<xmlns:a/>`, WrongNamespace, "xmlns"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.doc), Limits{})
			var pe *ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("accepted, or a foreign error: %v", err)
			}
			if pe.Problem != c.problem || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q: %v; want %q with %q", pe.Problem, err, c.problem, c.says)
			}
		})
	}
}

// TestValues: what text and attribute values are.
func TestValues(t *testing.T) {
	cases := []struct{ name, in, text, attr string }{
		{"references", `<a b="&lt;&amp;&quot;&apos;&gt;&#65;&#x42;">&lt;&amp;&quot;&apos;&gt;&#65;&#x42;</a>`, `<&"'>AB`, `<&"'>AB`},
		{"line ends", "<a b='1\r\n2\r3\n4'>1\r\n2\r3\n4\r\r\n</a>", "1\n2\n3\n4\n\n", "1 2 3 4"},
		{"white space in values", "<a b=' \t\n x '>\t</a>", "\t", "    x "},
		{"white space by reference", "<a b='&#9;&#10;&#13;&#32;'>&#13;</a>", "\r", "\t\n\r "},
		{"CDATA merges", "<a b=''>x<![CDATA[<&>]]>y<![CDATA[]]>&#122;</a>", "x<&>yz", ""},
		{"]] > apart", "<a b=']]>'>]]&gt;]] ></a>", "]]>]] >", "]]>"},
		{"UTF-8", "<a b='õ'>äöü€𝄞\ufffd</a>", "äöü€𝄞\ufffd", "õ"},
		{"other quote", `<a b="it's">"</a>`, `"`, "it's"},
		{"X8 comments do not split", "<a b='1'>ab<!--c-->cd<?x y?>ef</a>", "abcdef", "1"},
		{"X8 elements add nothing", "<a b='1'>ab<x>no</x>cd</a>", "abcd", "1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := mustParse(t, c.in)
			if got := d.Root.Content(); got != c.text {
				t.Errorf("text %q, want %q", got, c.text)
			}
			if got, _ := d.Root.Attribute("b"); got != c.attr {
				t.Errorf("value %q, want %q", got, c.attr)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4\xf5</a>", "äõ"},
		{"<?xml version='1.0' encoding='iso-8859-2'?><a>\xf5\xfb\xe9</a>", "őűé"},
		{"<?xml version='1.0' encoding='us-ascii'?><a>x&#xE4;</a>", "xä"},
		{"<?xml version='1.0' encoding='utf-8' standalone='yes' ?><a>ä</a>", "ä"},
		{"\ufeff<a>ä</a>", "ä"},
		{"\ufeff<?xml version=\"1.0\"?>\r\n<a>ä</a>", "ä"},
	} {
		d := mustParse(t, c.in)
		if got := d.Root.Content(); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
		if raw := string(d.Raw[d.Root.Start:d.Root.End]); !strings.HasPrefix(raw, "<a>") || !strings.HasSuffix(raw, "</a>") {
			t.Errorf("%q: offsets cut %q", c.in, raw)
		}
	}
}

func TestTree(t *testing.T) {
	d := mustParse(t, `<?p q?><!--c--><r xmlns="urn:r" xmlns:s="urn:s" Id="1"><s:a ID="2" s:id="9">t</s:a><b xmlns="" id="3"/><c xml:id="4" Id="4"/><d iD="5" Id="1"/></r>`)
	if d.Elements != 5 || d.Nodes != 9 || len(d.Node.Children) != 3 {
		t.Errorf("%d elements, %d nodes, %d on top", d.Elements, d.Nodes, len(d.Node.Children))
	}
	a, b := d.Root.First("urn:s", "a"), d.Root.First("", "b")
	if a == nil || b == nil || a.Name() != "s:a" || !a.Within(d.Root) || b.Within(a) || a.Top() != d.Node {
		t.Fatalf("navigation: %v %v", a, b)
	}
	if uri, ok := b.Lookup(""); ok || uri != "" {
		t.Errorf("default namespace at b: %q %v", uri, ok)
	}
	if uri, ok := b.Lookup("s"); !ok || uri != "urn:s" {
		t.Errorf("s at b: %q %v", uri, ok)
	}
	for id, hits := range map[string]int{"1": 2, "2": 1, "3": 1, "4": 1, "5": 0, "9": 0, "": 0} {
		if got := len(d.ByID(id)); got != hits {
			t.Errorf("id %q hits %d, want %d", id, got, hits)
		}
	}
	if d.Node.Path("urn:r", "r", "c") == nil || d.Node.Path("urn:r", "r", "x", "y") != nil {
		t.Error("Path")
	}
}

// TestLimits: each bound is met exactly, and named (attack X2).
func TestLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	attrs := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d='x'", i)
		}
		return "<a" + b.String() + "/>"
	}
	decls := func(n int) string { return strings.ReplaceAll(attrs(n), " a", " xmlns:a") }
	cases := []struct {
		name, ok, bad string
		limits        Limits
		says          string
	}{
		{"depth", nested(200), nested(201), Limits{}, "deeper than 200"},
		{"attributes", attrs(1000), attrs(1001), Limits{}, "more than 1000 attributes"},
		{"declarations", decls(1000), decls(1001), Limits{}, "more than 1000 attributes"},
		{"namespaces in scope", "<r>" + decls(10) + "</r>", "<r" + decls(6)[2:len(decls(6))-2] + ">" + decls(5) + "</r>", Limits{Namespaces: 10}, "more than 10 namespace"},
		{"nodes", "<a>" + strings.Repeat("<b/>", 8) + "</a>", "<a>" + strings.Repeat("<b/>", 9) + "</a>", Limits{Nodes: 10}, "more than 10 nodes"},
		{"size", "<abcde/>", "<abcdef/>", Limits{Size: 8}, "at most 8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse([]byte(c.ok), c.limits); err != nil {
				t.Errorf("within: %v", err)
			}
			_, err := Parse([]byte(c.bad), c.limits)
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Problem != LimitExceeded || !strings.Contains(pe.Says, c.says) {
				t.Errorf("beyond: %v, want %q", err, c.says)
			}
		})
	}
}

// TestLinear: shapes that cost others quadratic time (X2; deps B). The bound is a
// hundred times what they take.
func TestLinear(t *testing.T) {
	var decls strings.Builder
	for i := range 999 {
		fmt.Fprintf(&decls, " xmlns:p%d='urn:%d'", i, i)
	}
	var attrs strings.Builder
	for i := range 999 {
		fmt.Fprintf(&attrs, " a%d='%d'", i, i)
	}
	for name, doc := range map[string]string{
		"billion laughs":      `<!DOCTYPE l [<!ENTITY a "` + strings.Repeat("&b;", 1e6) + `">]><l>&a;</l>`,
		"deep":                strings.Repeat("<a>", 1e6),
		"many declarations":   "<r>" + strings.Repeat("<a"+decls.String()+"/>", 300) + "</r>",
		"prefixes in scope":   "<r" + decls.String() + ">" + strings.Repeat("<p1:a p2:b='' p3:c=''/>", 1e5) + "</r>",
		"many attributes":     "<r>" + strings.Repeat("<a"+attrs.String()+"/>", 300) + "</r>",
		"references":          "<r>" + strings.Repeat("&amp;", 2e6) + "</r>",
		"open ampersands":     "<r>" + strings.Repeat("&", 1e6) + "</r>",
		"line ends":           "<r>" + strings.Repeat("\r", 5e6) + "</r>",
		"CDATA":               "<r>" + strings.Repeat("<![CDATA[x]]>", 5e5) + "</r>",
		"one attribute value": "<r a='" + strings.Repeat("&#10;\t", 1e6) + "'/>",
		"open comments":       "<r>" + strings.Repeat("<!-", 1e6),
		"open names":          "<" + strings.Repeat("a", 5e6),
	} {
		start := time.Now()
		d, err := Parse([]byte(doc), Limits{})
		if err == nil {
			for _, m := range []Method{{}, {Exclusive: true}, {V11: true}} {
				if _, err := CanonicalBytes(d.Node, m, nil); err != nil {
					t.Error(err)
				}
			}
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %d octets, %v, %v", name, len(doc), took, err != nil)
		}
	}
}
