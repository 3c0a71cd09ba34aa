package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/report"
)

// root builds the command tree. Building it does no work: every command reads
// what it needs when it runs.
func (a *app) root() *cobra.Command {
	root := group("nexus", "Does this change break anybody, and can you prove it?",
		a.schemaCommand(),
		a.catalogCommand(),
		a.policyCommand(),
		a.replayCommand(),
		a.routeCommand(),
		a.costCommand(),
		a.newCommand(),
		a.addCommand(),
		a.upgradeCommand(),
		a.waiverCommand(),
		a.initCommand(),
		a.explainCommand(),
		a.configCommand(),
		a.versionCommand(),
		a.completionCommand(),
		a.manCommand(),
	)
	root.Long = `nexus checks changes to event schemas before they are deployed. A breaking change
comes with a witness: a document that one version accepts and the other rejects.`
	root.Example = `  nexus schema check                                   # in a git work tree: against the merge base
  nexus schema check --against dir:released next
  nexus explain json/made-required
  nexus help exit-codes`
	root.Version = version()
	root.SetVersionTemplate("nexus {{.Version}}\n")
	root.SilenceUsage = true
	root.SilenceErrors = true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(a.helpCommand())
	root.PersistentFlags().String("config", "", "configuration `FILE` instead of the nexus.yaml found by walking up")
	root.PersistentFlags().String("color", "auto", "colour the terminal output: auto, always or never")
	a.complete(root, "color")
	return root
}

// group is a command that only holds others. Given a word that is none of them
// it fails: cobra would print help and exit 0, and a mistyped gate would be green.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			word := cmd.CommandPath() + " " + args[0]
			return usagef("unknown command %q", word).guess(word, commandPaths(cmd))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	g.AddCommand(commands...)
	return g
}

// commandPaths lists the commands of a group as a user types them.
func commandPaths(group *cobra.Command) []string {
	var paths []string
	for _, c := range group.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			paths = append(paths, c.CommandPath())
		}
	}
	return paths
}

// flagError turns a flag that cannot be read into a usage error with the nearest flag.
func flagError(cmd *cobra.Command, err error) error {
	failure := usage(err)
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if ok {
		if near := report.Nearest(name, flagNames(cmd)); near != "" {
			return failure.hint("did you mean --%s?", near)
		}
	}
	return failure.hint("%s --help lists the flags", cmd.CommandPath())
}

// takes checks the number of arguments; names are what they are called, the
// last one may end in "..." (one or more) or stand in [brackets] (optional).
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		least, most := 0, len(names)
		for _, name := range names {
			if !strings.HasPrefix(name, "[") {
				least++
			}
			if strings.Contains(name, "...") {
				most = len(args)
			}
		}
		switch {
		case len(args) < least:
			return usagef("%s: %s is missing", cmd.CommandPath(), names[len(args)]).hint("usage: %s", cmd.UseLine())
		case len(args) > max(most, least):
			return usagef("%s: unexpected argument %q", cmd.CommandPath(), args[most]).hint("usage: %s", cmd.UseLine())
		}
		return nil
	}
}
