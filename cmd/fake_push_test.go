package cmd_test

import (
	"encoding/json"
	"net/http"
	"slices"
)

// write takes new versions and levels as Confluent's registry does. It reports
// whether the request was one of these.
func (f *fakeRegistry) write(w http.ResponseWriter, r *http.Request, path []string) bool {
	switch {
	case r.Method == http.MethodPut && path[0] == "config":
		var level struct {
			Compatibility string `json:"compatibility"`
		}
		if err := json.NewDecoder(r.Body).Decode(&level); err != nil {
			panic(err)
		}
		if f.levels == nil {
			f.levels = map[string]string{}
		}
		f.levels[path[1]] = level.Compatibility
		reply(w, level)
	case r.Method == http.MethodPost && path[0] == "subjects":
		f.register(w, r, path[1], len(path) == 3)
	default:
		return false
	}
	return true
}

// register adds a version, or only looks it up.
func (f *fakeRegistry) register(w http.ResponseWriter, r *http.Request, subject string, add bool) {
	var v version
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		panic(err)
	}
	same := func(old version) bool { return old.Schema == v.Schema && len(old.References) == len(v.References) }
	at := slices.IndexFunc(f.shelf.Subjects[subject], same)
	switch {
	case at >= 0:
	case !add:
		refuse(w, http.StatusNotFound, 40403, "no such schema")
		return
	case len(f.shelf.Refuses[subject]) > 0:
		refuse(w, http.StatusConflict, 409, f.shelf.Refuses[subject][0])
		return
	default:
		if f.shelf.Subjects == nil {
			f.shelf.Subjects = map[string][]version{}
		}
		f.shelf.Subjects[subject] = append(f.shelf.Subjects[subject], v)
		at = len(f.shelf.Subjects[subject]) - 1
	}
	reply(w, map[string]any{"id": at + 1, "version": at + 1, "subject": subject})
}
