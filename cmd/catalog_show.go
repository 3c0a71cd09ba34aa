package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) catalogShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show [CATALOG] --event ID",
		Short: "Show all that a catalog says about an event, and where it says so",
		Example: `  nexus catalog show examples/orders/catalog --event OrderPlaced
  nexus catalog show --event OrderPlaced --event-version 1.0.0 --format json`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			id := flagText(cmd.Flags(), "event")
			if id == "" {
				return usagef("%s: --event is missing", cmd.CommandPath()).hint("nexus catalog list lists the events")
			}
			e, err := a.showEvent(cmd, firstArgument(args), id, flagText(cmd.Flags(), "event-version"))
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.stdout, describeEvent(e))
			}
			return a.printEvent(e)
		},
	}
	a.bindViewer(c)
	a.bindCatalog(c)
	c.Flags().String("event", "", "the event's `ID`")
	c.Flags().String("event-version", "", "an earlier `VERSION` instead of the current one")
	return c
}

// showEvent finds an event of the catalog, with the fields of its schema.
func (a *app) showEvent(cmd *cobra.Command, argument, id, version string) (*catalog.Event, error) {
	c, err := a.viewCatalog(cmd, argument)
	if err != nil {
		return nil, err
	}
	e := c.Event(id, version)
	if e == nil {
		return nil, unknownEvent(c, id, version)
	}
	engines, err := a.newEngines(&options{app: a, flags: cmd.Flags(), config: &config{dir: a.base()}})
	if err != nil {
		return nil, err
	}
	if problem := a.listFields(e, engines, c.Base); problem != nil {
		fmt.Fprintln(a.stderr, "nexus:", problem.Error())
	}
	return e, nil
}

func unknownEvent(c *catalog.Catalog, id, version string) error {
	var ids, versions []string
	for _, e := range c.Events {
		if e.ID == id {
			versions = append(versions, e.Version.Get)
		}
		if !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	if len(versions) > 0 {
		return usagef("unknown version %q of %s", version, id).hint("one of: %s", strings.Join(versions, ", "))
	}
	return usagef("unknown event %q", id).guessName(id, ids)
}

// describedEvent is the answer in JSON.
type describedEvent struct {
	listedEvent
	Name       string               `json:"name"`
	Summary    string               `json:"summary"`
	Attributes []describedAttribute `json:"attributes"`
	Fields     []describedField     `json:"fields"`
}

type describedAttribute struct {
	Name   string  `json:"name"`
	Value  *string `json:"value"`  // null when it is not declared
	Source *string `json:"source"` // declared or inferred, null when it is not declared
	File   string  `json:"file"`
	Line   int     `json:"line"`
}

type describedField struct {
	Path     string   `json:"path"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Declared []string `json:"declared"` // such as pii=true
	File     string   `json:"file"`
	Line     int      `json:"line"`
}

func describeEvent(e *catalog.Event) describedEvent {
	d := describedEvent{listedEvent: listEvent(e), Name: e.Name, Summary: e.Summary, Fields: []describedField{}}
	for _, at := range e.Attributes() {
		one := describedAttribute{Name: at.Name, File: at.Place.File, Line: at.Place.Line}
		if at.Source != "" {
			source := string(at.Source)
			one.Value, one.Source = &at.Text, &source
		}
		d.Attributes = append(d.Attributes, one)
	}
	for _, f := range e.Fields {
		place := e.FieldPlace(f.Place)
		d.Fields = append(d.Fields, describedField{f.Path, f.Type, f.Required, fieldFacts(f), place.File, place.Line})
	}
	return d
}

// fieldFacts lists what is declared about a field.
func fieldFacts(f catalog.Field) []string {
	facts, said := []string{}, f.Facts()
	flag := func(name string, v catalog.Value[bool]) {
		if v.Known() {
			facts = append(facts, fmt.Sprintf("%s=%t", name, v.Get))
		}
	}
	text := func(name string, v catalog.Value[string]) {
		if v.Known() {
			facts = append(facts, name+"="+v.Get)
		}
	}
	flag("pii", said.PII)
	text("category", said.Category)
	text("purpose", said.Purpose)
	text("lawful_basis", said.LawfulBasis)
	text("erasure", said.Erasure)
	flag("encrypted", said.Encrypted)
	flag("tokenized", said.Tokenized)
	flag("truncated", said.Truncated)
	flag("hashed", said.Hashed)
	return facts
}

func (a *app) printEvent(e *catalog.Event) error {
	d := describeEvent(e)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", printable(e.ID), strings.TrimSpace(string(e.Kind)+" "+e.Version.Get))
	if e.Summary != "" {
		fmt.Fprintf(&b, "%s\n", indent(wrap(printable(e.Summary), 96)))
	}
	fmt.Fprintf(&b, "  %s:%d\n\n", printable(e.Place.File), e.Place.Line)
	b.WriteString(columns(attributeRows(d)))
	if len(d.Fields) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", report.Count(len(d.Fields), "field"), columns(fieldRows(d)))
	}
	if silent := undeclared(d); len(silent) > 0 {
		fmt.Fprintf(&b, "\nnot declared\n%s\n", indent(wrap(strings.Join(silent, ", "), 96)))
	}
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}

// attributeRows lists what is known of an event, and where that is written: in a
// line of the event's own file, or elsewhere.
func attributeRows(d describedEvent) [][]string {
	rows := [][]string{
		{"  sent by", joined(d.Producers)},
		{"  received by", joined(d.Consumers)},
	}
	for _, at := range d.Attributes {
		if at.Value == nil {
			continue
		}
		place := fmt.Sprintf("line %d", at.Line)
		if at.File != d.File {
			place = fmt.Sprintf("%s:%d", printable(at.File), at.Line)
		}
		if *at.Source == string(catalog.Inferred) {
			place = "inferred from " + place
		}
		value := orDash(*at.Value)
		if at.Name == "deprecated" && *at.Value == "" {
			value = "true"
		}
		rows = append(rows, []string{"  " + at.Name, value, place})
	}
	return rows
}

func fieldRows(d describedEvent) [][]string {
	var rows [][]string
	for _, f := range d.Fields {
		required := ""
		if f.Required {
			required = "required"
		}
		rows = append(rows, []string{"  " + printable(f.Path), printable(f.Type), required, printable(strings.Join(f.Declared, ", "))})
	}
	return rows
}

// undeclared names the attributes of which nothing is known.
func undeclared(d describedEvent) []string {
	var names []string
	for _, at := range d.Attributes {
		if at.Value == nil {
			names = append(names, at.Name)
		}
	}
	return names
}
