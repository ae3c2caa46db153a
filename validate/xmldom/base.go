package xmldom

import "strings"

// uriParts are the components of a URI reference, RFC 3986 appendix B.
type uriParts struct {
	scheme, authority, path, query    string
	hasScheme, hasAuthority, hasQuery bool
}

func splitURI(s string) (u uriParts) {
	s, _, _ = strings.Cut(s, "#") // a base has no fragment
	if i := strings.IndexAny(s, ":/?"); i > 0 && s[i] == ':' {
		u.scheme, u.hasScheme, s = s[:i], true, s[i+1:]
	}
	s, u.query, u.hasQuery = strings.Cut(s, "?")
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		u.hasAuthority = true
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			u.authority, s = rest[:i], rest[i:]
		} else {
			u.authority, s = rest, ""
		}
	}
	u.path = s
	return u
}

// joinBase is the join-URI-References function of Canonical XML 1.1 §2.4: RFC
// 3986 §5.2 with a base that may itself be relative and dot segments that are kept
// where they lead above it.
func joinBase(base, ref string) string {
	b, r := splitURI(base), splitURI(ref)
	var t uriParts
	switch {
	case r.hasScheme:
		t = r
		t.path = removeDots(r.path)
	case r.hasAuthority:
		t = r
		t.scheme, t.hasScheme = b.scheme, b.hasScheme
		t.path = removeDots(r.path)
	case r.path == "":
		t = b
		if r.hasQuery {
			t.query, t.hasQuery = r.query, true
		}
	default:
		t = b
		t.query, t.hasQuery = r.query, r.hasQuery
		if strings.HasPrefix(r.path, "/") {
			t.path = removeDots(r.path)
		} else {
			t.path = removeDots(mergePaths(b, r.path))
		}
	}
	return t.String()
}

// mergePaths is RFC 3986 §5.2.3, but that a base ending in ".." keeps it.
func mergePaths(b uriParts, path string) string {
	if b.hasAuthority && b.path == "" {
		return "/" + path
	}
	if b.path == ".." || strings.HasSuffix(b.path, "/..") {
		return b.path + "/" + path
	}
	return b.path[:strings.LastIndexByte(b.path, '/')+1] + path
}

// removeDots is the modified Remove Dot Segments of Canonical XML 1.1 §2.4 and its
// Appendix A: a relative path stays relative and keeps the ".." that lead above
// it, "/" runs are one "/", and a final "." or ".." ends in "/".
func removeDots(path string) string {
	absolute := strings.HasPrefix(path, "/")
	var out []string
	dir := strings.HasSuffix(path, "/") // the result names a directory
	segments := strings.Split(path, "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case "":
		case ".":
			dir = dir || last
		case "..":
			dir = dir || last
			switch {
			case len(out) > 0 && out[len(out)-1] != "..":
				out = out[:len(out)-1]
			case !absolute:
				out = append(out, "..")
			}
		default:
			out = append(out, s)
		}
	}
	joined := strings.Join(out, "/")
	if absolute {
		joined = "/" + joined
	}
	if dir && len(out) > 0 {
		joined += "/"
	}
	return joined
}

func (u uriParts) String() string {
	var b strings.Builder
	if u.hasScheme {
		b.WriteString(u.scheme + ":")
	}
	if u.hasAuthority {
		b.WriteString("//" + u.authority)
	}
	b.WriteString(u.path)
	if u.hasQuery {
		b.WriteString("?" + u.query)
	}
	return b.String()
}
