package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// canonical spells a value the way the table does, where case does not matter.
func (s setting) canonical(text string) string {
	if s.key == "schema.level" || s.key == "schema.category" {
		return strings.ToUpper(text)
	}
	return text
}

// value is what a setting amounts to in one run.
type value struct {
	texts  []string
	origin string // flag --level, environment NEXUS_LEVEL, nexus.yaml:7, default
}

// text is the one text of a setting that is no list.
func (v value) text() string {
	if len(v.texts) == 0 {
		return ""
	}
	return v.texts[0]
}

// given reports whether somebody set it.
func (v value) given() bool { return v.origin != "default" }

// options answers what every setting amounts to: flags over environment over
// nexus.yaml over default.
type options struct {
	app    *app
	flags  *pflag.FlagSet
	config *config
	// catalog is the catalog that the command's argument names, if it takes one.
	catalog string
}

// options are what a command is told: its flags, the environment, nexus.yaml.
func (a *app) options(cmd *cobra.Command) (*options, error) {
	config, err := a.loadConfig(cmd.Flags())
	if err != nil {
		return nil, err
	}
	return &options{app: a, flags: cmd.Flags(), config: config}, nil
}

// get returns the value of the setting with that id.
func (o *options) get(id string) (value, error) {
	s := settingFor(id)
	v := o.find(s)
	if s.values == nil || s.shape == tableShape {
		return v, nil
	}
	for i, text := range v.texts {
		v.texts[i] = s.canonical(text)
		if text == "" {
			continue
		}
		if err := oneOf(strings.TrimPrefix(v.origin, "flag "), v.texts[i], s.values(o.app)); err != nil {
			return value{}, err
		}
	}
	return v, nil
}

// texts returns the one text of each of several settings.
func (o *options) texts(ids ...string) (map[string]string, error) {
	texts := make(map[string]string, len(ids))
	for _, id := range ids {
		v, err := o.get(id)
		if err != nil {
			return nil, err
		}
		texts[id] = v.text()
	}
	return texts, nil
}

func (o *options) find(s setting) value {
	if s.flag != "" && o.flags != nil {
		if f := o.flags.Lookup(s.flag); f != nil && f.Changed {
			return value{flagTexts(f), "flag --" + s.flag}
		}
	}
	if env := s.env(); env != "" {
		if text := o.app.env(env); text != "" {
			return value{split(s, text), "environment " + env}
		}
	}
	if e, ok := o.config.entries[s.key]; ok && s.key != "" {
		return value{slices.Clone(e.texts), e.place}
	}
	return value{split(s, s.initial), "default"}
}

// split cuts the text of a list at commas, as an environment variable writes it.
func split(s setting, text string) []string {
	switch {
	case s.shape != listShape:
		return []string{text}
	case text == "":
		return nil
	}
	return strings.Split(text, ",")
}

func flagTexts(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

func flagText(flags *pflag.FlagSet, name string) string {
	if flags == nil {
		return ""
	}
	if f := flags.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}
