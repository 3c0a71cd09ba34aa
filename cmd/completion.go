package cmd

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Example: `  source <(nexus completion bash)
  nexus completion zsh > "${fpath[1]}/_nexus"`,
		Args:              takes("SHELL"),
		ValidArgsFunction: cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.stdout)
			}
			return unknown("shell", args[0], shells)
		},
	}
}

// complete offers the valid values of a setting's flag.
func (a *app) complete(c *cobra.Command, name string) {
	s := settingFor(name)
	_ = c.RegisterFlagCompletionFunc(s.flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return s.values(a), cobra.ShellCompDirectiveNoFileComp
	})
}

// flagNames lists every flag a command takes.
func flagNames(c *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	c.NonInheritedFlags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	return names
}
