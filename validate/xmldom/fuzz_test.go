package xmldom

import (
	"bytes"
	"testing"
)

var seeds = []string{
	`<a/>`,
	"\ufeff<?xml version='1.0' encoding='UTF-8' standalone='no'?>\r\n<!--c--><?p d?><a xmlns='urn:a' xmlns:b=\"urn:b\" b:x='&lt;&#9;\n' xml:base='../x' Id='i'>t&amp;<![CDATA[<]]>\r<b:c xmlns=''/></a>\n<!--d-->",
	"<?xml version='1.0' encoding='ISO-8859-2'?><a>\xe1</a>",
	`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`,
	`<x:a xmlns:x="urn:x" xmlns:y="urn:x" x:b="1" y:c="2"><x:a xmlns:x="urn:z"/></x:a>`,
	`<a xmlns="rel"><b xmlns="" xml:id="1" xml:lang="e"/></a>`,
	"<a b='x\r\ny'>]]&gt;</a>",
}

// FuzzParse: no panic, and a tree that agrees with itself.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data, Limits{Size: 1 << 20})
		if err != nil {
			return
		}
		order := -1
		d.Node.Walk(func(n *Node) bool {
			if order++; n.Order != order {
				t.Fatalf("node %d has order %d", order, n.Order)
			}
			if n.Start < 0 || n.Start > n.End || n.End > len(d.Raw) {
				t.Fatalf("offsets %d to %d of %d", n.Start, n.End, len(d.Raw))
			}
			end := n.Start
			for _, c := range n.Children {
				if c.Parent != n || c.Start < end || c.End > n.End {
					t.Fatalf("child %s at %d to %d in %d to %d", c.Name(), c.Start, c.End, n.Start, n.End)
				}
				end = c.End
			}
			switch {
			case n.Kind == Element && (d.Raw[n.Start] != '<' || d.Raw[n.End-1] != '>'):
				t.Fatalf("element cut at %q", d.Raw[n.Start:n.End])
			case n.Kind == Text && n.Text == "":
				t.Fatal("empty text node")
			case n.Kind == Text && n.plain && bytes.ContainsAny([]byte(n.Text), "<>&\r"):
				t.Fatalf("plain text %q", n.Text)
			}
			return true
		})
		if order+1 != d.Nodes {
			t.Fatalf("%d nodes walked, %d counted", order+1, d.Nodes)
		}
	})
}

// FuzzCanonicalize: canonical form is its own canonical form, for all methods, and
// that of the root does not depend on how it is asked for.
func FuzzCanonicalize(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data, Limits{Size: 1 << 16})
		if err != nil {
			return
		}
		for _, m := range []Method{{}, {V11: true}, {Exclusive: true}, {Exclusive: true, Inclusive: []string{"#default", "b"}}} {
			for _, m.WithComments = range []bool{false, true} {
				once, err := CanonicalBytes(d.Node, m, nil)
				if err != nil {
					continue
				}
				// What is repeated in the exclusive form may pass the limits.
				again, err := Parse(once, Limits{Attributes: 1 << 20, Namespaces: 1 << 20})
				if err != nil {
					t.Fatalf("%+v of %q gives %q: %v", m, data, once, err)
				}
				twice, err := CanonicalBytes(again.Node, m, nil)
				if err != nil || !bytes.Equal(once, twice) {
					t.Fatalf("%+v of %q: %q, then %q (%v)", m, data, once, twice, err)
				}
				if root, err := CanonicalBytes(d.Root, m, nil); err != nil || !bytes.Contains(once, root) {
					t.Fatalf("%+v of %q: root %q is not in %q (%v)", m, data, root, once, err)
				}
			}
		}
	})
}
