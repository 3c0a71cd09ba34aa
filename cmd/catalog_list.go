package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
)

func (a *app) catalogListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list [CATALOG]",
		Short: "List the events of a catalog, with owners, senders and receivers",
		Example: `  nexus catalog list examples/orders/catalog
  nexus catalog list asyncapi.yaml --format json`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			c, err := a.viewCatalog(cmd, firstArgument(args))
			if err != nil {
				return err
			}
			list := listEvents(c)
			if format == "json" {
				return writeJSON(a.stdout, eventList{c.Roots, list})
			}
			return a.printEvents(c, list)
		},
	}
	a.bindViewer(c)
	a.bindCatalog(c)
	return c
}

// viewCatalog loads a catalog to be looked at. What could not be read is said on
// stderr, and does not keep the rest from being shown.
func (a *app) viewCatalog(cmd *cobra.Command, argument string) (*catalog.Catalog, error) {
	o, err := a.options(cmd)
	if err != nil {
		return nil, err
	}
	c, err := o.needCatalog(cmd.Context(), argument)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Problems {
		fmt.Fprintln(a.stderr, "nexus:", located(p))
	}
	return c, nil
}

// eventList is the answer in JSON.
type eventList struct {
	Catalogs []string      `json:"catalogs"`
	Events   []listedEvent `json:"events"`
}

// listedEvent is one line of the list.
type listedEvent struct {
	ID        string   `json:"id"`
	Version   string   `json:"version"`
	Kind      string   `json:"kind"`
	Domain    string   `json:"domain"`
	Owners    []string `json:"owners"`
	Producers []string `json:"producers"`
	Consumers []string `json:"consumers"`
	Channels  []string `json:"channels"`
	Schema    string   `json:"schema"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
}

func listEvents(c *catalog.Catalog) []listedEvent {
	list := []listedEvent{}
	for e := range c.Current() {
		list = append(list, listEvent(e))
	}
	return list
}

func listEvent(e *catalog.Event) listedEvent {
	return listedEvent{
		ID: e.ID, Version: e.Version.Get, Kind: string(e.Kind), Domain: e.Domain.Get,
		Owners: e.OwnerIDs(), Producers: services(e.Producers), Consumers: services(e.Consumers), Channels: values(e.Channels),
		Schema: e.Schema.Get.File, File: e.Place.File, Line: e.Place.Line,
	}
}

func services(parties []catalog.Party) []string {
	names := []string{}
	for _, p := range parties {
		if !slices.Contains(names, p.Service) {
			names = append(names, p.Service)
		}
	}
	return names
}

func values(list []catalog.Value[string]) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.Get
	}
	return texts
}

func (a *app) printEvents(c *catalog.Catalog, list []listedEvent) error {
	rows := [][]string{{"EVENT", "VERSION", "KIND", "OWNERS", "SENT BY", "RECEIVED BY"}}
	for _, e := range list {
		rows = append(rows, []string{
			printable(e.ID), orDash(e.Version), e.Kind,
			joined(e.Owners), joined(e.Producers), joined(e.Consumers),
		})
	}
	if len(list) == 0 {
		rows = [][]string{{strings.Join(c.Roots, ", ") + " holds no event"}}
	}
	_, err := a.stdout.Write([]byte(columns(rows)))
	return err
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return printable(text)
}

func joined(names []string) string { return orDash(strings.Join(names, ", ")) }

// columns lays rows out under each other.
func columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
