package replay

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// scan waits for a line of the process, but not for ever: one that keeps its lines
// in a buffer until its input ends would be waited for in vain.
func (p *process) scan() bool {
	defer p.limit()()
	return p.out.Scan()
}

// limit ends the process unless the caller calls stop in time.
func (p *process) limit() (stop func() bool) {
	return p.after(maxSilence, func() {
		p.silent.Store(true)
		p.stop()
	})
}

// noAnswer is why there is no line.
func (p *process) noAnswer() error {
	switch err := p.out.Err(); {
	case p.silent.Load():
		return fmt.Errorf("gave no answer within %v (it must flush every line)", maxSilence)
	case err != nil:
		return err
	}
	return errors.New("ended without an answer")
}

// finish ends the input of the process and waits for its end. A line that it wrote
// too much, wherever that was, has shifted the answers behind it; one that fails
// at its end may have failed before.
func (p *process) finish() error {
	failed := func(said, format string, values ...any) error {
		return &CommandError{Event: p.last, Cause: fmt.Errorf(format, values...), Said: said}
	}
	_ = p.in.Close() // it may have gone, which Wait tells
	defer p.limit()()
	if p.out.Scan() {
		return failed(excerpt(p.out.Bytes()), "wrote more lines than events: there is another one behind its answer")
	}
	readErr := p.out.Err()
	waitErr := p.cmd.Wait()
	switch {
	case p.silent.Load():
		return failed("", "did not end within %v after its input, behind its answer", maxSilence)
	case readErr != nil:
		return failed("", "broke off (%w) behind its answer", readErr)
	case waitErr != nil && !errors.Is(waitErr, exec.ErrWaitDelay): // another process may hold its standard error
		return failed("", "ended with %w behind its answer", waitErr)
	}
	return nil
}

// errAnswer is an answer of no form that is known.
var errAnswer = errors.New(`answered with no JSON object {"state": …}`)

// readAnswer reads the state of an answer. With an error come the words of the
// process, which may quote what was recorded and are no part of it.
func readAnswer(line []byte) (state *State, said string, err error) {
	text, err := document.Parse("answer.json", line)
	if err != nil {
		return nil, excerpt(line), unsound(err)
	}
	answer, ok := text.Value().(map[string]any)
	if !ok {
		return nil, excerpt(line), errAnswer
	}
	root, stated := answer["state"]
	known := 0
	if stated {
		known++
	}
	if fault, told := answer["error"]; told {
		known++
		switch fault := fault.(type) {
		case nil:
		case string:
			return nil, fault, errors.New("answered with an error")
		default:
			return nil, excerpt(line), errAnswer
		}
	}
	switch {
	case !stated:
		return nil, excerpt(line), errors.New(`answered without "state"`)
	case len(answer) > known:
		return nil, excerpt(line), errors.New(`answered with members other than "state" and "error"`)
	}
	return NewState(root), "", nil
}

// unsound is why an answer cannot be read. Its keys and values stay out of it.
func unsound(err error) error {
	if known, ok := errors.AsType[*document.Error](err); ok {
		switch known.Code {
		case document.CodeDuplicateKey:
			return errors.New("answered with an object that has a key twice")
		case document.CodeEncoding:
			return errors.New("answered with a text that is no valid Unicode")
		}
	}
	return errAnswer
}

// excerpt is the beginning of a line.
func excerpt(line []byte) string {
	const most = 200
	if len(line) > most {
		return strings.ToValidUTF8(string(line[:most]), "") + "…"
	}
	return string(line)
}
