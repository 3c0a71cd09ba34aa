package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/registry/dir"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

func (a *app) schemaPullCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "pull FROM DIR",
		Short: "Copy a registry into a folder, for checks without a network",
		Long: `Copies every version of every subject into DIR/SUBJECT/VERSION.suffix and writes
DIR/nexus.lock: where it comes from, when, the levels, and a digest of each file.
Then nexus schema check --against dir:DIR judges as against the registry, and says
how old the copy is.

A pull that was ended goes on where it was. Versions that are there are not taken
again; a file that somebody has edited is never overwritten without --force.`,
		Example: `  nexus schema pull confluent:https://registry.example.com:8081 released
  nexus schema pull glue:orders released --subject 'Order*'`,
		Args:              takes("FROM", "DIR"),
		ValidArgsFunction: a.completeKinds,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.newPull(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			return p.run(cmd.Context())
		},
	}
	a.bindEndpoint(c)
	c.Flags().StringArray("subject", nil, "pull only subjects that match `GLOB`; repeatable")
	c.Flags().Bool("force", false, "take every version again, and overwrite what differs")
	return c
}

// pull is one run of the command.
type pull struct {
	app   *app
	from  *source
	dir   string // as the user wrote it
	globs []string
	force bool
	asOf  time.Time

	subjects       []string
	mirror         *dir.Mirror
	fetched, found atomic.Int64 // versions
}

func (a *app) newPull(cmd *cobra.Command, from, folder string) (*pull, error) {
	p := &pull{app: a, dir: folder, globs: flagTexts(cmd.Flags().Lookup("subject"))}
	p.force, _ = cmd.Flags().GetBool("force")
	for _, glob := range p.globs {
		if err := (registry.SubjectRule{Glob: glob, Name: "{path}"}).Check(); err != nil {
			return nil, usagef("reading --subject: %w", err)
		}
	}
	var err error
	if p.asOf, err = a.moment(); err != nil {
		return nil, err
	}
	if p.from, err = a.openFrom(cmd, from); err != nil {
		return nil, err
	}
	if !p.from.remote {
		return nil, usagef("pulling %s: its schemas are files already", p.from.ref).hint("compare with it as it is: nexus schema check --against %s", p.from.ref)
	}
	return p, nil
}

