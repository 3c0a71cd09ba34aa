package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/scaffold"
)

func (a *app) upgradeCommand() *cobra.Command {
	u := &upgrading{app: a}
	c := &cobra.Command{
		Use:   "upgrade [DIR]",
		Short: "Move an app's core to the one of this nexus",
		Long: `Brings internal/nexus of the app in DIR, or of the one around the working directory,
to the core of this nexus. Files that nobody changed are replaced. Changed ones are
merged: what you changed stays, and where both changed the same lines, both stand in
the file between git's markers, and the exit code is 1. Deleted files stay deleted.
go.mod and go.sum are raised to what the core needs. The domain is not touched.

It needs no network, and writes everything or nothing.`,
		Example: `  nexus upgrade --dry-run
  nexus upgrade && go test ./...
  nexus upgrade services/iot --check     # exit 1 when the app is behind`,
		Args: takes("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			u.dir = "."
			if len(args) > 0 {
				u.dir = args[0]
			}
			return u.run(cmd)
		},
	}
	c.Flags().Bool("check", false, "only say whether the app is behind, by exit code 1")
	c.Flags().Bool("dry-run", false, "list what would change, and change nothing")
	a.bindViewer(c)
	return c
}

// upgrading is one run of the command.
type upgrading struct {
	app           *app
	dir           string
	check, dryRun bool
	scaffold.Upgrade
}

// run is the road: plan, write, tell.
func (u *upgrading) run(cmd *cobra.Command) error {
	format, err := u.app.viewerFormat(cmd)
	if err != nil {
		return err
	}
	u.check = flagText(cmd.Flags(), "check") == "true"
	u.dryRun = flagText(cmd.Flags(), "dry-run") == "true" || u.check
	opened, err := u.app.openApp("upgrading", u.dir)
	if err != nil {
		return err
	}
	defer opened.Close()
	if u.Upgrade, err = scaffold.PlanUpgrade(opened.files.FS(), version()); err != nil {
		return u.app.scaffoldFailure("upgrading "+u.dir, err)
	}
	if !u.dryRun && u.Behind() {
		if err := u.Apply(cmd.Context(), opened.dir); err != nil {
			return u.app.scaffoldFailure("upgrading "+u.dir, err)
		}
	}
	if format == "json" {
		err = writeJSON(u.app.stdout, upgradedApp{u.From, u.To, u.Behind(), u.dryRun, fileChanges(u.Plan)})
	} else {
		err = u.tell()
	}
	switch {
	case err != nil:
		return err
	case u.check && u.Behind():
		return &exitError{code: exitFindings}
	case u.dryRun:
		return nil
	}
	return conflictFailure(u.Plan)
}

// upgradedApp is the answer in JSON.
type upgradedApp struct {
	From    scaffold.CoreVersion `json:"from"`
	To      scaffold.CoreVersion `json:"to"`
	Behind  bool                 `json:"behind"`
	DryRun  bool                 `json:"dry_run"`
	Changes []fileChange         `json:"changes"`
}

func (u *upgrading) tell() error {
	var b strings.Builder
	switch {
	case !u.Behind():
		fmt.Fprintf(&b, "up to date: the core is that of nexus %s (%s)\n", u.From.Version, shortDigest(u.From.Digest))
	case u.check:
		fmt.Fprintf(&b, "behind: the core is of nexus %s (%s), and this is %s (%s)\n", u.From.Version, shortDigest(u.From.Digest), u.To.Version, shortDigest(u.To.Digest))
		fmt.Fprintf(&b, "nexus upgrade changes %s\n", report.Count(len(u.Changes), "file"))
	default:
		tellChanges(&b, u.Plan, u.dryRun)
		verb := "upgraded"
		if u.dryRun {
			verb = "would upgrade"
		}
		fmt.Fprintf(&b, "%s the core from nexus %s (%s) to %s (%s)\n", verb, u.From.Version, shortDigest(u.From.Digest), u.To.Version, shortDigest(u.To.Digest))
	}
	_, err := io.WriteString(u.app.stdout, b.String())
	return err
}

// shortDigest is enough of a digest to tell two apart.
func shortDigest(digest string) string {
	digits := strings.TrimPrefix(digest, "sha256:")
	return digits[:min(12, len(digits))]
}
