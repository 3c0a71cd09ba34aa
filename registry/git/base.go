package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Base is the revision that a change is compared with.
type Base struct {
	Commit string
	// Explanation says in a few words which one it is, for the report: "merge
	// base with origin/main".
	Explanation string

	root string // of the repository
}

// Resolve finds the commit that a revision names. A branch that only the remote
// has goes by its plain name, as in git switch: a CI system clones no other.
func Resolve(ctx context.Context, dir, rev string) (string, error) {
	commit, err := verify(ctx, dir, rev)
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return commit, err
	}
	if isBranch(rev) {
		if commit, err := verify(ctx, dir, remote+rev); err == nil {
			return commit, nil
		}
	}
	return "", unknownRevision(ctx, dir, rev, f)
}

// remote is where git keeps what it knows of the remote's branches.
const remote = "refs/remotes/origin/"

func verify(ctx context.Context, dir, rev string) (string, error) {
	return line(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
}

// unknownRevision explains why a revision is not there. In a shallow clone what
// is misspelt looks like what was not fetched, and the clone is to blame.
func unknownRevision(ctx context.Context, dir, rev string, f *failure) error {
	if strings.Contains(f.stderr, "not a git repository") || strings.Contains(f.stderr, "dubious ownership") {
		return notRepository(dir, f)
	}
	if _, err := verify(ctx, dir, "HEAD"); err != nil {
		return unborn(dir)
	}
	e := &Error{Code: CodeUnknownRevision, Message: fmt.Sprintf("there is no git revision %q", rev), Candidates: names(ctx, dir)}
	fetch, options := "git fetch origin", []string{}
	if isShallow(ctx, dir) {
		e.Code = CodeShallow
		e.Message += " in this clone, which is shallow"
		e.Hints = []string{depthHint}
		fetch, options = "git fetch --unshallow", []string{"--unshallow"}
	}
	if isBranch(rev) {
		fetch = fetchBranch(strings.TrimPrefix(rev, "origin/"), options...)
	}
	e.Hints = slices.Insert(e.Hints, 0, "if the remote has it, fetch it with: "+fetch)
	return e
}

// isBranch reports whether a revision can be the name of a branch, which an
// expression such as HEAD~3 or a commit's own name is not.
func isBranch(rev string) bool {
	isCommit := len(rev) >= 7 && strings.Trim(rev, "0123456789abcdef") == ""
	return rev != "" && !isCommit && !strings.HasPrefix(rev, "-") && !strings.ContainsAny(rev, "~^:@{} ")
}

// fetchBranch is the command that brings a branch of the remote. A clone of one
// branch is set up to fetch no other, so that the place of this one is spelt out.
func fetchBranch(branch string, options ...string) string {
	return strings.Join(slices.Concat([]string{"git fetch"}, options, []string{"origin", branch + ":" + remote + branch}), " ")
}

func unborn(dir string) error {
	return &Error{
		Code: CodeUnborn, Message: fmt.Sprintf("the repository of %s has no commit yet", dir),
		Hints: []string{"commit the released schemas first, or compare with a directory: --against dir:PATH"},
	}
}

// names lists the branches and tags, and those of the remote by their plain
// names too.
func names(ctx context.Context, dir string) []string {
	out, err := run(ctx, dir, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return nil // it was for a hint only
	}
	var list []string
	for name := range strings.Lines(out) {
		name = strings.TrimSpace(name)
		if branch, ok := strings.CutPrefix(name, "origin/"); ok {
			list = append(list, branch)
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(name string) bool { return path.Base(name) == "HEAD" || name == "origin" })
}

// MergeBase chooses the revision to compare a work tree with when nobody named
// one. env looks up environment variables.
//
// In a pull or merge request it is where the request branched off, as the CI
// system tells. Elsewhere it is the merge base with the default branch; on the
// default branch itself, and on a detached commit that the default branch
// already has, the first parent, because the merge base would be the commit
// itself and nothing would ever be found.
func MergeBase(ctx context.Context, dir string, env func(string) string) (Base, error) {
	place, err := Locate(ctx, dir)
	if err != nil {
		return Base{}, err
	}
	b := chooser{ctx: ctx, dir: place.Root, env: env}
	if b.head, b.current, err = head(ctx, b.dir); err != nil {
		if _, ok := errors.AsType[*failure](err); ok {
			return Base{}, unborn(dir)
		}
		return Base{}, err
	}
	base, err := b.choose()
	base.root = b.dir
	return base, err
}

// head is the commit of HEAD, and the full name of its branch, or HEAD when it
// is detached.
func head(ctx context.Context, dir string) (commit, branch string, err error) {
	out, err := line(ctx, dir, "rev-parse", "HEAD^{commit}", "--symbolic-full-name", "HEAD")
	commit, branch, _ = strings.Cut(out, "\n")
	return commit, strings.TrimSpace(branch), err
}

// chooser holds what the choice of a base needs at every step.
type chooser struct {
	ctx     context.Context
	dir     string
	env     func(string) string
	head    string // the commit
	current string // the branch's full name, HEAD when it is detached
}

func (b chooser) choose() (Base, error) {
	if sha := b.env("CI_MERGE_REQUEST_DIFF_BASE_SHA"); sha != "" {
		return b.mergeRequest(sha)
	}
	if name := b.env("GITHUB_BASE_REF"); name != "" {
		return b.pullRequest(name)
	}
	return b.branch()
}

// mergeRequest takes the commit that GitLab names.
func (b chooser) mergeRequest(sha string) (Base, error) {
	commit, err := verify(b.ctx, b.dir, sha)
	if _, ok := errors.AsType[*failure](err); ok {
		return Base{}, &Error{
			Code: CodeShallow, Message: fmt.Sprintf("the base of the merge request, commit %s, is not in this clone", sha), Hints: fetchHints,
		}
	} else if err != nil {
		return Base{}, err
	}
	return Base{Commit: commit, Explanation: "base of the merge request (CI_MERGE_REQUEST_DIFF_BASE_SHA)"}, nil
}

// pullRequest takes the merge base with the branch that GitHub names.
func (b chooser) pullRequest(name string) (Base, error) {
	ref, err := b.firstRef(remote+name, local+name)
	if err != nil {
		return Base{}, err
	}
	if ref == "" {
		return Base{}, &Error{
			Code: CodeShallow, Message: fmt.Sprintf("the base branch %q of the pull request is not in this clone", name),
			Hints: []string{"fetch it with: " + b.fetch(name), depthHint},
		}
	}
	return b.mergeBase(ref, " (GITHUB_BASE_REF)")
}

// fetch is the command that brings a branch with all its commits.
func (b chooser) fetch(branch string) string {
	if isShallow(b.ctx, b.dir) {
		return fetchBranch(branch, "--unshallow")
	}
	return fetchBranch(branch)
}

// branch compares with the default branch.
func (b chooser) branch() (Base, error) {
	detached := b.current == "HEAD"
	ref, err := b.firstRef(remote+"HEAD", remote+"main", local+"main", remote+"master", local+"master")
	if err != nil {
		return Base{}, err
	}
	if ref == "" {
		return Base{}, b.noDefault(detached)
	}
	name := strings.TrimPrefix(strings.TrimPrefix(ref, remote), local)
	if b.current == local+name {
		return b.firstParent("on the default branch " + name)
	}
	base, err := b.mergeBase(ref, "")
	if err == nil && detached && base.Commit == b.head {
		return b.firstParent("which the default branch " + name + " already has")
	}
	return base, err
}

func (b chooser) noDefault(detached bool) error {
	e := &Error{Code: CodeNoBase, Message: "finding a revision to compare with: this clone has no default branch that nexus can find (tried origin/HEAD, main and master)"}
	if detached {
		e.Code = CodeDetached
		e.Message = "finding a revision to compare with: HEAD is detached and the clone has no default branch"
	}
	e.Hints = []string{
		"name the revision: --against git:REV",
		"or fetch the default branch, such as main, with: " + b.fetch("main"),
	}
	if b.env("CI") != "" {
		e.Hints = append(e.Hints, depthHint)
	}
	e.Hints = append(e.Hints, "or tell git the default branch: git remote set-head origin --auto")
	return e
}

// local is where git keeps its own branches.
const local = "refs/heads/"

// firstRef is the first of some references that exists and leads to a commit,
// or "". Of one that stands for another, such as origin/HEAD, it is the other.
// The names of the user's own configuration, such as init.defaultBranch, have no
// say: the base would differ from one machine to the next.
func (b chooser) firstRef(refs ...string) (string, error) {
	out, err := run(b.ctx, b.dir, append([]string{"for-each-ref", "--format=%(refname) %(symref)", "--"}, refs...)...)
	if err != nil {
		return "", failed("listing the branches", err)
	}
	there := map[string]string{}
	for record := range strings.Lines(out) {
		name, target, _ := strings.Cut(strings.TrimSpace(record), " ")
		there[name] = cmp.Or(target, name)
	}
	for _, ref := range refs {
		if found := there[ref]; found != "" {
			return found, nil
		}
	}
	return "", nil
}

func shortRef(ref string) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/remotes/"), local)
}

func (b chooser) mergeBase(ref, from string) (Base, error) {
	commit, err := line(b.ctx, b.dir, "merge-base", ref, "HEAD")
	if err == nil {
		return Base{Commit: commit, Explanation: "merge base with " + shortRef(ref) + from}, nil
	}
	if _, ok := errors.AsType[*failure](err); !ok {
		return Base{}, err
	}
	if isShallow(b.ctx, b.dir) {
		return Base{}, &Error{Code: CodeShallow, Message: "the clone is shallow and does not hold the merge base with " + shortRef(ref), Hints: fetchHints}
	}
	return Base{}, &Error{
		Code: CodeNoBase, Message: "HEAD and " + shortRef(ref) + " have no commit in common",
		Hints: []string{"name the revision: --against git:REV"},
	}
}

// firstParent is the commit before HEAD. A shallow clone hides parents, so that
// the commit's own text is asked whether it has one.
func (b chooser) firstParent(where string) (Base, error) {
	commit, err := verify(b.ctx, b.dir, "HEAD^1")
	if err == nil {
		return Base{Commit: commit, Explanation: "first parent of HEAD, " + where}, nil
	}
	text, err := run(b.ctx, b.dir, "cat-file", "commit", b.head)
	if err != nil {
		return Base{}, failed("reading the commit "+b.head, err)
	}
	if header, _, _ := strings.Cut(text, "\n\n"); strings.Contains(header, "\nparent ") {
		return Base{}, &Error{Code: CodeShallow, Message: "the clone is shallow and does not hold the first parent of HEAD, " + where, Hints: fetchHints}
	}
	return Base{Commit: b.head, Explanation: "HEAD, the first commit, " + where}, nil
}
