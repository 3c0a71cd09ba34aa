package cmd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/ui"
)

// gate is what every checking command shares: its flags, and the last steps of
// its road, waive and report and exit.
type gate struct {
	app       *app
	options   *options
	threshold string // the setting of failOn
	format    string
	reports   []destination
	failOn    report.Severity
	asOf      time.Time
	color     string
	// shown says that the person at the terminal has seen the answer: only what
	// kept it from being whole is still to be said there.
	shown bool
}

// destination is one --report FORMAT=FILE.
type destination struct {
	format, file string
	full         string // the file's whole path
}

// bindGate gives a command the flags that every gate takes.
func (a *app) bindGate(c *cobra.Command) {
	f := c.Flags()
	f.String("format", "text", "form of the output: "+strings.Join(formatNames(), ", "))
	f.StringArray("report", nil, "also write the report to a file, as `FORMAT=FILE`; repeatable")
	f.String("fail-on", "error", "the least severity that fails the run: error, warning, note or never")
	f.String("waivers", "", "reviewed exceptions (default: waivers.yaml beside nexus.yaml)")
	f.String("baseline", "", "an earlier JSON report `FILE`; only what is new fails")
	f.String("as-of", "", "the `DATE` on which waivers are judged, YYYY-MM-DD (default: today, UTC)")
	a.complete(c, "format")
	a.complete(c, "schema.fail_on")
	_ = c.RegisterFlagCompletionFunc("report", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var starts []string
		for _, name := range formatNames() {
			starts = append(starts, name+"=")
		}
		return starts, cobra.ShellCompDirectiveNoSpace
	})
}

// formatNames lists every output format; the text one belongs to the terminal.
func formatNames() []string {
	names := []string{"text"}
	for _, f := range report.Renderers {
		names = append(names, f.Name)
	}
	return names
}

// newGate reads what every gate is told, before any input is touched.
// threshold is the setting that says which severity fails the run.
func (a *app) newGate(o *options, threshold string) (*gate, error) {
	g := &gate{app: a, options: o, threshold: threshold}
	if err := g.settle(); err != nil {
		return nil, err
	}
	if f := o.flags.Lookup("report"); f != nil {
		var err error
		g.reports, err = a.parseDestinations(flagTexts(f))
		return g, err
	}
	return g, nil
}

// settle reads the settings of a gate. It runs again when another configuration
// takes over.
func (g *gate) settle() error {
	texts, err := g.options.texts("format", "color", g.threshold, "as-of")
	if err != nil {
		return err
	}
	g.format, g.color, g.failOn = texts["format"], texts["color"], report.Severity(texts[g.threshold])
	g.asOf, err = g.app.date(texts["as-of"])
	return err
}

// date reads --as-of, else SOURCE_DATE_EPOCH, else today.
func (a *app) date(text string) (time.Time, error) {
	if text != "" {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return day, usagef("reading --as-of: %q is not a date", text).hint("write it as 2026-01-31")
		}
		return day, nil
	}
	if epoch := a.env("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return time.Time{}, usagef("reading SOURCE_DATE_EPOCH: %q is not a number of seconds", epoch)
		}
		return time.Unix(seconds, 0).UTC().Truncate(24 * time.Hour), nil
	}
	return a.now().UTC().Truncate(24 * time.Hour), nil
}

// parseDestinations reads --report. A file that cannot be written is found out
// before the run, whose result would be lost.
func (a *app) parseDestinations(list []string) ([]destination, error) {
	var all []destination
	for _, text := range list {
		format, file, ok := strings.Cut(text, "=")
		if !ok || file == "" {
			return nil, usagef("reading --report: %q is not FORMAT=FILE", text).hint("for example --report sarif=nexus.sarif")
		}
		if err := oneOf("format in --report", format, formatNames()); err != nil {
			return nil, err
		}
		if file == "-" {
			return nil, usagef("reading --report: %q names no file", text).hint("--format %s writes to standard output", format)
		}
		d := destination{format, file, a.abs(file)}
		if slices.ContainsFunc(all, func(other destination) bool { return other.full == d.full }) {
			return nil, usagef("reading --report: %s is named twice", file)
		}
		if err := d.writable(); err != nil {
			return nil, usage(fmt.Errorf("opening --report %s: %w", text, reason(err)))
		}
		all = append(all, d)
	}
	return all, nil
}

