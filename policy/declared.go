package policy

import "github.com/nexus-blueprint/nexus/catalog"

// Declared is what rules see of a catalog when nothing else is known: input.event of
// the current version of each event, by id, and data.catalog. An app that judges
// what it appends by the same rules carries them with it.
func Declared(c *catalog.Catalog) (events map[string]map[string]any, data map[string]any) {
	in := newInputs(Options{Catalog: c})
	events = map[string]map[string]any{}
	for e := range c.Current() {
		events[e.ID] = in.event(e)
	}
	return events, in.data(c)
}
