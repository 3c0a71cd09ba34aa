package cmd

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// remoteWorkers is how many things wait for a registry over the network at the
// same time. The registry itself bounds its requests.
const remoteWorkers = 16

// inParallel works on n things with as many workers as there are processors, and
// returns the results in their order. When ctx ends, what was not begun is left
// at its zero value, and done tells how many were worked on.
func inParallel[T any](ctx context.Context, n int, work func(i int) T) (results []T, done int) {
	return inParallelWith(ctx, runtime.GOMAXPROCS(0), n, work)
}

// inParallelWith is inParallel with a number of workers.
func inParallelWith[T any](ctx context.Context, workers, n int, work func(i int) T) (results []T, done int) {
	results = make([]T, n)
	var next, finished atomic.Int64
	var wait sync.WaitGroup
	for range min(n, workers) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				results[i] = work(i)
				finished.Add(1)
			}
		})
	}
	wait.Wait()
	return results, int(finished.Load())
}
