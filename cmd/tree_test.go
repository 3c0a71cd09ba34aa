package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// eachCommand visits every command of the tree.
func eachCommand(t *testing.T, visit func(*cobra.Command)) {
	t.Helper()
	count := 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		count++
		visit(c)
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}).root())
	if count < 15 {
		t.Fatalf("only %d commands were visited", count)
	}
}

// A StringSlice splits its values at commas, and a reason or a path may hold one.
func TestRepeatableFlagsAreArrays(t *testing.T) {
	eachCommand(t, func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if kind := f.Value.Type(); strings.HasSuffix(kind, "Slice") {
				t.Errorf("%s --%s is a %s, want stringArray", c.CommandPath(), f.Name, kind)
			}
		})
	})
}

// A command that runs refuses arguments it does not know; cobra's default lets
// them pass.
func TestCommandsCheckTheirArguments(t *testing.T) {
	eachCommand(t, func(c *cobra.Command) {
		if c.Args == nil {
			t.Errorf("%s does not check its arguments", c.CommandPath())
		}
		if c.RunE == nil {
			t.Errorf("%s has no RunE: a mistyped sub-command would print help and exit 0", c.CommandPath())
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short description %q", c.CommandPath(), c.Short)
		}
	})
}

// The table of settings and the flags are two views of one thing.
func TestSettingsMatchFlags(t *testing.T) {
	flags := map[string]*pflag.Flag{}
	eachCommand(t, func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = f })
		c.PersistentFlags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = f })
	})
	seen := map[string]bool{}
	for _, s := range settings() {
		if seen[s.id()] {
			t.Errorf("two settings are called %s", s.id())
		}
		seen[s.id()] = true
		if s.flag == "" {
			continue
		}
		f := flags[s.flag]
		if f == nil {
			t.Errorf("setting %s names the flag --%s, which no command has", s.id(), s.flag)
		} else if (f.Value.Type() == "stringArray") != (s.shape == listShape) {
			t.Errorf("setting %s and flag --%s disagree on being a list", s.id(), s.flag)
		}
	}
}
