package glue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// Glue judges a version after it has accepted the request. It is asked looks
// times for the outcome, first at once, then after firstPause, which doubles up
// to longestPause: about a minute in all.
const (
	looks        = 16
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// Register adds a version to the schema of the subject, creates the schema when
// there is none, and waits until Glue has judged the version. A definition that
// Glue already holds is not added again; its version is returned. A version that
// Glue refuses is a *registry.Error with registry.CodeConflict.
func (r *Registry) Register(ctx context.Context, s schema.Schema) (string, error) {
	doing := fmt.Sprintf("registering %s in %s", s.Subject, r)
	if err := registrable(doing, s); err != nil {
		return "", err
	}
	settings, err := r.Settings(ctx, s.Subject)
	if isNotFound(err) {
		version, refused := r.create(ctx, doing, s)
		if !errors.Is(refused, errExists) {
			return version, refused
		}
		// Somebody else created it in between: theirs is the first version.
		settings, err = r.Settings(ctx, s.Subject)
	}
	switch {
	case err != nil:
		return "", err
	case settings.Format != s.Format:
		return "", &registry.Error{Code: registry.CodeConflict,
			Message: fmt.Sprintf("%s: it is %s, and the registry holds versions in %s", doing, s.Format, settings.Format),
			Hints:   []string{"a schema never changes its format: register it under another name"}}
	case settings.disabled():
		return r.find(ctx, doing, s)
	}
	return r.extend(ctx, doing, s)
}

// registrable refuses what Glue could not hold, in words that say what to do.
func registrable(doing string, s schema.Schema) error {
	_, known := dataFormatOf(s.Format)
	switch {
	case !allowsName(s.Subject):
		return &registry.Error{Code: registry.CodeInvalid, Message: doing + ": Glue does not allow the name",
			Hints: []string{
				"a name has 1 to 255 letters, digits or any of - _ $ # .",
				"name subjects in nexus.yaml, schema.subjects, for example with {name} for the last part of a path",
			}}
	case !known:
		return &registry.Error{Code: registry.CodeInvalid, Message: fmt.Sprintf("%s: Glue does not know the format %q", doing, s.Format),
			Hints: []string{"it knows avro, json and protobuf"}}
	case len(s.References) > 0:
		return &registry.Error{Code: registry.CodeInvalid, Message: fmt.Sprintf("%s: it refers to %s, and Glue keeps no references", doing, s.References[0].Name),
			Hints: []string{"put what it refers to into the schema itself"}}
	}
	return nil
}

// create makes the schema with its first version.
func (r *Registry) create(ctx context.Context, doing string, s schema.Schema) (string, error) {
	format, _ := dataFormatOf(s.Format)
	in := &api.CreateSchemaInput{
		RegistryId: r.id(), SchemaName: &s.Subject, DataFormat: format,
		Compatibility: r.mode, SchemaDefinition: aws.String(string(s.Text)),
	}
	if r.name == DefaultRegistry {
		in.RegistryId = nil // Glue then makes it, if it is not there
	}
	out, err := call(ctx, r, doing, r.client.CreateSchema, in)
	if isNotFound(err) {
		return "", r.missing(doing)
	} else if err != nil {
		return "", err
	}
	return r.settle(ctx, doing, s.Subject, out.SchemaVersionId)
}

// extend adds a version to a schema that is there.
func (r *Registry) extend(ctx context.Context, doing string, s schema.Schema) (string, error) {
	in := &api.RegisterSchemaVersionInput{SchemaId: r.schemaID(s.Subject), SchemaDefinition: aws.String(string(s.Text))}
	out, err := call(ctx, r, doing, r.client.RegisterSchemaVersion, in)
	if err != nil {
		return "", err
	}
	return r.settle(ctx, doing, s.Subject, out.SchemaVersionId)
}

// find returns the version of a definition in a schema that takes no more.
func (r *Registry) find(ctx context.Context, doing string, s schema.Schema) (string, error) {
	in := &api.GetSchemaByDefinitionInput{SchemaId: r.schemaID(s.Subject), SchemaDefinition: aws.String(string(s.Text))}
	out, err := call(ctx, r, doing, r.client.GetSchemaByDefinition, in)
	if isNotFound(err) {
		return "", &registry.Error{Code: registry.CodeConflict,
			Message: doing + ": its compatibility mode is DISABLED, which admits no new version",
			Hints:   []string{"allow versions again with a level: --set-level BACKWARD, or register it under another name"}}
	} else if err != nil {
		return "", err
	}
	return r.settle(ctx, doing, s.Subject, out.SchemaVersionId)
}

// settle waits until Glue has judged a version and returns its number.
func (r *Registry) settle(ctx context.Context, doing, subject string, id *string) (string, error) {
	if aws.ToString(id) == "" {
		return "", r.broken(doing, "the new version has no id")
	}
	pause := firstPause
	for look := range looks {
		if look > 0 {
			if err := sleep(ctx, pause); err != nil {
				return "", r.failed(doing, err)
			}
			pause = min(2*pause, longestPause)
		}
		out, err := call(ctx, r, doing, r.client.GetSchemaVersion, &api.GetSchemaVersionInput{SchemaVersionId: id})
		if err != nil {
			return "", err
		}
		available, err := r.isAvailable(doing, out.Status, out.VersionNumber)
		switch {
		case err != nil:
			return "", err
		case available:
			return strconv.FormatInt(*out.VersionNumber, 10), nil
		case out.Status != types.SchemaVersionStatusPending:
			return "", r.refused(ctx, doing, subject, out)
		}
	}
	return "", &registry.Error{Code: registry.CodeUnreachable,
		Message: fmt.Sprintf("%s: Glue has not judged it after %d looks", doing, looks),
		Hints:   []string{"push again: a definition that Glue holds is not added twice"}}
}

// refused explains a version that Glue accepted and then marked as a failure.
// Glue tells no reason, so the rule that it applies is told instead.
func (r *Registry) refused(ctx context.Context, doing, subject string, out *api.GetSchemaVersionOutput) error {
	rule := ""
	if settings, err := r.Settings(ctx, subject); err == nil {
		rule = fmt.Sprintf("; its mode is %s", settings.Mode)
		if settings.Checkpoint != "" {
			rule += ", its checkpoint version " + settings.Checkpoint
		}
	}
	return &registry.Error{Code: registry.CodeConflict,
		Message: fmt.Sprintf("%s: Glue gave version %d the status %s%s", doing, *out.VersionNumber, out.Status, rule),
		Hints: []string{
			"Glue tells no reason; nexus schema check --profile glue names the changes that break the mode",
			fmt.Sprintf("the refused version stays and counts towards the quota; remove it with: aws glue delete-schema-versions --schema-id RegistryName=%s,SchemaName=%s --versions %d", r.name, subject, *out.VersionNumber),
		}}
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SetCompatibility makes Glue demand a level of the schema's next version. Glue
// wants a checkpoint with every change of the mode (Glue Web API Reference,
// UpdateSchema); it is set to the latest version, as the console does.
func (r *Registry) SetCompatibility(ctx context.Context, subject string, level compat.Level) error {
	mode, err := modeOf(level)
	if err != nil {
		return err
	}
	settings, err := r.Settings(ctx, subject)
	if err != nil || settings.Mode == string(mode) {
		return err
	}
	doing := fmt.Sprintf("setting the compatibility of %s in %s to %s", subject, r, mode)
	_, err = call(ctx, r, doing, r.client.UpdateSchema, &api.UpdateSchemaInput{
		SchemaId: r.schemaID(subject), Compatibility: mode,
		SchemaVersionNumber: &types.SchemaVersionNumber{LatestVersion: true},
	})
	return err
}
