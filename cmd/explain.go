package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

// rules lists every rule that a finding of this program may name, by id.
func (a *app) rules() []report.Rule {
	return sortedRules(slices.Concat(a.schemaRules(), otherRules(), packRules()))
}

// schemaRules lists the rules of the schema commands and of waivers, by id.
func (a *app) schemaRules() []report.Rule {
	rules := slices.Concat(compat.Rules(), waiver.Rules())
	for _, f := range a.formats {
		rules = append(rules, compat.InvalidDocumentRule(f.family))
		if engine, err := f.engine(engineOptions{}); err == nil {
			rules = append(rules, engine.Rules()...)
		}
	}
	return sortedRules(rules)
}

// otherRules lists the rules that belong to no schema format and no pack.
func otherRules() []report.Rule {
	return slices.Concat(catalog.Rules(), policy.Rules(), policy.LedgerRules(), []report.Rule{ruleRejected}, replay.Rules(), cost.Rules())
}

func sortedRules(rules []report.Rule) []report.Rule {
	slices.SortFunc(rules, func(x, y report.Rule) int { return strings.Compare(x.ID, y.ID) })
	return slices.CompactFunc(rules, func(x, y report.Rule) bool { return x.ID == y.ID })
}

// rule finds a rule by its id. The packs are compiled only for a rule that is
// nowhere else.
func (a *app) rule(id string) (report.Rule, bool) {
	for _, list := range []func() []report.Rule{a.schemaRules, otherRules, packRules} {
		rules := list()
		if i := slices.IndexFunc(rules, func(r report.Rule) bool { return r.ID == id }); i >= 0 {
			return rules[i], true
		}
	}
	return report.Rule{}, false
}

// packRules documents the rules of the packs that nexus brings along.
var packRules = sync.OnceValue(func() []report.Rule {
	library, err := policy.Open(nil)
	if err != nil {
		panic("cmd: the packs do not compile: " + err.Error()) // their tests compile them
	}
	var rules []report.Rule
	for _, r := range library.Rules() {
		rules = append(rules, r.Document())
	}
	return rules
})

// rules lists the rules of nexus and the team's own, by id.
func (o *options) rules() ([]report.Rule, error) {
	folders, err := o.policyFolders()
	if err != nil || len(folders) == 0 {
		return o.app.rules(), err
	}
	library, err := o.openLibrary(folders)
	if err != nil {
		return nil, err
	}
	rules := o.app.rules()
	for _, r := range library.Rules() {
		rules = append(rules, r.Document())
	}
	return sortedRules(rules), nil
}

func (a *app) explainCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Say what a rule means, why it matters and what to do; without RULE, list them all",
		Example: `  nexus explain
  nexus explain json/made-required
  nexus explain made-required`,
		Args: takes("[RULE]"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return namesOf(a.rules()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			known, err := o.rules()
			if err != nil {
				return err
			}
			rules := known
			if len(args) == 1 {
				if rules = findRule(known, args[0]); len(rules) == 0 {
					return unknownRule(args[0], namesOf(known))
				}
			}
			switch {
			case format == "json":
				return writeJSON(a.stdout, explanations(rules))
			case len(args) == 1:
				return explainRules(a.stdout, rules)
			}
			return listRules(a.stdout, rules)
		},
	}
	a.bindViewer(c)
	c.Flags().StringArray("policy", nil, "`FOLDER` with rules of your own; repeatable")
	return c
}

// findRule finds the rule of an id or a code. An id without its family finds the
// rules of that name in every family.
func findRule(rules []report.Rule, id string) []report.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r report.Rule) bool {
		_, name, _ := strings.Cut(r.ID, "/")
		return r.ID != id && name != id && (r.Code == "" || !strings.EqualFold(r.Code, id))
	})
}

func unknownRule(id string, valid []string) *exitError {
	err := usagef("unknown rule %q", id)
	if near := report.Nearest(id, valid); near != "" {
		return err.hint("did you mean %q?", near)
	}
	return err.hint("nexus explain lists every rule")
}

// explanation is a rule with the parts that the report's contract leaves out.
type explanation struct {
	report.Rule
	Code   string `json:"code"`
	Kind   string `json:"kind"`
	Before string `json:"before"`
	After  string `json:"after"`
	Fix    string `json:"fix"`
}

func explanations(rules []report.Rule) []explanation {
	list := make([]explanation, len(rules))
	for i, r := range rules {
		if r.Controls == nil {
			r.Controls = []string{}
		}
		list[i] = explanation{r, r.Code, r.Kind, r.Before, r.After, r.Fix}
	}
	return list
}

func explainRules(w io.Writer, rules []report.Rule) error {
	for i, r := range rules {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := explainRule(w, r); err != nil {
			return err
		}
	}
	return nil
}

func explainRule(w io.Writer, r report.Rule) error {
	var b strings.Builder
	name := r.ID
	if r.Code != "" {
		name += "  " + r.Code
	}
	fmt.Fprintf(&b, "%s (%s)\n\n%s\n", name, r.Severity, r.Title)
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", title, indent(text))
		}
	}
	section("Why it matters", wrap(r.Why, 96))
	section("Before", r.Before)
	section("After", r.After)
	section("What to do", wrap(r.Fix, 96))
	if len(r.Controls) > 0 {
		section("Controls", strings.Join(r.Controls, "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// listRules prints the rules family by family.
func listRules(w io.Writer, rules []report.Rule) error {
	width := 0
	for _, r := range rules {
		width = max(width, len(r.ID))
	}
	var b strings.Builder
	last := ""
	for _, r := range rules {
		family, _, _ := strings.Cut(r.ID, "/")
		if family != last {
			if last != "" {
				b.WriteString("\n")
			}
			fmt.Fprintln(&b, family)
			last = family
		}
		fmt.Fprintf(&b, "  %-*s  %-7s  %s\n", width, r.ID, r.Severity, r.Title)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// wrap breaks text at spaces so that no line is longer than width where it can be helped.
func wrap(text string, width int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}
