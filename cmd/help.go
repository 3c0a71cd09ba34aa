package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/registry/confluent"
)

// topic is a help page that belongs to no command.
type topic struct{ name, short, text string }

func topics() []topic {
	return []topic{
		{"exit-codes", "What the exit codes of a gate mean", `Exit codes of a gate such as nexus schema check:

  0    nothing at or above --fail-on (default: error)
  1    findings at or above --fail-on
  2    usage or configuration: a flag, nexus.yaml, waivers.yaml, an unknown name
  3    could not check: an input that is malformed or unreadable, a baseline that
       cannot be reached, nothing to check, a change that could not be decided
  130  interrupted

2 outranks 3, 3 outranks 1: one subject that could not be checked makes the run 3,
and the findings of the rest are still printed. With 3 every format is a complete
document; with 2 only stderr is written. Commands that answer a question exit 0
when it is answered.
`},
		{"against", "What a change is compared with", `--against KIND:REF names the baseline:

  git:REV    a revision of the repository, such as git:main or git:v1.2.0
  dir:PATH   a folder, or one file
  confluent:URL
             a registry with Confluent's interface, by its URL or its name below
             registries in nexus.yaml
  glue:NAME  a registry in AWS Glue, such as glue:default-registry

Without it, inside a git work tree, the baseline is the merge base with the default
branch; GITHUB_BASE_REF and CI_MERGE_REQUEST_DIFF_BASE_SHA are read. On the default
branch itself it is the first parent, and the report says so.

A registry is asked with the credentials of the environment:
` + confluent.EnvUser + ` and ` + confluent.EnvPassword + `, or
` + confluent.EnvToken + `; for Glue those of the AWS SDK. nexus.yaml says how to reach
it, and what its subjects are called:

  registries:
    central:
      endpoint_url: https://registry.example.com:8081
      ca_file: ci/ca.pem
  schema:
    against: confluent:central
    subjects:
      "orders/*.avsc": "{dir}-value"       # TopicName: orders/Placed.avsc is orders-value
      "payments/*.avsc": "{record}"        # RecordName: com.shop.PaymentCaptured
      "audit/*.proto": "{dir}-{record}"    # TopicRecordName

The registry's level for a subject applies, unless --level or nexus.yaml sets one.
Subjects of other teams are passed over. Without an answer nothing is checked: exit 3.

nexus schema pull copies a registry into a folder with its nexus.lock: --against
dir:FOLDER is then the registry as it was on that day, without a network, and the
report says which day. nexus schema push checks against a registry and registers
what passes.
`},
		{"verdicts", "What compatible, breaking and undecided mean", `Compatibility is containment. BACKWARD holds when every document that is valid under
the old version is valid under the new one, FORWARD the other way round, FULL both.
A level that ends in _TRANSITIVE looks at every earlier version.

  truth     what containment says, with its proof
  verdict   what the profile makes of it; it decides the exit code
  proof     containment: a proof that covers every document
            witness: a document that both validators judged
            rule: a rule narrows, but no witness was found
            policy: the profile says so, whatever containment says

Undecided is never compatible: the subject counts as unchecked (exit 3) unless
nexus.yaml sets schema.undecided to warning.
`},
	}
}

// helpCommand shows a command's help or a topic. An unknown word is an error.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Help on a command, or on exit-codes, against and verdicts",
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return helpWords(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				all := topics()
				if i := slices.IndexFunc(all, func(t topic) bool { return t.name == args[0] }); i >= 0 {
					_, err := fmt.Fprint(a.stdout, all[i].text)
					return err
				}
			}
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				word := strings.Join(args, " ")
				return usagef("unknown help topic %q", word).guess(word, helpWords(cmd.Root()))
			}
			return target.Help()
		},
	}
}

func helpWords(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	for _, t := range topics() {
		names = append(names, t.name)
	}
	return names
}
