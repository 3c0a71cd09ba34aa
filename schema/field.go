package schema

// Field is one place in the documents that a schema describes. Formats list
// their fields in this form, so that whoever reasons about data, and not about
// schemas, needs to know no format.
type Field struct {
	Path        string // such as customer.email or items[].sku; map values are [*]
	Type        string // the format's own name for its type
	Required    bool
	Description string
	// Annotations are the keywords of the field that the format does not know,
	// such as x-pii or x-data-classification, as their author wrote them.
	Annotations map[string]any
	// File and Pointer say where the field is written; File is empty when it is
	// the schema's own.
	File    string
	Pointer string
}
