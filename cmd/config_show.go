package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	return group("config", "Show the configuration and its form", a.configShowCommand(), a.configSchemaCommand())
}

// shownSetting is one line of `config show`.
type shownSetting struct {
	Key    string `json:"key"`
	Value  any    `json:"value"` // a text, or a list of texts
	Origin string `json:"origin"`
	Env    string `json:"env"`
	Flag   string `json:"flag"`
	Title  string `json:"title"`
}

func (a *app) configShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show",
		Short: "Print every setting, its value and where the value comes from",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			// --format and --color say how to show the settings, so the command's own
			// flags are not counted among them.
			config, err := a.loadConfig(cmd.Flags())
			if err != nil {
				return err
			}
			shown, err := a.shownSettings(config)
			if err != nil {
				return err
			}
			if format == "json" {
				return writeJSON(a.stdout, struct {
					File     string         `json:"file"`
					Settings []shownSetting `json:"settings"`
				}{config.file, shown})
			}
			return a.printSettings(config, shown)
		},
	}
	a.bindViewer(c)
	return c
}

func (a *app) shownSettings(c *config) ([]shownSetting, error) {
	o := &options{app: a, config: c}
	var shown []shownSetting
	for _, s := range settings() {
		switch s.shape {
		case reservedShape, formShape:
			continue
		case tableShape, recordsShape:
			for _, r := range c.table(s.key) {
				shown = append(shown, shownSetting{Key: s.key + "[" + r.name + "]", Value: r.text, Origin: r.place, Title: s.title})
			}
			continue
		}
		v, err := o.get(s.id())
		if err != nil {
			return nil, err
		}
		line := shownSetting{Key: s.name(), Value: withoutUser(v.text()), Origin: v.origin, Env: s.env(), Title: s.title}
		if s.shape == listShape {
			line.Value = append([]string{}, v.texts...)
		}
		if s.flag != "" {
			line.Flag = "--" + s.flag
		}
		shown = append(shown, line)
	}
	return shown, nil
}

func (a *app) printSettings(c *config, shown []shownSetting) error {
	var b strings.Builder
	if c.file == "" {
		b.WriteString("no nexus.yaml was found; these are the defaults\n\n")
	} else {
		fmt.Fprintf(&b, "configuration: %s\n\n", c.file)
	}
	keys, values := 0, 0
	texts := make([]string, len(shown))
	for i, s := range shown {
		texts[i] = fmt.Sprint(s.Value)
		if list, ok := s.Value.([]string); ok {
			texts[i] = strings.Join(list, ", ")
		}
		if texts[i] == "" {
			texts[i] = "-"
		}
		keys, values = max(keys, len(s.Key)), max(values, len(texts[i]))
	}
	for i, s := range shown {
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", keys, s.Key, values, texts[i], s.Origin)
	}
	_, err := a.stdout.Write([]byte(b.String()))
	return err
}
