package signature

import "fmt"

// TellDuplicates adds a problem to each signature that stands in the list more than
// once: a reader of the report could not tell which is meant (EN 319 102-1 §5.2.2,
// format checking).
func TellDuplicates(list []*Signature) {
	count := map[string]int{}
	for _, s := range list {
		count[s.ID]++
	}
	for _, s := range list {
		if count[s.ID] > 1 {
			s.Problems = append(s.Problems, Problem{Code: DuplicateSignature,
				Says: fmt.Sprintf("The same signature stands %d times in the file.", count[s.ID])})
		}
	}
}
