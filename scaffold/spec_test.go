package scaffold_test

import (
	"os"
	"slices"
	"testing"

	"github.com/nexus-blueprint/nexus/scaffold"
)

// TestExamplesResolve: every message of the committed specs comes out with a schema, a
// version and an example, and the first command of every aggregate opens its streams.
func TestExamplesResolve(t *testing.T) {
	for _, name := range []string{"orders", "iot"} {
		t.Run(name, func(t *testing.T) {
			s := resolved(t, "../examples/"+name)
			for _, a := range s.Aggregates {
				for _, e := range a.Events {
					if len(e.Schema) == 0 || e.Version != "1.0.0" || len(e.Example) == 0 || e.Summary == "" {
						t.Errorf("%s has no schema, version, example or summary: %+v", e.Name, e)
					}
					if !slices.ContainsFunc(a.Commands, func(c scaffold.Command) bool { return c.Event == e.Name }) {
						t.Errorf("no command leads to %s", e.Name)
					}
				}
				for _, c := range a.Commands {
					if len(c.Schema) == 0 || c.Version != "1.0.0" || len(c.Example) == 0 || c.Summary == "" {
						t.Errorf("%s has no schema, version, example or summary: %+v", c.Name, c)
					}
				}
				if !a.Commands[0].Creates || len(a.ReadModels) == 0 {
					t.Errorf("%s begins with %s and has %d read models", a.Name, a.Commands[0].Name, len(a.ReadModels))
				}
			}
		})
	}
}

func resolved(t *testing.T, dir string) scaffold.Spec {
	t.Helper()
	text, err := os.ReadFile(dir + "/domain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := scaffold.ReadSpec("domain.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Resolve(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSpecMayLeaveOut: what follows from names need not be said.
func TestSpecMayLeaveOut(t *testing.T) {
	s, err := scaffold.ReadSpec("domain.yaml", []byte(`version: 1
name: field-desk
aggregates:
  - name: HTTPCheck
    events:
      CheckAdded:
    commands:
      AddCheck: {event: CheckAdded, creates: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	a := s.Aggregates[0]
	if s.Module != "field-desk" || s.Title != "Field desk" || s.Owner != "field-desk-team" || a.ID != "httpCheckId" {
		t.Errorf("%+v", s)
	}
	if fields := a.Events[0].Fields; len(fields) != 1 || fields[0].Name != "httpCheckId" || fields[0].Schema["format"] != "uuid" {
		t.Errorf("the id is no field: %+v", fields)
	}
}
