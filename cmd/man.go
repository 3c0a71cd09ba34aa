package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the manual for packagers. cobra's own generator goes through
// Markdown and two more modules; a page needs only five roff requests.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write one manual page a command into DIR",
		Hidden: true,
		Args:   takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := a.abs(args[0])
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return usage(fmt.Errorf("writing the manual: %w", err))
			}
			return writeManual(cmd.Root(), dir)
		},
	}
}

func writeManual(c *cobra.Command, dir string) error {
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	if err := os.WriteFile(filepath.Join(dir, name+".1"), manPage(c, name), 0o644); err != nil {
		return fmt.Errorf("writing the manual: %w", err)
	}
	for _, child := range c.Commands() {
		if !child.IsAvailableCommand() {
			continue
		}
		if err := writeManual(child, dir); err != nil {
			return err
		}
	}
	return nil
}

func manPage(c *cobra.Command, name string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"nexus\" \"nexus manual\"\n", strings.ToUpper(name))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	manText(&b, "DESCRIPTION", c.Long)
	manFlags(&b, "OPTIONS", c.NonInheritedFlags())
	manFlags(&b, "GLOBAL OPTIONS", c.InheritedFlags())
	manText(&b, "EXAMPLES", c.Example)
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, child := range c.Commands() {
			if child.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(child.CommandPath()), roff(child.Short))
			}
		}
	}
	if !c.HasParent() {
		for _, t := range topics() {
			manText(&b, strings.ToUpper(t.name), t.text)
		}
	}
	return b.Bytes()
}

// manText is a section whose lines stay as they are.
func manText(b *bytes.Buffer, title, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(b, ".SH %s\n.nf\n%s\n.fi\n", roff(title), roff(strings.TrimRight(text, "\n")))
}

func manFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(name+" "+kind)), roff(text))
	})
}

// roff escapes text: backslashes, hyphens, and the dots and quotes that would
// open a request at the start of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
