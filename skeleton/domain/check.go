package domain

import (
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Check says all that is wrong with the description of an aggregate, or nil.
func (a Aggregate[S]) Check() error {
	var faults []error
	fault := func(format string, values ...any) {
		faults = append(faults, fmt.Errorf("aggregate %q: "+format, append([]any{a.Name}, values...)...))
	}
	if a.Name == "" || a.ID == "" {
		fault("it needs a Name, and an ID, which is the member that names the stream")
	}
	if !isCategory(a.Category) {
		fault("the Category %q is not letters and digits with a lower-case letter first, such as account", a.Category)
	}
	if a.Evolve == nil {
		fault("it has no Evolve: events would change nothing")
	}
	var events, commands []string
	for _, t := range a.Events {
		events = append(events, t.Name)
	}
	for _, c := range a.Commands {
		commands = append(commands, c.Name)
	}
	if twice := repeated(events); twice != "" {
		fault("two types of events have the name %q", twice)
	}
	if twice := repeated(commands); twice != "" {
		fault("two commands have the name %q", twice)
	}
	for _, name := range a.Story {
		if !slices.Contains(commands, name) {
			fault("the Story has the command %q, which is not one of %q", name, commands)
		}
	}
	return errors.Join(faults...)
}

// isCategory reports whether a text may be a category. A hyphen would make streams
// of two categories alike: a-b of the id c, and a of the id b-c.
func isCategory(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return false
		}
	}
	return unicode.IsLetter(first) && !unicode.IsUpper(first)
}

// repeated is a name that is there twice, or empty.
func repeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}
