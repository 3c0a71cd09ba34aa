package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// TestActionScript runs the script of the GitHub Action with a program in
// nexus's place that writes its arguments, one a line.
func TestActionScript(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	tests := []struct {
		name   string
		inputs map[string]string
		want   []string
	}{
		{
			name: "nothing set",
			want: []string{"schema", "check", "--"},
		},
		{
			name: "everything set",
			inputs: map[string]string{
				"PATHS": "events\nmore events\n", "AGAINST": "git:main", "LEVEL": "FULL", "PROFILE": "containment",
				"FORMAT": "github", "REPORT": "sarif=a.sarif\r\nmarkdown=b.md", "FAIL_ON": "warning", "TRUST": "base", "ARGS": "--draft\n7",
			},
			want: []string{
				"schema", "check", "--against=git:main", "--level=FULL", "--profile=containment", "--format=github",
				"--fail-on=warning", "--trust=base", "--report=sarif=a.sarif", "--report=markdown=b.md", "--draft", "7", "--", "events", "more events",
			},
		},
		{
			name: "hostile text stays one argument",
			inputs: map[string]string{
				"PATHS": "--format=json\n$(touch stolen); `touch stolen` \"*", "AGAINST": "git:$(touch stolen)",
			},
			want: []string{
				"schema", "check", "--against=git:$(touch stolen)", "--", "--format=json", "$(touch stolen); `touch stolen` \"*",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			echo := filepath.Join(dir, "echo.sh")
			if err := os.WriteFile(echo, []byte("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 1\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			script, err := filepath.Abs("scripts/action.sh")
			if err != nil {
				t.Fatal(err)
			}
			output := filepath.Join(dir, "output")
			command := exec.CommandContext(t.Context(), bash, script)
			command.Dir = dir
			command.Env = append(os.Environ(), "NEXUS_BIN="+echo, "GITHUB_OUTPUT="+output)
			for name, value := range test.inputs {
				command.Env = append(command.Env, "INPUT_"+name+"="+value)
			}
			text, err := command.Output()
			if command.ProcessState == nil || command.ProcessState.ExitCode() != 1 {
				t.Fatalf("the program's exit code 1 was not passed on: %v", err)
			}
			got := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			if diff := gocmp.Diff(test.want, got); diff != "" {
				t.Errorf("arguments differ (-want +got):\n%s", diff)
			}
			if code, err := os.ReadFile(output); err != nil || string(code) != "exit-code=1\n" {
				t.Errorf("output file holds %q (%v), want the exit code", code, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "stolen")); err == nil {
				t.Error("an input was run as a command")
			}
		})
	}
}

// TestActionKeepsInputsOutOfShellText guards the rule that makes the action safe
// on pull requests from strangers: expressions appear in env, never in run.
func TestActionKeepsInputsOutOfShellText(t *testing.T) {
	text, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Runs struct {
			Steps []struct {
				Name string
				Run  string
			}
		}
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		t.Fatal(err)
	}
	if len(action.Runs.Steps) == 0 {
		t.Fatal("action.yml has no steps")
	}
	for _, step := range action.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("step %q pastes an expression into shell text: %s", step.Name, step.Run)
		}
	}
}
