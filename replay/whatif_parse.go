package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
)

// ParseTarget reads what names an event: a sequence, or an id.
func ParseTarget(text string) (Point, error) {
	p, err := ParsePoint(strings.TrimSpace(text))
	if err == nil && !p.NeedsStream() {
		err = fmt.Errorf("%q names no event: write its sequence, or id: and its id", text)
	}
	return p, err
}

// ParseEdit reads SEQ PATH=JSON, such as 18 .amount=5.
func ParseEdit(text string) (Edit, error) {
	at, rest, spaced := strings.Cut(strings.TrimSpace(text), " ")
	path, value, given := strings.Cut(rest, "=")
	if !spaced || !given {
		return Edit{}, fmt.Errorf("edit %q: write SEQ PATH=JSON, such as: 18 .amount=5", text)
	}
	e := Edit{}
	var err error
	if e.At, err = ParseTarget(at); err != nil {
		return Edit{}, fmt.Errorf("edit %q: %w", text, err)
	}
	if e.Path, err = ParsePath(strings.TrimSpace(path)); err != nil {
		return Edit{}, fmt.Errorf("edit %q: %w", text, err)
	}
	if e.Value, err = parseValue(value); err != nil {
		return Edit{}, fmt.Errorf("edit %q: %w; a text needs its quotes", text, err)
	}
	return e, nil
}

// ParseInsert reads SEQ JSON, such as 18 {"type": "OrderCancelled", "data": {}}.
func ParseInsert(text string) (Insert, error) {
	after, rest, spaced := strings.Cut(strings.TrimSpace(text), " ")
	if !spaced {
		return Insert{}, fmt.Errorf(`insert %q: write SEQ JSON, such as: 18 {"type": "OrderCancelled", "data": {}}`, text)
	}
	i := Insert{}
	var err error
	if i.After, err = ParseTarget(after); err != nil {
		return Insert{}, fmt.Errorf("insert %q: %w", text, err)
	}
	value, err := parseValue(rest)
	if err != nil {
		return Insert{}, fmt.Errorf("insert %q: %w", text, err)
	}
	if i.Event, err = insertedEvent(value); err != nil {
		return Insert{}, fmt.Errorf("insert %q: %w", text, err)
	}
	return i, nil
}

// ParseSwap reads A:B, two sequences.
func ParseSwap(text string) (Swap, error) {
	a, b, found := strings.Cut(text, ":")
	x, errX := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	y, errY := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
	if !found || errX != nil || errY != nil {
		return Swap{}, fmt.Errorf("swap %q: write A:B, two sequences such as 20:21", text)
	}
	return Swap{AtSequence(x), AtSequence(y)}, nil
}

func parseValue(text string) (any, error) {
	d, err := document.Parse("JSON", []byte(text))
	if err != nil {
		return nil, err
	}
	return d.Value(), nil
}

// insertedKeys are the members of an event that is inserted.
var insertedKeys = []string{"type", "data", "id", "time", "source", "correlationid", "causationid", "schemaversion"}

// insertedEvent makes an event of an object: type, and what else of it matters.
func insertedEvent(value any) (event.Event, error) {
	var e event.Event
	object, ok := value.(map[string]any)
	if !ok {
		return e, fmt.Errorf(`an event is an object with "type" and "data", found %s`, describe(value))
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(insertedKeys, key) {
			return e, fmt.Errorf("an event has no %q: expected one of %s", key, strings.Join(insertedKeys, ", "))
		}
		if key == "data" {
			e.Data = []byte(document.Encode(object[key]))
			continue
		}
		text, ok := object[key].(string)
		if !ok {
			return e, fmt.Errorf("%s of the event must be a text, found %s", key, describe(object[key]))
		}
		if err := setAttribute(&e, key, text); err != nil {
			return e, err
		}
	}
	if e.Type == "" {
		return e, errors.New(`the event needs a "type"`)
	}
	return e, nil
}

func setAttribute(e *event.Event, key, text string) error {
	switch key {
	case "type":
		e.Type = text
	case "id":
		e.ID = []byte(text)
	case "source":
		e.Source = text
	case "correlationid":
		e.CorrelationID = []byte(text)
	case "causationid":
		e.CausationID = []byte(text)
	case "schemaversion":
		e.SchemaVersion = text
	case "time":
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return fmt.Errorf("time of the event: %q is no time in RFC 3339, such as 2026-01-31T10:00:00Z", text)
		}
		e.Time = t.UTC()
	}
	return nil
}

