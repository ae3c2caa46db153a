package xmldsig

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// TestResolve: every kind of reference and transform, in one enveloping document:
//
//	<!--p--><r Id="root"><!--c--><a Id="one">…</a> SIGNATURE <b>…</b></r>
func TestResolve(t *testing.T) {
	const notSig = `not(ancestor-or-self::ds:Signature)`
	xp := func(expr string) string { return XPathURI + " <ds:XPath>" + expr + "</ds:XPath>" }
	f2 := func(filter, expr string) string {
		return Filter2URI + ` <f:XPath xmlns:f="` + Filter2URI + `" Filter="` + filter + `">` + expr + `</f:XPath>`
	}
	const whole = `<r Id="root"><a Id="one" x="1">te<i></i>xt</a><b Id="twice" xml:id="two"></b><c Id="twice"></c><d Id="b64">SGVs bG8=</d></r>`
	cases := []struct {
		name       string
		uri        *string
		transforms []string
		want       string // "" with why: not found
		why        string
		partial    bool
	}{
		{"whole, enveloped", ptr(""), []string{EnvelopedURI, excl}, whole, "", false},
		{"whole, enveloped, node-set left over", ptr(""), []string{EnvelopedURI}, whole, "", false},
		{"comments go with URI empty, even for WithComments", ptr(""), []string{EnvelopedURI, excl + "WithComments"}, whole, "", false},
		{"xpointer(/) keeps comments", ptr("#xpointer(/)"), []string{EnvelopedURI, excl + "WithComments"}, "<!--p-->\n" + strings.ReplaceAll(strings.Replace(whole, `"root">`, `"root"><!--c-->`, 1), "te<", "te<!--x--><"), "", false},
		{"xpointer(/) and a method without", ptr("#xpointer(/)"), []string{EnvelopedURI, excl}, whole, "", false},
		{"root by Id is the whole", ptr("#root"), []string{EnvelopedURI, excl}, whole, "", false},
		{"element", ptr("#one"), nil, `<a Id="one" x="1">te<i></i>xt</a>`, "", true},
		{"element by xml:id", ptr("#two"), []string{excl}, `<b Id="twice" xml:id="two"></b>`, "", true},
		{"element by xpointer", ptr("#xpointer(id('one'))"), []string{incl + "#WithComments"}, `<a Id="one" x="1">te<!--x--><i></i>xt</a>`, "", true},
		{"element by xpointer with the other quote", ptr(`#xpointer(id("one"))`), nil, `<a Id="one" x="1">te<i></i>xt</a>`, "", true},
		{"base64 of an element", ptr("#b64"), []string{Base64URI}, "Hello", "", true},
		{"canonical form, then base64", ptr("#b64"), []string{excl, Base64URI}, "", "not base64", true},

		{"X3 X4 identifier twice", ptr("#twice"), nil, "", "2 elements have the identifier", false},
		{"identifier unknown", ptr("#none"), nil, "", "no element", false},
		{"bare #", ptr("#"), nil, "", "names nothing", false},
		{"other xpointer", ptr("#xpointer(//a)"), nil, "", "XPointer", false},
		{"xpointer with trick", ptr("#xpointer(id('one')/x('a'))"), nil, "", "XPointer", false},
		{"X6 http", ptr("http://example.org/x"), nil, "", "no file at hand", false},
		{"X6 file", ptr("file:///etc/passwd"), nil, "", "no file at hand", false},
		{"detached", ptr("doc.txt"), nil, "plain", "", false},
		{"detached XML, canonicalised", ptr("doc.xml"), []string{excl + "WithComments"}, "<x><!--k--><y></y></x>", "", false},
		{"detached, no XML", ptr("doc.txt"), []string{excl}, "", "to be XML", false},
		{"detached with DOCTYPE", ptr("dtd.xml"), []string{excl}, "", "document type", false},
		{"detached base64", ptr("doc.b64"), []string{Base64URI}, "Hello", "", false},
		{"no URI, several files", nil, nil, "", "no URI", false},
		{"enveloped on a file", ptr("doc.xml"), []string{EnvelopedURI}, "", "document that holds", false},

		{"X6 XSLT", ptr(""), []string{XSLTURI + ` <x:s xmlns:x="urn:x"/>`}, "", "never run", false},
		{"X6 decrypt", ptr(""), []string{"http://www.w3.org/2002/07/decrypt#XML"}, "", "not carried out", false},
		{"X11 transforms", ptr(""), strings.Split(strings.Repeat(","+EnvelopedURI, 11)[1:], ","), "", "more than 10", false},

		{"XPath: not signatures", ptr(""), []string{xp(notSig), excl}, whole, "", false},
		{"XPath: white space", ptr(""), []string{xp("\n not ( ancestor-or-self::ds:Signature ) "), excl}, whole, "", false},
		{"XPath: other prefix", ptr(""), []string{XPathURI + ` <ds:XPath xmlns:q="` + Space + `">not(ancestor-or-self::q:Signature)</ds:XPath>`}, whole, "", false},
		{"XPath: by names", ptr(""), []string{xp(`not(ancestor-or-self::*[local-name()='Signature' and namespace-uri()="` + Space + `"])`)}, whole, "", false},
		{"XPath: the enveloped expression", ptr(""), []string{xp("count(ancestor-or-self::ds:Signature | here()/ancestor::ds:Signature[1]) &gt; count(ancestor-or-self::ds:Signature)")}, whole, "", false},
		{"XPath: more left out is partial", ptr(""), []string{xp(notSig + " and not(ancestor-or-self::a) and not(ancestor-or-self::*[@Id='twice'])")}, `<r Id="root"><d Id="b64">SGVs bG8=</d></r>`, "", true},
		{"XPath: keep a part", ptr(""), []string{xp("ancestor-or-self::*[@Id='one']")}, `<a Id="one" x="1">te<i></i>xt</a>`, "", true},
		{"XPath: keep several", ptr(""), []string{xp("ancestor-or-self::*[@Id='twice']")}, `<b Id="twice" xml:id="two"></b><c Id="twice"></c>`, "", true},
		{"XPath: prefix not declared", ptr(""), []string{xp("not(ancestor-or-self::q:Signature)")}, "", "none of the forms", false},
		{"XPath: self only", ptr(""), []string{xp("not(self::ds:Signature)")}, "", "none of the forms", false},
		{"XPath: trailing matter", ptr(""), []string{xp(notSig + " or true()")}, "", "none of the forms", false},
		{"XPath: text()", ptr(""), []string{xp("self::text()")}, "", "none of the forms", false},
		{"XPath: X11 many terms", ptr(""), []string{xp(notSig + strings.Repeat(" and "+notSig, 20))}, "", "more than 16 terms", false},
		{"XPath: two", ptr(""), []string{XPathURI + " <ds:XPath>x</ds:XPath><ds:XPath>x</ds:XPath>"}, "", "2 XPath", false},

		{"Filter2: subtract descendants", ptr(""), []string{f2("subtract", "/descendant::ds:Signature"), excl}, whole, "", false},
		{"Filter2: subtract //", ptr(""), []string{f2("subtract", " //ds:Signature ")}, whole, "", false},
		{"Filter2: subtract here()", ptr(""), []string{f2("subtract", "here()/ancestor::ds:Signature[1]")}, whole, "", false},
		{"Filter2: subtract a path", ptr(""), []string{f2("subtract", "/r/ds:Signature"), f2("subtract", "/r/*[@Id='twice']")}, `<r Id="root"><a Id="one" x="1">te<i></i>xt</a><d Id="b64">SGVs bG8=</d></r>`, "", true},
		{"Filter2: intersect", ptr(""), []string{f2("intersect", "//a/i")}, "<i></i>", "", true},
		{"Filter2: intersect with /", ptr(""), []string{f2("intersect", "/"), EnvelopedURI}, whole, "", false},
		{"Filter2: intersect id()", ptr(""), []string{f2("intersect", "id('one')")}, `<a Id="one" x="1">te<i></i>xt</a>`, "", true},
		{"Filter2: intersect with what holds the target", ptr("#one"), []string{f2("intersect", "/r")}, `<a Id="one" x="1">te<i></i>xt</a>`, "", true},
		{"Filter2: id() twice", ptr(""), []string{f2("intersect", "id('twice')")}, "", "exactly one", false},
		{"Filter2: union", ptr(""), []string{f2("union", "//a")}, "", "only subtract and intersect", false},
		{"Filter2: subtract all", ptr(""), []string{f2("subtract", "/")}, "", "whole document", false},
		{"Filter2: position", ptr(""), []string{f2("subtract", "//a[1]")}, "", "none of the forms", false},
	}
	files := folder{"doc.txt": "plain", "doc.xml": "<?xml version='1.0'?><x ><!--k--><y/></x>", "doc.b64": "SGVs\nbG8=", "dtd.xml": "<!DOCTYPE x><x/>"}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ref := reference(c.uri, algs(c.transforms...), sum(c.want))
			d, s := read(t, `<!--p--><r Id="root"><!--c--><a Id="one" x="1">te<!--x--><i/>xt</a>`+signature(rsa256, ref, "")+`<b xml:id="two" Id="twice"/><c Id="twice"/><d Id="b64">SGVs bG8=</d></r>`)
			res := s.Resolve(d, s.References[0], files)
			if c.why != "" {
				if res.Found || !strings.Contains(res.Why, c.why) {
					t.Fatalf("found %v %q, why %q; want not found for %q", res.Found, res.Octets, res.Why, c.why)
				}
				if strings.Contains(c.why, "2 elements") != res.Ambiguous {
					t.Errorf("ambiguous %v", res.Ambiguous)
				}
				return
			}
			if !res.Found || string(res.Octets) != c.want || res.Partial != c.partial || res.Empty {
				t.Errorf("found %v, partial %v (want %v), why %q\n got %s\nwant %s", res.Found, res.Partial, c.partial, res.Why, res.Octets, c.want)
			}
			digest, _ := s.DigestOf(d, s.References[0], files)
			if want := sha256.Sum256([]byte(c.want)); !bytes.Equal(digest, want[:]) || !bytes.Equal(digest, s.References[0].Value) {
				t.Errorf("digest %x", digest)
			}
		})
	}
}

