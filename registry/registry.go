// Package registry says what nexus needs of a place that keeps schemas: four
// questions. A directory, a git revision and a schema registry all answer them,
// so that a check does not know where its baseline comes from.
package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// ErrNotFound is returned for a subject or version that the registry does not
// hold. A missing subject is new, not broken.
var ErrNotFound = errors.New("not found")

// Registry is a place that keeps versions of schemas. Implementations are safe
// for concurrent use.
type Registry interface {
	// Subjects lists the subjects in sorted order.
	Subjects(ctx context.Context) ([]string, error)
	// Versions lists a subject's versions, oldest first, or ErrNotFound.
	Versions(ctx context.Context, subject string) ([]string, error)
	// Schema returns one version of a subject, the latest when version is empty,
	// or ErrNotFound.
	Schema(ctx context.Context, subject, version string) (schema.Schema, error)
	// Compatibility is the level the registry demands for the subject, or the
	// empty Level when it demands none.
	Compatibility(ctx context.Context, subject string) (compat.Level, error)
}

// Writer is a registry that takes new versions. It is apart from Registry
// because a check must never be able to write.
type Writer interface {
	// Register adds a schema to its subject, which is made when it is new, and
	// returns the version. A schema that the subject already holds is not added
	// again: its version is returned.
	Register(ctx context.Context, s schema.Schema) (version string, err error)
	// SetCompatibility makes the registry demand a level for the subject.
	SetCompatibility(ctx context.Context, subject string, level compat.Level) error
}

// History returns a subject's versions, oldest first: all of them when
// transitive, else only the latest. A subject without versions is ErrNotFound.
func History(ctx context.Context, r Registry, subject string, transitive bool) ([]schema.Schema, error) {
	if !transitive {
		// Listing versions can be dear, a whole git log, and only one is wanted.
		latest, err := r.Schema(ctx, subject, "")
		if err != nil {
			return nil, err
		}
		return []schema.Schema{latest}, nil
	}
	versions, err := r.Versions(ctx, subject)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, ErrNotFound
	}
	history := make([]schema.Schema, 0, len(versions))
	for _, version := range versions {
		s, err := r.Schema(ctx, subject, version)
		if err != nil {
			return nil, versionError(subject, version, err)
		}
		history = append(history, s)
	}
	return history, nil
}

// versionError names the version that could not be read. A file's error names
// the file, which says more than the subject does.
func versionError(subject, version string, err error) error {
	if _, ok := errors.AsType[*FileError](err); ok {
		return err
	}
	if version != "" {
		subject += " version " + version
	}
	return fmt.Errorf("reading %s: %w", subject, err)
}
