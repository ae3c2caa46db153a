package metrics

import (
	"regexp"

	"github.com/prometheus/client_golang/prometheus"
)

// facts is a collector that asks for the facts once a scrape: what it tells is of one
// moment.
type facts struct{ *Metrics }

// descriptions are those of the facts, by name.
var descriptions = func() map[string]*prometheus.Desc {
	out := map[string]*prometheus.Desc{}
	for _, name := range []string{nReady, nReasons, nAge, nSequence, nNextUpdate, nLastGood, nFailures, nState, nLists, nCertificates, nSnapshot,
		nPullFailures, nPending, nOldest, nUploads, nMaxUploads, nJudgings, nMaxJudgings, nQueue, nRefused, nBuild} {
		r := row(name)
		out[name] = prometheus.NewDesc(r.Name, r.Help, r.Labels, nil)
	}
	return out
}()

// Describe names what Collect tells.
func (f *facts) Describe(out chan<- *prometheus.Desc) {
	for _, d := range descriptions {
		out <- d
	}
}

// maxSeries bounds the lists that are told of.
const maxSeries = 500

var (
	territoryForm = regexp.MustCompile(`^[A-Z]{2,3}$`)
	digestForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Collect tells the facts.
func (f *facts) Collect(out chan<- prometheus.Metric) {
	gauge := func(name string, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(descriptions[name], prometheus.GaugeValue, value, labels...)
	}
	x := f.options.Facts()
	gauge(nReady, bit(x.Ready))
	gauge(nReasons, float64(x.Reasons))
	gauge(nCertificates, float64(x.Certificates))
	if digestForm.MatchString(x.Digest) {
		gauge(nSnapshot, 1, x.Digest)
	}
	inForce := 0
	told := map[[2]string]bool{}
	for _, l := range x.Lists {
		if !l.Missing {
			inForce++
		}
		id := [2]string{l.Territory, known(f.options.Roles, l.Role)}
		if !territoryForm.MatchString(l.Territory) {
			id[0] = other
		}
		if told[id] || len(told) >= maxSeries {
			continue // of several lists of one kind and territory the first is told
		}
		told[id] = true
		f.list(gauge, x, l, id[:])
	}
	gauge(nLists, float64(inForce))
	gauge(nPullFailures, float64(x.PullFailures))
	gauge(nPending, float64(x.Pending))
	oldest := 0.0
	if !x.Oldest.IsZero() {
		oldest = max(0, x.Now.Sub(x.Oldest).Seconds())
	}
	gauge(nOldest, oldest)
	f.load(gauge, x.Load)
	for reason, n := range map[string]int64{"uploads": x.Load.RefusedUploads, "turn": x.Load.RefusedTurns} {
		out <- prometheus.MustNewConstMetric(descriptions[nRefused], prometheus.CounterValue, float64(n), reason)
	}
	gauge(nBuild, 1, f.options.Version, f.options.Go)
}

// list tells of one list.
func (f *facts) list(gauge func(string, float64, ...string), x Facts, l List, id []string) {
	if l.LastGood != nil {
		gauge(nAge, x.Now.Sub(*l.LastGood).Seconds(), id...)
		gauge(nLastGood, float64(l.LastGood.Unix()), id...)
	}
	if !l.Missing {
		gauge(nSequence, float64(l.Sequence), id...)
	}
	if l.NextUpdate != nil {
		gauge(nNextUpdate, l.NextUpdate.Sub(x.Now).Seconds(), id...)
	}
	gauge(nFailures, float64(l.Failures), id...)
	for _, s := range f.options.States {
		gauge(nState, bit(s == l.State), id[0], id[1], s)
	}
}

func (f *facts) load(gauge func(string, float64, ...string), l Load) {
	gauge(nUploads, float64(l.Uploads))
	gauge(nMaxUploads, float64(l.MaxUploads))
	gauge(nJudgings, float64(l.Judgings))
	gauge(nMaxJudgings, float64(l.MaxJudgings))
	gauge(nQueue, float64(l.Queued))
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
