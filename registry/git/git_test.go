package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

var layout = registry.Layout{Kinds: []registry.Kind{{
	Format: schema.JSON, Suffixes: []string{".schema.json"}, Maybe: []string{".json"},
	Sniff: func(_ string, text []byte) bool { return bytes.Contains(text, []byte("$schema")) },
}}}

// repository is a repository under test. Its commits are the same on every
// machine: the clock is a counter.
type repository struct {
	t    *testing.T
	dir  string
	tick int
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &repository{t: t, dir: dir}
	r.git("init", "--quiet", "--initial-branch=main")
	return r
}

// in is the same kind of repository in another folder.
func (r *repository) in(dir string) *repository { return &repository{t: r.t, dir: dir, tick: r.tick} }

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	when := fmt.Sprintf("2026-01-01T00:%02d:%02dZ", r.tick/60, r.tick%60)
	cmd.Env = append(environment(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repository) write(name, text string) {
	r.t.Helper()
	full := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit commits all there is and returns the commit.
func (r *repository) commit() string {
	r.t.Helper()
	r.tick++
	r.git("add", "--all")
	r.git("commit", "--quiet", "--allow-empty", "--message", fmt.Sprint("commit ", r.tick))
	return r.git("rev-parse", "HEAD")
}

func (r *repository) open(rev string, o Options) *Registry {
	r.t.Helper()
	o.Layout = layout
	opened, err := Open(context.Background(), r.dir, rev, o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(opened.Close)
	return opened
}

// outline maps subjects to "file: text" of their latest versions.
func outline(t *testing.T, r *Registry) map[string]string {
	t.Helper()
	ctx := context.Background()
	subjects, err := r.Subjects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, subject := range subjects {
		s, err := r.Schema(ctx, subject, "")
		if err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
		files[subject] = s.File + ": " + string(s.Text)
	}
	return files
}

func TestOpen(t *testing.T) {
	repo := newRepository(t)
	repo.write("schemas/a.schema.json", "{}")
	repo.write("schemas/été.json", `{"$schema": 1}`)
	repo.write("schemas/none.json", `{}`)
	repo.write("schemas/v/1.schema.json", "one")
	repo.write("schemas/v/2.schema.json", "two")
	repo.write("schemas/vendor/c.schema.json", "{}")
	repo.write("other/b.schema.json", "b")
	repo.commit()
	repo.write("schemas/a.schema.json", "changed since")
	repo.write("schemas/new.schema.json", "new since")

	all := map[string]string{
		"schemas/a": "schemas/a.schema.json: {}", "schemas/été": `schemas/été.json: {"$schema": 1}`,
		"schemas/v": "schemas/v/2.schema.json: two", "other/b": "other/b.schema.json: b",
	}
	below := map[string]string{"a": all["schemas/a"], "été": all["schemas/été"], "v": all["schemas/v"]}
	for _, test := range []struct {
		path string
		want map[string]string
	}{
		{"", all}, {".", all}, {"schemas", below}, {"schemas/", below}, {"nowhere", map[string]string{}},
		{"schemas/v", map[string]string{"v": all["schemas/v"]}},
		{"schemas/none.json", map[string]string{"none": "schemas/none.json: {}"}},
		{"schemas/v/1.schema.json", map[string]string{"v": "schemas/v/1.schema.json: one"}},
	} {
		opened := repo.open("HEAD", Options{Path: test.path})
		if diff := cmp.Diff(test.want, outline(t, opened)); diff != "" {
			t.Errorf("subjects below %q (-want +got):\n%s", test.path, diff)
		}
	}

	opened := repo.open("main", Options{})
	if text, err := opened.File("other/b.schema.json"); err != nil || string(text) != "b" {
		t.Errorf("File = %q, %v", text, err)
	}
	if _, err := opened.File("nexus.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := opened.Schema(context.Background(), "nobody", ""); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("an unknown subject: %v", err)
	}
	if s, err := opened.Schema(context.Background(), "schemas/v", "1"); err != nil || string(s.Text) != "one" || s.Revision != opened.Commit()[:12] {
		t.Errorf("version 1 = %+v, %v", s, err)
	}
}

func TestOpenFromBelowTheRootAndInHooks(t *testing.T) {
	repo := newRepository(t)
	repo.write("schemas/a.schema.json", "{}")
	commit := repo.commit()
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "elsewhere"))
	t.Setenv("GIT_INDEX_FILE", "nowhere")
	opened, err := Open(context.Background(), filepath.Join(repo.dir, "schemas"), "HEAD", Options{Layout: layout})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if opened.Commit() != commit {
		t.Errorf("commit %s, want %s", opened.Commit(), commit)
	}
	place, err := Locate(context.Background(), filepath.Join(repo.dir, "schemas"))
	if err != nil || place != (Place{Root: repo.dir, Prefix: "schemas"}) {
		t.Errorf("Locate = %+v, %v", place, err)
	}
}

func TestReferencesAndLinks(t *testing.T) {
	repo := newRepository(t)
	repo.write("schemas/a.schema.json", "{}")
	repo.write("common/address.json", "address")
	repo.write("common/plain.txt", "plain")
	if err := os.Symlink("../common/address.json", filepath.Join(repo.dir, "schemas", "link.schema.json")); err != nil {
		t.Skip("no links here:", err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(repo.dir, "schemas", "out.schema.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop.schema.json", filepath.Join(repo.dir, "schemas", "loop.schema.json")); err != nil {
		t.Fatal(err)
	}
	repo.commit()
	opened := repo.open("HEAD", Options{Path: "schemas"})
	want := map[string]string{"a": "schemas/a.schema.json: {}", "link": "schemas/link.schema.json: address"}
	if diff := cmp.Diff(want, outline(t, opened)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	s, err := opened.Schema(context.Background(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	for reference, want := range map[string]string{"../common/address.json": "address", "../common/plain.txt": "plain", "link.schema.json": "address"} {
		if name, text, err := s.Resolve(reference); err != nil || string(text) != want {
			t.Errorf("%s resolved to %s %q, %v", reference, name, text, err)
		}
	}
	if _, _, err := s.Resolve("missing.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing reference: %v", err)
	}
	if _, _, err := s.Resolve("../../x.json"); !errors.Is(err, registry.ErrOutside) {
		t.Errorf("a way out: %v", err)
	}
}

func TestVersionsFollowHistory(t *testing.T) {
	repo := newRepository(t)
	long := strings.Repeat("\"a line of the schema\",\n", 20)
	repo.write("old/a.schema.json", long+"1")
	repo.write("b.schema.json", "b1")
	first := repo.commit()
	repo.write("b.schema.json", "b2")
	repo.commit()
	repo.write("unrelated.txt", "x")
	repo.commit()
	repo.git("mv", "old/a.schema.json", "a.schema.json")
	repo.commit() // a rename alone is no version
	repo.write("a.schema.json", long+"2")
	second := repo.commit()
	// A side branch goes through a state that main never had.
	repo.git("switch", "--quiet", "--create", "side")
	repo.write("a.schema.json", long+"never released")
	repo.commit()
	repo.write("a.schema.json", long+"3")
	repo.commit()
	repo.git("switch", "--quiet", "main")
	repo.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
	third := repo.git("rev-parse", "HEAD")
	repo.tick++
	repo.write("a.schema.json", long+"4")
	repo.commit()

	ctx := context.Background()
	opened := repo.open(third, Options{})
	got, err := registry.History(ctx, opened, "a", true)
	if err != nil {
		t.Fatal(err)
	}
	var versions, texts []string
	for _, s := range got {
		versions = append(versions, s.Version)
		texts = append(texts, strings.TrimPrefix(string(s.Text), long))
	}
	if diff := cmp.Diff([]string{first[:12], second[:12], third[:12]}, versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if versions, err := opened.Versions(ctx, "b"); err != nil || len(versions) != 2 {
		t.Errorf("b has the versions %v, %v", versions, err)
	}
	if _, err := opened.Schema(ctx, "a", "123456789abc"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
	if _, err := opened.Versions(ctx, "nobody"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("an unknown subject: %v", err)
	}
}

func TestFollowSwappedNames(t *testing.T) {
	// Newest first: one commit renames a to b and adds another a.
	record := func(status string, blob string, names ...string) string {
		return ":100644 100644 0 " + blob + " " + status + "\x00" + strings.Join(names, "\x00") + "\x00"
	}
	log := commitMark + "c2\x00" + record("R090", "blob3", "a", "Z") + record("A", "blob2", "a") +
		commitMark + "c1\x00" + record("A", "blob1", "a")
	want := map[string][]state{
		"Z": {{"c1", "a", "blob1"}, {"c2", "Z", "blob3"}},
		"a": {{"c2", "a", "blob2"}},
	}
	if diff := cmp.Diff(want, follow(log, []string{"a", "Z"}), cmp.AllowUnexported(state{})); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func FuzzFollow(f *testing.F) {
	f.Add(commitMark + "c1\x00:100644 100644 0 1 R100\x00a\x00b\x00")
	f.Add(":::: R\x00\x00\x01")
	f.Fuzz(func(t *testing.T, log string) {
		for name, states := range follow(log, []string{"a", "b"}) {
			if name != "a" && name != "b" || len(states) == 0 {
				t.Errorf("%q has the states %v", name, states)
			}
		}
	})
}

func TestManyObjects(t *testing.T) {
	repo := newRepository(t)
	big := strings.Repeat("x", 1<<17) // more than a pipe holds
	for i := range 50 {
		repo.write(fmt.Sprintf("s/%02d.schema.json.schema.json", i), fmt.Sprint(i, big))
	}
	repo.commit()
	opened := repo.open("HEAD", Options{Path: "s"})
	if files := outline(t, opened); len(files) != 50 || !strings.HasSuffix(files["07.schema.json"], "7"+big) {
		t.Errorf("%d files, or another text", len(files))
	}
	opened.Close()
	if _, err := opened.File("s/01.schema.json.schema.json"); err == nil {
		t.Error("a closed revision still reads")
	}
}

func TestCancel(t *testing.T) {
	repo := newRepository(t)
	repo.write("a.schema.json", "{}")
	repo.commit()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, repo.dir, "HEAD", Options{Layout: layout}); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}

func TestIgnored(t *testing.T) {
	repo := newRepository(t)
	repo.write(".gitignore", "build/\n*.tmp.json\n")
	repo.write("build/out.json", "{}")
	repo.write("s/a.tmp.json", "{}")
	repo.write("s/b.json", "{}")
	repo.write("s/kept.tmp.json", "{}")
	repo.git("add", "--force", "s/kept.tmp.json")
	ignored, err := Ignored(context.Background(), repo.dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"build/": true, "s/a.tmp.json": true, "s/b.json": false, "s/kept.tmp.json": false, "s/": false} {
		if ignored(name) != want {
			t.Errorf("ignored(%q) = %v", name, !want)
		}
	}
	below, err := Ignored(context.Background(), repo.dir, "s")
	if err != nil || below("build/") || !below("s/a.tmp.json") {
		t.Errorf("below s: build/ %v, s/a.tmp.json %v, %v", below("build/"), below("s/a.tmp.json"), err)
	}
}

func noEnv(string) string { return "" }

func env(pairs ...string) func(string) string {
	return func(name string) string {
		if i := slices.Index(pairs, name); i >= 0 {
			return pairs[i+1]
		}
		return ""
	}
}

func TestMergeBase(t *testing.T) {
	origin := newRepository(t)
	origin.write("a.schema.json", "1")
	first := origin.commit()
	origin.write("a.schema.json", "2")
	second := origin.commit()
	origin.git("switch", "--quiet", "--create", "feature", first)
	origin.write("b.schema.json", "1")
	feature := origin.commit()
	origin.git("switch", "--quiet", "main")
	clone := origin.in(filepath.Join(t.TempDir(), "clone"))
	origin.git("clone", "--quiet", origin.dir, clone.dir)

	tests := []struct {
		name    string
		prepare func()
		env     func(string) string
		want    Base
	}{
		{"on the default branch", func() {}, noEnv, Base{Commit: second, Explanation: ""}},
		{"on a branch", func() { clone.git("switch", "--quiet", "feature") }, noEnv, Base{Commit: first, Explanation: "merge base with origin/main"}},
		{"pull request", func() {}, env("GITHUB_BASE_REF", "main"), Base{Commit: first, Explanation: "merge base with origin/main (GITHUB_BASE_REF)"}},
		{"merge request", func() {}, env("CI_MERGE_REQUEST_DIFF_BASE_SHA", second), Base{Commit: second, Explanation: "base of the merge request (CI_MERGE_REQUEST_DIFF_BASE_SHA)"}},
		{"a new branch", func() { clone.git("switch", "--quiet", "--create", "fresh", "origin/main") }, noEnv, Base{Commit: second, Explanation: "merge base with origin/main"}},
		{"detached on main", func() { clone.git("switch", "--quiet", "--detach", "origin/main") }, noEnv, Base{Commit: first, Explanation: "first parent of HEAD, which the default branch main already has"}},
		{"detached elsewhere", func() { clone.git("switch", "--quiet", "--detach", feature) }, noEnv, Base{Commit: first, Explanation: "merge base with origin/main"}},
		{"without origin/HEAD", func() { clone.git("remote", "set-head", "origin", "--delete") }, noEnv, Base{Commit: first, Explanation: "merge base with origin/main"}},
		{"the user's own configuration has no say", func() {
			clone.git("branch", "trunk", second)
			clone.git("config", "init.defaultBranch", "trunk")
		}, noEnv, Base{Commit: first, Explanation: "merge base with origin/main"}},
	}
	tests[0].want = Base{Commit: first, Explanation: "first parent of HEAD, on the default branch main"}
	for _, test := range tests {
		test.prepare()
		test.want.root = clone.dir
		got, err := MergeBase(context.Background(), clone.dir, test.env)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", test.name, got, err, test.want)
		}
	}

	only := newRepository(t)
	only.write("a", "1")
	root := only.commit()
	if got, err := MergeBase(context.Background(), only.dir, noEnv); err != nil || got.Commit != root || got.Explanation != "HEAD, the first commit, on the default branch main" {
		t.Errorf("the first commit: %+v, %v", got, err)
	}
}

func TestErrors(t *testing.T) {
	repo := newRepository(t)
	repo.write("a.schema.json", "1")
	first := repo.commit()
	repo.write("a.schema.json", "2")
	repo.commit()
	repo.git("branch", "release")
	empty := repo.in(t.TempDir())
	empty.git("init", "--quiet", "--initial-branch=main")
	lonely := repo.in(filepath.Join(t.TempDir(), "lonely"))
	repo.git("clone", "--quiet", "--no-tags", repo.dir, lonely.dir)
	lonely.git("switch", "--quiet", "--detach", "HEAD")
	lonely.git("remote", "remove", "origin")
	lonely.git("branch", "--delete", "--force", "main")
	strangers := repo.in(t.TempDir())
	strangers.git("init", "--quiet", "--initial-branch=main")
	strangers.commit()
	strangers.git("switch", "--quiet", "--orphan", "other")
	strangers.commit()
	shallow := repo.in(filepath.Join(t.TempDir(), "shallow"))
	repo.git("clone", "--quiet", "--depth=1", "file://"+repo.dir, shallow.dir)

	base := func(dir string, env func(string) string) func() error {
		return func() error { _, err := MergeBase(context.Background(), dir, env); return err }
	}
	open := func(dir, rev string) func() error {
		return func() error { _, err := Open(context.Background(), dir, rev, Options{Layout: layout}); return err }
	}
	outside := t.TempDir()
	tests := []struct {
		name          string
		do            func() error
		code, message string
		hint          string
	}{
		{"no repository", base(outside, noEnv), CodeNotRepository, outside + " is not in a git repository", "--against dir:"},
		{"no repository to open", open(outside, "HEAD"), CodeNotRepository, "is not in a git repository", "--against dir:"},
		{"no such folder", open(filepath.Join(outside, "x"), "HEAD"), CodeFailed, "no such directory", ""},
		{"no commit", base(empty.dir, noEnv), CodeUnborn, "has no commit yet", "--against dir:"},
		{"no commit to open", open(empty.dir, "HEAD"), CodeUnborn, "has no commit yet", "--against dir:"},
		{"misspelt revision", open(repo.dir, "relaese"), CodeUnknownRevision, `there is no git revision "relaese"`, "git fetch origin relaese:refs/remotes/origin/relaese"},
		{"an option for a revision", open(repo.dir, "--all"), CodeUnknownRevision, `there is no git revision "--all"`, "git fetch origin"},
		{"detached without a default branch", base(lonely.dir, env("CI", "true")), CodeDetached, "HEAD is detached", "fetch-depth: 0"},
		{"nothing in common", base(strangers.dir, noEnv), CodeNoBase, "HEAD and main have no commit in common", "--against git:"},
		{"shallow clone", base(shallow.dir, noEnv), CodeShallow, "the clone is shallow and does not hold the first parent of HEAD", "git fetch --unshallow"},
		{"shallow pull request", base(shallow.dir, env("GITHUB_BASE_REF", "release")), CodeShallow, `the base branch "release" of the pull request is not in this clone`, "git fetch --unshallow origin release:refs/remotes/origin/release"},
		{"unknown in a shallow clone", open(shallow.dir, "release"), CodeShallow, `there is no git revision "release" in this clone, which is shallow`, "git fetch --unshallow origin release:refs/remotes/origin/release"},
		{"an expression in a shallow clone", open(shallow.dir, "HEAD~1"), CodeShallow, `there is no git revision "HEAD~1" in this clone`, "git fetch --unshallow\n"},
		{"shallow merge request", base(shallow.dir, env("CI_MERGE_REQUEST_DIFF_BASE_SHA", first)), CodeShallow, "is not in this clone", "GIT_DEPTH: 0"},
		{"shallow history", func() error {
			_, err := shallow.open("HEAD", Options{}).Versions(context.Background(), "a")
			return err
		}, CodeShallow, "its older versions are missing", "git fetch --unshallow"},
		{"git is not installed", func() error {
			t.Setenv("PATH", t.TempDir())
			return open(repo.dir, "HEAD")()
		}, CodeNotInstalled, "the program is not installed", "--against dir:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.do()
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Code != test.code || !strings.Contains(e.Error(), test.message) || !strings.Contains(strings.Join(e.Hints, "\n"), test.hint) {
				t.Errorf("got %s %q, hints %q; want %s %q, hint %q", e.Code, e.Message, e.Hints, test.code, test.message, test.hint)
			}
		})
	}
}

func TestShallowCloneWithoutMergeBase(t *testing.T) {
	origin := newRepository(t)
	origin.write("a.schema.json", "1")
	origin.commit()
	origin.git("branch", "feature")
	origin.write("a.schema.json", "2")
	origin.commit()
	origin.git("switch", "--quiet", "feature")
	origin.write("b.schema.json", "1")
	origin.commit()
	clone := origin.in(filepath.Join(t.TempDir(), "clone"))
	origin.git("clone", "--quiet", "--depth=1", "--no-single-branch", "file://"+origin.dir, clone.dir)
	clone.git("remote", "set-head", "origin", "main")
	_, err := MergeBase(context.Background(), clone.dir, noEnv)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeShallow || !strings.Contains(strings.Join(e.Hints, " "), "fetch-depth: 0") {
		t.Errorf("got %v", err)
	}
}

// hinted runs the first command that begins with git fetch in an error's hints.
func (r *repository) hinted(err error) {
	r.t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		r.t.Fatalf("got %v, want an *Error", err)
	}
	for _, hint := range e.Hints {
		if _, args, ok := strings.Cut(hint, "git fetch "); ok {
			r.git(append([]string{"fetch", "--quiet"}, strings.Fields(args)...)...)
			return
		}
	}
	r.t.Fatalf("no hint says how to fetch: %q", e.Hints)
}

func TestHintsOfACloneOfOneBranchHelp(t *testing.T) {
	origin := newRepository(t)
	origin.write("a.schema.json", "1")
	first := origin.commit()
	origin.git("branch", "feature")
	origin.write("a.schema.json", "2")
	second := origin.commit()
	origin.git("switch", "--quiet", "feature")
	origin.write("b.schema.json", "1")
	origin.commit()
	origin.git("switch", "--quiet", "main")

	ctx := context.Background()
	for _, test := range []struct {
		name string
		do   func(dir string) (string, error)
		want string
	}{
		{"no default branch", func(dir string) (string, error) {
			base, err := MergeBase(ctx, dir, noEnv)
			return base.Commit, err
		}, first},
		{"pull request", func(dir string) (string, error) {
			base, err := MergeBase(ctx, dir, env("GITHUB_BASE_REF", "main"))
			return base.Commit, err
		}, first},
		{"a named branch", func(dir string) (string, error) { return Resolve(ctx, dir, "main") }, second},
	} {
		for _, depth := range []string{"--depth=1", "--single-branch"} {
			t.Run(test.name+" "+depth, func(t *testing.T) {
				clone := origin.in(filepath.Join(t.TempDir(), "clone"))
				origin.git("clone", "--quiet", depth, "--branch=feature", "file://"+origin.dir, clone.dir)
				_, err := test.do(clone.dir)
				clone.hinted(err)
				if got, err := test.do(clone.dir); err != nil || got != test.want {
					t.Errorf("after the hint: %s, %v; want %s", got, err, test.want)
				}
			})
		}
	}
}

func TestUnknownRevisionNamesCandidates(t *testing.T) {
	origin := newRepository(t)
	origin.commit()
	origin.git("branch", "release")
	origin.git("tag", "v1")
	clone := origin.in(filepath.Join(t.TempDir(), "clone"))
	origin.git("clone", "--quiet", origin.dir, clone.dir)
	_, err := Resolve(context.Background(), clone.dir, "relaese")
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff([]string{"main", "origin/main", "origin/release", "release", "v1"}, e.Candidates); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	// What only the remote has goes by its plain name, an expression does not.
	if _, err := Resolve(context.Background(), clone.dir, "release"); err != nil {
		t.Errorf("a branch of the remote: %v", err)
	}
	if _, err := Resolve(context.Background(), clone.dir, "release^"); err == nil {
		t.Error("an expression was read as a branch of the remote")
	}
}

func TestFewProcesses(t *testing.T) {
	repo := newRepository(t)
	for i := range 30 {
		repo.write(fmt.Sprintf("s/%02d.schema.json", i), fmt.Sprint(i))
	}
	repo.commit()
	repo.git("switch", "--quiet", "--create", "change")
	log := filepath.Join(t.TempDir(), "log")
	repo.git("config", "--global", "trace2.eventTarget", log)
	base, err := MergeBase(context.Background(), repo.dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := base.Open(context.Background(), Options{Layout: layout})
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if count := strings.Count(string(text), `"event":"start"`); count != 6 {
		t.Errorf("%d git processes, want 6", count)
	}
}
