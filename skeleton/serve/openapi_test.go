package serve_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

func TestOpenAPIDescribesTheApp(t *testing.T) {
	const golden = "testdata/openapi.json"
	w := newApp(t).as(newApp(t).north, "GET", "/openapi.json", "")
	if w.Code != http.StatusUnauthorized {
		t.Fatalf("the key of another app: %d", w.Code)
	}
	a := newApp(t)
	w = a.as(a.north, "GET", "/openapi.json", "")
	if *update {
		if err := os.WriteFile(golden, w.Body.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), w.Body.String()); diff != "" {
		t.Errorf("the document differs from %s; if that is meant, run with -update and read it (-want +got):\n%s", golden, diff)
	}
}

// Every reference leads somewhere, every variable of a path is described, and
// every operation says whether it needs a key.
func TestOpenAPIIsWhole(t *testing.T) {
	a := newApp(t)
	var document map[string]any
	if err := json.Unmarshal(a.as(a.north, "GET", "/openapi.json", "").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok && lookup(document, ref) == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, child := range value {
				walk(child)
			}
		case []any:
			for _, child := range value {
				walk(child)
			}
		}
	}
	walk(document)
	for path, methods := range document["paths"].(map[string]any) {
		for method, operation := range methods.(map[string]any) {
			operation := operation.(map[string]any)
			var described int
			parameters, _ := operation["parameters"].([]any)
			for _, p := range parameters {
				if p.(map[string]any)["in"] == "path" {
					described++
				}
			}
			if described != strings.Count(path, "{") {
				t.Errorf("%s %s describes %d variables", method, path, described)
			}
			if _, open := operation["security"]; open != strings.HasSuffix(path, "z") {
				t.Errorf("%s %s needs no key: %v", method, path, open)
			}
			r := request(strings.ToUpper(method), strings.ReplaceAll(strings.ReplaceAll(path, "{", ""), "}", ""), "{}", "X-API-Key: "+a.north)
			if code := a.do(r).Code; code == http.StatusMethodNotAllowed || code == http.StatusUnauthorized {
				t.Errorf("%s %s is described, and answers %d", method, path, code)
			}
		}
	}
}

// lookup follows a reference "#/a/b".
func lookup(document map[string]any, ref string) any {
	var at any = document
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		within, _ := at.(map[string]any)
		at = within[name]
	}
	return at
}
