package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/scaffold"
	"github.com/nexus-blueprint/nexus/ui"
)

func (a *app) newCommand() *cobra.Command {
	n := &newApplication{app: a}
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Make an event-sourced app of a few flags, a spec or a catalog",
		Long: `Writes a Go module that owns its code: a thin layer that is about your domain, the
generic core below internal/nexus, its catalog with schemas, policies with tests and a
workflow. It runs with go run . and needs no server, no container and no network.

The domain is said in one of three ways, and each is written to domain.yaml:

  flags    --aggregate, then the --command flags that belong to it. Fields are
           name:type with the types string int number bool uuid email uri date
           date-time, T[] for lists, enum(a|b), and T? for what may be absent.
  -f FILE  a domain.yaml
  --from   an EventCatalog folder, an AsyncAPI document, a catalog.yaml or a
           registry as KIND:REF. The files of their schemas become the app's
           unchanged; one inside a document gets a file of its own.

Without any of them it asks, if a person is at the terminal. The app is written whole
or not at all, into a folder that is new, empty, or a fresh repository.`,
		Example: `  nexus new iot --aggregate Sensor --command 'RegisterSensor:SensorRegistered{location:string}' --command 'RecordReading:ReadingRecorded{value:number,at:date-time}'
  nexus new orders -f domain.yaml --module example.com/shop/orders --git
  nexus new billing --from asyncapi.yaml --dry-run`,
		Args: takes("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n.name = args[0]
			return n.run(cmd)
		},
	}
	f := c.Flags()
	f.Var(domainFlag{n.flags.AddAggregate}, "aggregate", "an aggregate called `NAME`, such as Sensor; repeatable")
	f.Var(domainFlag{n.flags.AddCommand}, "command", "a command of the aggregate before it and the event it leads to: `'C:E{field:type,...}'`; repeatable")
	f.StringP("file", "f", "", "the spec of the domain: a `FILE` in the form of domain.yaml")
	f.String("from", "", "`SOURCE` whose events the app is about: a catalog, an AsyncAPI document, or a registry as KIND:REF")
	f.String("dir", "", "`DIR` to write the app to, instead of NAME")
	f.String("module", "", "Go module `PATH` of the app, instead of NAME")
	f.Bool("dry-run", false, "list the files, and write none")
	f.Bool("git", false, "make the folder a git repository with everything committed")
	a.bindViewer(c)
	a.bindEndpoint(c)
	a.bindDirection(c)
	return c
}

// A domainFlag hands each of its values on at once: --command belongs to the
// --aggregate before it, so that their order counts.
type domainFlag struct{ add func(string) }

var _ pflag.Value = domainFlag{}

func (f domainFlag) Set(text string) error { f.add(text); return nil }
func (f domainFlag) Type() string          { return "string" }
func (f domainFlag) String() string        { return "" }

// newApplication is one run of the command.
type newApplication struct {
	app    *app
	name   string
	flags  scaffold.FlagOptions
	dir    string
	spec   scaffold.Spec
	made   scaffold.NewOptions
	notes  []string // of what was guessed
	files  scaffold.Tree
	dryRun bool
}

// run is the road: read the spec, make the files, write them, tell.
func (n *newApplication) run(cmd *cobra.Command) error {
	format, err := n.app.viewerFormat(cmd)
	if err != nil {
		return err
	}
	n.dir = cmp.Or(flagText(cmd.Flags(), "dir"), n.name)
	n.dryRun = flagText(cmd.Flags(), "dry-run") == "true"
	doing := "making " + n.name
	if err := n.read(cmd); err != nil {
		return n.app.scaffoldFailure(doing, err)
	}
	n.made.Version = version()
	if n.files, err = scaffold.New(cmd.Context(), n.spec, n.made); err != nil {
		return n.app.scaffoldFailure(doing, err)
	}
	if err := n.write(cmd.Context()); err != nil {
		return err
	}
	if flagText(cmd.Flags(), "git") == "true" && !n.dryRun {
		if err := n.commit(cmd.Context()); err != nil {
			return err
		}
	}
	if format == "json" {
		return writeJSON(n.app.stdout, n.answer())
	}
	return n.tell()
}

