package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/scaffold"
)

func (a *app) addCommand() *cobra.Command {
	return group("add", "Extend an app that nexus made: an aggregate, a command, an event",
		a.addAggregateCommand(),
		a.addMessageCommand("command AGGREGATE 'C:E{...}'", "Add a command and the event it leads to to an aggregate",
			`  nexus add command Sensor 'RetireSensor:SensorRetired{reason:string}'
  nexus add command Sensor RepairSensor:SensorRegistered`, scaffold.Spec.WithCommand),
		a.addMessageCommand("event AGGREGATE 'E{...}'", "Add an event that no command leads to yet to an aggregate",
			"  nexus add event Sensor 'SensorMoved{location:string}'", scaffold.Spec.WithEvent),
		a.addSpecCommand(),
	)
}

func (a *app) addSpecCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "spec",
		Short: "Add what you wrote into domain.yaml to the app",
		Long: `Writes what domain.yaml says and the app does not have yet: whatever was added to it or
changed in it by hand. In an app whose catalog was taken over it is the way to a
message that you describe yourself: write its page and its schema into the catalog,
name it in domain.yaml, and add it.`,
		Example: "  nexus add spec --dry-run",
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.add(cmd, "changes of domain.yaml", func(s scaffold.Spec) (scaffold.Spec, error) { return s, nil })
		},
	}
	a.bindAdd(c)
	return c
}

func (a *app) addAggregateCommand() *cobra.Command {
	var flags scaffold.AggregateFlags
	c := &cobra.Command{
		Use:   "aggregate NAME",
		Short: "Add an aggregate to the app, with its commands and events",
		Example: `  nexus add aggregate Gateway
  nexus add aggregate Gateway --command 'InstallGateway:GatewayInstalled{site:string}'`,
		Args: takes("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.Name = args[0]
			return a.add(cmd, "aggregate "+args[0], func(s scaffold.Spec) (scaffold.Spec, error) { return s.WithAggregate(flags) })
		},
	}
	c.Flags().StringArrayVar(&flags.Commands, "command", nil, "a command and the event it leads to: `'C:E{field:type,...}'`; repeatable")
	a.bindAdd(c)
	return c
}

// addMessageCommand is a command that adds what with does to one aggregate.
func (a *app) addMessageCommand(use, short, example string, with func(scaffold.Spec, string, string) (scaffold.Spec, error)) *cobra.Command {
	words := strings.Fields(use)
	c := &cobra.Command{
		Use: use, Short: short, Example: example,
		Args: takes(words[1:]...),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.add(cmd, words[0]+" "+args[1], func(s scaffold.Spec) (scaffold.Spec, error) { return with(s, args[0], args[1]) })
		},
		ValidArgsFunction: a.completeAggregates,
	}
	a.bindAdd(c)
	return c
}

func (a *app) bindAdd(c *cobra.Command) {
	c.Flags().Bool("dry-run", false, "list what would change, and change nothing")
	a.bindViewer(c)
}

// completeAggregates completes the first argument by the aggregates of the app.
func (a *app) completeAggregates(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if opened, err := a.openApp("completing", "."); err == nil && len(args) == 0 {
		defer opened.Close()
		spec, _ := scaffold.ReadApp(opened.files.FS()) // without one there is nothing to offer
		for _, aggregate := range spec.Aggregates {
			names = append(names, aggregate.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// add is the road of every addition: read the spec, extend it, plan, write, tell.
func (a *app) add(cmd *cobra.Command, what string, extend func(scaffold.Spec) (scaffold.Spec, error)) error {
	format, err := a.viewerFormat(cmd)
	if err != nil {
		return err
	}
	doing := "adding the " + what
	opened, err := a.openApp(doing, ".")
	if err != nil {
		return err
	}
	defer opened.Close()
	addition, err := planAddition(cmd.Context(), opened, extend)
	if err != nil {
		return a.scaffoldFailure(doing, err)
	}
	dryRun := flagText(cmd.Flags(), "dry-run") == "true"
	if !dryRun {
		if err := addition.Apply(cmd.Context(), opened.dir); err != nil {
			return a.scaffoldFailure(doing, err)
		}
	}
	if format == "json" {
		err = writeJSON(a.stdout, addedParts{dryRun, fileChanges(addition.Plan), addition.Anew, addition.Stale})
	} else {
		err = a.tellAddition(addition, dryRun)
	}
	if err != nil || dryRun {
		return err
	}
	return conflictFailure(addition.Plan)
}

func planAddition(ctx context.Context, opened *openedApp, extend func(scaffold.Spec) (scaffold.Spec, error)) (scaffold.Addition, error) {
	files := opened.files.FS()
	spec, err := scaffold.ReadApp(files)
	if err != nil {
		return scaffold.Addition{}, err
	}
	if spec, err = extend(spec); err != nil {
		return scaffold.Addition{}, err
	}
	return scaffold.PlanAdd(ctx, files, spec, version())
}

// addedParts is the answer in JSON.
type addedParts struct {
	DryRun  bool         `json:"dry_run"`
	Changes []fileChange `json:"changes"`
	Anew    bool         `json:"spec_written_anew"` // domain.yaml lost its comments
	Stale   bool         `json:"lock_stale"`        // compile it once the conflicts are settled
}

func (a *app) tellAddition(addition scaffold.Addition, dryRun bool) error {
	var b strings.Builder
	if len(addition.Changes) == 0 {
		fmt.Fprintln(&b, "nothing to add: the app is what domain.yaml says")
	}
	tellChanges(&b, addition.Plan, dryRun)
	if addition.Anew {
		fmt.Fprintln(&b, "note: domain.yaml is written anew, without its comments: the addition did not fit into its layout")
	}
	if len(addition.Described) > 0 {
		fmt.Fprintf(&b, "note: the pages of %s are new in catalog/, whose other pages stay as they are: list them there below sends and receives of your services\n", strings.Join(addition.Described, ", "))
	}
	if addition.Stale {
		fmt.Fprintln(&b, "note: catalog.lock.json is stale until the conflicts in catalog/ are settled: run nexus catalog compile then")
	}
	if !dryRun && len(addition.Changes) > 0 {
		fmt.Fprintln(&b, "\nnext:\n  go test ./...")
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}
