package api

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/vidimus/vidimus/api/auth"
)

// maxRemembered bounds the tenants, and the addresses, of which counts are kept.
const maxRemembered = 100_000

// tenants counts what each tenant takes.
type tenants struct {
	mu  sync.Mutex
	all map[string]*tenant
}

type tenant struct {
	requests *rate.Limiter
	limits   auth.Limits
	day      int64 // since 1970
	files    int   // on that day
	now      int   // being received or judged
}

func newTenants() *tenants { return &tenants{all: map[string]*tenant{}} }

// take counts a request of a tenant, and refuses what is over its limits.
func (t *tenants) take(c *gin.Context, of string, l auth.Limits, uploads bool, now time.Time) (leave func(), err error) {
	if l == (auth.Limits{}) {
		return func() {}, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(of, l, now)
	if l.PerSecond > 0 {
		r := one.requests.ReserveN(now, 1)
		if wait := r.DelayFrom(now); wait > 0 {
			r.CancelAt(now)
			return nil, later(problem(RateLimited, "There are more requests than this tenant may make."), wait)
		}
	}
	if !uploads {
		return func() {}, nil
	}
	if l.Concurrent > 0 && one.now >= l.Concurrent {
		return nil, later(problem(RateLimited, "There are more files at once than this tenant may send."), time.Second)
	}
	if l.PerDay > 0 && one.files >= l.PerDay {
		return nil, later(problem(QuotaExhausted, "There were more files today than this tenant may send."), tomorrow(now))
	}
	day := one.day
	one.now++
	one.files++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		one.now--
		if c.Writer.Status() >= http.StatusBadRequest && one.day == day {
			one.files-- // nothing was judged
		}
	}, nil
}

// of is what is counted for a tenant, on the day of now and by its limits as they are now.
func (t *tenants) of(name string, l auth.Limits, now time.Time) *tenant {
	one := t.all[name]
	if one == nil {
		if len(t.all) >= maxRemembered {
			for n, o := range t.all {
				if o.now == 0 && o.day != dayOf(now) {
					delete(t.all, n)
				}
			}
		}
		one = &tenant{day: dayOf(now)}
		t.all[name] = one
	}
	if one.limits != l || one.requests == nil {
		burst := l.Burst
		if burst == 0 {
			burst = max(1, int(l.PerSecond))
		}
		one.limits, one.requests = l, rate.NewLimiter(rate.Limit(l.PerSecond), burst)
	}
	if day := dayOf(now); one.day != day {
		one.day, one.files = day, 0
	}
	return one
}

const secondsADay = 24 * 60 * 60

func dayOf(t time.Time) int64 { return t.Unix() / secondsADay }

// tomorrow is how long the day of UTC still lasts.
func tomorrow(now time.Time) time.Duration {
	return time.Unix((dayOf(now)+1)*secondsADay, 0).Sub(now)
}

// How many wrong credentials may come from one address at once, and how soon one
// more may.
const (
	failuresAtOnce = 20
	failuresEvery  = 3 * time.Second
)

// failures counts wrong credentials by where they came from.
type failures struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

func newFailures() *failures { return &failures{all: map[string]*rate.Limiter{}} }

// wait is how long an address is not heard.
func (f *failures) wait(from string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.all[from]
	if l == nil || l.TokensAt(now) >= 1 {
		return 0
	}
	return time.Duration((1 - l.TokensAt(now)) * float64(failuresEvery))
}

// note counts a wrong credential.
func (f *failures) note(from string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.all[from]
	if l == nil {
		if len(f.all) >= maxRemembered {
			for n, o := range f.all {
				if o.TokensAt(now) >= failuresAtOnce {
					delete(f.all, n)
				}
			}
		}
		if len(f.all) >= maxRemembered {
			clear(f.all) // a hundred thousand networks guess at once: counting no longer helps, memory must stay
		}
		l = rate.NewLimiter(rate.Every(failuresEvery), failuresAtOnce)
		f.all[from] = l
	}
	l.AllowN(now, 1)
}

// network is an address as failures are counted: of IPv6 the /64, since whoever has
// one address there has them all.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
