package registry

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
)

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// Check tells why a rule cannot be meant: a glob that is malformed would match
// nothing, and a placeholder that is unknown would end up in a subject's name.
func (r SubjectRule) Check() error {
	for segment := range strings.SplitSeq(r.Glob, "/") {
		if _, err := path.Match(segment, ""); err != nil {
			return fmt.Errorf("%q is no glob: [ needs its ]", r.Glob)
		}
	}
	if r.Name == "" {
		return errors.New("a subject needs a name")
	}
	for _, found := range placeholder.FindAllString(r.Name, -1) {
		switch found {
		case "{path}", "{dir}", "{name}", "{record}":
		default:
			return fmt.Errorf("unknown placeholder %s in %q; known are {path}, {dir}, {name} and {record}", found, r.Name)
		}
	}
	return nil
}

// Matches reports whether the rule is about a file, by its path from the
// repository root or below the compared root.
func (r SubjectRule) Matches(file string) bool { return matchGlob(r.Glob, file) }