// moment is what a lock names as its time: SOURCE_DATE_EPOCH, else now.
func (a *app) moment() (time.Time, error) {
	if epoch := a.env("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return time.Time{}, usagef("reading SOURCE_DATE_EPOCH: %q is not a number of seconds", epoch)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	return a.now().UTC().Truncate(time.Second), nil
}

// run is the road: list, open, copy, lock, say so.
func (p *pull) run(ctx context.Context) error {
	if err := p.choose(ctx); err != nil {
		return err
	}
	if err := p.open(); err != nil {
		return err
	}
	defer p.mirror.Close() // after Finish there is nothing to lose
	locked, err := p.copy(ctx)
	if err != nil {
		return err
	}
	lock := &registry.Lock{Source: p.sourceName(), Pulled: p.asOf, Subjects: locked}
	removed, err := p.mirror.Finish(lock)
	if err != nil {
		return unchecked(err)
	}
	return p.tell(lock, removed)
}

// sourceName is the source as the lock names it: the address itself, since a
// name in nexus.yaml may come to mean another registry.
func (p *pull) sourceName() string {
	kind, ref, _ := strings.Cut(p.from.ref, ":")
	if strings.Contains(p.from.resolved, "://") && kind == "confluent" {
		ref = p.from.resolved
	}
	return kind + ":" + withoutUser(ref)
}

// choose lists the subjects that are pulled.
func (p *pull) choose(ctx context.Context) error {
	all, err := p.from.Subjects(ctx)
	if err != nil {
		return sourceFailure("listing the subjects of "+p.from.ref, err)
	}
	if len(all) == 0 {
		return unchecked(fmt.Errorf("pulling %s: it holds no subject", p.from.ref))
	}
	for _, glob := range p.globs {
		rule := registry.SubjectRule{Glob: glob}
		if !slices.ContainsFunc(all, rule.Matches) {
			err := usagef("pulling %s: no subject matches --subject %q", p.from.ref, glob)
			return err.guessName(glob, all)
		}
	}
	p.subjects = slices.DeleteFunc(all, func(subject string) bool {
		return len(p.globs) > 0 && !slices.ContainsFunc(p.globs, func(glob string) bool {
			return registry.SubjectRule{Glob: glob}.Matches(subject)
		})
	})
	return nil
}

// open prepares the folder.
func (p *pull) open() error {
	var err error
	p.mirror, err = dir.OpenMirror(p.app.abs(p.dir), dir.MirrorOptions{
		Source: p.sourceName(), Shown: p.dir, Suffix: p.app.suffix, Force: p.force,
	})
	if err != nil {
		return usage(err, "pull into another folder, or insist with --force")
	}
	p.mirror.Reserve(p.subjects)
	return nil
}

// suffix is the ending of the files of a format.
func (a *app) suffix(name schema.Format) string {
	for _, f := range a.formats {
		if f.kind.Format == name {
			return f.kind.Suffixes[0]
		}
	}
	return "." + string(name)
}

// copy pulls every subject. An incomplete copy gets no lock: a subject that is
// missing from a baseline passes for new.
func (p *pull) copy(ctx context.Context) ([]registry.LockedSubject, error) {
	locked := make([]registry.LockedSubject, len(p.subjects))
	errs := p.app.eachSubject(ctx, p.subjects, "pulling", func(ctx context.Context, i int) (err error) {
		locked[i], err = p.subject(ctx, p.subjects[i])
		return err
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := p.failure(errs); err != nil {
		return nil, err
	}
	return locked, nil
}

// subject copies every version of one subject.
func (p *pull) subject(ctx context.Context, subject string) (registry.LockedSubject, error) {
	s := registry.LockedSubject{Subject: subject}
	versions, err := p.from.Versions(ctx, subject)
	if err != nil {
		return s, vanished(err)
	}
	if s.Level, err = p.from.Compatibility(ctx, subject); err != nil && !errors.Is(err, registry.ErrNotFound) {
		return s, err
	}
	for _, version := range versions {
		v, err := p.version(ctx, subject, version)
		if err != nil {
			return s, vanished(err)
		}
		s.Versions = append(s.Versions, v)
	}
	return s, nil
}

// version copies one version, unless it is there.
func (p *pull) version(ctx context.Context, subject, version string) (registry.LockedVersion, error) {
	v, kept, err := p.mirror.Kept(subject, version)
	if kept || err != nil {
		p.found.Add(1)
		return v, err
	}
	text, err := p.from.Schema(ctx, subject, version)
	if err != nil {
		return v, err
	}
	p.fetched.Add(1)
	return p.mirror.Put(text)
}

// failure sums the errors up. Files that somebody has edited are the user's to
// settle; whatever else went wrong, the copy is not complete.
func (p *pull) failure(errs []error) error {
	var edited []string
	var first error
	var at string
	count := 0
	for i, err := range errs {
		if file, ok := errors.AsType[*dir.EditedError](err); ok {
			edited = append(edited, file.File)
		} else if err != nil {
			if count++; first == nil || isFatal(err) && !isFatal(first) {
				first, at = err, p.subjects[i]
			}
		}
	}
	again := "what is complete is kept: run it again to go on"
	switch {
	case first != nil:
		failure := sourceFailure(fmt.Sprintf("pulling %s from %s", at, p.from.ref), first).hint("%s", again)
		if count > 1 {
			failure = failure.hint("%s more could not be pulled", report.Count(count-1, "subject"))
		}
		return failure
	case len(edited) > 0:
		return usagef("pulling into %s: %w", p.dir, &dir.EditedError{File: sample(edited)}).
			hint("put it back, or overwrite it with --force").hint("%s", again)
	}
	return nil
}

// tell says what was done.
func (p *pull) tell(lock *registry.Lock, removed int) error {
	text := fmt.Sprintf("pulled %s of %s into %s: %s", report.Count(len(lock.Subjects), "subject"), lock.Source, p.dir,
		report.Count(int(p.fetched.Load()), "version")+" taken")
	if n := p.found.Load(); n > 0 {
		text += fmt.Sprintf(", %d there already", n)
	}
	if removed > 0 {
		text += fmt.Sprintf(", %s removed that the registry no longer holds", report.Count(removed, "file"))
	}
	_, err := fmt.Fprintln(p.app.stdout, text)
	return err
}