// read makes the spec, in the way that was asked for.
func (n *newApplication) read(cmd *cobra.Command) (err error) {
	file, source := flagText(cmd.Flags(), "file"), flagText(cmd.Flags(), "from")
	ways := 0
	for _, given := range []bool{file != "", source != "", len(n.flags.Aggregates) > 0} {
		if given {
			ways++
		}
	}
	switch {
	case n.name == "":
		return usagef("making an app: NAME is empty").hint("write lower-case letters, digits and hyphens, a letter first, such as iot or order-desk")
	case ways > 1:
		return usagef("making %s: its domain is said in more than one way", n.name).hint("give either --aggregate and --command, or -f, or --from")
	case file != "":
		err = n.readFile(file)
	case source != "":
		err = n.readSource(cmd, source)
	default:
		if err := n.ask(cmd); err != nil {
			return err
		}
		if len(n.flags.Aggregates) == 0 {
			return usagef("making %s: nothing says what it is about", n.name).
				hint("add --aggregate Sensor --command 'RegisterSensor:SensorRegistered{location:string}'").
				hint("or -f domain.yaml, or --from CATALOG")
		}
		n.spec, err = scaffold.Flags(n.name, n.flags)
		for _, aggregate := range n.flags.Aggregates {
			if note := aggregate.Note(); note != "" {
				n.notes = append(n.notes, note)
			}
		}
	}
	if err == nil {
		n.spec.Module = cmp.Or(flagText(cmd.Flags(), "module"), n.spec.Module)
	}
	return err
}

// ask asks for the domain, if no flag is given and a person is at the terminal. A
// script is never asked.
func (n *newApplication) ask(cmd *cobra.Command) (err error) {
	stdin, ok := n.app.stdin.(*os.File)
	person := ok && ui.NewTerminal(stdin, n.app.env, "auto").Interactive
	terminal := ui.NewTerminal(n.app.stdout, n.app.env, "auto")
	if len(n.flags.Aggregates) > 0 || cmd.Flags().NFlag() > 0 || !person || !terminal.Interactive {
		return nil
	}
	n.flags, err = ui.AskDomain(cmd.Context(), terminal, stdin, n.app.stdout, n.name)
	return err
}

// readFile reads a spec, and the catalog that it names.
func (n *newApplication) readFile(file string) error {
	text, err := n.app.readInput(file)
	if err != nil {
		return err
	}
	spec, err := scaffold.ReadSpec(file, text)
	if err != nil {
		return err
	}
	n.spec, n.made.Text, n.made.File = spec.Renamed(n.name), text, file
	if spec.Catalog == "" {
		return nil
	}
	folder := filepath.Join(filepath.Dir(n.app.abs(file)), filepath.FromSlash(spec.Catalog))
	n.made.Catalog, err = scaffold.ReadTree(os.DirFS(folder))
	if err != nil {
		return usage(fmt.Errorf("reading %s, the catalog of %s: %w", spec.Catalog, file, reason(err)))
	}
	return nil
}

// readSource takes a catalog or a registry over.
func (n *newApplication) readSource(cmd *cobra.Command, source string) error {
	taken, err := n.take(cmd, source)
	if err != nil {
		return err
	}
	n.spec, n.made.Catalog, n.notes = taken.Spec, taken.Files, taken.Notes
	return nil
}

func (n *newApplication) take(cmd *cobra.Command, source string) (scaffold.Taken, error) {
	if n.app.namesRegistry(source) {
		subjects, err := n.app.readSubjects(cmd, "making "+n.name+" of", source)
		if err != nil {
			return scaffold.Taken{}, sourceHint(err, source)
		}
		return scaffold.FromRegistry(cmd.Context(), n.name, subjects)
	}
	base, below, err := n.app.rootOf("reading the catalog", []string{source})
	if err != nil {
		return scaffold.Taken{}, sourceHint(err, source)
	}
	direction := catalog.Direction(flagText(cmd.Flags(), "direction"))
	return scaffold.From(cmd.Context(), below[0], n.name, catalog.Options{FS: os.DirFS(base), Base: base, Direction: direction})
}

