// Package cmd is the command line: one file a command. It reads flags and
// nexus.yaml, wires registries and engines together, and turns what they return
// into one report and one exit code. It judges nothing itself.
//
// Every gate is the same road: parse, load, check, waive, report, exit. The two
// places where something is chosen by name are tables: formats.go (schema format
// to engine) and baselines.go (KIND:REF to registry). A new format or registry
// is one more row there.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes. A gate that could not look is never 0.
const (
	exitClean       = 0
	exitFindings    = 1
	exitUsage       = 2
	exitUnchecked   = 3
	exitInterrupted = 130
)

// Main runs the program and returns its exit code. The first interrupt ends the
// work under way and reports what was done; the second one kills the process.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // gives the second signal its deadly default back
	return newApp(stdin, stdout, stderr).run(ctx, args)
}

// app is what one run of the program stands on. Tests build one with other
// tables, another clock or another environment.
type app struct {
	stdin     io.Reader
	stdout    io.Writer
	stderr    io.Writer
	dir       string // the working directory
	env       func(string) string
	environ   func() []string
	now       func() time.Time
	formats   []format
	baselines []baseline
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return &app{
		stdin: stdin, stdout: stdout, stderr: stderr,
		dir: dir, env: os.Getenv, environ: os.Environ, now: time.Now,
		formats: formats, baselines: baselines,
	}
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(a.stderr, "nexus: interrupted")
		return exitInterrupted
	}
	return a.exit(err)
}

// exit prints err for a person and returns its exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitClean
	}
	var known *exitError
	if !errors.As(err, &known) {
		known = &exitError{code: exitUnchecked, err: err}
	}
	if known.err != nil {
		fmt.Fprintln(a.stderr, "nexus:", err)
	}
	for _, hint := range known.hints {
		fmt.Fprintln(a.stderr, "hint:", hint)
	}
	return known.code
}
