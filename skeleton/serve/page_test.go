package serve_test

import (
	"cmp"
	"net/http"
	"path"
	"regexp"
	"testing"
)

// The page loads what it is made of from its own app, and nothing is missing.
func TestPageHasAllItsParts(t *testing.T) {
	a := newApp(t)
	loads := regexp.MustCompile(`(?:src|href)="(/ui/[^"]+)"|(?:from|import) "\./([^"]+)"`)
	kinds := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
	known := map[string]bool{"/ui": true}
	for queue := []string{"/ui"}; len(queue) > 0; queue = queue[1:] {
		w := a.do(request("GET", queue[0], "", "X-API-Key: "+a.north))
		if kind, wanted := w.Header().Get("Content-Type"), kinds[path.Ext(queue[0])]; w.Code != http.StatusOK || wanted != "" && kind != wanted {
			t.Errorf("%s: %d, %s", queue[0], w.Code, kind)
		}
		for _, found := range loads.FindAllStringSubmatch(w.Body.String(), -1) {
			if part := cmp.Or(found[1], "/ui/"+found[2]); !known[part] {
				known[part] = true
				queue = append(queue, part)
			}
		}
	}
	if len(known) != 6 {
		t.Errorf("the page is made of %v", known)
	}
}
