package policy

import (
	"strconv"
	"strings"
	"time"
)

// MaximumAge reads the values Unit=… and Value=… of a constraint that bounds an age;
// without a unit days are meant. ok is false where no such value is given.
func (p *Policy) MaximumAge(constraint string) (age time.Duration, ok bool) {
	unit := 24 * time.Hour
	n := -1
	for _, v := range p.Values(constraint) {
		k, x, _ := strings.Cut(v, "=")
		switch k {
		case "Unit":
			switch strings.ToUpper(x) {
			case "SECONDS":
				unit = time.Second
			case "MINUTES":
				unit = time.Minute
			case "HOURS":
				unit = time.Hour
			}
		case "Value":
			if i, err := strconv.Atoi(x); err == nil {
				n = i
			}
		}
	}
	if n < 0 {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
