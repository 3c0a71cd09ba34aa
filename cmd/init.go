package cmd

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

//go:embed init/nexus.yaml
var initConfig []byte

//go:embed init/github.yaml
var initGitHub []byte

//go:embed init/gitlab.yaml
var initGitLab []byte

// newFile is a file that init is about to write.
type newFile struct {
	path string
	text []byte
}

func (a *app) initCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a first nexus.yaml, and with --ci a workflow that runs the gate",
		Example: `  nexus init
  nexus init --ci github`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, err := initFiles(flagText(cmd.Flags(), "ci"))
			if err != nil {
				return err
			}
			return a.writeNew(files)
		},
	}
	c.Flags().String("ci", "", "also write a workflow for `SYSTEM`: github or gitlab")
	_ = c.RegisterFlagCompletionFunc("ci", cobra.FixedCompletions([]string{"github", "gitlab"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func initFiles(ci string) ([]newFile, error) {
	files := []newFile{{configName, initConfig}}
	switch ci {
	case "":
		return files, nil
	case "github":
		return append(files, newFile{filepath.Join(".github", "workflows", "nexus.yaml"), initGitHub}), nil
	case "gitlab":
		return append(files, newFile{filepath.Join(".gitlab", "nexus.gitlab-ci.yml"), initGitLab}), nil
	}
	return nil, unknown("CI system", ci, []string{"github", "gitlab"})
}

// writeNew writes the files that are not there yet. It never touches one that is,
// and fails when there is nothing left to write.
func (a *app) writeNew(files []newFile) error {
	base := a.base()
	var missing []newFile
	for _, f := range files {
		_, err := os.Stat(filepath.Join(base, f.path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, f)
		case err != nil:
			return usage(fmt.Errorf("writing %s: %w", filepath.ToSlash(f.path), reason(err)))
		}
	}
	if len(missing) == 0 {
		return usagef("writing %s: the file exists", filepath.ToSlash(files[len(files)-1].path)).hint("nexus never overwrites it; move it away first")
	}
	for _, f := range files {
		if !slices.ContainsFunc(missing, func(m newFile) bool { return m.path == f.path }) {
			fmt.Fprintln(a.stdout, "kept", filepath.ToSlash(f.path))
			continue
		}
		full := filepath.Join(base, f.path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return usage(fmt.Errorf("writing %s: %w", filepath.ToSlash(f.path), reason(err)))
		}
		if err := os.WriteFile(full, f.text, 0o644); err != nil {
			return usage(fmt.Errorf("writing %s: %w", filepath.ToSlash(f.path), reason(err)))
		}
		fmt.Fprintln(a.stdout, "wrote", filepath.ToSlash(f.path))
	}
	return nil
}