// writable tells why the file cannot be written. It leaves what is there alone.
func (d destination) writable() error {
	info, err := os.Stat(d.full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.OpenFile(d.full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(f.Close(), os.Remove(d.full))
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil // opening a pipe would wait for its reader
	}
	f, err := os.OpenFile(d.full, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// newReport starts the report of a command.
func (g *gate) newReport(command string) *report.Report {
	return &report.Report{
		Tool:    report.Tool{Name: "nexus", Version: version()},
		Command: command,
		FailOn:  g.failOn,
		AsOf:    g.asOf.Format(time.DateOnly),
	}
}

// finish renders the report everywhere it was asked for and turns its outcome
// into the exit code. The screen comes first: a full disk must not take it too.
func (g *gate) finish(ctx context.Context, r *report.Report) error {
	r.Interrupted = ctx.Err() != nil
	if err := g.print(r); err != nil {
		return err
	}
	for _, d := range g.reports {
		var text bytes.Buffer
		if err := g.render(&text, d.format, r, ui.NewTerminal(nil, g.app.env, "never")); err != nil {
			return err
		}
		if err := os.WriteFile(d.full, text.Bytes(), 0o644); err != nil {
			return usage(fmt.Errorf("writing --report %s=%s: %w", d.format, d.file, reason(err)))
		}
	}
	if code := r.ExitCode(); code != exitClean {
		return &exitError{code: code}
	}
	return nil
}

// print writes the report to standard output, save what the person there has seen.
func (g *gate) print(r *report.Report) error {
	if g.shown && g.format == "text" {
		if r.ExitCode() == exitClean {
			return nil
		}
		rest := *r
		rest.Tables, rest.TerminalTables = nil, nil
		r = &rest
	}
	out := bufio.NewWriterSize(g.app.stdout, 1<<16) // a report may be too long to be in memory as a whole
	if err := g.render(out, g.format, r, ui.NewTerminal(g.app.stdout, g.app.env, g.color)); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return unchecked(fmt.Errorf("writing the report: %w", err))
	}
	return nil
}

func (g *gate) render(w io.Writer, format string, r *report.Report, t ui.Terminal) error {
	render := ui.Text(t)
	if f, ok := report.Lookup(format); ok {
		render = f.Render
	}
	if err := render(w, r); err != nil {
		return unchecked(fmt.Errorf("rendering the report as %s: %w", format, err))
	}
	return nil
}

// document adds the documentation of every rule that the report names.
func (g *gate) document(r *report.Report) {
	if len(r.Findings) == 0 && len(r.Checks) == 0 {
		return
	}
	named := map[string]bool{}
	for _, f := range r.Findings {
		named[f.Rule] = true
	}
	for _, c := range r.Checks {
		named[c.Rule] = true
	}
	for id := range named {
		if rule, ok := g.app.rule(id); ok {
			r.Rules = append(r.Rules, rule)
		}
	}
	slices.SortFunc(r.Rules, func(x, y report.Rule) int { return cmp.Compare(x.ID, y.ID) })
}

// fail records why nothing could be checked, so that every format still gets a
// complete document. Usage errors pass through: they print no report.
func (g *gate) fail(r *report.Report, err error) error {
	var known *exitError
	if !errors.As(err, &known) {
		known = unchecked(err)
	}
	if known.code != exitUnchecked {
		return err
	}
	r.Errors = append(r.Errors, report.Problem{Code: cmp.Or(known.problem, "could-not-check"), Message: err.Error(), Hints: known.hints})
	r.Headline = cmp.Or(r.Headline, "nothing was checked")
	return nil
}
