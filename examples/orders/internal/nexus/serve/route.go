package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// route makes the routes of all that o describes.
func (s *Server) route() error {
	for _, c := range s.Commands {
		fault := described(c.Name, c.Path, c.Handle != nil)
		if fault == "" {
			fault = schemas(c.Body)
		}
		if err := s.handle("POST "+c.Path, fault, func(w http.ResponseWriter, r *http.Request) { s.run(w, r, c) }); err != nil {
			return fmt.Errorf("the command %q: %w", c.Name, err)
		}
	}
	for _, q := range s.Queries {
		fault := described(q.Name, q.Path, q.Handle != nil)
		if fault == "" {
			fault = q.fault()
		}
		if fault == "" {
			fault = schemas(q.Result)
		}
		if err := s.handle("GET "+q.Path, fault, func(w http.ResponseWriter, r *http.Request) { s.ask(w, r, q) }); err != nil {
			return fmt.Errorf("the query %q: %w", q.Name, err)
		}
	}
	document, err := s.openAPI()
	if err != nil {
		return err
	}
	s.routes.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(document)
	})
	if s.Live != nil {
		s.page()
	}
	return nil
}

// handle adds a route; the router panics about one that contradicts another.
func (s *Server) handle(pattern, fault string, handler http.HandlerFunc) (err error) {
	if fault != "" {
		return errors.New(fault)
	}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the route %s cannot be added: %v", pattern, fault)
		}
	}()
	s.routes.HandleFunc(pattern, handler)
	return nil
}

// run answers a command.
func (s *Server) run(w http.ResponseWriter, r *http.Request, c Command) {
	request, err := command(r, c.Path)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.Limits.Answer)
	defer cancel()
	done, err := c.Handle(ctx, request)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	place(w.Header(), done.Version, done.Position)
	s.tell(w, r, done)
}

// ask answers a query.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, q Query) {
	request, err := query(r, q)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.Limits.Answer)
	defer cancel()
	answer, err := q.Handle(ctx, request)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	place(w.Header(), answer.Version, answer.Position)
	if answer.Stale {
		w.Header().Set("Nexus-Stale", "true")
	}
	s.tell(w, r, answer.Value)
}

// tell answers with a value, or says that it cannot be written, and is nowhere then.
func (s *Server) tell(w http.ResponseWriter, r *http.Request, value any) {
	if err := writeJSON(w, http.StatusOK, value); err != nil {
		for _, name := range []string{"ETag", "Nexus-Version", "Nexus-Position", "Nexus-Stale"} {
			w.Header().Del(name)
		}
		s.fail(w, r, err)
	}
}

// place sets the headers that say where an answer is in the store.
func place(h http.Header, version, position int64) {
	if version > 0 {
		h.Set("ETag", `"`+strconv.FormatInt(version, 10)+`"`)
		h.Set("Nexus-Version", strconv.FormatInt(version, 10))
	}
	if position > 0 {
		h.Set("Nexus-Position", strconv.FormatInt(position, 10))
	}
}
