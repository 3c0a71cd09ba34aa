package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker for a release build.
var release string

// version is the release, else what the build recorded about its module.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// revision is the commit that was built, or "".
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// build describes the running program.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version of nexus, of Go and the platform",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			b := build{version(), revision(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if format == "json" {
				return writeJSON(a.stdout, b)
			}
			fmt.Fprintf(a.stdout, "nexus %s\n%s %s\n", b.Version, b.Go, b.Platform)
			if b.Revision != "" {
				fmt.Fprintf(a.stdout, "revision %s\n", b.Revision)
			}
			return nil
		},
	}
	a.bindViewer(c)
	return c
}

// bindViewer gives a command that answers a question its --format.
func (a *app) bindViewer(c *cobra.Command) {
	c.Flags().String("format", "text", "form of the answer: text or json")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) viewerFormat(cmd *cobra.Command) (string, error) {
	format := flagText(cmd.Flags(), "format")
	return format, oneOf("--format", format, []string{"text", "json"})
}

// writeJSON prints a value for machines.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
