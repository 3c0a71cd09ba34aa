package git

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// state is what a file held after a commit.
type state struct {
	version string // the commit, abbreviated
	name    string // the file's name then
	blob    string
}

// log follows every file of the commit back through its history, in one git
// log. First parents only: a merge counts as the one change that it was to the
// branch, and what a side branch held in between was never released.
func (r *Registry) log(ctx context.Context) (map[string][]state, error) {
	if isShallow(ctx, r.root) {
		return nil, &Error{
			Code: CodeShallow, Message: "reading the history of " + r.short + ": the clone is shallow, its older versions are missing", Hints: fetchHints,
		}
	}
	args := []string{
		"log", "-z", "--first-parent", "-m", "--root", "--raw", "--no-abbrev", "--abbrev-commit", "--abbrev=12",
		"--find-renames", "--no-show-signature", "--no-color", "--format=" + commitMark + "%h", r.commit, "--",
	}
	out, err := run(ctx, r.root, append(args, r.pathspecs()...)...)
	if err != nil {
		return nil, failed("reading the history of "+r.short, err)
	}
	names := make([]string, 0, len(r.entries))
	for name := range r.entries {
		if r.options.Wants(name) {
			names = append(names, name)
		}
	}
	return follow(out, names), nil
}

// pathspecs limit the log to files named like schemas, anywhere in the
// repository, since they may have been renamed from anywhere.
func (r *Registry) pathspecs() []string {
	var specs []string
	for _, kind := range r.options.Kinds {
		for _, suffix := range slices.Concat(kind.Suffixes, kind.Maybe) {
			specs = append(specs, ":(top,glob)**/*"+suffix)
		}
	}
	return specs
}

// commitMark begins the record of a commit; a name of a file cannot hold it.
const commitMark = "\x01"

// follow reads a raw log, newest commit first, and gives each file the states
// it went through, oldest first.
func follow(log string, names []string) map[string][]state {
	states := map[string][]state{}
	heir := make(map[string]string, len(names)) // a name at this point of the log to the name at the end
	for _, name := range names {
		heir[name] = name
	}
	version := ""
	moved := map[string]string{} // renames of one commit; they hold for the commits before it
	for records := strings.Split(log, "\x00"); len(records) > 0; {
		record := strings.TrimPrefix(records[0], "\n")
		records = records[1:]
		if commit, ok := strings.CutPrefix(record, commitMark); ok {
			version = strings.TrimSpace(commit)
			maps.Copy(heir, moved)
			clear(moved)
			continue
		}
		// :OLDMODE NEWMODE OLDBLOB NEWBLOB STATUS, the name, for renames the new name.
		fields := strings.Fields(record)
		if len(fields) != 5 || len(records) == 0 {
			continue
		}
		status, before, after := fields[4][0], records[0], records[0]
		records = records[1:]
		if (status == 'R' || status == 'C') && len(records) > 0 {
			after, records = records[0], records[1:]
		}
		name, ok := heir[after]
		if !ok || status == 'D' {
			continue
		}
		states[name] = append(states[name], state{version: version, name: after, blob: fields[3]})
		if status == 'R' {
			delete(heir, after)
			moved[before] = name
		}
	}
	for name := range states {
		slices.Reverse(states[name])
		// A rename or a change of mode is no new version.
		states[name] = slices.CompactFunc(states[name], func(a, b state) bool { return a.blob == b.blob })
	}
	return states
}
