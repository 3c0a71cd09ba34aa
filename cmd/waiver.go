package cmd

import "github.com/spf13/cobra"

func (a *app) waiverCommand() *cobra.Command {
	return group("waiver", "Keep reviewed exceptions with owner, reason and expiry", a.waiverAddCommand(), a.waiverListCommand())
}