// TestNothingLeft: a digest over nothing is never intact, though the target exists.
func TestNothingLeft(t *testing.T) {
	for name, doc := range map[string]string{
		"the root is the signature": signature(rsa256, reference(ptr(""), algs(XPathURI+" <ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>", excl), sum("")), ""),
		"enveloped, inside":         `<r>` + signature(rsa256, reference(ptr("#o"), algs(EnvelopedURI, excl), sum("")), `<ds:Object Id="o"/>`) + `</r>`,
		"kept what is not there":    `<r>` + signature(rsa256, reference(ptr(""), algs(XPathURI+" <ds:XPath>ancestor-or-self::*[@Id='none']</ds:XPath>"), sum("")), "") + `</r>`,
	} {
		d, s := read(t, doc)
		digest, res := s.DigestOf(d, s.References[0], nil)
		if !res.Found || !res.Empty || !res.Partial || digest != nil || res.Why == "" {
			t.Errorf("%s: %+v, digest %x", name, res, digest)
		}
	}
}

// TestOtherSignatures: enveloped-signature removes this signature only; a filter
// over all of them leaves out more than itself.
func TestOtherSignatures(t *testing.T) {
	other := strings.Replace(signature(rsa256, "", ""), `Id="sig"`, `Id="other"`, 1)
	for _, c := range []struct {
		transform string
		keeps     bool
	}{{EnvelopedURI, true}, {XPathURI + " <ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>", false}} {
		d, s := read(t, `<r>`+signature(rsa256, reference(ptr(""), algs(c.transform), sum("")), "")+other+`</r>`)
		res := s.Resolve(d, s.References[0], nil)
		if !res.Found || !res.WholeDocument || bytes.Contains(res.Octets, []byte("other")) != c.keeps || bytes.Contains(res.Octets, []byte(`"sig"`)) || res.Partial == c.keeps {
			t.Errorf("%s: %+v", c.transform, res)
		}
	}
}

