package preserve

import (
	"context"
	"sync"
)

// writers is how many records are written at the same time: each waits for the disk
// or for a store in another town.
const writers = 16

// progressStep is after how many records progress is told.
const progressStep = 1024

// each calls do for every index from 0 to n-1, several at a time, and counts how often
// it says true. The first error cancels the rest; what is written stays. progress is
// told how many are done; nil: nobody.
func each(ctx context.Context, n int, progress func(done int), do func(context.Context, int) (bool, error)) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	indices := make(chan int)
	var lock sync.Mutex
	wrote, done := 0, 0
	var wait sync.WaitGroup
	for range min(writers, n) {
		wait.Go(func() {
			for i := range indices {
				yes, err := do(ctx, i)
				if err != nil {
					cancel(err)
				}
				lock.Lock()
				if done++; yes {
					wrote++
				}
				if progress != nil && (done%progressStep == 0 || done == n) {
					progress(done)
				}
				lock.Unlock()
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		select {
		case indices <- i:
		case <-ctx.Done():
		}
	}
	close(indices)
	wait.Wait()
	return wrote, context.Cause(ctx)
}
