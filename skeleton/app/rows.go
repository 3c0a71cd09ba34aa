package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// Model is a read model: Rows makes it.
type Model struct {
	Name    string // PascalCase: it is read at /models/ and the name in kebab case
	Summary string
	Filters []string // members of a row that a query may select by

	fault error
	open  func(ctx context.Context, dir string, upcasters *upcast.Chain) (table, error)
}

// RowsOptions describe a read model.
type RowsOptions struct {
	Name    string
	Summary string
	Filters []string // JSON names of members of R
}

// Rows is a read model with a row for each stream of an aggregate, made of the
// stream's state. R is a struct whose members are written as JSON. When the program
// or its upcasters change, the model is made anew, while readers see the old one.
func Rows[S, R any](a domain.Aggregate[S], o RowsOptions, row func(S) R) Model {
	m := Model{Name: o.Name, Summary: o.Summary, Filters: o.Filters, fault: filterFault(reflect.TypeFor[R](), o)}
	m.open = func(ctx context.Context, dir string, upcasters *upcast.Chain) (table, error) {
		folding, err := a.Folding(upcasters)
		if err != nil {
			return nil, err
		}
		f := folder[S, R]{aggregate: a, folding: folding, row: row, filters: o.Filters}
		if dir == "" {
			return newMemoryTable(f.next), nil
		}
		version := fmt.Sprintf("%s %d %q", folding.Reducer, folding.Schema, o.Filters)
		return openFileTable(ctx, dir, kebab(o.Name), version, len(o.Filters), f.next)
	}
	return m
}

// filterFault says which filter is no member of a row.
func filterFault(row reflect.Type, o RowsOptions) error {
	if o.Name == "" {
		return errors.New("a read model needs a Name")
	}
	if row.Kind() != reflect.Struct {
		return fmt.Errorf("the read model %q: a row is a struct, not %s", o.Name, row)
	}
	names := map[string]bool{}
	for _, field := range reflect.VisibleFields(row) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		names[name] = field.IsExported() && name != "-"
	}
	for _, filter := range o.Filters {
		if !names[filter] {
			return fmt.Errorf("the read model %q: the filter %q is no member of %s", o.Name, filter, row)
		}
		if reserved[filter] {
			return fmt.Errorf("the read model %q: the filter %q is a parameter of all models: name the member otherwise", o.Name, filter)
		}
	}
	return nil
}

// reserved are the parameters that every model takes.
var reserved = map[string]bool{"after": true, "timeout": true, "ontimeout": true, "limit": true, "from": true}

// rowKey is whose row it is.
type rowKey struct{ tenant, id string }

// rowState is what is kept of a stream: its state, to go on from, its row, and the
// values of the filters.
type rowState struct {
	version int64
	state   json.RawMessage
	row     json.RawMessage
	values  []string
}

// next makes of what is kept of a stream what it is after an event. With ok false
// the event does not concern the model.
type next func(event store.Event, before func(rowKey) (rowState, error)) (rowKey, rowState, bool, error)

// folder makes rows.
type folder[S, R any] struct {
	aggregate domain.Aggregate[S]
	folding   snapshot.Aggregate[S]
	row       func(S) R
	filters   []string
}

// key is the row of an event, if its stream is one of the aggregate.
func (f folder[S, R]) key(event store.Event) (rowKey, bool) {
	name, ok := serve.NameOf(event.Tenant, event.Stream)
	if !ok {
		return rowKey{}, false
	}
	id, ok := strings.CutPrefix(name, f.aggregate.Category+"-")
	return rowKey{event.Tenant, id}, ok
}

func (f folder[S, R]) next(event store.Event, before func(rowKey) (rowState, error)) (rowKey, rowState, bool, error) {
	key, ok := f.key(event)
	if !ok {
		return key, rowState{}, false, nil
	}
	old, err := before(key)
	if err != nil {
		return key, rowState{}, false, err
	}
	state := f.folding.New()
	if len(old.state) > 0 {
		if err := json.Unmarshal(old.state, &state); err != nil {
			return key, rowState{}, false, fmt.Errorf("reading the state of %s: %w", event.Stream, err)
		}
	}
	if state, err = f.folding.Apply(state, event); err != nil {
		return key, rowState{}, false, err
	}
	made, err := f.write(state)
	made.version = event.Version
	return key, made, true, err
}

func (f folder[S, R]) write(state S) (rowState, error) {
	var made rowState
	var err error
	if made.state, err = json.Marshal(state); err != nil {
		return rowState{}, err
	}
	if made.row, err = json.Marshal(f.row(state)); err != nil {
		return rowState{}, err
	}
	if len(f.filters) == 0 {
		return made, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(made.row, &members); err != nil {
		return rowState{}, err
	}
	for _, name := range f.filters {
		made.values = append(made.values, plain(members[name]))
	}
	return made, nil
}

// plain is a JSON value as one writes it in a query string: a string without its
// quotes, all else as it is, and nothing for null.
func plain(value json.RawMessage) string {
	var text string
	switch {
	case len(value) == 0, string(value) == "null":
		return ""
	case json.Unmarshal(value, &text) == nil:
		return text
	}
	return string(value)
}

// selection says which rows are asked for.
type selection struct {
	tenant string
	values map[int]string // by the place of the filter
	from   string         // the id after which to begin
	limit  int
}

// found is a row as it is answered.
type found struct {
	ID      string          `json:"id"`
	Version int64           `json:"version"`
	Data    json.RawMessage `json:"data"`
}

// table keeps the rows of a model.
type table interface {
	projection.Model
	// rows are those that are selected, by id, and where the model is.
	rows(ctx context.Context, s selection) ([]found, projection.Checkpoint, error)
	Close() error
}
