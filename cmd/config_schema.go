package cmd

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed schemas/*.json
var outputSchemas embed.FS

// contractName is the part that the reports of all gates share.
const contractName = "contract"

func (a *app) configSchemaCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of nexus.yaml, or with --output that of a command's JSON output",
		Example: `  nexus config schema > nexus.schema.json
  nexus config schema --output "schema check"`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			name := flagText(cmd.Flags(), "output")
			if name == "" {
				return writeJSON(a.stdout, configSchema(a))
			}
			form, err := a.outputSchema(name)
			if err != nil {
				return err
			}
			return writeJSON(a.stdout, form)
		},
	}
	c.Flags().String("output", "", "the `COMMAND` whose JSON output is described, such as \"schema check\"")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputCommands(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// outputCommands lists the commands whose JSON output has a schema.
func outputCommands() []string {
	files, _ := outputSchemas.ReadDir("schemas")
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), path.Ext(f.Name())); name != contractName {
			names = append(names, strings.ReplaceAll(name, "-", " "))
		}
	}
	return names
}

// outputSchema is the JSON Schema of a command's JSON output. A gate's is the
// shared contract with the command's own data in it.
func (a *app) outputSchema(command string) (map[string]any, error) {
	command = strings.ReplaceAll(command, "-", " ")
	if !slices.Contains(outputCommands(), command) {
		return nil, usagef("unknown command %q", command).guess(command, outputCommands())
	}
	own, err := readOutputSchema(strings.ReplaceAll(command, " ", "-"))
	if err != nil {
		return nil, err
	}
	form := own
	if a.isGate(command) {
		if form, err = readOutputSchema(contractName); err != nil {
			return nil, err
		}
		form["properties"].(map[string]any)["data"] = own
	}
	form["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	form["title"] = "nexus " + command + " --format json"
	return form, nil
}

// isGate reports whether a command is a gate: those are the ones that can be told
// when to fail.
func (a *app) isGate(command string) bool {
	c, rest, err := a.root().Find(strings.Fields(command))
	return err == nil && len(rest) == 0 && c.Flags().Lookup("fail-on") != nil
}

func readOutputSchema(name string) (map[string]any, error) {
	text, err := outputSchemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading the built-in schema %s: %w", name, err)
	}
	var form map[string]any
	if err := json.Unmarshal(text, &form); err != nil {
		return nil, fmt.Errorf("reading the built-in schema %s: %w", name, err)
	}
	return form, nil
}

// configSchema is the JSON Schema of nexus.yaml, built from the table of settings.
func configSchema(a *app) map[string]any {
	root := objectSchema("the configuration of nexus")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = configName
	for _, s := range settings() {
		if s.key == "" {
			continue
		}
		at := root
		parts := strings.Split(s.key, ".")
		for _, part := range parts[:len(parts)-1] {
			members := at["properties"].(map[string]any)
			if members[part] == nil {
				members[part] = objectSchema("")
			}
			at = members[part].(map[string]any)
		}
		at["properties"].(map[string]any)[parts[len(parts)-1]] = settingSchema(a, s)
	}
	return root
}

func objectSchema(description string) map[string]any {
	form := map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": false}
	if description != "" {
		form["description"] = description
	}
	return form
}

func settingSchema(a *app, s setting) map[string]any {
	form := map[string]any{"description": s.title}
	text := map[string]any{"type": "string"}
	if s.values != nil {
		text = map[string]any{"enum": s.values(a)}
	}
	switch s.shape {
	case textShape:
		for key, v := range text {
			form[key] = v
		}
		if s.initial != "" {
			form["default"] = s.initial
		}
	case listShape:
		form["type"], form["items"] = "array", text
	case boolShape:
		form["type"], form["default"] = "boolean", s.initial == "true"
	case tableShape:
		form["type"], form["additionalProperties"] = "object", text
		if s.names != nil {
			form["propertyNames"] = map[string]any{"enum": s.names(a)}
		}
	case recordsShape:
		record := objectSchema("")
		for _, f := range s.fields {
			form := map[string]any{"type": "string", "description": f.title}
			if f.number {
				form["type"] = []string{"integer", "string"}
			}
			record["properties"].(map[string]any)[f.key] = form
		}
		form["type"], form["additionalProperties"] = "object", record
	case versionShape:
		form["const"] = 1
	}
	return form
}
