package api

// JSONWithin says whether a body nests no deeper, and has no more commas, than is
// allowed (attack S2): for faces that read JSON of their own. It looks only at brackets
// and commas outside strings: it needs no valid JSON, and allocates nothing.
func JSONWithin(body []byte, maxDepth, maxParts int) bool {
	depth, parts, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		case c == ',':
			if parts++; parts > maxParts {
				return false
			}
		}
	}
	return true
}
