package main

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
)

// window is how long one measurement goes on.
const window = 4 * time.Second

// measured is what a window gave.
type measured struct {
	requests int
	failed   int
	again    int // requests that were sent again, since a connection had ended
	took     time.Duration
	cpu      time.Duration
	latency  []time.Duration // ascending, of those that were served
	refused  []time.Duration // ascending, of those that got 429 or 503
	untold   int             // refusals without Retry-After
	stolen   time.Duration   // that the processors were not ours
}

func (m *measured) rate() float64          { return float64(m.requests) / m.took.Seconds() }
func (m *measured) cpuPerRequest() float64 { return m.cpu.Seconds() * 1e3 / float64(m.requests) }

// stolenShare is how much of the processors a virtual machine's host gave to others, in
// percent: with much of it the times say nothing of the service.
func (m *measured) stolenShare() float64 {
	return 100 * m.stolen.Seconds() / m.took.Seconds() / float64(goruntime.NumCPU())
}

// count counts an answer.
func (m *measured) count(b *testing.B, got heard, err error, took time.Duration) {
	switch {
	case err == nil && got.status == http.StatusOK:
		m.requests++
		m.latency = append(m.latency, took)
	case err == nil && (got.status == http.StatusServiceUnavailable || got.status == http.StatusTooManyRequests):
		m.refused = append(m.refused, took)
		if !got.retryAfter {
			m.untold++
		}
	default:
		m.failed++
		b.Logf("%d %v", got.status, err)
	}
}

func (m *measured) sort() {
	slices.Sort(m.latency)
	slices.Sort(m.refused)
}

// add joins another measurement to one.
func (m *measured) add(o *measured) {
	m.requests, m.failed, m.untold = m.requests+o.requests, m.failed+o.failed, m.untold+o.untold
	m.again, m.stolen = m.again+o.again, m.stolen+o.stolen
	m.took, m.cpu = m.took+o.took, m.cpu+o.cpu
	m.latency, m.refused = append(m.latency, o.latency...), append(m.refused, o.refused...)
	m.sort()
}

// quantile of ascending times, in milliseconds.
func quantile(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	return all[min(len(all)-1, int(q*float64(len(all))))].Seconds() * 1e3
}

// direct calls the library from as many goroutines as there are judgings.
func (l *loadWorld) direct(b *testing.B, v api.Validator, workers int, window time.Duration) *measured {
	m := &measured{}
	var next atomic.Int64
	cpu, begun := ownCPU(), time.Now()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for time.Since(begun) < window {
				f := l.mix[int(next.Add(1))%len(l.mix)]
				if _, err := v.Validate(b.Context(), api.Upload{File: api.File{Name: f.Name, Data: f.Raw}}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	m.requests, m.took, m.cpu = int(next.Load()), time.Since(begun), ownCPU()-cpu
	return m
}

// load has clients that send the next file once the last is answered; or, where rate
// is not 0, sends that many a second at random times (Poisson) whatever the
// service does, over as many connections as there are clients, and counts the time from
// when a file was due.
func (l *loadWorld) load(b *testing.B, p *loadedChild, clients int, rate float64, window time.Duration) *measured {
	m := &measured{}
	var mu sync.Mutex
	idle := make(chan *line, clients)
	for range clients {
		idle <- &line{addr: p.addr}
	}
	one := func(i int, due time.Time) {
		over := <-idle
		got, err := over.send(l.requests[i%len(l.requests)])
		took := time.Since(due)
		idle <- over
		mu.Lock()
		defer mu.Unlock()
		m.count(b, got, err, took)
	}
	stolen, cpu, begun := stolenCPU(), p.cpu(), time.Now()
	var all sync.WaitGroup
	if rate == 0 {
		var next atomic.Int64
		for range clients {
			all.Go(func() {
				for time.Since(begun) < window {
					one(int(next.Add(1)), time.Now())
				}
			})
		}
	} else {
		random, due := rand.New(rand.NewPCG(1, 2)), begun
		for i := 0; due.Sub(begun) < window; i++ {
			time.Sleep(time.Until(due))
			at := due // that of the next is not its own
			all.Go(func() { one(i, at) })
			due = due.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second)))
		}
	}
	all.Wait()
	m.took, m.cpu, m.stolen = time.Since(begun), p.cpu()-cpu, stolenCPU()-stolen
	for range clients {
		over := <-idle
		over.hangUp()
		m.again += over.again
	}
	m.sort()
	return m
}

