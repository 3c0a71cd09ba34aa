package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nexus-blueprint/nexus/scaffold"
)

// maxAnswer bounds one line of an answer.
const maxAnswer = 16 << 10

// AskDomain asks the person at a terminal what the app of a name is about: its
// aggregates and their commands. An answer that does not hold is shown with its place
// and asked again. In the end it prints the command line that says the same.
//
// It asks line by line and draws nothing, so that it works on every terminal, with a
// screen reader, and in a test. When ctx ends, so does the form.
func AskDomain(ctx context.Context, t Terminal, in io.Reader, out io.Writer, name string) (scaffold.FlagOptions, error) {
	f := &form{ctx: ctx, palette: newPalette(t), out: out, name: name, lines: readLines(ctx, in)}
	if _, err := scaffold.Flags(name, scaffold.FlagOptions{Aggregates: []scaffold.AggregateFlags{{Name: "Thing"}}}); err != nil {
		return scaffold.FlagOptions{}, err // no answer would mend the name
	}
	f.say("What is %s about? An empty line ends a list.\n\n", f.palette.subject.Render(clean(name)))
	if err := f.aggregates(); err != nil {
		return scaffold.FlagOptions{}, fmt.Errorf("asking what %s is about: %w", name, err)
	}
	f.say("\nThe same without questions:\n\n  %s\n\n", f.given.CommandLine(name))
	return f.given, f.failure
}

// errNoAnswer is the end of the input before anything was said.
var errNoAnswer = errors.New("the answers ended before the first aggregate")

// A form collects the answers.
type form struct {
	ctx     context.Context
	palette palette
	out     io.Writer
	failure error // of writing
	name    string
	lines   <-chan string
	given   scaffold.FlagOptions
}

func (f *form) say(format string, args ...any) {
	if f.failure == nil {
		_, f.failure = fmt.Fprintf(f.out, format, args...)
	}
}

// ask asks one question. The end of the input is an empty answer.
func (f *form) ask(question, example string) (answer string, ended bool, err error) {
	f.say("%s %s ", f.palette.label.Render(question), f.palette.faint.Render("("+example+"):"))
	if f.failure != nil {
		return "", true, f.failure
	}
	select {
	case line, ok := <-f.lines:
		if err := context.Cause(f.ctx); err != nil {
			return "", true, err
		}
		return strings.TrimSpace(line), !ok, nil
	case <-f.ctx.Done():
		return "", true, context.Cause(f.ctx)
	}
}

func (f *form) aggregates() error {
	for {
		question := "Aggregate"
		if len(f.given.Aggregates) > 0 {
			question = "Another aggregate"
		}
		answer, ended, err := f.ask(question, "what has a life of its own, such as Sensor")
		switch {
		case err != nil:
			return err
		case answer == "" && len(f.given.Aggregates) > 0:
			return nil
		case ended:
			return errNoAnswer
		case answer == "":
			f.say("%s\n", f.palette.error.Render("An app has at least one aggregate."))
			continue
		}
		if !f.take(func(o *scaffold.FlagOptions) { o.AddAggregate(answer) }) {
			continue
		}
		if err := f.commands(answer); err != nil {
			return err
		}
	}
}

func (f *form) commands(aggregate string) error {
	for first := true; ; {
		question, example := "  Command of "+aggregate, commandExample(aggregate)
		if !first {
			question, example = "  Another command", "in the same form"
		}
		answer, _, err := f.ask(question, example)
		if err != nil || answer == "" {
			return err
		}
		if f.take(func(o *scaffold.FlagOptions) { o.AddCommand(answer) }) {
			first = false
		}
	}
}

// commandExample shows the form of a command with the aggregate's own name.
func commandExample(aggregate string) string {
	return "such as Register" + aggregate + ":" + aggregate + "Registered{name:string}; empty: Create" + aggregate
}

// take adds an answer if the spec holds with it, and says what is wrong otherwise.
func (f *form) take(add func(*scaffold.FlagOptions)) bool {
	with := f.given
	with.Aggregates = nil
	for _, a := range f.given.Aggregates {
		with.Aggregates = append(with.Aggregates, scaffold.AggregateFlags{Name: a.Name, Commands: append([]string(nil), a.Commands...)})
	}
	add(&with)
	if _, err := scaffold.Flags(f.name, with); err != nil {
		f.refuse(err)
		return false
	}
	f.given = with
	return true
}

func (f *form) refuse(err error) {
	text, hint := err.Error(), ""
	if e, ok := errors.AsType[*scaffold.FlagError](err); ok {
		text, hint = strings.TrimPrefix(text, e.Flag+": "), e.Hint
	}
	for line := range strings.Lines(text) {
		f.say("%s\n", f.palette.error.Render(clean(strings.TrimSuffix(line, "\n"))))
	}
	if hint != "" {
		f.say("%s\n", clean(hint))
	}
}

// readLines reads lines until the input or the context ends. It closes the channel.
// A read that waits for a key cannot be broken off: the goroutine then ends with the
// program.
func readLines(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxAnswer)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}
