package confluent

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/riferrei/srclient"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// candidate is a schema on its way to the registry.
type candidate struct {
	Schema     string               `json:"schema"`
	SchemaType srclient.SchemaType  `json:"schemaType,omitempty"` // left out for Avro, as servers before 5.5 know no other
	References []srclient.Reference `json:"references,omitempty"`
}

var schemaTypes = map[schema.Format]srclient.SchemaType{
	schema.Avro: "", schema.JSON: srclient.Json, schema.Protobuf: srclient.Protobuf,
}

// newCandidate takes the text byte for byte; srclient would join its lines.
func newCandidate(doing string, s schema.Schema) (candidate, error) {
	kind, ok := schemaTypes[s.Format]
	if !ok {
		return candidate{}, invalid(doing, fmt.Sprintf("the format %q is none that such a registry keeps", s.Format))
	}
	c := candidate{Schema: string(s.Text), SchemaType: kind}
	for _, ref := range s.References {
		version, err := strconv.Atoi(ref.Version)
		if err != nil || ref.Subject == "" {
			return candidate{}, invalid(doing, fmt.Sprintf("the reference %q names no version of a subject", ref.Name))
		}
		c.References = append(c.References, srclient.Reference{Name: ref.Name, Subject: ref.Subject, Version: version})
	}
	return c, nil
}

func invalid(doing, why string) error {
	return &registry.Error{Code: registry.CodeInvalid, Message: doing + ": " + why}
}

// Register adds a schema to its subject and returns the version. A text that
// the subject already holds adds none. An incompatible schema is a
// *registry.Error with CodeConflict. All of s.References are named as the
// schema's own.
func (r *Registry) Register(ctx context.Context, s schema.Schema) (string, error) {
	doing := fmt.Sprintf("registering %q", s.Subject)
	if err := named(doing, s.Subject); err != nil {
		return "", err
	}
	c, err := newCandidate(doing, s)
	if err != nil {
		return "", err
	}
	subject := "/subjects/" + url.PathEscape(s.Subject)
	var added struct{ ID *int }
	if err := r.ask(ctx, doing, http.MethodPost, subject+"/versions", c, &added); err != nil {
		return "", r.mustExist(doing, err)
	}
	if added.ID == nil {
		return "", r.broken(doing, "the answer holds no schema id")
	}
	// The answer names the schema, not which version of the subject it is.
	var found struct{ Version int }
	if err := r.ask(ctx, doing, http.MethodPost, subject, c, &found); err != nil {
		return "", r.mustExist(doing, err)
	}
	if found.Version < 1 {
		return "", r.broken(doing, "the answer holds no version")
	}
	return strconv.Itoa(found.Version), nil
}

// mustExist replaces ErrNotFound by an error that nobody takes for "new": the
// subject was just written.
func (r *Registry) mustExist(doing string, err error) error {
	if notFound(err) {
		return r.broken(doing, "the registry does not know what it was just given")
	}
	return err
}

// SetCompatibility makes the registry demand a level for one subject.
func (r *Registry) SetCompatibility(ctx context.Context, subject string, level compat.Level) error {
	doing := fmt.Sprintf("setting the compatibility level of %q", subject)
	if err := named(doing, subject); err != nil {
		return err
	}
	answer, err := r.client(ctx, doing).ChangeSubjectCompatibilityLevel(subject, srclient.CompatibilityLevel(level))
	if err != nil {
		return r.known(doing, err)
	}
	if compat.Level(*answer) != level {
		return r.broken(doing, fmt.Sprintf("the answer says %q, not %s", r.clean(string(*answer)), level))
	}
	return nil
}

// Compatible asks the registry whether it would take a schema, by the subject's
// level and all versions that the level looks at. The messages are the
// registry's reasons. A subject that it does not hold is ErrNotFound.
func (r *Registry) Compatible(ctx context.Context, s schema.Schema) (bool, []string, error) {
	doing := fmt.Sprintf("asking whether %q is compatible", s.Subject)
	if err := named(doing, s.Subject); err != nil {
		return false, nil, err
	}
	c, err := newCandidate(doing, s)
	if err != nil {
		return false, nil, err
	}
	var answer struct {
		Compatible *bool    `json:"is_compatible"`
		Messages   []string `json:"messages"` // Confluent
		Reason     string   `json:"reason"`   // Apicurio
	}
	path := "/compatibility/subjects/" + url.PathEscape(s.Subject) + "/versions?verbose=true"
	if err := r.ask(ctx, doing, http.MethodPost, path, c, &answer); err != nil {
		return false, nil, err
	}
	if answer.Compatible == nil {
		return false, nil, r.broken(doing, "the answer holds no verdict")
	}
	return *answer.Compatible, r.reasons(append(answer.Messages, answer.Reason)), nil
}

// reasons makes a server's messages fit to print.
func (r *Registry) reasons(messages []string) []string {
	var reasons []string
	for _, message := range messages {
		if message = r.clean(message); message != "" {
			reasons = append(reasons, message)
		}
	}
	return reasons
}
