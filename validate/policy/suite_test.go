package policy

import (
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// The dates of TS 119 312 v1.5.1, at their ends: the day before its end an algorithm is
// acceptable, on the end day itself no more.
func TestSuiteDates(t *testing.T) {
	s := named(t, "strict").Suite
	for _, test := range []struct{ digest, end string }{{"MD5", "2004-08-01"}, {"SHA-1", "2012-08-01"}, {"RIPEMD160", "2014-08-01"}, {"WHIRLPOOL", "2020-12-01"}} {
		end := day(test.end)
		for at, want := range map[time.Time]bool{end.Add(-time.Second): true, end: false, end.Add(time.Second): false} {
			if j := s.Digest(test.digest, at); j.OK != want || !j.Known || j.Forecast || !j.End.Equal(end) {
				t.Errorf("%s at %v: %+v, want OK %t until %v", test.digest, at, j, want, end)
			}
		}
	}
	for _, d := range []string{"SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512"} {
		if j := s.Digest(d, day("2099-01-01")); !j.OK || !j.End.IsZero() {
			t.Errorf("%s: %+v, want no end", d, j)
		}
	}
	for _, test := range []struct {
		scheme string
		bits   int
		end    string // "": not named; "-": no end
	}{
		{"RSA", 785, ""}, {"RSA", 786, "2010-08-01"}, {"RSA", 1023, "2010-08-01"}, {"RSA", 1024, "2019-10-01"}, {"RSA", 1535, "2019-10-01"},
		{"RSA", 1899, "2019-10-01"}, {"DSA", 1023, ""}, {"DSA", 1024, "2015-12-01"}, {"DSA", 1899, "2015-12-01"}, {"DSA", 3000, "-"},
		{"RSASSA-PSS", 1899, "2019-10-01"}, {"RSASSA-PSS", 3000, "-"}, {"RSASSA-PSS", 6143, "-"},
		{"ECDSA", 159, ""}, {"ECDSA", 160, "2012-08-01"}, {"ECDSA", 224, "2021-10-01"}, {"ECDSA", 255, "2021-10-01"}, {"ECDSA", 256, "-"}, {"ECDSA", 521, "-"},
		{"PLAIN-ECDSA", 256, "-"}, {"MOON", 4096, ""}, {"RSA", 0, ""}, {"RSA", -1, ""},
	} {
		switch test.end {
		case "":
			if j := s.Algorithm(test.scheme, test.bits, day("2000-01-01")); j.OK || j.Known {
				t.Errorf("%s %d: %+v, want it unknown", test.scheme, test.bits, j)
			}
		case "-":
			if j := s.Algorithm(test.scheme, test.bits, day("2099-01-01")); !j.OK || !j.End.IsZero() {
				t.Errorf("%s %d: %+v, want no end", test.scheme, test.bits, j)
			}
		default:
			end := day(test.end)
			if before, at := s.Algorithm(test.scheme, test.bits, end.Add(-time.Second)), s.Algorithm(test.scheme, test.bits, end); !before.OK || at.OK || at.Forecast || !at.End.Equal(end) {
				t.Errorf("%s %d: %+v before its end, %+v at it", test.scheme, test.bits, before, at)
			}
		}
	}
	if j := s.Digest("SHA-0", day("1990-01-01")); j.OK || j.Known {
		t.Errorf("SHA-0: %+v, want it unknown and not acceptable", j)
	}
}

// An end after the day of the table is a forecast: once it has come, it warns where the
// suite says so, and fails where it does not.
func TestForecast(t *testing.T) {
	for _, test := range []struct {
		after Level
		ok    bool
	}{{Warn, true}, {Inform, true}, {Ignore, true}, {Fail, false}} {
		p := parsed(t, "name\tx\nsuite\tS\nupdated\t2024-10-13\nafter-update\t"+string(test.after)+"\ndigest\tSHA-224\t2029-01-01\ndigest\tSHA-1\t2024-10-13\nalgorithm\tRSA\t1900\t2029-01-01\n")
		end := day("2029-01-01")
		for _, j := range []Judgement{p.Suite.Digest("SHA-224", end), p.Suite.Algorithm("RSA", 2048, end)} {
			if j.OK != test.ok || !j.Forecast || !j.End.Equal(end) {
				t.Errorf("%s: %+v at the end", test.after, j)
			}
		}
		if j := p.Suite.Digest("SHA-224", end.Add(-time.Second)); !j.OK || j.Forecast {
			t.Errorf("%s: %+v before the end: nothing has come yet", test.after, j)
		}
		// the day of the table itself is no forecast
		if j := p.Suite.Digest("SHA-1", day("2030-01-01")); j.OK || j.Forecast {
			t.Errorf("%s: %+v for an end on the day of the table", test.after, j)
		}
	}
	// a suite that does not say fails; the built-in one warns
	if p := parsed(t, "name\tx\nsuite\tS\nupdated\t2024-10-13\ndigest\tSHA-224\t2029-01-01\n"); p.Suite.Digest("SHA-224", day("2029-01-01")).OK {
		t.Error("a forecast end passes, although nothing says so")
	}
	for _, name := range BuiltIn() {
		if j := named(t, name).Suite.Algorithm("RSA", 4096, day("2029-01-01")); !j.OK || !j.Forecast {
			t.Errorf("%s: RSA in 2029 is %+v, want a forecast that warns", name, j)
		}
	}
}