// hold opens connections that send what begin says, and drips an octet every second.
func hold(b *testing.B, addr string, n int, begin string, drip bool) (release func()) {
	var conns []net.Conn
	for range n {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.WriteString(c, begin)
		conns = append(conns, c)
	}
	stop := make(chan struct{})
	var dripping sync.WaitGroup
	if drip {
		dripping.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
				}
				for _, c := range conns {
					_, _ = io.WriteString(c, "x") // it may have been ended: then it is
				}
			}
		})
	}
	return func() {
		close(stop)
		dripping.Wait()
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

// probe is one client that is no part of a flood: it sends a small file now and then, over
// a connection of its own each time, until stop ends, and counts from the first octet
// that it sends. What a client of a flood counts has the time in it that the other clients,
// on the same processors, keep it from running.
func (l *loadWorld) probe(b *testing.B, p *loadedChild, stop <-chan struct{}) *measured {
	m := &measured{}
	for {
		select {
		case <-stop:
			m.sort()
			return m
		case <-time.After(5 * time.Millisecond):
		}
		over := &line{addr: p.addr}
		if err := over.dial(); err != nil {
			b.Error(err)
			return m
		}
		begun := time.Now()
		got, err := over.exchange(l.requests[0])
		m.count(b, got, err, time.Since(begun))
		over.hangUp()
	}
}

// overloaded is a flood from so many clients, and beside it the probe.
func (l *loadWorld) overloaded(b *testing.B, p *loadedChild, clients int, window time.Duration) (flood, probe *measured) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(8)) // the probe waits for a processor, not for the flood's goroutines
	stop := make(chan struct{})
	var probing sync.WaitGroup
	probing.Go(func() { probe = l.probe(b, p, stop) })
	flood = l.load(b, p, clients, 0, window)
	close(stop)
	probing.Wait()
	return flood, probe
}

func reportTimes(b *testing.B, m *measured) {
	b.ReportMetric(m.rate(), "requests/s")
	b.ReportMetric(m.cpuPerRequest(), "cpu-ms/request")
	b.ReportMetric(quantile(m.latency, 0.5), "p50-ms")
	b.ReportMetric(quantile(m.latency, 0.99), "p99-ms")
	b.ReportMetric(quantile(m.latency, 0.99)/quantile(m.latency, 0.5), "p99/p50")
	b.ReportMetric(float64(m.again), "sent-again")
	b.ReportMetric(m.stolenShare(), "stolen-%")
	b.ReportMetric(0, "ns/op") // it is the window
}

