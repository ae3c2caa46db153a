package policy

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"
)

// Suite is a cryptographic suite as dated data (ETSI TS 119 312): until when a
// digest or a signature algorithm with a key size is acceptable.
type Suite struct {
	Name    string
	Updated time.Time // the day of the table; an end after it is a forecast
	// AfterUpdate is how an end counts that the table forecast and that has come
	// meanwhile: a table that was not renewed must not turn verdicts by itself.
	AfterUpdate Level
	digests     map[string]time.Time // zero: no end
	algorithms  map[string][]sizeRow // by rising size
	begun       bool                 // some line of it was read
}

type sizeRow struct {
	bits int
	end  time.Time // zero: no end
}

// Judgement says whether something is acceptable at a time, and until when.
type Judgement struct {
	OK       bool
	Forecast bool      // the end has passed but was only forecast by the table
	Known    bool      // the suite names it
	End      time.Time // zero: no end
}

// Digest judges a digest algorithm at a time. Acceptable means: end > at.
func (s *Suite) Digest(name string, at time.Time) Judgement {
	end, ok := s.digests[name]
	if !ok {
		return Judgement{}
	}
	return s.judge(end, at)
}

// Algorithm judges a signature algorithm with a key of so many bits at a time.
func (s *Suite) Algorithm(scheme string, bits int, at time.Time) Judgement {
	rows := s.algorithms[scheme]
	i := sort.Search(len(rows), func(i int) bool { return rows[i].bits > bits })
	if i == 0 {
		return Judgement{}
	}
	return s.judge(rows[i-1].end, at)
}

func (s *Suite) judge(end, at time.Time) Judgement {
	j := Judgement{Known: true, End: end, OK: true}
	if !end.IsZero() && !at.Before(end) {
		j.Forecast = end.After(s.Updated)
		j.OK = j.Forecast && s.AfterUpdate != Fail
	}
	return j
}

// check refuses a suite that lacks what its lines mean nothing without: without
// its day, every end would be a forecast.
func (s *Suite) check() error {
	switch {
	case s.Name == "":
		return errors.New("its cryptographic suite has no line \"suite\" that names it")
	case s.Updated.IsZero():
		return fmt.Errorf("its cryptographic suite %q has no line \"updated\" with the day of the table", s.Name)
	}
	return nil
}

func (s *Suite) line(f []string) error {
	switch f[0] {
	case "suite", "updated", "after-update", "digest", "algorithm":
		s.begun = true
	}
	switch {
	case f[0] == "suite" && len(f) == 2:
		name, err := nameOf(f[1])
		s.Name = name
		return err
	case f[0] == "updated" && len(f) == 2:
		t, err := parseDay(f[1])
		s.Updated = t
		return err
	case f[0] == "after-update" && len(f) == 2:
		l, err := ParseLevel(f[1])
		s.AfterUpdate = l
		return err
	case f[0] == "digest" && len(f) == 3:
		if _, twice := s.digests[f[1]]; twice {
			return fmt.Errorf("digest %s stands twice", f[1])
		}
		end, err := parseEnd(f[2])
		s.digests[f[1]] = end
		return err
	case f[0] == "algorithm" && len(f) == 4:
		bits, err := strconv.Atoi(f[2])
		if err != nil || bits <= 0 {
			return fmt.Errorf("key size %q is no number of bits", f[2])
		}
		if slices.ContainsFunc(s.algorithms[f[1]], func(r sizeRow) bool { return r.bits == bits }) {
			return fmt.Errorf("algorithm %s of %d bits stands twice", f[1], bits)
		}
		end, err := parseEnd(f[3])
		rows := append(s.algorithms[f[1]], sizeRow{bits, end})
		sort.Slice(rows, func(i, j int) bool { return rows[i].bits < rows[j].bits })
		s.algorithms[f[1]] = rows
		return err
	default:
		return fmt.Errorf("word %q with %d columns is unknown", f[0], len(f))
	}
}

func parseEnd(s string) (time.Time, error) {
	if s == "-" {
		return time.Time{}, nil
	}
	return parseDay(s)
}

// parseDay reads a day such as 2029-01-01. Go's zero time means "no end" here and
// is no day of any table.
func parseDay(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err == nil && t.IsZero() {
		err = fmt.Errorf("day %q is before all tables", s)
	}
	return t, err
}

func formatEnd(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

// lines writes the suite in its file's words, in a fixed order.
func (s *Suite) lines() []string {
	out := []string{"suite\t" + s.Name, "updated\t" + s.Updated.Format(time.DateOnly), "after-update\t" + string(s.AfterUpdate)}
	for _, name := range sortedKeys(s.digests) {
		out = append(out, "digest\t"+name+"\t"+formatEnd(s.digests[name]))
	}
	for _, name := range sortedKeys(s.algorithms) {
		for _, r := range s.algorithms[name] {
			out = append(out, fmt.Sprintf("algorithm\t%s\t%d\t%s", name, r.bits, formatEnd(r.end)))
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
