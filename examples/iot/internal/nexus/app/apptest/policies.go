package apptest

import (
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/iot/internal/nexus/app"
)

// nothingPasses is a rule that rejects every event.
const nothingPasses = `# METADATA
# title: Nothing passes
# custom:
#   id: exam/nothing-passes
#   severity: error
package nexus.rules.exam.nothing_passes

deny contains {"message": "nothing passes"} if input.record.type != ""
`

// examinePolicies: rules that lie below policy/ are asked, and without any the app
// starts only if its definition says that nothing is to judge events.
func examinePolicies(t *testing.T, d app.Definition) {
	bare := copied(t, d.Files)
	maps.DeleteFunc(bare, func(name string, _ *fstest.MapFile) bool {
		return strings.HasPrefix(name, "policy/") && path.Ext(name) == ".rego"
	})
	ungoverned := d
	ungoverned.Files = bare
	opened, err := app.Open(t.Context(), ungoverned, app.Options{})
	if err == nil {
		defer opened.Close() // in memory: nothing can be lost
	}
	if meant := d.Ungoverned; meant != (err == nil) || err != nil && !errors.Is(err, app.ErrUngoverned) {
		t.Errorf("without policies, which is meant: %v, opening the app says: %v", meant, err)
	}

	strict := copied(t, d.Files)
	strict["policy/exam.rego"] = &fstest.MapFile{Data: []byte(nothingPasses)}
	d.Files = strict
	x := begin(t, d, "")
	for _, k := range x.Kinds {
		s := x.begun(t, k)
		x.storesNothing(t, "a command against a rule", func() {
			a := x.send(x.own, http.MethodPost, x.commandPath(t, s, s.steps[0].Command), string(s.steps[0].Body)).is(t, http.StatusUnprocessableEntity)
			if !strings.Contains(a.body, "exam/nothing-passes") {
				t.Errorf("%s is not judged by a rule that rejects everything: %s", a.request, a.body)
			}
		})
	}
}

// copied are the files of an app, to be changed.
func copied(t *testing.T, files fs.FS) fstest.MapFS {
	t.Helper()
	c := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		c[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
