package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/scaffold"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

func (a *app) catalogCompileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "compile [CATALOG]",
		Short: "Write what a running app reads of its catalog: catalog.lock.json",
		Long: `Reads an app's catalog, the folder CATALOG or the one of nexus.yaml, and writes
catalog.lock.json beside it: the schemas of all versions by their files, what policies
see of each message, and a digest of the folder. An app that was made by nexus new
refuses to start with a lock that does not fit its catalog.

What the app could not run with is refused here: a message without a version or a JSON
Schema of its own, and a schema that does not compile.`,
		Example: `  nexus catalog compile
  nexus catalog compile --check         # exit 1 when the lock is stale`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return (&catalogCompile{app: a}).run(cmd, firstArgument(args))
		},
	}
	c.Flags().StringP("output", "o", "", "`FILE` to write, instead of "+lock.File+" beside the catalog")
	c.Flags().Bool("check", false, "write nothing, and exit 1 when the file is stale")
	a.bindViewer(c)
	return c
}

// catalogCompile is one run of the command.
type catalogCompile struct {
	app    *app
	folder string // as the user names it
	output string
	stale  bool
}

// run is the road: read the catalog, compile it, compare, write.
func (c *catalogCompile) run(cmd *cobra.Command, argument string) error {
	format, err := c.app.viewerFormat(cmd)
	if err != nil {
		return err
	}
	if c.folder, err = c.find(cmd, argument); err != nil {
		return err
	}
	c.output = flagText(cmd.Flags(), "output")
	if c.output == "" {
		c.output = filepath.Join(filepath.Dir(c.folder), lock.File)
	}
	text, err := c.compile(cmd)
	if err != nil {
		return c.app.scaffoldFailure("compiling "+c.folder, err)
	}
	old, err := os.ReadFile(c.app.abs(c.output))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage(fmt.Errorf("reading %s: %w", c.output, reason(err)))
	}
	c.stale = !bytes.Equal(old, text)
	check := flagText(cmd.Flags(), "check") == "true"
	if c.stale && !check {
		if err := os.WriteFile(c.app.abs(c.output), text, 0o644); err != nil {
			return usage(fmt.Errorf("writing %s: %w", c.output, reason(err)))
		}
	}
	if err := c.tell(format, check); err != nil {
		return err
	}
	if c.stale && check {
		return &exitError{code: exitFindings}
	}
	return nil
}

// find is the folder of the catalog: the argument, else the one of nexus.yaml.
func (c *catalogCompile) find(cmd *cobra.Command, argument string) (string, error) {
	if argument != "" {
		return argument, nil
	}
	config, err := c.app.loadConfig(cmd.Flags())
	if err != nil {
		return "", err
	}
	paths, err := (&options{app: c.app, flags: cmd.Flags(), config: config}).catalogPaths("")
	if err != nil {
		return "", err
	}
	switch len(paths) {
	case 0:
		return lock.CatalogDir, nil
	case 1:
		return paths[0], nil
	}
	return "", usagef("compiling the catalog: nexus.yaml names %d", len(paths)).hint("an app has one; name its folder as the argument")
}

func (c *catalogCompile) compile(cmd *cobra.Command) ([]byte, error) {
	full := c.app.abs(c.folder)
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		if err == nil {
			return nil, usagef("compiling %s: it is a file, and an app's catalog is a folder", c.folder).
				hint("nexus catalog import %s catalog writes a folder of it", c.folder)
		}
		return nil, c.app.missingFor("compiling", c.folder)
	}
	files, err := scaffold.ReadTree(os.DirFS(full))
	if err != nil {
		return nil, err
	}
	below := scaffold.Tree{}
	for name, text := range files {
		below[path.Join(lock.CatalogDir, name)] = text
	}
	return scaffold.Lock(cmd.Context(), below)
}

// compiledCatalog is the answer in JSON.
type compiledCatalog struct {
	Catalog string `json:"catalog"`
	File    string `json:"file"`
	Stale   bool   `json:"stale"` // before; a run without --check wrote it anew
}

func (c *catalogCompile) tell(format string, check bool) error {
	if format == "json" {
		return writeJSON(c.app.stdout, compiledCatalog{filepath.ToSlash(c.folder), filepath.ToSlash(c.output), c.stale})
	}
	said := "up to date: " + filepath.ToSlash(c.output)
	switch {
	case c.stale && check:
		said = fmt.Sprintf("stale: %s does not fit %s; nexus catalog compile writes it anew", filepath.ToSlash(c.output), filepath.ToSlash(c.folder))
	case c.stale:
		said = "wrote " + filepath.ToSlash(c.output)
	}
	_, err := fmt.Fprintln(c.app.stdout, said)
	return err
}
