package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// reducerCommand is what --reducer-cmd names; nil without it. There is no key for
// it in nexus.yaml, so that reading somebody's log never runs somebody's program.
func (o *options) reducerCommand() (*replay.Command, error) {
	for _, name := range []string{"reducer", "reducer-cmd"} {
		if o.flags.Lookup(name) != nil && o.flags.Changed(name) && strings.TrimSpace(flagText(o.flags, name)) == "" {
			return nil, usagef("reading --%s: it is empty, so that another reducer would answer", name).hint("name one, or leave the flag out")
		}
	}
	text := flagText(o.flags, "reducer-cmd")
	if text == "" {
		return nil, nil
	}
	if flagText(o.flags, "reducer") != "" {
		return nil, usagef("--reducer and --reducer-cmd contradict each other").hint("leave one of them out")
	}
	command, err := replay.ParseCommand(text)
	if err != nil {
		return nil, usage(fmt.Errorf("reading --reducer-cmd: %w", err))
	}
	command.Dir = o.app.dir
	program := command.Args[0]
	if filepath.Base(program) != program {
		program = o.app.abs(program)
	}
	if _, err := exec.LookPath(program); err != nil {
		return nil, usagef("reading --reducer-cmd: %s: %w", command.Args[0], reason(errors.Unwrap(err))).
			hint("name a program that can be run, with its path or on PATH, such as 'python3 reducer.py'")
	}
	return &command, nil
}

// upcasters are those of nexus.yaml, or of the file that it names; they go before
// every reducer. Nil without.
func (o *options) upcasters() (*upcast.Chain, error) {
	if o.config.doc == nil {
		return nil, nil
	}
	settings, _ := o.config.doc.Value().(map[string]any)
	file, list := o.config.file, settings["upcast"]
	if name, ok := list.(string); ok {
		file = o.config.relative(o.app, []string{name})[0]
		text, err := os.ReadFile(o.app.abs(file))
		if err != nil {
			return nil, o.app.missingFor("reading the upcasters", file)
		}
		d, err := document.Parse(file, text)
		if err != nil {
			return nil, inDocument("reading the upcasters", err)
		}
		list = d.Value()
	}
	chain, err := upcast.Parse(list)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", file, err))
	}
	return chain, nil
}

// reducer is what folds a stream, or all of them where none is named: the command
// that was given, else a reducer of nexus.yaml.
func (r *replayRun) reducer(ctx context.Context, stream string) (*replay.Reducer, error) {
	if r.command == nil {
		return r.options.reducer(stream)
	}
	if r.process == nil {
		chain, err := r.options.upcasters()
		if err != nil {
			return nil, err
		}
		r.process = r.command.Reducer(ctx, chain)
	}
	return r.process, nil
}

// endReducer ends the team's own reducer, if one ran. The error takes back all that
// it answered.
func (r *replayRun) endReducer() error {
	process := r.process
	r.process = nil
	if process == nil {
		return nil
	}
	if err := process.Close(); err != nil {
		return r.unfolded(err)
	}
	return nil
}

// withdraw empties a report whose answer turned out to be worth nothing.
func (r *replayRun) withdraw() {
	to := r.report
	to.Tables, to.TerminalTables, to.Charts, to.Findings, to.Checks = nil, nil, nil, nil, nil
	to.Checked, to.Data, to.Headline = 0, nil, ""
}

// unanswered is why a question has no answer: it was put wrongly, or the team's
// own reducer broke.
func (r *replayRun) unanswered(err error) error {
	if _, broken := errors.AsType[*replay.CommandError](err); broken || errors.Is(err, context.Canceled) {
		return r.unfolded(err)
	}
	return usage(err)
}

// unfolded is why a log could not be folded. What the team's own reducer said may
// quote what was recorded: it stays out of the report unless that may show it.
func (r *replayRun) unfolded(err error) error {
	failed, broken := errors.AsType[*replay.CommandError](err)
	switch {
	case r.command != nil && errors.Is(err, context.Canceled):
		return unchecked(errors.New("running the reducer: interrupted while its answer was awaited"), "a reducer that keeps its answers in a buffer is waited for in vain: let it flush every line")
	case !broken || failed.Said == "":
		return unchecked(err)
	}
	said := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return unicode.ReplacementChar
		}
		return c
	}, failed.Said)
	if r.showData() {
		return unchecked(err, "it said: "+said)
	}
	fmt.Fprintf(r.app.stderr, "the reducer said: %s\n", said)
	return unchecked(err)
}
