package trustlist

import (
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// Span is the time in which a listed certificate serves as an anchor
// (EN 319 102-1 §5.2.6.4: its end is the sunset date). Every instance of every
// service of this name and key counts, of any type, provider and list, whose
// status is at work: from the earliest start to the latest end. Gaps inside do
// not count. end is nil while one of them is open.
//
// listed says that some service has this name and key; active that one of them
// was ever at work. Without that the certificate is no anchor.
func (s *Snapshot) Span(c *certificate.Certificate) (listed, active bool, start time.Time, end *time.Time) {
	services := s.Services(c)
	for _, service := range services {
		for _, i := range service.Instances {
			if !i.Active() {
				continue
			}
			switch {
			case !active:
				active, start, end = true, i.Start, i.End
				continue
			case i.Start.Before(start):
				start = i.Start
			}
			if end != nil && (i.End == nil || i.End.After(*end)) {
				end = i.End
			}
		}
	}
	return len(services) > 0, active, start, end
}

// eIDASStart is 2016-07-01 in Brussels: statuses and qualifiers change their
// vocabulary here (Regulation (EU) 910/2014, article 52).
var eIDASStart = time.Date(2016, 6, 30, 22, 0, 0, 0, time.UTC)

// EIDASStart returns the instant from which Regulation (EU) 910/2014 applies.
func EIDASStart() time.Time { return eIDASStart }

// PreEIDAS says whether the instance began before Regulation (EU) 910/2014
// applied: its status and qualifiers are then of the older vocabulary.
func (i *Instance) PreEIDAS() bool { return i.Start.Before(eIDASStart) }

// versionsFrom is when the version of a list began to matter (qualification
// digest §4).
var versionsFrom = time.Date(2017, 6, 30, 22, 0, 0, 0, time.UTC)

// VersionAcceptable says whether the list's version lets its services qualify
// anything (TS 119 615 §4.2): 5 or 6, asked since July 2017. Its anchors stay
// anchors in any case.
func (l *List) VersionAcceptable(at time.Time) bool {
	return at.Before(versionsFrom) || l.Version == 5 || l.Version == 6
}

// Acceptable says whether the list and the list of lists that points to it are
// of an acceptable version.
func (l *List) Acceptable(at time.Time) bool {
	return l.VersionAcceptable(at) && (l.LOTL == nil || l.LOTL.VersionAcceptable(at))
}
