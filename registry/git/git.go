// Package git is a revision of a git repository seen as a registry, and the
// choice of the revision that a change is compared with.
//
// It runs the user's own git program instead of linking an implementation. Only
// the program knows the user's linked work trees, partial clones, alternates,
// object formats, safe.directory and credentials, and it is installed wherever
// a pull request is checked. The price is a process, paid a fixed number of
// times whatever the number of schemas: four to find the repository and the base
// of a change, one git ls-tree, one git cat-file --batch and, when versions are
// asked for, one git log.
//
// The child processes get an environment of their own: hooks set GIT_DIR and its
// kin, which would point every child at another repository; LC_ALL=C keeps
// messages and parsing the same everywhere; and nothing ever prompts.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Error says what could not be done with git, why, and what to try.
type Error struct {
	Code    string
	Message string
	Hints   []string
	// Candidates are the branches and tags that there are, when the revision that
	// was asked for is not there. Which of them was meant is the caller's guess.
	Candidates []string
}

// The codes of an Error.
const (
	CodeNotInstalled    = "git-not-installed"
	CodeNotRepository   = "git-not-a-repository"
	CodeShallow         = "git-shallow-clone"
	CodeDetached        = "git-detached-head"
	CodeUnborn          = "git-no-commits"
	CodeUnknownRevision = "git-unknown-revision"
	CodeNoBase          = "git-no-merge-base"
	CodeFailed          = "git-failed"
)

// Error is the message; the hints are for whoever prints it.
func (e *Error) Error() string { return e.Message }

// depthHint says how a CI system is told to clone everything.
const depthHint = "in GitHub Actions give actions/checkout fetch-depth: 0, in GitLab CI set GIT_DEPTH: 0"

// fetchHints say how to get the commits that a shallow clone left behind.
var fetchHints = []string{"fetch them with: git fetch --unshallow", depthHint}

// environment is the parent's without what ties git to another repository or
// makes it ask somebody.
func environment() []string {
	drop := []string{
		"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE",
		"GIT_ASKPASS", "SSH_ASKPASS", "GIT_EXTERNAL_DIFF", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
		"LC_ALL", "GIT_TERMINAL_PROMPT", "GIT_OPTIONAL_LOCKS",
	}
	kept := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(drop, name) || strings.HasPrefix(name, "GIT_TRACE")
	})
	return append(kept, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
}

func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	// An empty core.askPass keeps a partial clone from opening a window, and
	// quoted paths would hide names that are not ASCII.
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.askPass=", "-c", "core.quotePath=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = environment()
	return cmd
}

// failure is a git process that said no.
type failure struct {
	exit   int
	stderr string
}

func (f *failure) Error() string {
	if f.stderr == "" {
		return fmt.Sprintf("git exited with status %d", f.exit)
	}
	return f.stderr
}

// run returns what git prints. When git says no the error is a *failure, when
// it could not be asked an *Error or the context's.
func run(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := command(ctx, dir, args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", &failure{exit: exit.ExitCode(), stderr: firstLine(stderr.String())}
	}
	return "", startError(dir, err)
}

// startError explains why git could not be started.
func startError(dir string, err error) error {
	if info, statErr := os.Stat(dir); statErr != nil || !info.IsDir() {
		return &Error{Code: CodeFailed, Message: fmt.Sprintf("running git in %s: no such directory", dir)}
	}
	if errors.Is(err, exec.ErrNotFound) {
		return &Error{
			Code: CodeNotInstalled, Message: "running git: the program is not installed",
			Hints: []string{"install git, or compare with a directory: --against dir:PATH"},
		}
	}
	return &Error{Code: CodeFailed, Message: "running git: " + err.Error()}
}

// line is run for commands that print one line.
func line(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := run(ctx, dir, args...)
	return strings.TrimRight(out, "\r\n"), err
}

// failed wraps a *failure with what was being done; other errors pass.
func failed(doing string, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return &Error{Code: CodeFailed, Message: doing + ": " + f.Error()}
	}
	return err
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimPrefix(strings.TrimPrefix(text, "fatal: "), "error: ")
}

// Place is where a directory lies in its repository.
type Place struct {
	Root   string // the top of the work tree
	Prefix string // the directory below Root with /, "." for Root itself
}

// Locate finds the repository of a directory.
func Locate(ctx context.Context, dir string) (Place, error) {
	out, err := run(ctx, dir, "rev-parse", "--show-toplevel", "--show-prefix")
	if f, ok := errors.AsType[*failure](err); ok {
		return Place{}, notRepository(dir, f)
	} else if err != nil {
		return Place{}, err
	}
	top, prefix, _ := strings.Cut(out, "\n")
	prefix = strings.TrimSuffix(strings.TrimRight(prefix, "\r\n"), "/")
	if prefix == "" {
		prefix = "."
	}
	return Place{Root: filepath.FromSlash(top), Prefix: prefix}, nil
}

// notRepository tells the ways apart in which git refuses a directory.
func notRepository(dir string, f *failure) error {
	e := &Error{Code: CodeNotRepository, Message: fmt.Sprintf("%s is not in a git repository", dir)}
	switch {
	case strings.Contains(f.stderr, "dubious ownership"):
		e.Message = fmt.Sprintf("git refuses the repository of %s, which belongs to another user", dir)
		e.Hints = []string{"trust it with: git config --global --add safe.directory DIRECTORY"}
	case strings.Contains(f.stderr, "must be run in a work tree"):
		e.Message = fmt.Sprintf("%s is in a bare repository, which has no files to check", dir)
	case !strings.Contains(f.stderr, "not a git repository"):
		e.Message = fmt.Sprintf("finding the git repository of %s: %s", dir, f.stderr)
	default:
		e.Hints = []string{"compare with a directory: --against dir:PATH"}
	}
	return e
}

// Ignored lists what git ignores and does not track below a folder of a
// repository ("." is all of it), as a predicate on names from the root; folders
// end in /.
func Ignored(ctx context.Context, root, below string) (func(name string) bool, error) {
	args := []string{"ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"}
	if below != "." {
		args = append(args, "--", ":(top,literal)"+below)
	}
	out, err := run(ctx, root, args...)
	if err != nil {
		return nil, failed("listing ignored files", err)
	}
	ignored := map[string]bool{}
	for name := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		ignored[name] = true
	}
	return func(name string) bool { return ignored[name] }, nil
}

// isShallow reports whether the clone left old commits behind.
func isShallow(ctx context.Context, dir string) bool {
	answer, err := line(ctx, dir, "rev-parse", "--is-shallow-repository")
	return err == nil && answer == "true"
}
