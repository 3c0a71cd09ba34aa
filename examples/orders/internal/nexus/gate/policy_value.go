package gate

import (
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
)

// texts holds the term of every text that policies mention: the keys that they
// read and the words that they compare with. Most texts of an input are among
// them, and to share their terms costs less than to make them.
type texts map[string]*ast.Term

func textsOf(modules map[string]*ast.Module) texts {
	known := texts{}
	for _, module := range modules {
		ast.WalkTerms(module, func(term *ast.Term) bool {
			if text, ok := term.Value.(ast.String); ok {
				known[string(text)] = &ast.Term{Value: text} // without the place in the policy
			}
			return false
		})
	}
	return known
}

// Shared is a part of many inputs. It is made a value of Rego once, and is not
// changed after that.
type Shared struct{ term *ast.Term }

// Share makes a value one that inputs may have in any place. To decide about events
// of one type, with the same facts in each input, takes less time with it.
func Share(value any) (Shared, error) {
	c := conversion{made: map[uintptr]*ast.Term{}}
	term, err := c.term(value)
	return Shared{term}, err
}

// value makes input a value of Rego.
func (t texts) value(input map[string]any) (ast.Value, error) {
	c := conversion{texts: t, made: map[uintptr]*ast.Term{}}
	term, err := c.object(input)
	if err != nil {
		return nil, err
	}
	return term.Value, nil
}

// A conversion is of one input.
type conversion struct {
	texts
	members [][2]*ast.Term        // of the objects that are being made, the innermost last
	made    map[uintptr]*ast.Term // by the map that they are made of: an input may hold one map in several places
}

func (c *conversion) term(value any) (*ast.Term, error) {
	switch v := value.(type) {
	case nil:
		return ast.InternedNullTerm, nil
	case Shared:
		return v.term, nil
	case bool:
		return ast.InternedTerm(v), nil
	case string:
		return c.text(v), nil
	case map[string]any:
		return c.object(v)
	case []any:
		return array(v, c.term)
	case []string:
		return array(v, func(s string) (*ast.Term, error) { return c.text(s), nil })
	}
	converted, err := ast.InterfaceToValue(value)
	return ast.NewTerm(converted), err
}

func (c *conversion) text(s string) *ast.Term {
	if known := c.texts[s]; known != nil {
		return known
	}
	return ast.StringTerm(s)
}

func (c *conversion) object(object map[string]any) (*ast.Term, error) {
	id := reflect.ValueOf(object).Pointer()
	if known := c.made[id]; known != nil && object != nil {
		return known, nil
	}
	start := len(c.members)
	for key, value := range object {
		term, err := c.term(value)
		if err != nil {
			return nil, err
		}
		c.members = append(c.members, [2]*ast.Term{c.text(key), term})
	}
	made := ast.ObjectTerm(c.members[start:]...)
	c.members = c.members[:start]
	c.made[id] = made
	return made, nil
}

func array[T any](list []T, element func(T) (*ast.Term, error)) (*ast.Term, error) {
	terms := make([]*ast.Term, len(list))
	for i, value := range list {
		term, err := element(value)
		if err != nil {
			return nil, err
		}
		terms[i] = term
	}
	return ast.ArrayTerm(terms...), nil
}
