package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Outcome is what a rule says about an input.
type Outcome string

// The outcomes.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	NotApplicable Outcome = "not_applicable"
	Undeclared    Outcome = "undeclared" // it cannot be said before something is declared
)

// Decision is the outcome of one rule.
type Decision struct {
	Rule    string
	Outcome Outcome
	Denials []Denial // of Fail, sorted
	// Missing are the names of what has to be declared, sorted; of Undeclared.
	// It is "log" when the rule reads a log and there is none.
	Missing []string
}

// Denial is one reason why a rule fails.
type Denial struct {
	Message string
	Field   string // path of the field it is about, may be empty
	At      string // attribute of the event it is about, may be empty
	// About names what tells it from other denials at the same place, such as a
	// consumer or a channel; may be empty.
	About string
	Hint  string // may be empty
}

var denialKeys = []string{"about", "at", "field", "hint", "message"}

// begin makes it the decision of a rule that applies, which has said nothing yet.
func (d *Decision) begin(applies *ast.Term) *EvalError {
	if applies.Value.Compare(ast.InternedTerm(true).Value) != 0 {
		return &EvalError{Message: fmt.Sprintf("applies is %s", brief(applies)), Hint: "make it true or false"}
	}
	d.Outcome = Pass
	return nil
}

// read adds one value of the rule's set of that name, deny or undeclared.
func (d *Decision) read(name, value *ast.Term) *EvalError {
	if name.Value.Compare(ast.String(undeclared)) == 0 {
		return d.readMissing(value)
	}
	denial, message := readDenial(value)
	if message != "" {
		return &EvalError{Message: message,
			Hint: `write deny contains {"message": "..."} if { ... }; field, at, about and hint may be added, and all are texts`}
	}
	d.Denials = append(d.Denials, denial)
	return nil
}

// finish draws the conclusion: a denial weighs more than what is missing.
func (d *Decision) finish() {
	switch {
	case len(d.Denials) > 0:
		d.Outcome, d.Missing = Fail, nil
		slices.SortFunc(d.Denials, func(a, b Denial) int {
			return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.At, b.At), cmp.Compare(a.About, b.About),
				cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint))
		})
	case len(d.Missing) > 0:
		d.Outcome = Undeclared
		slices.Sort(d.Missing)
	}
}

// readDenial reads one element of deny, or says what is wrong with it.
func readDenial(term *ast.Term) (denial Denial, fault string) {
	object, ok := term.Value.(ast.Object)
	if !ok {
		return denial, fmt.Sprintf("deny holds %s, which is no object", brief(term))
	}
	parts := map[string]*string{"message": &denial.Message, "field": &denial.Field, "at": &denial.At, "about": &denial.About, "hint": &denial.Hint}
	for _, key := range object.Keys() {
		name, _ := key.Value.(ast.String)
		part, known := parts[string(name)]
		if !known {
			return denial, fmt.Sprintf("deny holds an object with the key %s; %s", brief(key), didYouMean(string(name), denialKeys))
		}
		text, ok := object.Get(key).Value.(ast.String)
		if !ok {
			return denial, fmt.Sprintf("deny holds an object whose %s is %s, which is no text", string(name), brief(object.Get(key)))
		}
		*part = string(text)
	}
	if denial.Message == "" {
		return denial, fmt.Sprintf("deny holds %s, which has no message", brief(term))
	}
	return denial, ""
}

// misplaced finds a denial about a field, or an attribute, that the event has not:
// a finding would point to nothing.
func (d *Decision) misplaced(known nameable) *EvalError {
	for _, denial := range d.Denials {
		if denial.Field != "" && !known.fields()[denial.Field] {
			return &EvalError{Message: fmt.Sprintf("deny names the field %s, which the event has not", denial.Field),
				Hint: "give the path of one of input.event.fields as field, or leave field out"}
		}
		if own := strings.HasPrefix(denial.At, "x-"); denial.At != "" && !own && !known.attributes()[denial.At] {
			return &EvalError{Message: fmt.Sprintf("deny names the attribute %s, which no event has", denial.At),
				Hint: "as at: " + didYouMean(denial.At, slices.Sorted(maps.Keys(known.attributes())))}
		}
	}
	return nil
}

// nameable is what denials about an event may name. Either is read once, when the
// first denial names one.
type nameable struct{ fields, attributes func() map[string]bool }

func nameableOf(input ast.Value) nameable {
	return nameable{
		fields:     sync.OnceValue(func() map[string]bool { return fieldPaths(input) }),
		attributes: sync.OnceValue(func() map[string]bool { return attributes(input) }),
	}
}

// fieldPaths are the paths of the event's fields.
func fieldPaths(input ast.Value) map[string]bool {
	fields, err := input.Find(fieldsRef)
	list, isList := fields.(*ast.Array)
	if err != nil || !isList {
		return nil
	}
	paths := make(map[string]bool, list.Len())
	list.Foreach(func(field *ast.Term) {
		path, err := field.Value.Find(pathRef)
		if text, isText := path.(ast.String); err == nil && isText {
			paths[string(text)] = true
		}
	})
	return paths
}

// attributes are the names of what an event declares.
func attributes(input ast.Value) map[string]bool {
	event, err := input.Find(eventRef)
	object, isObject := event.(ast.Object)
	if err != nil || !isObject {
		return nil
	}
	names := make(map[string]bool, object.Len())
	for _, key := range object.Keys() {
		if name, isText := key.Value.(ast.String); isText && name != "facts" && name != "inferred" {
			names[string(name)] = true
		}
	}
	return names
}

// Parts of input, and of a field.
var (
	eventRef  = ast.Ref{ast.StringTerm("event")}
	fieldsRef = ast.Ref{ast.StringTerm("event"), ast.StringTerm("fields")}
	pathRef   = ast.Ref{ast.StringTerm("path")}
)

func (d *Decision) readMissing(value *ast.Term) *EvalError {
	name, ok := value.Value.(ast.String)
	if !ok || name == "" {
		return &EvalError{Message: fmt.Sprintf("undeclared holds %s, which is no text", brief(value)),
			Hint: `name the key to declare: undeclared contains "x-retention-days" if { ... }`}
	}
	d.Missing = append(d.Missing, string(name))
	return nil
}

// brief quotes a value in a message, shortened.
func brief(term *ast.Term) string {
	const limit = 60
	text := []rune(term.String())
	if len(text) <= limit {
		return string(text)
	}
	return string(text[:limit]) + "..."
}
