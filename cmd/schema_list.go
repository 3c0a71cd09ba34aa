package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/ui"
)

func (a *app) schemaListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list FROM",
		Short: "List the subjects of a registry, a folder or a revision, with versions and levels",
		Example: `  nexus schema list confluent:https://registry.example.com:8081
  nexus schema list git:main --format json`,
		Args:              takes("FROM"),
		ValidArgsFunction: a.completeKinds,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			from, err := a.openFrom(cmd, args[0])
			if err != nil {
				return err
			}
			list, err := a.listSubjects(cmd.Context(), from)
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.stdout, subjectList{from.ref, list})
			}
			return a.printSubjects(from, list)
		},
	}
	a.bindViewer(c)
	a.bindEndpoint(c)
	return c
}

// subjectList is the answer in JSON.
type subjectList struct {
	Source   string          `json:"source"`
	Subjects []listedSubject `json:"subjects"`
}

// listedSubject is one line of the list.
type listedSubject struct {
	Subject  string        `json:"subject"`
	Format   schema.Format `json:"format"` // of the latest version
	Level    *compat.Level `json:"level"`  // null when none is demanded
	Versions []string      `json:"versions"`
}

// completeKinds completes KIND: of an argument.
func (a *app) completeKinds(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return a.baselineKinds(":"), cobra.ShellCompDirectiveNoSpace
}

// openFrom opens the place that the argument FROM names.
func (a *app) openFrom(cmd *cobra.Command, from string) (*source, error) {
	config, err := a.loadConfig(cmd.Flags())
	if err != nil {
		return nil, err
	}
	if err := a.checkKind("FROM", from); err != nil {
		return nil, err
	}
	return a.openBaseline(cmd.Context(), &options{app: a, flags: cmd.Flags(), config: config}, from, config.layout(a))
}

// checkKind refuses what is not KIND:REF, in the name of what it was given as.
func (a *app) checkKind(what, text string) error {
	kind, ref, ok := strings.Cut(text, ":")
	if !ok || ref == "" {
		return usagef("reading %s: %q is not KIND:REF", what, withoutUser(text)).
			hint("for example confluent:https://registry.example.com:8081 or glue:orders")
	}
	return oneOf("kind in "+what, kind, a.baselineKinds(""))
}

// listSubjects asks for every subject, several at once.
func (a *app) listSubjects(ctx context.Context, from *source) ([]listedSubject, error) {
	subjects, err := from.Subjects(ctx)
	if err != nil {
		return nil, sourceFailure("listing the subjects of "+from.ref, err)
	}
	list := make([]listedSubject, len(subjects))
	errs := a.eachSubject(ctx, subjects, "reading", func(ctx context.Context, i int) (err error) {
		list[i], err = describeSubject(ctx, from, subjects[i])
		return err
	})
	for i, err := range errs {
		if err != nil {
			return nil, sourceFailure(fmt.Sprintf("reading %s from %s", subjects[i], from.ref), err)
		}
	}
	return list, ctx.Err()
}

// eachSubject works on subjects with as many requests at once as a registry may
// get, shows how far it is, and stops at the first answer that all others would
// share. It returns an error, or nil, for each.
func (a *app) eachSubject(ctx context.Context, subjects []string, doing string, work func(ctx context.Context, i int) error) []error {
	progress := ui.NewProgress(a.stderr, ui.NewTerminal(a.stderr, a.env, "auto"), a.now)
	defer progress.Clear()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var begun atomic.Int64
	errs, _ := inParallelWith(ctx, remoteWorkers, len(subjects), func(i int) error {
		progress.Update(int(begun.Add(1)), len(subjects), doing+" "+subjects[i])
		err := work(ctx, i)
		if isFatal(err) {
			stop()
		}
		if errors.Is(err, context.Canceled) {
			return nil // because of another's error, or of an interrupt
		}
		return err
	})
	return errs
}

// isFatal reports whether a registry would answer every further question alike:
// it is not there, or refuses whoever asks.
func isFatal(err error) bool {
	known, ok := errors.AsType[*registry.Error](err)
	return ok && slices.Contains([]string{registry.CodeUnreachable, registry.CodeRefused, registry.CodeOptions}, known.Code)
}

// describeSubject asks for what the list shows of one subject.
func describeSubject(ctx context.Context, from *source, subject string) (listedSubject, error) {
	versions, err := from.Versions(ctx, subject)
	if err != nil {
		return listedSubject{}, vanished(err)
	}
	latest, err := from.Schema(ctx, subject, "")
	if err != nil {
		return listedSubject{}, vanished(err)
	}
	level, err := from.Compatibility(ctx, subject)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return listedSubject{}, err
	}
	s := listedSubject{Subject: subject, Format: latest.Format, Versions: slices.DeleteFunc(versions, func(v string) bool { return v == "" })}
	if level != "" {
		s.Level = &level
	}
	return s, nil
}

// vanished explains that something which the registry has just listed is not
// there. As a rule the two answers do not come from the same server, and what is
// missing must not pass for deleted.
func vanished(err error) error {
	if !errors.Is(err, registry.ErrNotFound) {
		return err
	}
	return &registry.Error{
		Code: registry.CodeBroken, Message: "the registry lists it, and then says: " + err.Error(), Err: err,
		Hints: []string{"if it was deleted in the meantime, run it again", "a proxy that decodes %2F in paths hides subjects with a slash"},
	}
}

// printSubjects writes the list as a table.
func (a *app) printSubjects(from *source, list []listedSubject) error {
	rows := [][4]string{{"SUBJECT", "FORMAT", "LEVEL", "VERSIONS"}}
	for _, s := range list {
		level := "-"
		if s.Level != nil {
			level = string(*s.Level)
		}
		rows = append(rows, [4]string{printable(s.Subject), string(s.Format), level, shownVersions(s.Versions)})
	}
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	if len(list) == 0 {
		fmt.Fprintf(&b, "%s holds no subject\n", from.ref)
		rows = nil
	}
	for _, row := range rows {
		fmt.Fprintf(&b, "%-*s  %-*s  %-*s  %s\n", widths[0], row[0], widths[1], row[1], widths[2], row[2], row[3])
	}
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}

// shownVersions is a subject's history on a line: all of a short one.
func shownVersions(versions []string) string {
	const most = 5
	short := make([]string, len(versions))
	for i, v := range versions {
		short[i] = shortRevision(v)
	}
	switch {
	case len(short) == 0:
		return "-"
	case len(short) <= most:
		return strings.Join(short, ", ")
	}
	return fmt.Sprintf("%s ... %s (%d)", short[0], short[len(short)-1], len(short))
}

// printable makes a name from outside fit for a terminal.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, name)
}
