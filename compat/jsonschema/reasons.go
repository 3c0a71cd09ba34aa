package jsonschema

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/nexus-blueprint/nexus/schema"
)

// documentValidator is a validator for whoever judges documents: it lists every
// reason with its place, in a fixed order.
type documentValidator struct{ *validator }

// Validate returns nil for a valid document, else a *schema.Invalid.
func (v documentValidator) Validate(value any) error {
	err := v.validator.Validate(value)
	var refusal *jsonschema.ValidationError
	if !errors.As(err, &refusal) {
		return err
	}
	return &schema.Invalid{Reasons: v.innermost(refusal)}
}

// innermost lists the causes that have none of their own.
func (v documentValidator) innermost(e *jsonschema.ValidationError) []schema.Reason {
	var all []schema.Reason
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			all = append(all, schema.Reason{Pointer: plainPointer(e.InstanceLocation), Keyword: e.KeywordLocation, Message: v.reason(e)})
		}
		for _, cause := range e.Causes {
			visit(cause)
		}
	}
	visit(e)
	slices.SortFunc(all, func(a, b schema.Reason) int {
		return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Keyword, b.Keyword), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(all)
}

// plainPointer undoes the URI escapes of the library's pointers.
func plainPointer(pointer string) string {
	if plain, err := url.PathUnescape(pointer); err == nil {
		return plain
	}
	return pointer
}
