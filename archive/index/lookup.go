package index

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"unicode/utf8"
)

// byWords are the bundles that may have a name with all words of a value; known is false
// where they are too many to name, or where the tables do not know all words yet.
func (x *Index) byWords(ctx context.Context, kind, value string) (ids []any, known bool, err error) {
	looked := strings.Fields(fold(value, maxText))
	slices.SortStableFunc(looked, func(a, b string) int { return len(b) - len(a) }) // few have a long one
	for _, word := range looked {
		tokens, all, err := x.tokens(ctx, word)
		if err == nil && all {
			ids, all, err = x.byTokens(ctx, kind, tokens)
		}
		if err != nil {
			return nil, false, err
		}
		if all {
			return ids, true, nil
		}
	}
	return nil, false, nil
}

// byTokens are the bundles with one of some words; all is false where there are more.
func (x *Index) byTokens(ctx context.Context, kind string, tokens []string) (ids []any, all bool, err error) {
	if len(tokens) == 0 {
		return nil, true, nil
	}
	from, list, err := x.list(tokens)
	if err != nil {
		return nil, false, err
	}
	return x.bundles(ctx, "SELECT t.bundle FROM "+from+" CROSS JOIN vidimus_term t WHERE t.tenant = ? AND t.word = u.value AND t.kind = ?", list, x.o.Tenant, kind)
}

// tokens name the words that have something in them, and may name others; all is false
// where there are more.
func (x *Index) tokens(ctx context.Context, part string) (out []string, all bool, err error) {
	from, to := part, part+"\U0010FFFF"
	if utf8.RuneCountInString(part) >= gram {
		if from, err = x.rarest(ctx, part); err != nil || from == "" {
			return nil, true, err
		}
		to = from
	}
	seen, limit := map[string]bool{}, 2*x.few
	last := ""
	for {
		rows := 0
		err = x.db.Read(ctx, func(r *sql.Rows) error {
			rows++
			var words string
			if err := r.Scan(&from, &words); err != nil {
				return err
			}
			last = words
			for t := range strings.FieldsSeq(words) {
				if !seen[t] && (strings.HasPrefix(t, hashed) || strings.Contains(t, part)) {
					seen[t] = true
					out = append(out, t)
				}
			}
			return nil
		}, "SELECT gram, words FROM vidimus_gram WHERE tenant = ? AND gram <= ? AND (gram, words) > (?, ?) ORDER BY gram, words LIMIT ?", x.o.Tenant, to, from, last, gramsAtOnce)
		if err != nil || len(out) > limit || rows < gramsAtOnce {
			return out, len(out) <= limit, err
		}
	}
}

// gramsAtOnce is how many rows of vidimus_gram are read before it is asked whether these
// are enough.
const gramsAtOnce = 128

// rarest is the gram in a part of a word that the fewest rows have; "" where no row has
// one of them.
func (x *Index) rarest(ctx context.Context, part string) (string, error) {
	rows := map[string]int{}
	runes := []rune(part)
	for i := range len(runes) - gram + 1 {
		rows[string(runes[i:i+gram])] = 0
	}
	args := []any{x.o.Tenant}
	for g := range rows {
		args = append(args, g)
	}
	err := x.db.Read(ctx, func(r *sql.Rows) error {
		var g string
		var n int
		err := r.Scan(&g, &n)
		rows[g] = n
		return err
	}, "SELECT gram, count(*) FROM vidimus_gram WHERE tenant = ? AND gram IN ("+marks(len(rows))+") GROUP BY gram", args...)
	if err != nil {
		return "", err
	}
	best := ""
	for g, n := range rows {
		if n == 0 {
			return "", nil
		}
		if best == "" || n < rows[best] || n == rows[best] && g < best {
			best = g
		}
	}
	return best, nil
}
