package der

import (
	"fmt"
	"strings"
	"time"
)

// parseTime reads "YYMMDDhhmm[ss]" or "YYYYMMDDhhmm[ss[.f…]]" and a zone: "Z",
// "+hhmm", "-hhmm"; no zone is read as UTC. Second 60 is the leap second and
// falls on the next minute.
func parseTime(s string, yearDigits int) (time.Time, error) {
	if len(s) > 48 {
		return time.Time{}, fmt.Errorf("ASN.1 time of %d characters", len(s))
	}
	bad := fmt.Errorf("ASN.1 time %q is not a time", s)
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	seconds := digits == yearDigits+10
	if !seconds && digits != yearDigits+8 {
		return time.Time{}, bad
	}
	field := func(at, n int) int {
		v := 0
		for _, c := range []byte(s[at : at+n]) {
			v = v*10 + int(c-'0')
		}
		return v
	}
	year, at := field(0, yearDigits), yearDigits
	if yearDigits == 2 {
		if year += 1900; year < 1950 {
			year += 100
		}
	}
	month, day, hour, minute, second := field(at, 2), field(at+2, 2), field(at+4, 2), field(at+6, 2), 0
	if seconds {
		second = field(at+8, 2)
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, bad
	}
	rest := s[digits:]
	nanos := 0
	if seconds && yearDigits == 4 && rest != "" && (rest[0] == '.' || rest[0] == ',') {
		var ok bool
		if nanos, rest, ok = fraction(rest[1:]); !ok {
			return time.Time{}, bad
		}
	}
	offset, ok := zone(rest)
	if !ok {
		return time.Time{}, bad
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC).Add(-offset), nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// fraction reads decimal digits of a second; those below a nanosecond are dropped.
func fraction(s string) (nanos int, rest string, ok bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 {
		return 0, "", false
	}
	for i := 0; i < 9; i++ {
		nanos *= 10
		if i < n {
			nanos += int(s[i] - '0')
		}
	}
	return nanos, s[n:], true
}

// zone reads the end of a time.
func zone(s string) (time.Duration, bool) {
	if s == "" || s == "Z" {
		return 0, true
	}
	if len(s) != 5 || strings.Trim(s[1:], "0123456789") != "" {
		return 0, false
	}
	hours, minutes := int(s[1]-'0')*10+int(s[2]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if hours > 14 || minutes > 59 {
		return 0, false
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	switch s[0] {
	case '+':
		return offset, true
	case '-':
		return -offset, true
	}
	return 0, false
}