// ParseOverlay reads an overlay from a YAML or a JSON file. Errors name file,
// line and column.
func ParseOverlay(name string, text []byte) (Overlay, error) {
	d, err := document.Parse(name, text)
	if err != nil {
		return Overlay{}, err
	}
	p := overlayParser{d}
	object, ok := d.Value().(map[string]any)
	if !ok {
		return Overlay{}, p.fault("", "an object was expected, found %s", describe(d.Value()))
	}
	if err := p.known(object, "", "drop", "edit", "insert", "swap"); err != nil {
		return Overlay{}, err
	}
	var o Overlay
	if o.Drops, err = each(p, object, "drop", func(_ string, item any) (Point, error) { return target(item) }); err != nil {
		return o, err
	}
	if o.Edits, err = each(p, object, "edit", p.edit); err != nil {
		return o, err
	}
	if o.Inserts, err = each(p, object, "insert", insertItem); err != nil {
		return o, err
	}
	o.Swaps, err = each(p, object, "swap", swapItem)
	return o, err
}

// An overlayParser reads an overlay and points at what is wrong.
type overlayParser struct{ document *document.Document }

func (p overlayParser) fault(pointer, format string, values ...any) error {
	place, _ := p.document.Range(pointer)
	return &document.Error{
		File: p.document.Name(), Line: place.Start.Line, Column: place.Start.Column,
		Message: "overlay: " + fmt.Sprintf(format, values...), Code: "overlay",
	}
}

func (p overlayParser) known(object map[string]any, pointer string, names ...string) error {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, key) {
			return p.fault(document.Join(pointer, key), "unknown key %q, expected one of %s", key, strings.Join(names, ", "))
		}
	}
	return nil
}

// each reads the items of a list; what reading an item finds wrong is said of its
// place, if it does not say so itself.
func each[T any](p overlayParser, object map[string]any, key string, read func(pointer string, item any) (T, error)) ([]T, error) {
	pointer := document.Join("", key)
	list, ok := object[key].([]any)
	if object[key] != nil && !ok {
		return nil, p.fault(pointer, "%s is a list, found %s", key, describe(object[key]))
	}
	var all []T
	for i, item := range list {
		at := document.Join(pointer, strconv.Itoa(i))
		value, err := read(at, item)
		if err != nil {
			if _, placed := errors.AsType[*document.Error](err); !placed {
				err = p.fault(at, "%s: %s", key, err)
			}
			return nil, err
		}
		all = append(all, value)
	}
	return all, nil
}

// target reads what names an event: a number, or a text as in ParseTarget.
func target(value any) (Point, error) {
	switch v := value.(type) {
	case json.Number:
		return ParseTarget(string(v))
	case string:
		return ParseTarget(v)
	}
	return Point{}, fmt.Errorf("an event is named by its sequence, or by id: and its id, found %s", describe(value))
}

func (p overlayParser) edit(pointer string, item any) (Edit, error) {
	var e Edit
	object, ok := item.(map[string]any)
	if !ok {
		return e, errors.New("write {at: 18, path: .amount, value: 5}")
	}
	if err := p.known(object, pointer, "at", "path", "value"); err != nil {
		return e, err
	}
	path, ok := object["path"].(string)
	value, given := object["value"]
	if !ok || !given {
		return e, errors.New("an edit needs at, path and value: {at: 18, path: .amount, value: 5}")
	}
	var err error
	if e.Path, err = ParsePath(path); err != nil {
		return e, err
	}
	e.Value = value
	e.At, err = target(object["at"])
	return e, err
}

func insertItem(_ string, item any) (Insert, error) {
	var i Insert
	object, ok := item.(map[string]any)
	if !ok {
		return i, errors.New("write {after: 18, type: OrderCancelled, data: {}}")
	}
	var err error
	if i.After, err = target(object["after"]); err != nil {
		return i, fmt.Errorf("after: %w", err)
	}
	rest := maps.Clone(object)
	delete(rest, "after")
	i.Event, err = insertedEvent(rest)
	return i, err
}

func swapItem(_ string, item any) (Swap, error) {
	pair, ok := item.([]any)
	if !ok || len(pair) != 2 {
		return Swap{}, errors.New("a swap is a pair: [20, 21]")
	}
	a, err := target(pair[0])
	if err != nil {
		return Swap{}, err
	}
	b, err := target(pair[1])
	return Swap{a, b}, err
}
