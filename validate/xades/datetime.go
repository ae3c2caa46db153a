package xades

import (
	"strings"
	"time"
)

// dateTime reads an xsd:dateTime or xsd:date (XML Schema part 2 §3.2.7). zoned
// is false where no time zone is given; then UTC is meant (formats §1.3).
func dateTime(s string) (at time.Time, zoned, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 10 || len(s) > 64 {
		return time.Time{}, false, false
	}
	body, zone := s, time.UTC
	switch tail := s[10:]; {
	case strings.HasSuffix(tail, "Z"):
		body, zoned = s[:len(s)-1], true
	case len(tail) >= 6 && tail[len(tail)-3] == ':' && (tail[len(tail)-6] == '+' || tail[len(tail)-6] == '-'):
		offset, err := time.Parse("-07:00", tail[len(tail)-6:])
		if err != nil {
			return time.Time{}, false, false
		}
		body, zone, zoned = s[:len(s)-6], offset.Location(), true
	}
	// 24:00:00 is the end of the day (§3.2.7, "hour 24").
	var day time.Duration
	if len(body) >= 19 && body[11:19] == "24:00:00" && strings.Trim(body[19:], ".0") == "" {
		body, day = body[:11]+"00:00:00", 24*time.Hour
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, body, zone); err == nil {
			return t.Add(day).UTC(), zoned, true
		}
	}
	return time.Time{}, false, false
}
