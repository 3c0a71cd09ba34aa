package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) catalogImportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "import SOURCE DIR",
		Short: "Write a catalog, an AsyncAPI document or a registry as an EventCatalog folder",
		Long: `Reads SOURCE and writes DIR in EventCatalog's layout: a page for each event,
service, channel and owner, schemas beside their events, earlier versions below
versioned/. SOURCE is any catalog that nexus reads, or a registry as KIND:REF, whose
subjects become events.

Only what SOURCE declares is declared in DIR; what was inferred is written as
comments. Nothing is overwritten: when one file of DIR is in the way, none is
written.`,
		Example: `  nexus catalog import asyncapi.yaml catalog
  nexus catalog import confluent:https://registry.example.com:8081 catalog --dry-run`,
		Args: takes("SOURCE", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			i := &catalogImport{app: a, source: args[0], dir: args[1]}
			i.dryRun, _ = cmd.Flags().GetBool("dry-run")
			if err := i.run(cmd); err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.stdout, i.answer())
			}
			return i.tell()
		},
	}
	a.bindViewer(c)
	a.bindEndpoint(c)
	a.bindDirection(c)
	c.Flags().Bool("dry-run", false, "list the files, and write none")
	return c
}

// catalogImport is one run of the command.
type catalogImport struct {
	app         *app
	source, dir string
	dryRun      bool
	catalog     *catalog.Catalog
	folder      catalog.Folder
}

// run is the road: read, lay out, write.
func (i *catalogImport) run(cmd *cobra.Command) error {
	var err error
	if i.catalog, err = i.read(cmd); err != nil {
		return err
	}
	if len(i.catalog.Problems) > 0 {
		failure := unchecked(fmt.Errorf("importing %s: %s, so that the copy would not be whole", withoutUser(i.source), report.Count(len(i.catalog.Problems), "part")+" of it cannot be read"))
		for _, p := range i.catalog.Problems {
			failure.hint("%s", located(p))
		}
		return failure
	}
	i.folder = i.catalog.Folder()
	full := i.app.abs(i.dir)
	if i.dryRun {
		err = i.folder.Occupied(full)
	} else {
		err = i.folder.Write(full)
	}
	return i.writeFailure(err)
}

// located is a problem with its place.
func located(p report.Problem) string {
	if p.Location == nil {
		return p.Message
	}
	place := fmt.Sprintf("%s:%d:", p.Location.File, p.Location.Line)
	if strings.Contains(p.Message, place) {
		return p.Message
	}
	return place + " " + strings.TrimPrefix(p.Message, "reading "+p.Location.File+": ")
}

// maxListed is how many files a message lists.
const maxListed = 20

func (i *catalogImport) writeFailure(err error) error {
	occupied, ok := errors.AsType[*catalog.OccupiedError](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return usage(fmt.Errorf("writing %s: %w", i.dir, reason(err)))
	}
	failure := usagef("writing %s: %s in the way, and nothing was written", i.dir, isOrAre(len(occupied.Files), "file"))
	for _, name := range occupied.Files[:min(len(occupied.Files), maxListed)] {
		failure.hint("%s exists", filepath.ToSlash(filepath.Join(i.dir, name)))
	}
	if rest := len(occupied.Files) - maxListed; rest > 0 {
		failure.hint("and %d more", rest)
	}
	return failure.hint("name another folder, or move these files away")
}

func isOrAre(n int, what string) string {
	if n == 1 {
		return report.Count(n, what) + " is"
	}
	return report.Count(n, what) + " are"
}

// read reads the source: a catalog, or what has the form of a registry and is no
// file.
func (i *catalogImport) read(cmd *cobra.Command) (*catalog.Catalog, error) {
	if i.app.namesRegistry(i.source) {
		subjects, err := i.app.readSubjects(cmd, "importing", i.source)
		if err != nil {
			return nil, err
		}
		return catalog.FromSubjects(subjects), nil
	}
	config, err := i.app.loadConfig(cmd.Flags())
	if err != nil {
		return nil, err
	}
	return (&options{app: i.app, flags: cmd.Flags(), config: config}).needCatalog(cmd.Context(), i.source)
}

