package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.com/orders/internal/nexus/load"
)

// syncedPage is what the disk is measured with: a page of a database.
const syncedPage = 4096

// diskAlone measures what no durable append can do without: one writer appends a
// page to a file in dir and syncs it, again and again. What an app takes is judged
// by what its disk takes in the same run. Calls other than 0 end it earlier.
func diskAlone(ctx context.Context, dir string, duration time.Duration, calls int) (report load.Report, err error) {
	file, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		return load.Report{}, fmt.Errorf("measuring the disk: %w", err)
	}
	defer func() {
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}()
	page := make([]byte, syncedPage)
	report, err = load.Run(ctx, load.Options{
		Writers: 1, Duration: duration, Calls: calls,
		Do: func(context.Context, load.Call) load.Outcome {
			if _, err := file.Write(page); err != nil {
				return load.Outcome{Err: err}
			}
			if err := file.Sync(); err != nil {
				return load.Outcome{Err: err}
			}
			return load.Outcome{Events: 1}
		},
	})
	report.Name = "append and sync of a file, 1 writer"
	return report, err
}
