package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"

	"example.com/iot/internal/nexus/gate"
	"example.com/iot/internal/nexus/snapshot"
	"example.com/iot/internal/nexus/store"
	"example.com/iot/internal/nexus/upcast"
)

// Folding says how stored events become the state of the aggregate: each is upcast
// to its newest version, read as its Go type, and given to Evolve. Upcasters may be
// nil.
func (a Aggregate[S]) Folding(upcasters *upcast.Chain) (snapshot.Aggregate[S], error) {
	if err := a.Check(); err != nil {
		return snapshot.Aggregate[S]{}, err
	}
	reducer, err := reducerOf(upcasters)
	if err != nil {
		return snapshot.Aggregate[S]{}, fmt.Errorf("aggregate %q: %w", a.Name, err)
	}
	types := make(map[string]EventType, len(a.Events))
	for _, t := range a.Events {
		types[t.Name] = t
	}
	return snapshot.Aggregate[S]{
		Name: a.Name, Schema: cmp.Or(a.Schema, 1), Reducer: reducer, New: a.Initial, Upcasters: upcasters,
		Apply: func(state S, stored store.Event) (S, error) {
			event, err := read(types, upcasters, stored)
			if err != nil {
				return state, err
			}
			return a.Evolve(state, event), nil
		},
	}, nil
}

// reducerOf names what makes states of events: all of the program, since what Evolve
// uses may be anywhere in it, and the upcasters, which need not be part of it.
func reducerOf(upcasters *upcast.Chain) (string, error) {
	name, err := program()
	if list := upcasters.Upcasters(); err == nil && len(list) > 0 {
		var text []byte
		if text, err = json.Marshal(list); err != nil {
			return "", fmt.Errorf("fingerprint of the upcasters: %w", err)
		}
		sum := sha256.Sum256(text)
		name += "+" + hex.EncodeToString(sum[:8])
	}
	return name, err
}

// program is the fingerprint of the program that runs, which every change makes
// another.
var program = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("fingerprint of the program: %w", err)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("fingerprint of the program: %w", err)
	}
	defer file.Close() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("fingerprint of the program: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
})

// read is a stored event as its Go type.
func read(types map[string]EventType, upcasters *upcast.Chain, stored store.Event) (Event, error) {
	name, data, err := newest(upcasters, stored)
	if err != nil {
		return nil, err
	}
	t, ok := types[name]
	if !ok {
		return nil, fmt.Errorf("the app does not know the type %s: add it to the events of the aggregate, or an upcaster that leads to a known one", name)
	}
	return t.Decode(data)
}

// newest is a stored event as the newest version of its type would have recorded it.
func newest(upcasters *upcast.Chain, stored store.Event) (name string, data json.RawMessage, err error) {
	version, err := upcast.Version(stored.SchemaVersion, stored.Type)
	if err != nil {
		return "", nil, fmt.Errorf("the schema version %q of %s: %w", stored.SchemaVersion, stored.Type, err)
	}
	if _, ok := upcasters.For(stored.Type, version); !ok {
		return stored.Type, stored.Data, nil
	}
	value, err := gate.Decode(stored.Data)
	if err != nil {
		return "", nil, err
	}
	name, _, value, _, err = upcasters.Apply(stored.Type, version, value)
	if err != nil {
		return "", nil, err
	}
	data, err = json.Marshal(value)
	return name, data, err
}