// namesRegistry reports whether a source has the form of a registry and is no file.
func (a *app) namesRegistry(source string) bool {
	kind, _, _ := strings.Cut(source, ":")
	_, err := os.Stat(a.abs(source))
	return err != nil && slices.Contains(a.baselineKinds(""), kind) && kind != source
}

// readSubjects reads all subjects of a registry, with their versions.
func (a *app) readSubjects(cmd *cobra.Command, doing, source string) ([]catalog.Subject, error) {
	from, err := a.openFrom(cmd, source)
	if err != nil {
		return nil, err
	}
	names, err := from.Subjects(cmd.Context())
	if err != nil {
		return nil, sourceFailure("listing the subjects of "+from.ref, err)
	}
	if len(names) == 0 {
		return nil, unchecked(fmt.Errorf("%s %s: it holds no subject", doing, from.ref))
	}
	subjects := make([]catalog.Subject, len(names))
	errs := a.eachSubject(cmd.Context(), names, "reading", func(ctx context.Context, n int) (err error) {
		subjects[n], err = readSubject(ctx, from, names[n])
		return err
	})
	for n, err := range errs {
		if err != nil {
			return nil, sourceFailure(fmt.Sprintf("reading %s from %s", names[n], from.ref), err)
		}
	}
	return subjects, cmd.Context().Err()
}

// readSubject reads every version of a subject, and the level it has to keep.
func readSubject(ctx context.Context, from *source, name string) (catalog.Subject, error) {
	s := catalog.Subject{Name: name}
	level, err := from.Compatibility(ctx, name)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return s, err
	}
	s.Level = string(level)
	s.Versions, err = registry.History(ctx, from, name, true)
	return s, err
}

// importedCatalog is the answer in JSON.
type importedCatalog struct {
	Source   string   `json:"source"`
	Dir      string   `json:"dir"`
	DryRun   bool     `json:"dry_run"`
	Files    []string `json:"files"`    // below dir
	LeftOut  []string `json:"left_out"` // what the files do not say, in sentences
	Events   int      `json:"events"`   // current versions
	Versions int      `json:"versions"` // of events, all
	Services int      `json:"services"`
	Channels int      `json:"channels"`
	Owners   int      `json:"owners"`
}

func (i *catalogImport) answer() importedCatalog {
	sum := sumUp(i.catalog)
	answer := importedCatalog{
		Source: withoutUser(i.source), Dir: i.dir, DryRun: i.dryRun, Files: []string{}, LeftOut: append([]string{}, i.folder.Left...),
		Events: sum.Events, Versions: sum.Versions, Services: sum.Services, Channels: sum.Channels, Owners: sum.Owners,
	}
	for _, file := range i.folder.Files {
		answer.Files = append(answer.Files, file.Name)
	}
	return answer
}

// tell says what was written, or would be.
func (i *catalogImport) tell() error {
	answer := i.answer()
	var b strings.Builder
	if i.dryRun {
		for _, name := range answer.Files {
			fmt.Fprintln(&b, "would write", printable(filepath.ToSlash(filepath.Join(i.dir, name))))
		}
	}
	verb := "wrote"
	if i.dryRun {
		verb = "would write"
	}
	fmt.Fprintf(&b, "%s %s to %s: %s, %s, %s, %s\n", verb, report.Count(len(answer.Files), "file"), i.dir, report.Count(answer.Events, "event"),
		report.Count(answer.Services, "service"), report.Count(answer.Channels, "channel"), report.Count(answer.Owners, "owner"))
	for _, left := range i.folder.Left {
		fmt.Fprintln(&b, "left out:", printable(left))
	}
	_, err := i.app.stdout.Write([]byte(b.String()))
	return err
}
