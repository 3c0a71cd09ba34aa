package waiver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// Add returns the text of a waiver file with one more waiver at its end.
// Comments and layout stay. An empty text begins a new file. A waiver that Load
// would refuse is refused here.
func Add(name string, text []byte, w Waiver) ([]byte, error) {
	if strings.TrimSpace(string(text)) == "" {
		text = []byte("version: 1\n")
	}
	before, err := Load(name, text)
	if err != nil {
		return nil, err
	}
	if err := before.admits(w); err != nil {
		return nil, err
	}
	d, err := document.Parse(name, text)
	if err != nil {
		return nil, err
	}
	for _, added := range proposals(d, w) {
		after, err := Load(name, added)
		if err == nil && len(after.Waivers) == len(before.Waivers)+1 {
			return added, nil
		}
	}
	return nil, fmt.Errorf("%s is written in a way that cannot be edited; add the waiver by hand", name)
}

// ExistsError says that a file holds a waiver for the same findings already.
type ExistsError struct{ Waiver Waiver }

// Error names the findings and the place of the waiver that is there.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("there is one for %s already, at %s:%d", e.Waiver.about(), e.Waiver.Place.File, e.Waiver.Place.Line)
}

// admits checks a waiver as Load would check it in the file.
func (f *File) admits(w Waiver) error {
	_, err := Load(f.Name, []byte("version: 1\nwaivers:\n"+w.entry("", "\n")))
	if e, ok := errors.AsType[*document.Error](err); ok {
		return errors.New(e.Message)
	}
	if i := slices.IndexFunc(f.Waivers, w.sameAs); i >= 0 {
		return &ExistsError{Waiver: f.Waivers[i]}
	}
	return nil
}

// proposals are texts with the waiver added, the best to read first. Which of
// them holds depends on how the file is written; the caller loads them.
func proposals(d *document.Document, w Waiver) [][]byte {
	text := string(d.Text())
	newline := "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	list := "waivers:" + newline + w.entry("  ", newline)
	place, found := d.Range("/waivers")
	if !found {
		return [][]byte{[]byte(strings.TrimRight(text, "\r\n") + newline + list)}
	}
	member, _ := d.Member("/waivers")
	indent := strings.Repeat(" ", place.Start.Column-1)
	texts := [][]byte{
		d.Apply(document.Edit{Range: endOfLine(d, place.End), Text: newline + strings.TrimSuffix(w.entry(indent, newline), newline)}),
		d.Apply(document.Edit{Range: member, Text: strings.TrimSuffix(list, newline)}),
	}
	if edit, ok := d.Append("/waivers", w.value()); ok {
		texts = append(texts, d.Apply(edit))
	}
	return texts
}

// endOfLine is the empty range behind the last character of a line, so that a
// comment at its end stays where it is.
func endOfLine(d *document.Document, p document.Position) document.Range {
	lines := strings.Split(string(d.Text()), "\n")
	line := strings.TrimSuffix(strings.TrimPrefix(lines[p.Line-1], "\ufeff"), "\r")
	p.Column = len([]rune(line)) + 1
	return document.Range{Start: p, End: p}
}

// fields are a waiver's members in the order in which they are written.
func (w Waiver) fields() [][2]string {
	fields := [][2]string{{"fingerprint", w.Fingerprint}}
	if w.Fingerprint == "" {
		fields = [][2]string{{"rule", w.Rule}, {"subject", w.Subject}, {"pointer", w.Pointer}}
	}
	return append(fields, [][2]string{{"owner", w.Owner}, {"reason", w.Reason}, {"expires", w.Expires}}...)
}

func (w Waiver) value() map[string]any {
	value := map[string]any{}
	for _, field := range w.fields() {
		value[field[0]] = field[1]
	}
	return value
}

// entry is the waiver as an element of a block list.
func (w Waiver) entry(indent, newline string) string {
	var b strings.Builder
	for i, field := range w.fields() {
		lead := "  "
		if i == 0 {
			lead = "- "
		}
		text := document.Encode(field[1])
		if field[0] == "expires" {
			text = field[1] // a date reads better without quotes
		}
		fmt.Fprintf(&b, "%s%s%s: %s%s", indent, lead, field[0], text, newline)
	}
	return b.String()
}
