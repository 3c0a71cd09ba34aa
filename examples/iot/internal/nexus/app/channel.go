package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"example.com/iot/internal/nexus/store"
)

// fileChannel appends events to a file, one CloudEvent a line. It stands where a
// queue or a topic will stand: whoever wants to see what is delivered follows the
// file. A delivery is done when its line is on the disk; those that come at the
// same time share a sync.
type fileChannel struct {
	file *os.File

	mu      sync.Mutex
	lines   *cloudEventWriter
	pending []byte
	waiting []chan error
	busy    bool // somebody writes what is pending
}

// openFileChannel opens the file and takes off a line that a crash cut short: its
// event is still owed.
func openFileChannel(name, source string) (*fileChannel, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the channel %s: %w", name, err)
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the channel %s: %w", name, err)
	}
	end, err := wholeLines(file)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the channel %s: %w", name, err), file.Close())
	}
	return &fileChannel{file: file, lines: newCloudEventWriter(source)}, nil
}

// wholeLines is where the last whole line of a file ends.
func wholeLines(file *os.File) (int64, error) {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	block := make([]byte, 4096)
	for end > 0 {
		start := max(0, end-int64(len(block)))
		n, err := file.ReadAt(block[:end-start], start)
		if err != nil {
			return 0, err
		}
		for i := n - 1; i >= 0; i-- {
			if block[i] == '\n' {
				return start + int64(i) + 1, nil
			}
		}
		end = start
	}
	return 0, nil
}

// Deliver appends an event; see outbox.Channel.
func (c *fileChannel) Deliver(_ context.Context, event store.Event) error {
	done := make(chan error, 1)
	c.mu.Lock()
	c.pending = c.lines.append(c.pending, event)
	c.waiting = append(c.waiting, done)
	lead := !c.busy
	c.busy = true
	c.mu.Unlock()
	if lead {
		go c.flush()
	}
	return <-done
}

// flush writes what is pending until nothing is.
func (c *fileChannel) flush() {
	for {
		c.mu.Lock()
		text, waiting := c.pending, c.waiting
		c.pending, c.waiting = nil, nil
		c.busy = len(waiting) > 0
		c.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		err := c.write(text)
		for _, done := range waiting {
			done <- err
		}
	}
}

// write appends lines and syncs them. After a failure the file is as it was, so
// that no half line stays in front of the next.
func (c *fileChannel) write(text []byte) error {
	start, err := c.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("writing to %s: %w", c.file.Name(), err)
	}
	if _, err = c.file.Write(text); err == nil {
		err = c.file.Sync()
	}
	if err != nil {
		_, seeking := c.file.Seek(start, io.SeekStart)
		return fmt.Errorf("writing to %s: %w", c.file.Name(), errors.Join(err, c.file.Truncate(start), seeking))
	}
	return nil
}

// Close closes the file.
func (c *fileChannel) Close() error { return c.file.Close() }

// nowhere is the channel of an app in memory without one of its own.
type nowhere struct{}

// Deliver forgets the event; see outbox.Channel.
func (nowhere) Deliver(context.Context, store.Event) error { return nil }
