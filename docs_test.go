package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/cmd"
)

// console finds the blocks of a page that show a command and what it prints:
//
//	```console
//	$ nexus schema check
//	output
//	```
//
// An exit code other than 0 is shown as a last line "exit 1".
var console = regexp.MustCompile("(?s)```console\n\\$ ([^\n]*)\n(.*?)```\n")

// Whatever output the documentation shows, the program prints. NEXUS_UPDATE=1
// rewrites the pages.
func TestDocumentationShowsRealOutput(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("COLUMNS", "100")
	t.Setenv("NO_COLOR", "1")
	shown := 0
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		got := console.ReplaceAllStringFunc(string(text), func(block string) string {
			shown++
			command := console.FindStringSubmatch(block)[1]
			return "```console\n$ " + command + "\n" + run(t, command) + "```\n"
		})
		if os.Getenv("NEXUS_UPDATE") != "" {
			if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(text), got); diff != "" {
			t.Errorf("%s shows other output than the program prints (-page +program); run make update:\n%s", page, diff)
		}
	}
	if shown == 0 {
		t.Error("no page shows any output: has the form of the blocks changed?")
	}
}

// shellWords splits a command line as a shell does, as far as the pages use one:
// at spaces, except between single quotes.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// part finds the filter behind a command that shows a part of its output.
var part = regexp.MustCompile(`^(.*) \| (head|tail) -n ([0-9]+)$`)

// run executes a command line of the documentation in this process. Behind a
// filter the shell does not tell the command's exit code, and neither does a page.
func run(t *testing.T, command string) string {
	if filter := part.FindStringSubmatch(command); filter != nil {
		n, err := strconv.Atoi(filter[3])
		if err != nil {
			t.Fatal(err)
		}
		stdout, stderr, _ := execute(filter[1])
		lines := slices.Collect(strings.Lines(stdout))
		if n = min(n, len(lines)); filter[2] == "head" {
			return strings.Join(lines[:n], "") + stderr
		}
		return strings.Join(lines[len(lines)-n:], "") + stderr
	}
	stdout, stderr, code := execute(command)
	output := stdout + stderr
	if code != 0 {
		output += fmt.Sprintf("exit %d\n", code)
	}
	return output
}

func execute(command string) (stdout, stderr string, code int) {
	words := shellWords(strings.TrimPrefix(strings.TrimPrefix(command, "go run . "), "nexus "))
	var out, problems bytes.Buffer
	code = cmd.Main(context.Background(), words, strings.NewReader(""), &out, &problems)
	return out.String(), problems.String(), code
}

// fenced finds the blocks of a page that stand between fences.
var fenced = regexp.MustCompile("(?ms)^```[a-z ]*\n(.*?)^```$")

// Commands that a page shows without their output have the flags that it says.
func TestDocumentationNamesRealFlags(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", "")) {
				line, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "$ "), " #")
				line, _, _ = strings.Cut(line, " | ")
				if command, ok := strings.CutPrefix(line, "nexus "); ok {
					checkFlags(t, page, command)
				}
			}
		}
	}
}

func checkFlags(t *testing.T, page, command string) {
	t.Helper()
	var path, flags []string
	for _, word := range shellWords(command) {
		name, isFlag := strings.CutPrefix(word, "--")
		switch {
		case isFlag:
			name, _, _ = strings.Cut(name, "=")
			flags = append(flags, name)
		case len(flags) == 0:
			path = append(path, word)
		}
	}
	help, problems, code := execute(strings.Join(append(path, "--help"), " "))
	if code != 0 {
		t.Errorf("%s: nexus %s: there is no such command:\n%s", page, command, problems)
	}
	for _, flag := range flags {
		if !regexp.MustCompile(`--` + regexp.QuoteMeta(flag) + `\b`).MatchString(help) {
			t.Errorf("%s: nexus %s: there is no flag --%s", page, command, flag)
		}
	}
}
