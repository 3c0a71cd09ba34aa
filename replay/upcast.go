package replay

import (
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// upcasted are the type and the data that the reducer sees of an event.
func (r *Reducer) upcasted(e *event.Event) (typeName string, data any, err error) {
	if data, err = decodeOptional(e.Data); err != nil || !r.upcasts(e.Type) {
		return e.Type, data, err
	}
	version, err := upcast.Version(e.SchemaVersion, e.Type)
	if err != nil {
		return e.Type, nil, err
	}
	typeName, _, data, _, err = r.upcasters.Apply(e.Type, version, data)
	return typeName, data, err
}

// upcasts reports whether there are upcasters for a type.
func (r *Reducer) upcasts(typeName string) bool {
	for _, u := range r.upcasters.Upcasters() {
		if u.Type == typeName || u.Type == upcast.ShortType(typeName) {
			return true
		}
	}
	return false
}
