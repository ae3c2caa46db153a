package archive

import (
	"context"
	"sync"
)

// parallel is how many objects of one bundle travel at the same time. A store in
// another town answers in 20 ms; 30 objects one after the other would take 600.
const parallel = 8

// each calls do for every index, several at a time. The first failure cancels
// the rest and is what is returned; errors that come of the cancelling are not.
func each(ctx context.Context, indices []int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, i := range indices {
		slots <- struct{}{}
		if ctx.Err() != nil {
			<-slots
			break
		}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := do(ctx, i); err != nil {
				cancel(err) // the first cause stays
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}
