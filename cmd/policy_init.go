package cmd

import (
	_ "embed"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// The rule that policy init writes, with its cases. FAMILY, RULE and PACKAGE
// stand for what the user named.
var (
	//go:embed init/rule.rego
	initRule string
	//go:embed init/rule.cases.yaml
	initCases string
)

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*/[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (a *app) policyInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init NAME",
		Short: "Write a first rule of your own with its cases, below policies/",
		Example: `  nexus policy init team/has-runbook
  nexus policy test policies
  nexus policy check --policy policies`,
		Args: takes("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !ruleName.MatchString(args[0]) {
				return usagef("writing a rule: %q is no rule id", args[0]).hint("write it as family/rule in kebab-case, such as team/has-runbook")
			}
			family, rule, _ := strings.Cut(args[0], "/")
			fill := strings.NewReplacer("FAMILY", family, "RULE", rule,
				"PACKAGE", strings.ReplaceAll("nexus.rules."+family+"."+rule, "-", "_"))
			file := filepath.Join("policies", strings.ReplaceAll(rule, "-", "_"))
			return a.writeNew([]newFile{
				{file + ".rego", []byte(fill.Replace(initRule))},
				{file + ".cases.yaml", []byte(fill.Replace(initCases))},
			})
		},
	}
}