// TestNodeSetMethod: a time-stamp canonicalises a left-over node-set by its own
// method, octets never.
func TestNodeSetMethod(t *testing.T) {
	for _, c := range []struct {
		transforms []string
		set        bool
		want       string
	}{
		{nil, true, `<a Id="x"></a>`},
		{[]string{incl}, false, `<a xmlns:u="urn:u" Id="x"></a>`},
	} {
		d, s := read(t, `<r xmlns:u="urn:u"><a Id="x"/>`+signature(rsa256, reference(ptr("#x"), algs(c.transforms...), ""), "")+`</r>`)
		res := s.Resolve(d, s.References[0], nil)
		got, err := res.Canonical(xmldom.Method{Exclusive: true})
		if err != nil || res.NodeSet != c.set || string(got) != c.want || string(res.Octets) != `<a xmlns:u="urn:u" Id="x"></a>` {
			t.Errorf("%v: node-set %v, %s, octets %s (%v)", c.transforms, res.NodeSet, got, res.Octets, err)
		}
	}
}

// TestBudget: five thousand references to a large document end soon (attack X11).
func TestBudget(t *testing.T) {
	ref := reference(ptr(""), algs(EnvelopedURI, excl), sum(""))
	d, s := read(t, `<r>`+strings.Repeat("<a>text</a>", 1e5)+signature(rsa256, strings.Repeat(ref, MaxReferences), "")+`</r>`)
	start := time.Now()
	last := Resolution{}
	for _, r := range s.References {
		_, last = s.DigestOf(d, r, nil)
	}
	if last.Found || !strings.Contains(last.Why, "at most that many") {
		t.Errorf("the last of %d references: %+v", len(s.References), last.Why)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("%v", took)
	}
}
