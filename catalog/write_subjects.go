package catalog

import (
	"cmp"
	"path"
	"slices"

	"github.com/nexus-blueprint/nexus/schema"
)

// Subject is what a schema registry knows of one event.
type Subject struct {
	Name     string
	Level    string          // the compatibility that the registry demands, empty when none
	Versions []schema.Schema // oldest first
}

// FromSubjects makes a catalog of a registry's subjects: each is an event, and
// its last version the current one. The level is kept as x-compatibility-level.
func FromSubjects(subjects []Subject) *Catalog {
	c := &Catalog{}
	for _, s := range subjects {
		for i, v := range s.Versions {
			e := &Event{
				ID: s.Name, Name: s.Name, Kind: EventKind, Current: i == len(s.Versions)-1, Place: Place{File: v.File},
				Schema: Value[Schema]{Get: Schema{File: "schema" + cmp.Or(path.Ext(v.File), suffixes[string(v.Format)]), Format: string(v.Format), Text: v.Text}, Source: Declared},
			}
			if v.Version != "" {
				e.Version = Value[string]{Get: v.Version, Source: Declared}
			}
			if s.Level != "" && e.Current {
				e.Ext = map[string]any{"compatibility-level": s.Level}
			}
			c.Events = append(c.Events, e)
		}
	}
	slices.SortStableFunc(c.Events, func(a, b *Event) int { return cmp.Compare(a.ID, b.ID) })
	return c
}
