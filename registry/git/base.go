package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Base is the revision that a change is compared with.
type Base struct {
	Commit string
	// Explanation says in a few words which one it is, for the report: "merge
	// base with origin/main".
	Explanation string
}

// Resolve finds the commit that a revision names.
func Resolve(ctx context.Context, dir, rev string) (string, error) {
	commit, err := verify(ctx, dir, rev)
	if f, ok := errors.AsType[*failure](err); ok {
		return "", unknownRevision(ctx, dir, rev, f)
	}
	return commit, err
}

func verify(ctx context.Context, dir, rev string) (string, error) {
	return line(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
}

func unknownRevision(ctx context.Context, dir, rev string, f *failure) error {
	if strings.Contains(f.stderr, "not a git repository") || strings.Contains(f.stderr, "dubious ownership") {
		return notRepository(dir, f)
	}
	if _, err := verify(ctx, dir, "HEAD"); err != nil {
		return unborn(dir)
	}
	e := &Error{Code: CodeUnknownRevision, Message: fmt.Sprintf("there is no git revision %q", rev)}
	if near := nearestRefs(ctx, dir, rev); len(near) > 0 {
		e.Hints = append(e.Hints, "near it: "+strings.Join(near, ", "))
	}
	if isShallow(ctx, dir) {
		e.Hints = append(e.Hints, fetchHints...)
	} else {
		e.Hints = append(e.Hints, "if it is a branch of the remote, fetch it with: git fetch origin "+strings.TrimPrefix(rev, "origin/"))
	}
	return e
}

func unborn(dir string) error {
	return &Error{
		Code: CodeUnborn, Message: fmt.Sprintf("the repository of %s has no commit yet", dir),
		Hints: []string{"commit the released schemas first, or compare with a directory: --against dir:PATH"},
	}
}

// nearestRefs lists up to three branches and tags whose name is like rev.
func nearestRefs(ctx context.Context, dir, rev string) []string {
	out, err := run(ctx, dir, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return nil
	}
	type near struct {
		name     string
		distance int
	}
	var found []near
	for name := range strings.Lines(out) {
		name = strings.TrimSpace(name)
		local := name[strings.IndexByte(name, '/')+1:]
		d := min(distance(rev, name), distance(rev, local))
		if d <= max(2, len(rev)/3) && !strings.HasSuffix(name, "/HEAD") {
			found = append(found, near{name, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, n := range found[:min(3, len(found))] {
		names = append(names, n.name)
	}
	return names
}

// distance is the number of insertions, deletions and exchanges between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above+1, row[j]+1, diagonal+cost)
			diagonal = above
		}
	}
	return row[len(b)]
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
	if b.head, err = verify(ctx, b.dir, "HEAD"); err != nil {
		if _, ok := errors.AsType[*failure](err); ok {
			return Base{}, unborn(dir)
		}
		return Base{}, err
	}
	if sha := env("CI_MERGE_REQUEST_DIFF_BASE_SHA"); sha != "" {
		return b.mergeRequest(sha)
	}
	if name := env("GITHUB_BASE_REF"); name != "" {
		return b.pullRequest(name)
	}
	return b.branch()
}

// chooser holds what the choice of a base needs at every step.
type chooser struct {
	ctx  context.Context
	dir  string
	env  func(string) string
	head string
}

// mergeRequest takes the commit that GitLab names.
func (b chooser) mergeRequest(sha string) (Base, error) {
	commit, err := Resolve(b.ctx, b.dir, sha)
	if e, ok := errors.AsType[*Error](err); ok && e.Code == CodeUnknownRevision {
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
	ref, ok, err := b.firstRef("refs/remotes/origin/"+name, "refs/heads/"+name)
	if err != nil {
		return Base{}, err
	}
	if !ok {
		return Base{}, &Error{
			Code: CodeShallow, Message: fmt.Sprintf("the base branch %q of the pull request is not in this clone", name),
			Hints: append([]string{"fetch it with: git fetch origin " + name}, fetchHints[1:]...),
		}
	}
	return b.mergeBase(ref, " (GITHUB_BASE_REF)")
}

// branch compares with the default branch.
func (b chooser) branch() (Base, error) {
	current, err := line(b.ctx, b.dir, "symbolic-ref", "--quiet", "--short", "HEAD")
	detached := err != nil
	if _, ok := errors.AsType[*failure](err); detached && !ok {
		return Base{}, err
	}
	ref, name, err := b.defaultBranch()
	if err != nil {
		return Base{}, err
	}
	if ref == "" {
		return Base{}, b.noDefault(detached)
	}
	if current == name {
		return b.firstParent("on the default branch " + name)
	}
	base, err := b.mergeBase(ref, "")
	if err == nil && detached && base.Commit == b.head {
		return b.firstParent("which the default branch " + name + " already has")
	}
	return base, err
}

func (b chooser) noDefault(detached bool) error {
	e := &Error{Code: CodeNoBase, Message: "finding a revision to compare with: this clone has no default branch that nexus can find (tried origin/HEAD, init.defaultBranch, main and master)"}
	if detached {
		e.Code = CodeDetached
		e.Message = "finding a revision to compare with: HEAD is detached and the clone has no default branch"
	}
	e.Hints = []string{"name the revision: --against git:REV"}
	if b.env("CI") != "" {
		e.Hints = append(e.Hints, fetchHints[1:]...)
	}
	e.Hints = append(e.Hints, "or tell git the default branch: git remote set-head origin --auto")
	return e
}

// defaultBranch finds the default branch: its full reference and its short
// name, both empty when there is none.
func (b chooser) defaultBranch() (ref, name string, err error) {
	head, err := line(b.ctx, b.dir, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
	if err == nil {
		if _, err := verify(b.ctx, b.dir, head); err == nil {
			return head, strings.TrimPrefix(head, "refs/remotes/origin/"), nil
		}
	}
	names := []string{"main", "master"}
	if configured, err := line(b.ctx, b.dir, "config", "--get", "init.defaultBranch"); err == nil && configured != "" {
		names = slices.Insert(names, 0, configured)
	}
	for _, name := range names {
		if ref, ok, err := b.firstRef("refs/remotes/origin/"+name, "refs/heads/"+name); ok || err != nil {
			return ref, name, err
		}
	}
	return "", "", b.ctx.Err()
}

// firstRef is the first of some references that exists.
func (b chooser) firstRef(refs ...string) (string, bool, error) {
	for _, ref := range refs {
		_, err := verify(b.ctx, b.dir, ref)
		if err == nil {
			return ref, true, nil
		}
		if _, ok := errors.AsType[*failure](err); !ok {
			return "", false, err
		}
	}
	return "", false, nil
}

func shortRef(ref string) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/remotes/"), "refs/heads/")
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
