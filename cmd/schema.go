package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/protobuf"
)

func (a *app) schemaCommand() *cobra.Command {
	return group("schema", "Check changes to event schemas",
		a.schemaCheckCommand(),
		a.schemaDiffCommand(),
		a.schemaValidateCommand(),
		a.schemaListCommand(),
		a.schemaPullCommand(),
		a.schemaPushCommand(),
	)
}

// bindJudge gives a command the flags that say how a change is judged.
func (a *app) bindJudge(c *cobra.Command) {
	f := c.Flags()
	f.String("level", "", "compatibility `LEVEL`: NONE, BACKWARD, FORWARD, FULL, each but NONE also _TRANSITIVE")
	f.String("profile", "blueprint", "rule book: "+strings.Join(compat.Profiles, ", "))
	f.String("formats", "assert", "check the keyword format: assert, draft (as the draft says) or ignore")
	f.String("draft", "7", "draft of a JSON Schema without $schema: 4, 6, 7, 2019-09 or 2020-12")
	f.String("category", "WIRE_JSON", "what must stay the same in a Protobuf schema: "+strings.Join(protobuf.Categories, ", "))
	f.StringArray("allow-remote", nil, "`HOST` from which a remote $ref may be fetched; repeatable")
	f.String("declared-bump", "", "the version `BUMP` that the author promises: patch, minor or major, or a SchemaVer name")
	for _, id := range []string{"schema.level", "schema.profile", "schema.formats", "schema.draft", "schema.category"} {
		a.complete(c, id)
	}
	_ = c.RegisterFlagCompletionFunc("declared-bump", cobra.FixedCompletions(bumpNames, cobra.ShellCompDirectiveNoFileComp))
}

// bindEndpoint gives a command the flags that say how a registry is reached.
func (a *app) bindEndpoint(c *cobra.Command) {
	c.Flags().String("endpoint-url", "", "`URL` of a registry instead of its own address, such as an emulator's")
}

var bumpNames = []string{"none", "patch", "minor", "major", "addition", "revision", "model"}
