package replay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
)

// Command runs a team's own reducer as a process.
//
// The process reads one line for each event, {"stream": "order-1", "event": {…}},
// where event is a CloudEvent in JSON, and answers each with one line: the state
// of that stream behind the event, {"state": {…}}, or {"error": "why"}. Where
// many events are at hand they are sent ahead of their answers, so that the
// process is not waited for between two of them. Behind the last event its input
// ends, and it must end too: with status 0 and without another word. What it writes
// to standard error belongs to its errors.
type Command struct {
	Args []string
	// Dir is where the process runs; empty: where nexus does.
	Dir string
	// after calls a function later unless it is stopped; nil: by the clock.
	after func(time.Duration, func()) (stop func() bool)
}

// CommandState is the state behind one event.
type CommandState struct {
	Event *event.Event
	State *State
}

// CommandError is a process that gave no state for an event: it ended, did not
// keep to the protocol, or said that it could not. What the state is from there
// on nobody knows, so that nothing is made of it.
type CommandError struct {
	Event *event.Event
	Cause error
	// Said is what the process said about it, its answer and the end of its
	// standard error. It may quote what was recorded.
	Said string
}

func (f *CommandError) Error() string {
	e, place := f.Event, ""
	if e.File != "" {
		place = fmt.Sprintf("%s:%d: ", e.File, e.Line)
	}
	return fmt.Sprintf("%sthe reducer's process %v on event %s of %s (at byte %d)", place, f.Cause, nameOf(e), e.Stream, e.Offset)
}

func (f *CommandError) Unwrap() error { return f.Cause }

const (
	// maxAnswer bounds one answer of the process.
	maxAnswer = document.MaxSize
	// aheadOfAnswers is how many events may be on their way.
	aheadOfAnswers = 1024
	// patience is how long the pipes of a process that was killed may stay open:
	// a process of its own may hold them.
	patience = time.Second
	// maxSilence is how long a process may owe an answer, or its end.
	maxSilence = 30 * time.Second
)

// Apply sends the events to a fresh process in their order and yields the state
// behind each. The events must stay valid until they are yielded. The error ends
// it; it is a *CommandError when an answer failed.
func (c Command) Apply(ctx context.Context, events iter.Seq[*event.Event]) iter.Seq2[CommandState, error] {
	return func(yield func(CommandState, error) bool) {
		p, err := c.start(ctx)
		if err == nil {
			stopped := false
			err = p.exchange(events, aheadOfAnswers, func(s CommandState) bool {
				stopped = !yield(s, nil)
				return !stopped
			})
			if err == nil && !stopped && p.last != nil {
				err = p.finish()
			}
			err = p.close(err)
		}
		if err != nil {
			yield(CommandState{}, err)
		}
	}
}

// A process is a reducer that runs.
type process struct {
	ctx    context.Context // ends with the process
	caller context.Context
	stop   context.CancelFunc
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	errors tail
	last   *event.Event // that was answered
	after  func(time.Duration, func()) (stop func() bool)
	silent atomic.Bool // for too long, so that it was stopped
}

func (c Command) start(ctx context.Context) (*process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("running the reducer: no command is named")
	}
	p := &process{caller: ctx, after: c.after}
	if p.after == nil {
		p.after = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	p.ctx, p.stop = context.WithCancel(ctx)
	p.cmd = exec.CommandContext(p.ctx, c.Args[0], c.Args[1:]...)
	p.cmd.Dir, p.cmd.Stderr, p.cmd.WaitDelay = c.Dir, &p.errors, patience
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("running the reducer: %w", err), p.close(nil))
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("running the reducer: %w", err), p.close(nil))
	}
	if err := p.cmd.Start(); err != nil {
		p.stop()
		return nil, fmt.Errorf("running the reducer %s: %w", c.Args[0], err)
	}
	// Whoever else holds the pipes, an interrupt ends the waiting for them.
	context.AfterFunc(p.ctx, func() { _ = errors.Join(in.Close(), out.Close()) })
	p.in, p.out = in, bufio.NewScanner(out)
	p.out.Buffer(nil, maxAnswer)
	return p, nil
}

// close ends the process. What went wrong before gets the words of the process,
// or gives way to the interrupt that it is due to.
func (p *process) close(err error) error {
	interrupted := p.caller.Err()
	p.stop()
	_ = p.cmd.Wait() // killed, or finish saw how it ended
	if err == nil {
		return nil
	}
	if interrupted != nil {
		return fmt.Errorf("running the reducer: %w", interrupted)
	}
	if failed, ok := errors.AsType[*CommandError](err); ok {
		failed.Said = strings.TrimSpace(failed.Said + "\n" + string(p.errors.text))
	}
	return err
}

// exchange sends events and hands over the state behind each, until there are no
// more or yield wants none. Behind an error the process is of no use.
func (p *process) exchange(events iter.Seq[*event.Event], ahead int, yield func(CommandState) bool) error {
	sent := make(chan *event.Event, ahead)
	var writer sync.WaitGroup
	writer.Go(func() { p.send(events, sent) })
	more, err := p.answers(sent, yield)
	if !more {
		p.stop() // lets the writer end
		for range sent {
		}
	}
	writer.Wait()
	if more && p.ctx.Err() != nil {
		return p.ctx.Err() // not all was sent
	}
	return err
}

// send writes the events until there are no more, or the process does not read.
func (p *process) send(events iter.Seq[*event.Event], sent chan<- *event.Event) {
	defer close(sent)
	w := bufio.NewWriterSize(p.in, 64<<10)
	defer func() { _ = w.Flush() }()
	var line []byte
	for e := range events {
		line = append(line[:0], `{"stream":`...)
		line = append(line, document.Encode(string(e.Stream))...)
		line = append(line, `,"event":`...)
		line = append(bytes.TrimSuffix(event.AppendNative(line, e), []byte("\n")), '}', '\n')
		if len(sent) == cap(sent) {
			_ = w.Flush() // its error stays for the next write
		}
		select {
		case sent <- e:
		case <-p.ctx.Done():
			return
		}
		if _, err := w.Write(line); err != nil {
			return // e has no answer, which is reported
		}
	}
}

// answers yields a state for every event that was sent. It is false when nothing
// more is wanted, or can be had.
func (p *process) answers(sent <-chan *event.Event, yield func(CommandState) bool) (more bool, err error) {
	for e := range sent {
		if !p.scan() {
			return false, &CommandError{Event: e, Cause: p.noAnswer()}
		}
		state, said, err := readAnswer(p.out.Bytes())
		if err != nil {
			return false, &CommandError{Event: e, Cause: err, Said: said}
		}
		p.last = e
		if !yield(CommandState{Event: e, State: state}) {
			return false, nil
		}
	}
	return true, nil
}

// A tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 2048
	t.text = append(t.text, p...)
	if len(t.text) > most {
		t.text = t.text[len(t.text)-most:]
	}
	return len(p), nil
}
