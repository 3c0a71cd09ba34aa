package document

// Keys lists the keys of the object at a JSON pointer in the order of the text,
// which Value does not keep. It is nil when there is no object. What a YAML merge
// key brings in is not among them.
func (d *Document) Keys(pointer string) []string {
	path, ok := d.find(pointer)
	at := path[len(path)-1]
	if !ok || at.kind != object {
		return nil
	}
	keys := make([]string, len(at.children))
	for i, child := range at.children {
		keys[i] = child.key
	}
	return keys
}
