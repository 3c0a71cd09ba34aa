package domaintest

import (
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
)

// The domain of these tests is a jar of things.
type (
	jar struct {
		Open   bool           `json:"open"`
		Things []string       `json:"things"`
		Counts map[string]int `json:"counts"`
		hidden int            // what JSON leaves out
	}
	opened struct {
		Label string `json:"label"`
	}
	added struct {
		Thing string    `json:"thing"`
		At    time.Time `json:"at"`
	}
	secret struct {
		Thing string `json:"-"`
	}
	openJar  struct{ Label string }
	addThing struct {
		Thing string
		When  *time.Time
	}
)

func (opened) EventType() string { return "Opened" }
func (added) EventType() string  { return "Added" }
func (secret) EventType() string { return "Secret" }

func open(c openJar, j jar, _ time.Time) ([]domain.Event, error) {
	if j.Open {
		return nil, domain.Refuse("the jar %q is open already", c.Label)
	}
	return []domain.Event{opened(c)}, nil
}

func add(c addThing, j jar, now time.Time) ([]domain.Event, error) {
	if !j.Open {
		return nil, domain.Refuse("the jar is closed")
	}
	return []domain.Event{added{Thing: c.Thing, At: now}}, nil
}

func evolve(j jar, event domain.Event) jar {
	switch e := event.(type) {
	case opened:
		j.Open = true
	case added:
		j.Things = append(j.Things[:len(j.Things):len(j.Things)], e.Thing)
	}
	return j
}

// jars keep all laws; change breaks one.
func jars(change ...func(*domain.Aggregate[jar])) domain.Aggregate[jar] {
	a := domain.Aggregate[jar]{
		Name: "Jar", Category: "jar", ID: "jarId", Evolve: evolve,
		Events: []domain.EventType{domain.Recorded[opened](), domain.Recorded[added]()},
		Commands: []domain.Command[jar]{
			domain.On("OpenJar", "Opens the jar.", open).WithExample(`{"label": "jam"}`),
			domain.On("AddThing", "Adds a thing.", add),
		},
		Story: []string{"OpenJar", "AddThing"},
	}
	for _, f := range change {
		f(&a)
	}
	return a
}

// deciding is a change of what AddThing decides.
func deciding(decide func(addThing, jar, time.Time) ([]domain.Event, error)) func(*domain.Aggregate[jar]) {
	return func(a *domain.Aggregate[jar]) { a.Commands[1] = domain.On("AddThing", "Adds a thing.", decide) }
}

// evolving is a change of what events lead to, on top of evolve.
func evolving(more func(jar) jar) func(*domain.Aggregate[jar]) {
	return func(a *domain.Aggregate[jar]) {
		a.Evolve = func(j jar, e domain.Event) jar { return more(evolve(j, e)) }
	}
}
