package cmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nexus-blueprint/nexus/cmd"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nexus": func() {
			os.Exit(cmd.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
		"reducer": reducer,
	})
}

// TestScripts runs the program the way its user does. NEXUS_UPDATE=1 rewrites
// the expected outputs that scripts compare with.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("short: each command is a process; what is concurrent in one is tested within this")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "testdata", "script"),
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("NEXUS_UPDATE") != "",
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "repo": repo, "confluent": confluentServer, "glue": glueServer},
		Setup: func(env *testscript.Env) error {
			env.Setenv("SOURCE_DATE_EPOCH", "1769817600") // 2026-01-31
			env.Setenv("COLUMNS", "200")                  // no line is wrapped
			env.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(env.WorkDir, "gitconfig"))
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
			env.Setenv("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
			// Scripts lie in a folder that may itself be inside a repository.
			env.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(env.WorkDir))
			return os.WriteFile(filepath.Join(env.WorkDir, "gitconfig"), []byte("[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n"), 0o644)
		},
	})
}

// reducer is a team's own reducer: it counts the events of each stream and adds
// their amounts. With an argument it answers event e2 with that, or dies of it.
func reducer() {
	type state struct {
		Count  int    `json:"count"`
		Amount int    `json:"amount"`
		Last   string `json:"last"`
	}
	states := map[string]state{}
	for in := json.NewDecoder(os.Stdin); ; {
		var line struct {
			Stream string
			Event  struct {
				ID, Type string
				Data     struct{ Amount int }
			}
		}
		if in.Decode(&line) != nil {
			return
		}
		if line.Event.ID == "e2" && len(os.Args) > 1 {
			if os.Args[1] == "die" {
				fmt.Fprintln(os.Stderr, "cannot fold for c-1")
				os.Exit(1)
			}
			fmt.Println(os.Args[1])
			continue
		}
		s := states[line.Stream]
		s.Count, s.Amount, s.Last = s.Count+1, s.Amount+line.Event.Data.Amount, line.Event.Type
		states[line.Stream] = s
		text, _ := json.Marshal(s)
		fmt.Printf("{\"state\":%s}\n", text)
	}
}

// exits runs a program and demands its exact exit code: exits 3 nexus schema check
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// repo makes the working directory a git repository with everything committed;
// called again, it commits what has changed.
func repo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: repo MESSAGE")
	}
	if _, err := os.Stat(ts.MkAbs(".git")); err != nil {
		ts.Check(ts.Exec("git", "init", "-q", "."))
	}
	ts.Check(ts.Exec("git", "add", "-A", "."))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", args[0]))
}
