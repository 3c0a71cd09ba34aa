package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) waiverListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the exceptions, whose they are and until when they hold",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			full, name, err := a.waiversFile(cmd)
			if err != nil {
				return err
			}
			list, err := a.listWaivers(cmd, full, name)
			if err != nil {
				return err
			}
			against := ""
			if unused, _ := cmd.Flags().GetBool("unused"); unused && len(list) > 0 {
				if list, against, err = a.unusedWaivers(cmd.Context(), cmd.Flags(), list); err != nil {
					return err
				}
			}
			if format == "json" {
				return writeJSON(a.stdout, waiverList{name, against, list})
			}
			return a.printWaivers(name, against, list)
		},
	}
	a.bindViewer(c)
	f := c.Flags()
	f.Bool("unused", false, "run nexus schema check and list only what covered no finding")
	f.String("against", "", "with --unused, the baseline of the check, as `KIND:REF`")
	f.String("waivers", "", "the `FILE` to list (default: waivers.yaml beside nexus.yaml)")
	f.String("as-of", "", "the `DATE` on which expiry is judged, YYYY-MM-DD (default: today, UTC)")
	return c
}

// waiverList is the answer in JSON.
type waiverList struct {
	File    string         `json:"file"`
	Against string         `json:"against"` // with --unused, what the check compared with
	Waivers []listedWaiver `json:"waivers"`
}

// listedWaiver is one line of the list.
type listedWaiver struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	Subject     string `json:"subject"`
	Pointer     string `json:"pointer"`
	Owner       string `json:"owner"`
	Reason      string `json:"reason"`
	Expires     string `json:"expires"`
	Expired     bool   `json:"expired"`
	Line        int    `json:"line"`
	about       string
}

func (a *app) listWaivers(cmd *cobra.Command, full, name string) ([]listedWaiver, error) {
	asOf, err := a.date(flagText(cmd.Flags(), "as-of"))
	if err != nil {
		return nil, err
	}
	list := []listedWaiver{}
	text, err := os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("waivers") {
		return list, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, a.missing(flagText(cmd.Flags(), "waivers"))
	}
	if err != nil {
		return nil, usage(fmt.Errorf("reading the waivers: %s: %w", name, reason(err)))
	}
	o, err := a.options(cmd)
	if err != nil {
		return nil, err
	}
	file, err := o.parseWaivers(name, text)
	if err != nil {
		return nil, err
	}
	for _, w := range file.Waivers {
		list = append(list, listedWaiver{
			w.Fingerprint, w.Rule, w.Subject, w.Pointer, w.Owner, w.Reason, w.Expires, w.Expired(asOf), w.Place.Line, about(w),
		})
	}
	return list, nil
}

// unusedWaivers keeps what a schema check finds to cover nothing, and says what
// that check compared with. What it could not look at, it says nothing about.
func (a *app) unusedWaivers(ctx context.Context, flags *pflag.FlagSet, list []listedWaiver) (unused []listedWaiver, against string, err error) {
	check, err := a.newSchemaCheck(flags, nil)
	if err != nil {
		return nil, "", err
	}
	if err := check.examine(ctx); err != nil {
		return nil, "", err
	}
	if problems := check.report.Errors; len(problems) > 0 {
		return nil, "", unchecked(fmt.Errorf("looking for unused waivers: %s", problems[0].Message),
			"nexus schema check shows all that could not be checked")
	}
	unused = slices.DeleteFunc(list, func(w listedWaiver) bool {
		return !slices.ContainsFunc(check.report.Findings, func(f report.Finding) bool {
			return f.Rule == waiver.RuleUnused && f.Location.Line == w.Line
		})
	})
	return unused, check.baseline.ref, nil
}

func (a *app) printWaivers(name, against string, list []listedWaiver) error {
	var b strings.Builder
	switch {
	case against != "" && len(list) == 0:
		fmt.Fprintf(&b, "no unused waivers in %s, checked against %s\n", name, against)
	case against != "":
		fmt.Fprintf(&b, "unused, checked against %s:\n", against)
	case len(list) == 0:
		fmt.Fprintf(&b, "no waivers in %s\n", name)
	}
	for _, w := range list {
		state := "until " + w.Expires
		if w.Expired {
			state = "expired " + w.Expires
		}
		fmt.Fprintf(&b, "%s:%d  %s\n  %s, %s: %s\n", name, w.Line, w.about, w.Owner, state, w.Reason)
	}
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}
