package cmd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// bindLog gives a command the flags that name a recorded log.
func (a *app) bindLog(c *cobra.Command) {
	f := c.Flags()
	f.StringArray("log", nil, "exported event `LOG`: a file, a folder, a quoted glob or -; repeatable")
	f.String("log-format", "", "form of the log (default: found out): "+strings.Join(logFormats(a), ", "))
	f.Bool("show-data", false, "show the values of recorded events in every output, not on the terminal alone")
	a.complete(c, "log.format")
}

// openLog opens the log that --log, the environment or nexus.yaml names; nil when
// none does.
func (o *options) openLog(ctx context.Context) (*event.Log, error) {
	names, err := o.paths("log.paths")
	if err != nil || len(names) == 0 {
		return nil, err
	}
	return o.openLogs(ctx, names)
}

// openLogs opens logs by name, by the form and the mapping that were given.
func (o *options) openLogs(ctx context.Context, names []string) (*event.Log, error) {
	for _, name := range names {
		if name == "-" || strings.ContainsAny(name, "*?[") {
			continue
		}
		if _, err := os.Stat(o.app.abs(name)); errors.Is(err, fs.ErrNotExist) {
			return nil, o.app.missingFor("reading the log", name)
		}
	}
	format, err := o.get("log.format")
	if err != nil {
		return nil, err
	}
	places, err := o.logMapping()
	if err != nil {
		return nil, err
	}
	log, err := event.Open(ctx, names, event.Options{Stdin: o.app.stdin, Format: format.text(), Map: places})
	if err != nil {
		return nil, unchecked(err)
	}
	return log, nil
}

// logMapping is log.map of nexus.yaml with what --map says over it.
func (o *options) logMapping() (map[string]string, error) {
	places := map[string]string{}
	for _, row := range o.config.table("log.map") {
		places[row.name] = row.text
	}
	flag := o.flags.Lookup("map")
	if flag == nil {
		return places, nil
	}
	for _, text := range flagTexts(flag) {
		name, path, ok := strings.Cut(text, "=")
		if !ok || path == "" {
			return nil, usagef("reading --map: %q is not ATTRIBUTE=PATH", text).hint("for example --map stream=.Item.pk.S")
		}
		if err := oneOf("attribute in --map", name, event.AttributeNames()); err != nil {
			return nil, err
		}
		places[name] = path
	}
	return places, nil
}

// logInput says which log a run read, and how it was understood.
func logInput(log *event.Log) report.Input {
	return report.Input{Role: "log", Ref: strings.Join(log.Files(), " "), Resolved: log.Mapping().String()}
}
