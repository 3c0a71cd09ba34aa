package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"example.com/orders/internal/nexus/store/sqlite"
)

// Env is what the program sees of the world around it.
type Env struct {
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string // nil is an empty environment
}

// The exit codes, as those of nexus.
const (
	exitOK    = 0
	exitFound = 1 // what was looked for is not as it should be
	exitUsage = 2
	exitFault = 3 // it could not be done
)

// program is one start of the app.
type program struct {
	Env
	definition Definition
}

// subcommand is a word that the program takes.
type subcommand struct {
	name    string
	summary string
	run     func(p program, ctx context.Context, args []string) int
}

func subcommands() []subcommand {
	return []subcommand{
		{"serve", "answer over HTTP; it is what no word means", program.serve},
		{"key", "make a key for somebody, and print its token", program.key},
		{"export", "write all events as a log of CloudEvents", program.export},
		{"verify", "check that all events are as they were stored", program.verify},
		{"openapi", "print the description of the HTTP interface", program.openapi},
		{"load", "put load on the app, and say how it held", program.load},
	}
}

// Main is the program. It ends with the exit code: 0; 1 if a check found something;
// 2 for a wrong call; 3 if something could not be done.
func Main(ctx context.Context, args []string, env Env, d Definition) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second signal ends the program at once
		<-ctx.Done()
		stop()
	}()
	if env.Getenv == nil {
		env.Getenv = func(string) string { return "" }
	}
	defer tuneCollector(env.Getenv)()
	p := program{Env: env, definition: d}
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if name == "help" || len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) && name == "serve" {
		p.help(env.Stdout)
		return exitOK
	}
	for _, c := range subcommands() {
		if c.name == name {
			return c.run(p, ctx, args)
		}
	}
	fmt.Fprintf(env.Stderr, "%s: there is no command %q\n", d.Name, name)
	p.help(env.Stderr)
	return exitUsage
}

func (p program) help(w io.Writer) {
	fmt.Fprintf(w, "usage: %s [command] [flags]\n\n", p.definition.Name)
	if p.definition.Summary != "" {
		fmt.Fprintf(w, "%s\n\n", p.definition.Summary)
	}
	for _, c := range subcommands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "\nflags of serve:\n")
	flags, _ := p.serveFlags()
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprintf(w, "\nEach command says more with -h.\n")
}

// flags begins the flags of a command.
func (p program) flags(name, arguments, summary string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(p.Stderr)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: %s\n\n%s\n\n", strings.TrimSpace(p.definition.Name+" "+name+" [flags] "+arguments), summary)
		flags.PrintDefaults()
	}
	return flags
}

// parse reads flags, before and after arguments. The exit code counts if ok is
// false.
func (p program) parse(flags *flag.FlagSet, args []string, most int) (rest []string, code int, ok bool) {
	for {
		if code, ok := p.parseOnce(flags, args); !ok {
			return nil, code, false
		}
		if flags.NArg() == 0 {
			break
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
	if len(rest) > most {
		fmt.Fprintf(p.Stderr, "%s %s: unexpected argument %q\n", p.definition.Name, flags.Name(), rest[most])
		flags.Usage()
		return nil, exitUsage, false
	}
	return rest, exitOK, true
}

// parseOnce reads the flags in front. Help that was asked for is what the command
// prints; help that was not goes with the error.
func (p program) parseOnce(flags *flag.FlagSet, args []string) (code int, ok bool) {
	usage := flags.Usage
	flags.Usage = func() {}
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	flags.Usage = usage
	flags.SetOutput(p.Stderr)
	switch {
	case err == nil:
		return exitOK, true
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(p.Stdout)
		flags.Usage()
		return exitOK, false
	}
	fmt.Fprintf(p.Stderr, "%s %s: %v\n", p.definition.Name, flags.Name(), err)
	flags.Usage()
	return exitUsage, false
}

// dataFlag is the data folder.
func dataFlag(flags *flag.FlagSet) *string {
	return flags.String("data", "data", "the data `folder`")
}

// fail tells the user what went wrong, and what to try.
func (p program) fail(err error) int {
	fmt.Fprintf(p.Stderr, "%s: %s\n", p.definition.Name, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(p.Stderr, "hint: %s\n", hint)
	}
	return exitFault
}

// hintFor says what to try after an error of the system.
func hintFor(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program has the address: stop it, or choose another with -addr, such as -addr 127.0.0.1:8081"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine does not have the address: choose one that it has with -addr"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, sqlite.ErrFull):
		return "the disk is full: free space and start again; nothing that was answered is lost"
	case errors.Is(err, syscall.EROFS), errors.Is(err, os.ErrPermission), errors.Is(err, sqlite.ErrReadOnly), errors.Is(err, sqlite.ErrNoFile):
		return "check who may read and write the data folder and what is in it, or choose another with -data"
	}
	return ""
}

// logger writes for people on a terminal, and JSON elsewhere.
func (p program) logger() *slog.Logger {
	if file, ok := p.Stderr.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(p.Stderr, nil))
		}
	}
	return slog.New(slog.NewJSONHandler(p.Stderr, nil))
}

// events opens the events of a data folder that has to be there, to read them.
func events(ctx context.Context, dir string) (*sqlite.Reader, error) {
	name := filepath.Join(dir, eventsFile)
	if _, err := os.Stat(name); err != nil {
		return nil, fmt.Errorf("opening the data folder: %w: name the folder that the app was started with, with -data", err)
	}
	return sqlite.OpenReader(ctx, name)
}
