package serve_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// A name in any script is a word of a path; callers send it escaped.
func TestPathsAreOfAnyScript(t *testing.T) {
	a := newApp(t, func(o *serve.Options) {
		o.Queries = append(o.Queries, serve.Query{Name: "Größe", Path: "/größe/{id}/значение", Handle: func(_ context.Context, r serve.Request) (serve.Answer, error) {
			return serve.Answer{Value: r.Path["id"]}, nil
		}})
	})
	if w := a.do(request("GET", "/gr%C3%B6%C3%9Fe/%D0%B7/%D0%B7%D0%BD%D0%B0%D1%87%D0%B5%D0%BD%D0%B8%D0%B5", "", "X-API-Key: "+a.north)); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `"з"` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestNewRefusesWhatCannotBeServed(t *testing.T) {
	key, _, err := serve.NewKey("k", "t", "a")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := serve.NewKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	command := func(name, path string) serve.Command {
		return serve.Command{Name: name, Path: path, Handle: func(context.Context, serve.Request) (serve.Done, error) { return serve.Done{}, nil }}
	}
	ask := func(context.Context, serve.Request) (serve.Answer, error) { return serve.Answer{}, nil }
	for _, test := range []struct {
		want string
		o    serve.Options
	}{
		{"no keys", serve.Options{}},
		{"no name", serve.Options{Commands: []serve.Command{command("", "/a")}}},
		{"no Handle", serve.Options{Commands: []serve.Command{{Name: "A", Path: "/a"}}}},
		{"not of the form", serve.Options{Commands: []serve.Command{command("A", "a")}}},
		{"not of the form", serve.Options{Commands: []serve.Command{command("A", "/a/{b...}")}}},
		{"variable twice", serve.Options{Commands: []serve.Command{command("A", "/{b}/{b}")}}},
		{"used by the server", serve.Options{Commands: []serve.Command{command("A", "/ui/a")}}},
		{"cannot be added", serve.Options{Commands: []serve.Command{command("A", "/a/{b}"), command("B", "/{a}/b")}}},
		{"called \"A\"", serve.Options{Commands: []serve.Command{command("A", "/a"), command("A", "/b")}}},
		{"is not JSON", serve.Options{Commands: []serve.Command{{Name: "A", Path: "/a", Body: json.RawMessage("{"), Handle: command("", "").Handle}}}},
		{"parameter \"at\"", serve.Options{Queries: []serve.Query{{Name: "A", Path: "/a", Temporal: true, Params: []serve.Param{{Name: "at"}}, Handle: ask}}}},
	} {
		if test.want != "no keys" {
			test.o.Keys = func() *serve.Keys { return keys }
		}
		if _, err := serve.New(test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one about %q", err, test.want)
		}
	}
}
