package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// TestCrowded: whoever asked is told once when uploads have taken all places, before one
// is refused, and once when half of the places are free again.
func TestCrowded(t *testing.T) {
	f := newFake()
	come, leave := make(chan struct{}), make(chan struct{})
	f.validate = func(context.Context, Upload) ([]byte, error) {
		come <- struct{}{}
		<-leave
		return nil, nil
	}
	var lock sync.Mutex
	var told []bool
	h := handler(t, f, func(d *Deps) {
		d.Limits = Limits{Judgings: 8, Uploads: 4}
		d.Crowded = func(yes bool) {
			lock.Lock()
			defer lock.Unlock()
			told = append(told, yes)
		}
	})
	answered := make(chan int)
	for _, step := range []struct {
		come, leave int
		told        string
	}{
		{3, 0, "[]"},
		{1, 0, "[true]"},
		{0, 1, "[true]"},
		{1, 0, "[true]"}, // the same crowd
		{0, 2, "[true false]"},
		{1, 2, "[true false]"},
		{3, 0, "[true false true]"},
		{0, 4, "[true false true false]"},
	} {
		for range step.come {
			go func() { answered <- do(h, raw("/v1/validations", "x")).Code }()
			<-come
		}
		for range step.leave {
			leave <- struct{}{}
			if code := <-answered; code != http.StatusOK {
				t.Errorf("answered %d", code)
			}
		}
		lock.Lock()
		got := fmt.Sprint(told)
		if got != step.told {
			t.Errorf("%d came and %d left: told %s, want %s", step.come, step.leave, got, step.told)
		}
		crowd := len(told) > 0 && told[len(told)-1]
		lock.Unlock()
		if crowd && step.come > 0 {
			wantProblem(t, do(h, raw("/v1/validations", "x")), http.StatusServiceUnavailable, Busy)
		}
	}
}
