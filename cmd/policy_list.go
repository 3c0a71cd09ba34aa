package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/policy"
)

func (a *app) policyListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the packs and their rules, with what each cites",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			library, err := o.library()
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.stdout, listPolicies(library))
			}
			return a.printPolicies(library)
		},
	}
	a.bindViewer(c)
	c.Flags().StringArray("policy", nil, "`FOLDER` with rules of your own; repeatable")
	return c
}

// policyList is the answer in JSON.
type policyList struct {
	Packs []policy.Pack  `json:"packs"`
	Rules []listedPolicy `json:"rules"`
}

// listedPolicy is one rule of the list.
type listedPolicy struct {
	ID       string   `json:"id"`
	Code     string   `json:"code"`
	Pack     string   `json:"pack"`
	Title    string   `json:"title"`
	Severity string   `json:"severity"`
	Controls []string `json:"controls"`
	Verified bool     `json:"verified"` // the citations were compared with their text
	Reads    []string `json:"reads"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
}

func listPolicies(l *policy.Library) policyList {
	list := policyList{Packs: l.Packs(), Rules: []listedPolicy{}}
	for _, r := range l.Rules() {
		list.Rules = append(list.Rules, listedPolicy{
			ID: r.ID, Code: r.Code, Pack: r.Pack, Title: r.Title, Severity: string(r.Severity),
			Controls: append([]string{}, r.Controls...), Verified: r.Verified, Reads: append([]string{}, r.Reads...),
			File: r.File, Line: r.Line,
		})
	}
	return list
}

func (a *app) printPolicies(l *policy.Library) error {
	var b strings.Builder
	for i, pack := range l.Packs() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s  %s\n", strings.TrimSpace(pack.Name+" "+pack.Version), pack.Title)
		var rows [][]string
		for _, r := range l.Rules() {
			if r.Pack == pack.Name {
				rows = append(rows, []string{"  " + r.ID, string(r.Severity), r.Title})
			}
		}
		b.WriteString(columns(rows))
	}
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}
