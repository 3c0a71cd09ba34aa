package cmd

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// inParallel works on n things with as many workers as there are processors, and
// returns the results in their order. When ctx ends, what was not begun is left
// at its zero value, and done tells how many were worked on.
func inParallel[T any](ctx context.Context, n int, work func(i int) T) (results []T, done int) {
	results = make([]T, n)
	var next, finished atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
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
