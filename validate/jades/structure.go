package jades

import (
	"time"
)

// lastSigT: from this day on iat claims the signing time, and sigT no more (TS 119
// 182-1 V1.2.1 §5.2.1).
var lastSigT = time.Date(2025, 7, 15, 0, 0, 0, 0, time.UTC)

// readStructure fills what the level is told from (formats §6). JAdES has no level
// below baseline B, and none beside: BES and BaselineB are the same.
func (s *source) readStructure() {
	t := &s.out.Structure
	t.BaselineB = s.keepsB()
	t.BES = t.BaselineB
	elements, single := 0, true
	t.BaselineLTShape = true
	for _, u := range s.etsiU {
		switch u.name {
		case "sigTst":
			elements++
			single = single && len(u.content.items("tstTokens")) == 1
		case "xRefs", "rRefs", "axRefs", "arRefs":
			t.BaselineLTShape = false
		case "sigRTst", "rfsTst":
			t.BaselineLTShape, t.ExtendedTimestamp = false, true
		case "arcTst":
			t.ArchiveTimestamp = true
		case "xVals":
			t.HasCertificateValues = true
		case "tstVD", "anyValData":
			t.HasCertificateValues = t.HasCertificateValues || u.content.has("xVals")
		}
	}
	t.Timestamped = elements > 0 && single
	t.OneTokenEach = t.Timestamped
}

// keepsB: the requirements of level B (TS 119 182-1 §6.3).
func (s *source) keepsB() bool {
	h := s.header
	if h.str("alg") == "" || !s.critFits() || s.mixed {
		return false
	}
	// A signing time, once.
	switch iat, sigT := h.has("iat"), h.has("sigT"); {
	case iat == sigT, iat && s.iat.IsZero():
		return false
	case sigT && (s.sigT.IsZero() || !s.sigT.Before(lastSigT)):
		return false
	}
	// One reference to the signing certificate.
	if s.out.SigningCertificateAttributes != 1 || len(s.out.SigningCertificates) == 0 {
		return false
	}
	stores := 0
	for _, u := range s.etsiU {
		if u.name == "sigPSt" {
			stores++
		}
	}
	if stores > 1 || stores == 1 && (h.get("sigPId").str("digAlg") == "" || h.get("sigPId").str("digVal") == "") {
		return false
	}
	return s.master == nil || !h.has("cty")
}

// critFits: crit is a list of names, each once, of parameters that are there and
// that may be named; it names sigD and b64 where they are used (formats §6).
func (s *source) critFits() bool {
	named := map[string]bool{}
	if crit := s.header.get("crit"); crit != nil {
		list, ok := crit.strings()
		if !ok || len(list) == 0 {
			return false
		}
		for _, name := range list {
			if named[name] || !understood[name] || registered[name] || !s.header.has(name) && !s.parts.header.has(name) {
				return false
			}
			named[name] = true
		}
	}
	for _, name := range []string{"sigD", "b64"} {
		if s.header.has(name) && !named[name] {
			return false
		}
	}
	return true
}
