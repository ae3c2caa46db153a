package main

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// TestServeWhileHostsAreBroken breaks the hosts of lists in several ways (trustlist/pull
// has them all, and stalls): one, then all. Asked is what an operator and a user see: readiness,
// and the verdict on a contract, with the lists that it rests on.
func TestServeWhileHostsAreBroken(t *testing.T) {
	u := newUnion(t, "EE", "LV", "LT", "FI")
	contract := u.contract()
	u.publish()
	pass := u.movingClock()
	s := refreshing(t, u, t.TempDir(), nil)
	all := []string{"lotl.example", "ee.example", "lv.example", "lt.example", "fi.example"}
	breaks := func(hosts ...string) {
		u.set(func() {
			clear(u.breaks)
			for _, h := range hosts {
				u.breaks[h] = true
			}
		})
	}
	verdict := func(step string, sequence int) {
		t.Helper()
		code, body := exchange(t, http.MethodPost, s.URL+"/v1/validations?name=c.asice", contract)
		if code != http.StatusOK || !bytes.Contains(body, []byte(`"qualification":"QESig"`)) || !bytes.Contains(body, []byte(`"territory":"EE","sequence":`+strconv.Itoa(sequence)+`,`)) {
			t.Errorf("%s: the verdict is %d %s", step, code, body)
		}
	}
	is := s.isReady
	number := 1
	for _, way := range []struct {
		name, says string
		do         func(w http.ResponseWriter, r *http.Request, good []byte)
	}{
		{"a closed connection", "not available", func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) }},
		{"half a body", "not available", func(w http.ResponseWriter, _ *http.Request, good []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(len(good)))
			_, _ = w.Write(good[:len(good)/2])
		}},
		{"wrong bytes", "was altered after signing", func(w http.ResponseWriter, _ *http.Request, good []byte) {
			_, _ = w.Write(bytes.Replace(good, []byte("no legal worth"), []byte("great worth"), 1))
		}},
		{"a page", "Reading trusted list", func(w http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = w.Write([]byte("<html><p>Sorry")) }},
		{"a list of 100 MB", "more than", func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(100<<20))
			_, _ = w.Write([]byte("<"))
		}},
	} {
		u.set(func() { u.broken = way.do })
		kept := number
		number++
		for _, code := range []string{"EE", "LV", "LT", "FI"} {
			u.world.MemberState(code).List.Sequence = number
		}
		u.world.LOTL().List.Sequence = 400 + number
		u.publish()

		breaks("ee.example")
		s.pull()
		is(way.name+", one host", http.StatusOK, `"territory":"FI","sequence":`+strconv.Itoa(number), `"territory":"EE","sequence":`+strconv.Itoa(kept), "The last pull failed: ", way.says)
		verdict(way.name+", one host", kept)
		pass(26 * time.Hour)
		s.pull()
		is(way.name+", one host, a day later", http.StatusOK, `"state":"stale"`, "The list of EE was last known to be the published one")

		breaks(all...)
		s.pull()
		is(way.name+", all hosts", http.StatusOK, `"territory":"FI","sequence":`+strconv.Itoa(number))
		pass(26 * time.Hour)
		is(way.name+", all hosts, a day later", http.StatusServiceUnavailable, "The list of lists was last known to be the published one", "4 of 4 national lists are older than is asked for")
		verdict(way.name+", all hosts", kept) // whoever asks gets what the lists in force say; a balancer asks readyz

		breaks()
		s.pull()
		is(way.name+", mended", http.StatusOK, `"territory":"EE","sequence":`+strconv.Itoa(number))
		verdict(way.name+", mended", number)
	}
}
