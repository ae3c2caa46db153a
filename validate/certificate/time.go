package certificate

import (
	"fmt"
	"time"
)

// maxTime bounds the octets of a time: a GeneralizedTime with nanoseconds and an
// offset has 29.
const maxTime = 48

// parseTime reads UTCTime and GeneralizedTime (X.680 §46, §47), in the forms that
// RFC 5280 §4.1.2.5 allows, and in those it does not: without seconds, with
// fractions, with an offset, without a zone (read as UTC). strict is false for those.
func parseTime(e element) (t time.Time, strict bool, err error) {
	s := e.content
	year := 0
	switch e.tag {
	case tagUTCTime:
		if year, s, err = digits(s, 2); err == nil {
			// RFC 5280 §4.1.2.5.1: 50 to 99 are 19xx, 00 to 49 are 20xx.
			if year += 1900; year < 1950 {
				year += 100
			}
		}
	case tagGeneralizedTime:
		year, s, err = digits(s, 4)
	default:
		err = fmt.Errorf("tag %#02x is no time", e.tag)
	}
	if err != nil || len(e.content) > maxTime {
		return t, false, fmt.Errorf("time %q is malformed", clip(e.content))
	}
	parts := [5]int{1, 1, 0, 0, 0} // month, day, hour, minute, second
	n := 0
	for ; n < 5 && len(s) > 0 && s[0] >= '0' && s[0] <= '9'; n++ {
		if parts[n], s, err = digits(s, 2); err != nil {
			return t, false, fmt.Errorf("time %q is malformed", clip(e.content))
		}
	}
	nanoseconds, fraction := 0, false
	if n == 5 && len(s) > 1 && (s[0] == '.' || s[0] == ',') && s[1] >= '0' && s[1] <= '9' {
		fraction = true
		scale := int(time.Second)
		for s = s[1:]; len(s) > 0 && s[0] >= '0' && s[0] <= '9'; s = s[1:] {
			scale /= 10
			nanoseconds += int(s[0]-'0') * scale
		}
	}
	offset, zone, ok := readZone(s)
	month, day, hour, minute, second := parts[0], parts[1], parts[2], parts[3], parts[4]
	least := 3 // GeneralizedTime may end at the hour, UTCTime at the minute
	if e.tag == tagUTCTime {
		least = 4
	}
	if !ok || n < least || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return t, false, fmt.Errorf("time %q is malformed", clip(e.content))
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC).Add(-offset)
	return t, n == 5 && !fraction && zone == 'Z', nil
}

// digits reads a number of exactly n decimal digits.
func digits(s []byte, n int) (value int, rest []byte, err error) {
	if len(s) < n {
		return 0, nil, errTruncated
	}
	for _, c := range s[:n] {
		if c < '0' || c > '9' {
			return 0, nil, errTruncated
		}
		value = 10*value + int(c-'0')
	}
	return value, s[n:], nil
}

// readZone reads "Z", "+hhmm", "-hh" or nothing.
func readZone(s []byte) (offset time.Duration, zone byte, ok bool) {
	switch {
	case len(s) == 0:
		return 0, 0, true
	case len(s) == 1 && s[0] == 'Z':
		return 0, 'Z', true
	case len(s) != 3 && len(s) != 5, s[0] != '+' && s[0] != '-':
		return 0, 0, false
	}
	hours, rest, err := digits(s[1:], 2)
	minutes := 0
	if err == nil && len(rest) > 0 {
		minutes, _, err = digits(rest, 2)
	}
	if err != nil || hours > 23 || minutes > 59 {
		return 0, 0, false
	}
	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, s[0], true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clip shortens hostile octets for an error message.
func clip(b []byte) []byte {
	if len(b) > maxTime {
		return b[:maxTime]
	}
	return b
}
