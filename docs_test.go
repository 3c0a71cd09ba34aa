package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// run executes a command line of the documentation in this process.
func run(t *testing.T, command string) string {
	words := shellWords(strings.TrimPrefix(strings.TrimPrefix(command, "go run . "), "nexus "))
	var stdout, stderr bytes.Buffer
	code := cmd.Main(context.Background(), words, strings.NewReader(""), &stdout, &stderr)
	output := stdout.String() + stderr.String()
	if code != 0 {
		output += fmt.Sprintf("exit %d\n", code)
	}
	return output
}
