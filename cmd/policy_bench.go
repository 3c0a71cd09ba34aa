package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/policy"
)

func (a *app) policyBenchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench [CATALOG]",
		Short: "Measure how long one decision takes on this machine",
		Args:  takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			p := &policyRun{gate: &gate{app: a, options: o, asOf: a.now()}, argument: firstArgument(args)}
			if err := p.load(cmd.Context()); err != nil {
				return err
			}
			m, err := policy.Measure(cmd.Context(), p.policies)
			if err != nil {
				return policyFailure(err)
			}
			if format == "json" {
				return writeJSON(a.stdout, m)
			}
			table := m.Table()
			_, err = fmt.Fprint(a.stdout, columns(append([][]string{table.Columns}, table.Rows...)), "\n", wrap(table.Notes[0], 96), "\n")
			return err
		},
	}
	a.bindViewer(c)
	a.bindCatalog(c)
	a.bindPolicies(c)
	a.bindLog(c)
	c.Flags().String("erased", "", "`FILE` with the subjects whose personal data was erased, one a line")
	return c
}
