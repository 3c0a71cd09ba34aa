package upcast

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Error says where in the list of upcasters something is wrong.
type Error struct {
	Pointer string // JSON pointer from the list, such as /0/do/2/to
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("upcast%s: %s", e.Pointer, e.Message) }

func fault(pointer, format string, values ...any) error {
	return &Error{Pointer: pointer, Message: fmt.Sprintf(format, values...)}
}

// Parse reads the list of upcasters. Every error is an *Error. For one type the
// versions must follow one another without gap or loop.
func Parse(value any) (*Chain, error) {
	c := &Chain{byType: map[string]map[int]*Upcaster{}}
	if value == nil {
		return c, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fault("", "a list of upcasters was expected")
	}
	for i, item := range list {
		u, err := parseUpcaster(item, "/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		c.upcasters = append(c.upcasters, u)
	}
	for i := range c.upcasters {
		if err := c.add(&c.upcasters[i], i); err != nil {
			return nil, err
		}
	}
	for i := range c.upcasters {
		if err := c.follow(&c.upcasters[i], i); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Chain) add(u *Upcaster, i int) error {
	steps := c.byType[u.Type]
	if steps == nil {
		steps = map[int]*Upcaster{}
		c.byType[u.Type] = steps
	}
	if other := steps[u.From]; other != nil {
		return fault(fmt.Sprintf("/%d/from", i), "%s has two upcasters from version %d, to %d and to %d", u.Type, u.From, other.To, u.To)
	}
	steps[u.From] = u
	return nil
}

// follow looks for a gap behind u, and for a road that leads back to it.
func (c *Chain) follow(u *Upcaster, i int) error {
	pointer := fmt.Sprintf("/%d/to", i)
	name, version := u.Type, u.From
	seen := map[string]bool{}
	for {
		next, ok := c.For(name, version)
		if !ok {
			break
		}
		name, version = firstOf(next.TypeTo, name), next.To
		if at := fmt.Sprint(name, "\x00", version); seen[at] {
			return fault(pointer, "the upcasters of %s lead in a circle", u.Type)
		} else {
			seen[at] = true
		}
	}
	steps := c.byType[name]
	if steps == nil {
		steps = c.byType[ShortType(name)]
	}
	for _, from := range slices.Sorted(maps.Keys(steps)) {
		if from > version {
			return fault(pointer, "%s goes up to version %d, and the next upcaster starts from %d: the step between them is missing", name, version, from)
		}
	}
	return nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func parseUpcaster(value any, pointer string) (Upcaster, error) {
	var u Upcaster
	object, ok := value.(map[string]any)
	if !ok {
		return u, fault(pointer, "an object with type, from, to and do was expected")
	}
	if err := known(object, pointer, "type", "from", "to", "do", "type_to"); err != nil {
		return u, err
	}
	var err error
	if u.Type, err = text(object, pointer, "type"); err != nil {
		return u, err
	}
	if u.From, err = count(object, pointer, "from"); err != nil {
		return u, err
	}
	if u.To, err = count(object, pointer, "to"); err != nil {
		return u, err
	}
	if _, renamed := object["type_to"]; renamed {
		if u.TypeTo, err = text(object, pointer, "type_to"); err != nil {
			return u, err
		}
	}
	if u.To <= u.From && u.TypeTo == "" {
		return u, fault(pointer+"/to", "version %d is not later than %d", u.To, u.From)
	}
	list, isList := object["do"].([]any)
	if _, given := object["do"]; given && !isList {
		return u, fault(pointer+"/do", "a list of operations was expected")
	}
	for i, item := range list {
		op, err := parseOperation(item, fmt.Sprintf("%s/do/%d", pointer, i))
		if err != nil {
			return u, err
		}
		u.Do = append(u.Do, op)
	}
	return u, nil
}

// besides lists, by operation, the members it needs besides its own.
var besides = map[Kind][]string{
	Rename: {"to"}, Move: {"to"}, Copy: {"to"}, Set: {"value"}, Default: {"value"}, Remove: {},
	Wrap: {"as"}, Unwrap: {"from"}, Split: {"by", "to"}, Join: {"by", "to"}, Map: {"values"},
}

func parseOperation(value any, pointer string) (Operation, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return Operation{}, fault(pointer, "an operation was expected: %s", kinds())
	}
	var op Operation
	for _, kind := range slices.Sorted(maps.Keys(besides)) {
		if _, named := object[string(kind)]; !named {
			continue
		}
		if op.Kind != "" {
			return op, fault(pointer, "one operation was expected, found %s and %s", op.Kind, kind)
		}
		op.Kind = kind
	}
	if op.Kind == "" {
		return op, fault(pointer, "no operation is named: choose from %s", kinds())
	}
	needed := besides[op.Kind]
	if err := known(object, pointer, append([]string{string(op.Kind)}, needed...)...); err != nil {
		return op, err
	}
	for _, name := range needed {
		if _, given := object[name]; !given {
			return op, fault(pointer, "%s needs %q", op.Kind, name)
		}
	}
	return op, op.read(object, pointer)
}

// read takes the members of an operation whose kind is known.
func (o *Operation) read(object map[string]any, pointer string) error {
	var err error
	if o.Kind == Join {
		o.Names, err = paths(object, pointer, string(Join))
	} else {
		o.At, err = at(object, pointer, string(o.Kind))
	}
	if err != nil {
		return err
	}
	switch o.Kind {
	case Rename:
		var name string
		if name, err = text(object, pointer, "to"); err == nil && strings.Contains(name, ".") {
			err = fault(pointer+"/to", "rename changes a name and %q is a path: use move", name)
		}
		o.To = append(slices.Clone(o.At[:len(o.At)-1]), name)
	case Move, Copy, Join:
		o.To, err = at(object, pointer, "to")
	case Set, Default:
		o.Value = object["value"]
	case Wrap:
		o.Name, err = text(object, pointer, "as")
	case Unwrap:
		o.Name, err = text(object, pointer, "from")
	case Split:
		o.Names, err = paths(object, pointer, "to")
	case Map:
		texts, ok := object["values"].(map[string]any)
		if o.Texts = texts; !ok {
			err = fault(pointer+"/values", "an object was expected: old text to new value")
		}
	case Remove:
	}
	if err == nil && (o.Kind == Split || o.Kind == Join) {
		o.By, err = text(object, pointer, "by")
	}
	return err
}

func kinds() string {
	var names []string
	for kind := range besides {
		names = append(names, string(kind))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func known(object map[string]any, pointer string, names ...string) error {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, key) {
			return fault(pointer+"/"+key, "unknown key %q: expected %s", key, strings.Join(names, ", "))
		}
	}
	return nil
}

func text(object map[string]any, pointer, name string) (string, error) {
	s, ok := object[name].(string)
	if !ok || s == "" {
		return "", fault(pointer+"/"+name, "%s must be a text that is not empty", name)
	}
	return s, nil
}

func count(object map[string]any, pointer, name string) (int, error) {
	n, ok := object[name].(json.Number)
	i, err := strconv.Atoi(string(n))
	if !ok || err != nil || i < 0 {
		return 0, fault(pointer+"/"+name, "%s must be a version: 1, 2, 3, …", name)
	}
	return i, nil
}

func at(object map[string]any, pointer, name string) (Path, error) {
	s, err := text(object, pointer, name)
	if err != nil {
		return nil, err
	}
	return parsePath(s, pointer+"/"+name)
}

func paths(object map[string]any, pointer, name string) ([]Path, error) {
	list, ok := object[name].([]any)
	if !ok || len(list) == 0 {
		return nil, fault(pointer+"/"+name, "a list of paths was expected")
	}
	var all []Path
	for i, item := range list {
		s, _ := item.(string)
		p, err := parsePath(s, fmt.Sprintf("%s/%s/%d", pointer, name, i))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// parsePath reads a.b.c; a leading dot is allowed, as in paths elsewhere.
func parsePath(s, pointer string) (Path, error) {
	p := Path(strings.Split(strings.TrimPrefix(s, "."), "."))
	if slices.Contains(p, "") {
		return nil, fault(pointer, "%q is no path: members joined by dots were expected, a.b.c", s)
	}
	return p, nil
}
