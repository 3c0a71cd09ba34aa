package glue

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// pageSize is the most entries that Glue puts on a page of a list.
const pageSize = 100

// Subjects lists the names of the schemas in sorted order, without those that
// are being deleted.
func (r *Registry) Subjects(ctx context.Context) ([]string, error) {
	doing := "listing the schemas of " + r.String()
	var subjects []string
	err := r.pages(doing, func(token *string) (*string, error) {
		in := &api.ListSchemasInput{RegistryId: r.id(), MaxResults: aws.Int32(pageSize), NextToken: token}
		out, err := call(ctx, r, doing, r.client.ListSchemas, in)
		if err != nil {
			return nil, err
		}
		for _, item := range out.Schemas {
			if aws.ToString(item.SchemaName) == "" {
				return nil, r.broken(doing, "a schema without a name")
			}
			if item.SchemaStatus != types.SchemaStatusDeleting {
				subjects = append(subjects, *item.SchemaName)
			}
		}
		return out.NextToken, nil
	})
	switch {
	case isNotFound(err) && r.name == DefaultRegistry:
		return nil, nil // nobody has written to it yet
	case isNotFound(err):
		return nil, r.missing(doing)
	case err != nil:
		return nil, err
	}
	slices.Sort(subjects)
	return slices.Compact(subjects), nil // a schema created between two pages may be on both
}

