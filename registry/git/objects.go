package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// objects reads blobs through one git cat-file --batch, which is started on
// first use and answers until close. It is safe for concurrent use.
type objects struct {
	ctx context.Context
	dir string

	mu     sync.Mutex
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	broken error // why no more can be read
}

// read returns the texts of objects, in order. A missing one is nil.
func (o *objects) read(names []string) ([][]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(names) == 0 {
		return nil, nil
	}
	if err := o.start(); err != nil {
		return nil, err
	}
	// The process answers while it is still being asked, so asking needs a
	// goroutine of its own: else both sides wait once the pipes are full.
	asked := make(chan error, 1)
	go func() {
		_, err := io.WriteString(o.stdin, strings.Join(names, "\n")+"\n")
		asked <- err
	}()
	texts := make([][]byte, len(names))
	for i, name := range names {
		text, err := o.answer()
		if err != nil {
			o.fail(fmt.Errorf("reading git object %s: %w", name, err))
			<-asked
			return nil, o.broken
		}
		texts[i] = text
	}
	if err := <-asked; err != nil {
		o.fail(fmt.Errorf("reading git objects: %w", err))
	}
	return texts, o.broken
}

func (o *objects) start() error {
	if o.broken != nil || o.cmd != nil {
		return o.broken
	}
	cmd := command(o.ctx, o.dir, "cat-file", "--batch")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting git cat-file: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting git cat-file: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return startError(o.dir, err)
	}
	o.cmd, o.stdin, o.stdout = cmd, stdin, bufio.NewReaderSize(stdout, 1<<16)
	return nil
}

// answer reads one reply: "ID blob SIZE", the text and a line feed, or
// "NAME missing".
func (o *objects) answer() ([]byte, error) {
	header, err := o.stdout.ReadString('\n')
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(header)
	if len(fields) != 3 {
		if strings.HasSuffix(header, " missing\n") {
			return nil, nil
		}
		return nil, errors.New("unexpected reply " + strconv.Quote(header))
	}
	size, err := strconv.Atoi(fields[2])
	if err != nil {
		return nil, errors.New("unexpected reply " + strconv.Quote(header))
	}
	text := make([]byte, size+1)
	if _, err := io.ReadFull(o.stdout, text); err != nil {
		return nil, err
	}
	return text[:size], nil
}

// fail ends the process; what it would answer next belongs to another question.
func (o *objects) fail(err error) {
	if o.ctx.Err() != nil {
		err = o.ctx.Err()
	}
	o.broken = err
	o.stop()
}

func (o *objects) stop() {
	if o.cmd == nil {
		return
	}
	_ = o.stdin.Close()
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait() // it was killed, so it has nothing more to say
	o.cmd = nil
}

// close ends the process.
func (o *objects) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stop()
	if o.broken == nil {
		o.broken = errors.New("reading git objects: the revision was closed")
	}
}
