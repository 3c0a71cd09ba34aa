package replay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os/exec"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
)

// Command runs a team's own reducer as a process.
//
// The process reads one line for each event, {"stream": "order-1", "event": {…}},
// where event is a CloudEvent in JSON, and answers each with one line: the state
// of that stream behind the event, {"state": {…}}, or {"error": "why"}. Events
// are sent ahead of their answers, so that the process is never waited for
// between two of them. What it writes to standard error belongs to its errors.
type Command struct {
	Args []string
	// Dir is where the process runs; empty: where nexus does.
	Dir string
}

// CommandState is the state behind one event.
type CommandState struct {
	Event *event.Event
	State *State
}

// maxAnswer bounds one answer of the process.
const maxAnswer = 64 << 20

// aheadOfAnswers is how many events may be on their way.
const aheadOfAnswers = 1024

// Apply sends the events to a fresh process in their order and yields the state
// behind each. The events must stay valid until they are yielded. The error ends
// it and names the event whose answer failed.
func (c Command) Apply(ctx context.Context, events iter.Seq[*event.Event]) iter.Seq2[CommandState, error] {
	return func(yield func(CommandState, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		p, err := c.start(ctx)
		if err != nil {
			yield(CommandState{}, err)
			return
		}
		sent := make(chan *event.Event, aheadOfAnswers)
		var writer sync.WaitGroup
		writer.Go(func() { p.send(ctx, events, sent) })
		ended := p.answer(sent, yield)
		stop()
		for range sent { // lets the writer end
		}
		writer.Wait()
		_ = p.cmd.Wait() // killed, or its fault was reported with the event
		if ended != nil {
			yield(CommandState{}, p.explain(ended))
		}
	}
}

// A process is a reducer that runs.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	errors tail
}

func (c Command) start(ctx context.Context) (*process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("running the reducer: no command is named")
	}
	p := &process{cmd: exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)}
	p.cmd.Dir, p.cmd.Stderr = c.Dir, &p.errors
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("running the reducer: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("running the reducer: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("running the reducer %s: %w", c.Args[0], err)
	}
	p.in, p.out = in, bufio.NewScanner(out)
	p.out.Buffer(nil, maxAnswer)
	return p, nil
}

// send writes the events until there are no more, or the process does not read.
func (p *process) send(ctx context.Context, events iter.Seq[*event.Event], sent chan<- *event.Event) {
	defer close(sent)
	w := bufio.NewWriterSize(p.in, 64<<10)
	defer func() { _ = errors.Join(w.Flush(), p.in.Close()) }() // what is not read has no answer, which is reported
	var line []byte
	for e := range events {
		line = append(line[:0], `{"stream":`...)
		line = append(line, document.Encode(string(e.Stream))...)
		line = append(line, `,"event":`...)
		line = append(bytes.TrimSuffix(event.AppendNative(line, e), []byte("\n")), '}', '\n')
		if len(sent) == cap(sent) && w.Flush() != nil {
			return
		}
		select {
		case sent <- e:
		case <-ctx.Done():
			return
		}
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

// A commandFault is an event whose answer failed.
type commandFault struct {
	event *event.Event
	cause error
}

func (f *commandFault) Error() string {
	e := f.event
	return fmt.Sprintf("%s:%d: the reducer's process %v on event %s of %s (at byte %d)", e.File, e.Line, f.cause, e.ID, e.Stream, e.Offset)
}

func (f *commandFault) Unwrap() error { return f.cause }

// answer yields a state for every event that was sent. Its error is the
// process's; it is nil when nothing more is wanted.
func (p *process) answer(sent <-chan *event.Event, yield func(CommandState, error) bool) error {
	for e := range sent {
		if !p.out.Scan() {
			err := p.out.Err()
			if err == nil {
				err = errors.New("ended without an answer")
			}
			return &commandFault{e, err}
		}
		state, err := readAnswer(p.out.Bytes())
		if err != nil {
			return &commandFault{e, err}
		}
		if !yield(CommandState{Event: e, State: state}, nil) {
			return nil
		}
	}
	return nil
}

func readAnswer(line []byte) (*State, error) {
	var answer struct {
		State json.RawMessage `json:"state"`
		Error string          `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return nil, fmt.Errorf(`answered with no JSON object {"state": …}: %w`, err)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("answered with the error %q", answer.Error)
	}
	if answer.State == nil {
		return nil, errors.New(`answered without "state"`)
	}
	root, err := decode(answer.State)
	return NewState(root), err
}

// explain adds what the process last said on standard error.
func (p *process) explain(err error) error {
	if said := strings.TrimSpace(string(p.errors.text)); said != "" {
		return fmt.Errorf("%w\nits last words: %s", err, said)
	}
	return err
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