// Versions lists the numbers of a schema's AVAILABLE versions, oldest first.
func (r *Registry) Versions(ctx context.Context, subject string) ([]string, error) {
	if !allowsName(subject) {
		return nil, registry.ErrNotFound
	}
	doing := fmt.Sprintf("listing the versions of %s in %s", subject, r)
	var numbers []int64
	err := r.pages(doing, func(token *string) (*string, error) {
		in := &api.ListSchemaVersionsInput{SchemaId: r.schemaID(subject), MaxResults: aws.Int32(pageSize), NextToken: token}
		out, err := call(ctx, r, doing, r.client.ListSchemaVersions, in)
		if err != nil {
			return nil, err
		}
		for _, item := range out.Schemas {
			available, err := r.isAvailable(doing, item.Status, item.VersionNumber)
			if err != nil {
				return nil, err
			}
			if available {
				numbers = append(numbers, *item.VersionNumber)
			}
		}
		return out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	if len(numbers) == 0 {
		return nil, registry.ErrNotFound
	}
	return slices.Compact(formatVersions(numbers)), nil
}

// pages calls page with the token of each page, until there is none. A server
// that gives a token twice would be asked for ever.
func (r *Registry) pages(doing string, page func(token *string) (next *string, err error)) error {
	seen := map[string]bool{}
	var token *string
	for {
		next, err := page(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		if seen[*next] {
			return r.broken(doing, "the same page is announced twice")
		}
		seen[*next] = true
		token = next
	}
}

// isAvailable reports whether a version is one that readers meet. PENDING and
// FAILURE versions never got that far.
func (r *Registry) isAvailable(doing string, status types.SchemaVersionStatus, number *int64) (bool, error) {
	if aws.ToInt64(number) <= 0 {
		return false, r.broken(doing, "a version without a number")
	}
	switch status {
	case types.SchemaVersionStatusAvailable:
		return true, nil
	case types.SchemaVersionStatusPending, types.SchemaVersionStatusFailure, types.SchemaVersionStatusDeleting:
		return false, nil
	}
	return false, r.broken(doing, fmt.Sprintf("version %d has the status %q", *number, status))
}

// Schema returns an AVAILABLE version, the latest of them when version is empty.
func (r *Registry) Schema(ctx context.Context, subject, version string) (schema.Schema, error) {
	wanted := &types.SchemaVersionNumber{LatestVersion: true}
	if version != "" {
		number, ok := parseVersion(version)
		if !ok {
			return schema.Schema{}, registry.ErrNotFound
		}
		wanted = &types.SchemaVersionNumber{VersionNumber: &number}
	}
	if !allowsName(subject) {
		return schema.Schema{}, registry.ErrNotFound
	}
	doing := fmt.Sprintf("reading %s from %s", subject, r)
	if version != "" {
		doing = fmt.Sprintf("reading %s version %s from %s", subject, version, r)
	}
	out, err := call(ctx, r, doing, r.client.GetSchemaVersion, &api.GetSchemaVersionInput{SchemaId: r.schemaID(subject), SchemaVersionNumber: wanted})
	if err != nil {
		return schema.Schema{}, err
	}
	available, err := r.isAvailable(doing, out.Status, out.VersionNumber)
	switch {
	case err != nil:
		return schema.Schema{}, err
	case available:
		return r.decode(doing, subject, version, out)
	case version != "":
		return schema.Schema{}, fmt.Errorf("%s: its status is %s: %w", doing, out.Status, registry.ErrNotFound)
	}
	return r.latestAvailable(ctx, subject)
}

// latestAvailable reads the latest version that Glue has accepted.
func (r *Registry) latestAvailable(ctx context.Context, subject string) (schema.Schema, error) {
	versions, err := r.Versions(ctx, subject)
	if err != nil {
		return schema.Schema{}, err
	}
	return r.Schema(ctx, subject, versions[len(versions)-1])
}

// decode reads Glue's answer to a question for a version, empty for the latest.
func (r *Registry) decode(doing, subject, asked string, out *api.GetSchemaVersionOutput) (schema.Schema, error) {
	version := strconv.FormatInt(*out.VersionNumber, 10)
	format, suffix, ok := formatOf(out.DataFormat)
	switch {
	case asked != "" && asked != version:
		return schema.Schema{}, r.broken(doing, "it answers with version "+version)
	case !ok:
		return schema.Schema{}, r.broken(doing, fmt.Sprintf("unknown data format %q", out.DataFormat))
	case aws.ToString(out.SchemaDefinition) == "":
		return schema.Schema{}, r.broken(doing, "the schema has no definition")
	}
	return schema.Schema{
		Subject: subject, Version: version, Format: format, Revision: version,
		File: "glue/" + r.name + "/" + subject + "/" + version + suffix,
		Text: []byte(*out.SchemaDefinition),
	}, nil
}

// Compatibility is the level that Glue demands of the schema's next version. It
// is empty for DISABLED, of which Settings tells more.
func (r *Registry) Compatibility(ctx context.Context, subject string) (compat.Level, error) {
	settings, err := r.Settings(ctx, subject)
	return settings.Level, err
}

// Settings are what Glue keeps about a schema beside its versions.
type Settings struct {
	Format schema.Format
	// Mode is Glue's own word for what it demands of the next version.
	Mode string
	// Level is the mode in package compat's words, empty for DISABLED.
	Level compat.Level
	// Checkpoint is the version that is marked as the checkpoint, empty when none is.
	Checkpoint string
}

// disabled reports whether Glue takes no further version.
func (s Settings) disabled() bool { return s.Mode == string(types.CompatibilityDisabled) }

// Settings returns a schema's settings, or ErrNotFound.
func (r *Registry) Settings(ctx context.Context, subject string) (Settings, error) {
	if !allowsName(subject) {
		return Settings{}, registry.ErrNotFound
	}
	doing := fmt.Sprintf("reading the settings of %s in %s", subject, r)
	out, err := call(ctx, r, doing, r.client.GetSchema, &api.GetSchemaInput{SchemaId: r.schemaID(subject)})
	if err != nil {
		return Settings{}, err
	}
	level, ok := levelOf(out.Compatibility)
	if !ok {
		return Settings{}, r.broken(doing, fmt.Sprintf("unknown compatibility mode %q", out.Compatibility))
	}
	format, _, ok := formatOf(out.DataFormat)
	if !ok {
		return Settings{}, r.broken(doing, fmt.Sprintf("unknown data format %q", out.DataFormat))
	}
	settings := Settings{Format: format, Mode: string(out.Compatibility), Level: level}
	if out.SchemaCheckpoint != nil {
		settings.Checkpoint = strconv.FormatInt(*out.SchemaCheckpoint, 10)
	}
	return settings, nil
}