// BenchmarkServeLoad is `vidimus serve` in a process of its own under the mix of
// loadWorld over connections of loopback that are kept alive, as many judgings at once as
// there are processors. It reports requests a second and processor time a request against
// the direct call; times of answers at 80 % of the capacity; the same beside 1,000 idle
// connections and 200 that drip; and how overload is answered.
func BenchmarkServeLoad(b *testing.B) {
	l := newLoadWorld(b)
	deps, _ := doorOf(b, l.serve)
	workers := l.limitsOf().Judgings
	b.Cleanup(givesRoom()) // the direct call has the settings that serve gives itself
	p := serveChildOf(b, l.flags...)
	for i := range l.mix { // what is remembered of issuers is there
		if status, _, body, err := l.send(http.DefaultClient, p.url, i); err != nil || status != http.StatusOK {
			b.Fatalf("%s: %d %s %v", l.mix[i].Name, status, body, err)
		}
		if _, err := deps.Validator.Validate(b.Context(), api.Upload{File: api.File{Name: l.mix[i].Name, Data: l.mix[i].Raw}}); err != nil {
			b.Fatal(err)
		}
	}
	var capacity float64
	b.Run("closed", func(b *testing.B) {
		for b.Loop() {
			direct, over := &measured{}, &measured{}
			for range 2 * window / time.Second { // by turns, so that both see the same machine
				direct.add(l.direct(b, deps.Validator, workers, time.Second/2))
				over.add(l.load(b, p, 2*workers, 0, time.Second/2))
			}
			if n := over.failed + len(over.refused); n > 0 {
				b.Errorf("%d of %d were not served", n, over.requests+n)
			}
			capacity = over.rate()
			reportTimes(b, over)
			b.ReportMetric(direct.rate(), "direct/s")
			b.ReportMetric(direct.cpuPerRequest(), "direct-cpu-ms/request")
			b.ReportMetric(100*(direct.rate()/over.rate()-1), "overhead-%")
			b.ReportMetric(100*(over.cpuPerRequest()/direct.cpuPerRequest()-1), "cpu-overhead-%")
		}
	})
	if capacity == 0 {
		b.Skip("the load is a part of what closed measures")
	}
	open := func(name string, beside func() func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				alone, m := &measured{}, &measured{}
				for range 2 { // by turns, so that both see the same machine
					alone.add(l.load(b, p, 64, 0.8*capacity, window/2))
					release := beside()
					m.add(l.load(b, p, 64, 0.8*capacity, window/2))
					release()
				}
				reportTimes(b, m)
				b.ReportMetric(quantile(alone.latency, 0.5), "alone-p50-ms")
				b.ReportMetric(quantile(alone.latency, 0.99), "alone-p99-ms")
				b.ReportMetric(alone.cpuPerRequest(), "alone-cpu-ms/request")
				b.ReportMetric(alone.stolenShare(), "alone-stolen-%")
				b.ReportMetric(float64(m.failed+len(m.refused)), "not-served")
				b.ReportMetric(float64(alone.failed+len(alone.refused)), "alone-not-served")
			}
		})
	}
	open("at 80 %", func() func() { return func() {} })
	open("at 80 % beside 1000 idle connections", func() func() { return hold(b, p.addr, 1000, "", false) })
	open("at 80 % beside 200 slow headers", func() func() { return hold(b, p.addr, 200, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nX: ", true) })
	open("at 80 % beside 200 slow bodies", func() func() {
		return hold(b, p.addr, 200, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", true)
	})
	refusals := func(b *testing.B, m *measured) {
		b.ReportMetric(float64(len(m.refused))/m.took.Seconds(), "refused/s")
		b.ReportMetric(quantile(m.refused, 0.5), "refused-p50-ms")
		b.ReportMetric(quantile(m.refused, 0.99), "refused-p99-ms")
		b.ReportMetric(float64(m.untold), "without-Retry-After")
		b.ReportMetric(float64(m.failed), "failed")
	}
	// Three times as much comes as can be judged, whatever is answered.
	b.Run("overload threefold", func(b *testing.B) {
		for b.Loop() {
			m := l.load(b, p, 400, 3*capacity, window)
			reportTimes(b, m)
			refusals(b, m)
		}
	})
	// Each of 400 clients sends again as soon as it is refused.
	b.Run("flood", func(b *testing.B) {
		for b.Loop() {
			m, probe := l.overloaded(b, p, 400, window)
			reportTimes(b, m)
			b.ReportMetric(quantile(probe.refused, 0.5), "probe-refused-p50-ms")
			b.ReportMetric(quantile(probe.refused, 0.99), "probe-refused-p99-ms")
			b.ReportMetric(float64(len(probe.refused)), "probe-refused")
			b.ReportMetric(float64(len(probe.latency)), "probe-served")
			b.ReportMetric(float64(probe.failed), "probe-failed")
			refusals(b, m)
		}
	})
	b.Run("recovered", func(b *testing.B) {
		for b.Loop() {
			reportTimes(b, l.load(b, p, 2*workers, 0, window))
		}
	})
}

// limitsOf are those that serve has by default.
func (l *loadWorld) limitsOf() api.Limits {
	c := serveDefaults()
	l.serve(c)
	return c.limits()
}