// sourceHint says what --from takes where a file or folder was meant, and leaves out
// the flags of the commands that compare with a baseline.
func sourceHint(err error, source string) error {
	failure, ok := errors.AsType[*exitError](err)
	kind, _, _ := strings.Cut(source, ":")
	if !ok || kind == "confluent" || kind == "glue" {
		return err
	}
	hinted := *failure
	hinted.hints = slices.DeleteFunc(slices.Clone(failure.hints), func(hint string) bool { return strings.Contains(hint, "--against") })
	if kind == "git" {
		hinted.hint("run it in the git repository that holds the schemas, or name their folder as dir:PATH")
	}
	return hinted.hint("--from takes a catalog's folder, an AsyncAPI document, a catalog.yaml, or a registry as dir:PATH, git:REV, confluent:URL or glue:NAME")
}

func (n *newApplication) write(ctx context.Context) error {
	full := n.app.abs(n.dir)
	var err error
	if n.dryRun {
		err = scaffold.Occupied(full, n.files)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		err = scaffold.Write(ctx, full, n.files)
	}
	if occupied, ok := errors.AsType[*scaffold.OccupiedError](err); ok {
		return occupiedFailure(n.dir, occupied)
	}
	if err != nil {
		return n.app.scaffoldFailure("writing "+n.dir, err)
	}
	return nil
}

// commit makes the app a repository of its own. The app is there by now, so that a
// git that refuses takes nothing back.
func (n *newApplication) commit(ctx context.Context) error {
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "Make " + n.name + " with nexus new"}} {
		git := exec.CommandContext(ctx, "git", args...)
		git.Dir = n.app.abs(n.dir)
		git.Env = n.app.environ()
		if out, err := git.CombinedOutput(); err != nil {
			return usagef("making %s a repository: git %s: %s", n.dir, args[0], cmp.Or(strings.TrimSpace(string(out)), err.Error())).
				hint("the app is written; commit it yourself")
		}
	}
	return nil
}

// madeApp is the answer in JSON.
type madeApp struct {
	Name   string     `json:"name"`
	Module string     `json:"module"`
	Dir    string     `json:"dir"`
	DryRun bool       `json:"dry_run"`
	Files  []madeFile `json:"files"`
	Notes  []string   `json:"notes"` // what was guessed, in sentences
	Next   []string   `json:"next"`  // commands
}

type madeFile struct {
	File  string         `json:"file"` // below dir
	Owner scaffold.Owner `json:"owner"`
}

func (n *newApplication) answer() madeApp {
	answer := madeApp{Name: n.spec.Name, Module: n.spec.Module, Dir: n.dir, DryRun: n.dryRun, Files: []madeFile{}, Notes: append([]string{}, n.notes...), Next: n.next()}
	for _, name := range n.files.Names() {
		answer.Files = append(answer.Files, madeFile{name, scaffold.OwnerOf(name)})
	}
	return answer
}

// next are the commands that a new user types.
func (n *newApplication) next() []string {
	return []string{"cd " + shellWord(filepath.ToSlash(n.dir)), "go test ./...", "go run ."}
}

// tell says what was written, or would be.
func (n *newApplication) tell() error {
	var b strings.Builder
	if n.dryRun {
		for _, name := range n.files.Names() {
			fmt.Fprintln(&b, "would write", printable(filepath.ToSlash(filepath.Join(n.dir, name))))
		}
	}
	verb := "wrote"
	if n.dryRun {
		verb = "would write"
	}
	core := countOwners(n.files, scaffold.CoreOwner)
	fmt.Fprintf(&b, "%s %s to %s: %d of your domain, %d of the core\n", verb, report.Count(len(n.files), "file"), n.dir, len(n.files)-core, core)
	n.tellDomain(&b)
	for _, note := range n.notes {
		fmt.Fprintln(&b, "note:", printable(note))
	}
	fmt.Fprintln(&b, "\nnext:")
	for _, command := range n.next() {
		fmt.Fprintln(&b, " ", command)
	}
	_, err := io.WriteString(n.app.stdout, b.String())
	return err
}

// tellDomain lists the aggregates.
func (n *newApplication) tellDomain(w io.Writer) {
	for _, a := range n.spec.Aggregates {
		fmt.Fprintf(w, "  %s: %s, %s, %s\n", printable(a.Name), report.Count(len(a.Commands), "command"), report.Count(len(a.Events), "event"), report.Count(len(a.ReadModels), "read model"))
	}
}

// shellWord is a text as a shell takes it for one word.
func shellWord(text string) string {
	plain := strings.IndexFunc(text, func(r rune) bool {
		return !(r == '_' || r == '-' || r == '.' || r == '/' || r == ':' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}) < 0
	if plain && text != "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
