package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

var (
	errEdited  = errors.New("it differs from " + registry.LockName + ": somebody has edited it since it was pulled")
	errRemoved = errors.New("it is in " + registry.LockName + " and not in the folder")
)

// Lock is the folder's lock, nil when it is no copy of a registry.
func (r *Registry) Lock() *registry.Lock { return r.lock }

// Unlocked lists the schema files of a copy that its lock does not name. They
// were passed over: the registry does not hold them.
func (r *Registry) Unlocked() []string { return r.unlocked }

// Compatibility is the level that the lock names for the subject. Without a lock
// it is empty: files demand no level.
func (r *Registry) Compatibility(_ context.Context, subject string) (compat.Level, error) {
	return r.levels[subject], nil
}

// readLock reads the lock of the opened folder, if there is one.
func (r *Registry) readLock(where place) error {
	if where.file != "" {
		return nil
	}
	name := path.Join(where.below, registry.LockName)
	if _, err := r.root.Stat(path.Join(where.below, JournalName)); err == nil {
		return fmt.Errorf("opening %s: its pull has not finished; run it again, it goes on where it ended", where.shown(where.below))
	}
	text, err := r.root.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("reading the lock %s: %w", where.shown(name), plainCause(err))
	}
	if r.lock, err = registry.ParseLock(where.shown(name), text); err != nil {
		return err
	}
	r.levels = map[string]compat.Level{}
	for _, s := range r.lock.Subjects {
		r.levels[s.Subject] = s.Level
	}
	return nil
}

// keepLocked leaves only what the lock names to be read, and returns the other
// schema files.
func (w *walk) keepLocked(lock *registry.Lock) (others []string) {
	there := map[string]found{}
	for _, f := range w.found {
		there[f.name] = f
	}
	w.found = w.found[:0]
	for _, v := range lock.All() {
		name := path.Join(w.below, v.File)
		f, ok := there[name]
		if !ok {
			f = found{name, errRemoved}
		}
		delete(there, name)
		w.found = append(w.found, f)
	}
	for name := range there {
		if w.options.Certain(w.describe(name)) {
			others = append(others, w.shown(name))
		}
	}
	slices.Sort(others)
	return others
}

// adopt gives the files that were read to the versions of the lock, which are in
// the same order, and keeps only those that a subject holds.
func (w *walk) adopt(lock *registry.Lock) {
	texts := map[registry.VersionKey]*registry.File{}
	i := 0
	for subject, v := range lock.All() {
		file := &w.files[i]
		i++
		if file.Err == nil && (schema.Schema{Text: file.Text}).Digest() != v.Digest {
			file.Err = errEdited
		}
		file.Locked = &registry.LockedFile{Subject: subject, Version: v.Version, Format: v.Format}
		texts[registry.VersionKey{Subject: subject, Version: v.Version}] = file
	}
	i = 0
	for _, v := range lock.All() {
		refer(&w.files[i], v.References, texts)
		i++
	}
	kept := 0
	for _, s := range lock.Subjects {
		kept += len(s.Versions)
	}
	w.files = w.files[:kept]
}

// refer fills in what a version refers to. It is as reliable as what it rests on.
func refer(file *registry.File, names []registry.LockedReference, texts map[registry.VersionKey]*registry.File) {
	for _, name := range names {
		target := texts[registry.VersionKey{Subject: name.Subject, Version: name.Version}]
		if target.Err != nil && file.Err == nil {
			file.Err = fmt.Errorf("it refers to %s: %w", target.Name, target.Err)
		}
		file.Locked.References = append(file.Locked.References, schema.Reference{
			Name: name.Name, Subject: name.Subject, Version: name.Version, File: target.Name, Text: target.Text,
		})
	}
}
