package apptest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// story is a stream that took the story of its kind.
type story struct {
	app.Kind
	id       string
	steps    []app.Step
	version  int64
	position int64
}

// tellStories sends the story of each kind to a new stream.
func (x *exam) tellStories(t *testing.T) []story {
	t.Helper()
	var stories []story
	for _, k := range x.Kinds {
		s := x.begun(t, k)
		for _, step := range s.steps {
			s.take(t, x.send(x.own, http.MethodPost, x.commandPath(t, s, step.Command), string(step.Body)).is(t, http.StatusOK))
		}
		stories = append(stories, s)
	}
	return stories
}

// begun is a story that is about to be told.
func (x *exam) begun(t *testing.T, k app.Kind) story {
	t.Helper()
	steps, err := x.Story(k.Name)
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 {
		t.Fatalf("%s has no story: name commands that a new stream accepts one after the other in domain.Aggregate.Story", k.Name)
	}
	return story{Kind: k, id: newID(t, x.Files, k, steps[0].Command), steps: steps}
}

// take moves on to where a command's answer says that the stream is.
func (s *story) take(t *testing.T, a answer) {
	t.Helper()
	var done struct {
		Stream            string
		Version, Position int64
	}
	a.into(t, &done)
	if want := s.Category + "-" + s.id; done.Stream != want || done.Version <= s.version || done.Position <= s.position {
		t.Fatalf("%s is answered with %s, want the stream %s after version %d and position %d", a.request, a.body, want, s.version, s.position)
	}
	s.version, s.position = done.Version, done.Position
}

// newID is an id that no stream has, of the type that the schema of a command asks
// for.
func newID(t *testing.T, files fs.FS, k app.Kind, command string) string {
	t.Helper()
	var schema struct {
		Properties map[string]struct {
			Type any `json:"type"`
		} `json:"properties"`
	}
	if text := schemaOf(t, files, lock.CommandKind, command); text != nil {
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatalf("the schema of %s: %v", command, err)
		}
	}
	if schema.Properties[k.ID].Type == "integer" || schema.Properties[k.ID].Type == "number" {
		return strconv.FormatInt(rand.Int64N(1<<53), 10)
	}
	return uuid.NewString()
}

// schemaOf is the current schema of a message, or nil if it has none.
func schemaOf(t *testing.T, files fs.FS, kind, id string) []byte {
	t.Helper()
	known, err := lock.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := known.Message(kind, id)
	if !ok || m.Current() == "" {
		return nil
	}
	text, err := fs.ReadFile(files, m.Current())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// path is that of a command or query, by its name, with its variables filled in.
func (x *exam) path(t *testing.T, name, value string) string {
	t.Helper()
	template, ok := x.paths[name]
	if !ok {
		t.Fatalf("the description of the interface has no %s", name)
	}
	before, rest, ok := strings.Cut(template, "{")
	if !ok {
		return template
	}
	_, after, _ := strings.Cut(rest, "}")
	return before + url.PathEscape(value) + after
}

// commandPath is the path of a command; one whose name two kinds have is described
// with the name of its kind before it.
func (x *exam) commandPath(t *testing.T, s story, command string) string {
	t.Helper()
	if _, ok := x.paths[s.Name+command]; ok {
		command = s.Name + command
	}
	return x.path(t, command, s.id)
}

// last is the position of the last event.
func (x *exam) last(t *testing.T) int64 {
	t.Helper()
	last, err := x.Store().WaitPosition(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// storesNothing checks that nothing is stored while something is done.
func (x *exam) storesNothing(t *testing.T, what string, do func()) {
	t.Helper()
	before := x.last(t)
	do()
	if after := x.last(t); after != before {
		t.Errorf("%s stored %d events", what, after-before)
	}
}

// name of a story, for messages.
func (s story) String() string { return fmt.Sprintf("%s %s", s.Name, s.id) }
