package cmd

import "github.com/spf13/cobra"

func (a *app) catalogCommand() *cobra.Command {
	return group("catalog", "Read, check and convert the event catalog",
		a.catalogListCommand(),
		a.catalogShowCommand(),
		a.catalogCheckCommand(),
		a.catalogImportCommand(),
		a.catalogCompileCommand(),
	)
}

// bindCatalog gives a command the flags that name catalogs.
func (a *app) bindCatalog(c *cobra.Command) {
	c.Flags().StringArray("catalog", nil, "event `CATALOG`: an EventCatalog folder, an AsyncAPI document or a catalog.yaml; repeatable, merged")
	a.bindDirection(c)
}

// bindDirection gives a command the flag that settles whose view AsyncAPI 2.x takes.
func (a *app) bindDirection(c *cobra.Command) {
	c.Flags().String("direction", "spec", "how publish and subscribe of AsyncAPI 2.x are read: spec (as the specification means them) or author")
	a.complete(c, "catalog.direction")
}

// firstArgument is the one optional argument of a command.
func firstArgument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
