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
			if unused, _ := cmd.Flags().GetBool("unused"); unused && len(list) > 0 {
				if list, err = a.unusedWaivers(cmd.Context(), full, list); err != nil {
					return err
				}
			}
			if format == "json" {
				return writeJSON(a.stdout, map[string]any{"file": name, "waivers": list})
			}
			return a.printWaivers(name, list)
		},
	}
	a.bindViewer(c)
	c.Flags().Bool("unused", false, "run nexus schema check and list only what covered no finding")
	c.Flags().String("waivers", "", "the `FILE` to list (default: waivers.yaml beside nexus.yaml)")
	c.Flags().String("as-of", "", "the `DATE` on which expiry is judged, YYYY-MM-DD (default: today, UTC)")
	return c
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
	file, err := waiver.Load(name, text)
	if err != nil {
		return nil, usage(fmt.Errorf("reading the waivers: %w", err))
	}
	for _, w := range file.Waivers {
		list = append(list, listedWaiver{
			w.Fingerprint, w.Rule, w.Subject, w.Pointer, w.Owner, w.Reason, w.Expires, w.Expired(asOf), w.Place.Line, about(w),
		})
	}
	return list, nil
}

// unusedWaivers keeps what a schema check with the settings of nexus.yaml finds
// to cover nothing.
func (a *app) unusedWaivers(ctx context.Context, full string, list []listedWaiver) ([]listedWaiver, error) {
	command := a.schemaCheckCommand()
	if err := command.ParseFlags([]string{"--waivers", full}); err != nil {
		return nil, err
	}
	check, err := a.newSchemaCheck(command, nil)
	if err != nil {
		return nil, err
	}
	if err := check.examine(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(w listedWaiver) bool {
		return !slices.ContainsFunc(check.report.Findings, func(f report.Finding) bool {
			return f.Rule == "waiver/unused" && f.Location.Line == w.Line
		})
	}), nil
}

func (a *app) printWaivers(name string, list []listedWaiver) error {
	var b strings.Builder
	if len(list) == 0 {
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
