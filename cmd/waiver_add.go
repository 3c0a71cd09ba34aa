package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) waiverAddCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "add [FINGERPRINT]",
		Short: "Add an exception to waivers.yaml, for one finding or for a rule at a place",
		Example: `  nexus waiver add 3f1c... --owner team-orders --reason "no consumer reads it" --expires 2026-12-31
  nexus waiver add --rule json/made-required --subject orders/OrderPlaced --pointer /required/total \
    --owner team-orders --reason "agreed with billing" --expires 2026-12-31`,
		Args: takes("[FINGERPRINT]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.newWaiver(cmd, args)
			if err != nil {
				return err
			}
			return a.addWaiver(cmd, w)
		},
	}
	f := c.Flags()
	f.String("owner", "", "who answers for the exception")
	f.String("reason", "", "why it is acceptable")
	f.String("expires", "", "the last `DATE` on which it holds, YYYY-MM-DD")
	f.String("rule", "", "the rule, instead of FINGERPRINT")
	f.String("subject", "", "the subject, with --rule")
	f.String("pointer", "", "what the finding is about, with --rule: data.subjects[].changes[].pointer of the JSON report")
	f.String("waivers", "", "the `FILE` to write (default: waivers.yaml beside nexus.yaml)")
	_ = c.RegisterFlagCompletionFunc("rule", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return namesOf(a.rules()), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// newWaiver reads the exception that the arguments describe.
func (a *app) newWaiver(cmd *cobra.Command, args []string) (waiver.Waiver, error) {
	text := func(name string) string { return flagText(cmd.Flags(), name) }
	w := waiver.Waiver{Rule: text("rule"), Subject: text("subject"), Pointer: text("pointer"), Owner: text("owner"), Reason: text("reason")}
	if len(args) == 1 {
		w.Fingerprint = args[0]
	}
	switch {
	case w.Fingerprint == "" && w.Rule == "":
		return w, usagef("adding a waiver: neither FINGERPRINT nor --rule says which finding is meant").hint("nexus schema check and nexus policy check --format json show fingerprints")
	case w.Fingerprint != "" && w.Rule+w.Subject+w.Pointer != "":
		return w, usagef("adding a waiver: FINGERPRINT and --rule exclude each other")
	case w.Fingerprint != "" && !waiver.IsFingerprint(w.Fingerprint):
		return w, usagef("adding a waiver: %q is not a fingerprint", w.Fingerprint).hint("a fingerprint is 32 hexadecimal digits, as nexus schema check --format json shows them")
	case w.Rule != "" && w.Subject == "":
		return w, usagef("adding a waiver: --rule needs --subject")
	}
	if w.Rule != "" {
		o, err := a.options(cmd)
		if err != nil {
			return w, err
		}
		known, err := o.ruleLookup()(w.Rule)
		if err != nil {
			return w, err
		}
		if !known {
			return w, unknownRule(w.Rule, namesOf(a.rules()))
		}
	}
	for _, name := range []string{"owner", "reason", "expires"} {
		if text(name) == "" {
			return w, usagef("adding a waiver: --%s is missing", name).hint("an exception has an owner, a reason and a last day")
		}
	}
	if _, err := time.Parse(time.DateOnly, text("expires")); err != nil {
		return w, usagef("adding a waiver: --expires %q is not a date", text("expires")).hint("write it as 2026-01-31")
	}
	w.Expires = text("expires")
	today, err := a.date("")
	if err != nil {
		return w, err
	}
	if w.Expired(today) {
		return w, usagef("adding a waiver: --expires %s is past", w.Expires).hint("name the last day on which it holds; today is %s", today.Format(time.DateOnly))
	}
	return w, nil
}

func (a *app) addWaiver(cmd *cobra.Command, w waiver.Waiver) error {
	full, name, err := a.waiversFile(cmd)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(full)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage(fmt.Errorf("reading %s: %w", name, reason(err)))
	}
	if len(text) > 0 {
		o, err := a.options(cmd)
		if err != nil {
			return err
		}
		if _, err := o.parseWaivers(name, text); err != nil {
			return err
		}
	}
	text, err = waiver.Add(name, text, w)
	if _, there := errors.AsType[*waiver.ExistsError](err); there {
		return usage(fmt.Errorf("adding a waiver: %w", err), "to renew it, change its expires there")
	}
	if err != nil {
		return inDocument("adding a waiver", err)
	}
	if err := os.WriteFile(full, text, 0o644); err != nil {
		return usage(fmt.Errorf("writing %s: %w", name, reason(err)))
	}
	fmt.Fprintf(a.stdout, "added to %s: %s, until %s\n", name, about(w), w.Expires)
	return nil
}

// waiversFile finds the file that the command works on.
func (a *app) waiversFile(cmd *cobra.Command) (full, name string, err error) {
	config, err := a.loadConfig(cmd.Flags())
	if err != nil {
		return "", "", err
	}
	g := gate{app: a, options: &options{app: a, flags: cmd.Flags(), config: config}}
	full, _, err = g.waiversPath()
	return full, a.display(full), err
}

// about says which findings a waiver covers.
func about(w waiver.Waiver) string {
	if w.Fingerprint != "" {
		return w.Fingerprint
	}
	text := w.Rule + " of " + w.Subject
	if w.Pointer != "" {
		text += " at " + w.Pointer
	}
	return text
}
