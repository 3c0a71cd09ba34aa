package dir

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// JournalName is the file that says how far an unfinished pull is. While it is
// there, the folder is no baseline.
const JournalName = registry.LockName + ".partial"

// unfinished ends the names of files that are being written.
const unfinished = ".part"

// Mirror is a folder on its way to be a copy of a registry: SUBJECT/VERSION.suffix
// for every version, and a lock. It is safe for concurrent use.
//
// Whatever it writes appears whole or not at all, and a journal notes each version
// that is done, so that a pull that was killed goes on where it ended. A file that
// holds something else than the lock says is somebody's work: it is left alone,
// unless Force says otherwise.
type Mirror struct {
	root    *os.Root
	options MirrorOptions
	old     *registry.Lock // of the pull before this one, nil for none

	mutex   sync.Mutex // guards what follows, and writing
	known   map[registry.VersionKey]registry.LockedVersion
	bare    map[registry.VersionKey]bool // known as a reference only: what it refers to itself is not known
	done    map[registry.VersionKey]bool // looked at in this run
	folders map[string]string            // the folder, in lower case, to the subject that has it
	journal *os.File
}

// MirrorOptions steer OpenMirror.
type MirrorOptions struct {
	Source string // as the lock names it
	Shown  string // the folder as the user wrote it
	// Suffix is the ending of the files of a format.
	Suffix func(schema.Format) string
	// Force takes every version again and overwrites what is in the way.
	Force bool
}

// EditedError says that a file is in the way of the pull.
type EditedError struct{ File string }

// Error names the file.
func (e *EditedError) Error() string {
	return e.File + " holds something else than what was pulled there"
}

// journalLine is one line of the journal: first the source, then a version each.
type journalLine struct {
	Source  string                  `json:"source,omitempty"`
	Subject string                  `json:"subject,omitempty"`
	Locked  *registry.LockedVersion `json:"locked,omitempty"`
	Bare    bool                    `json:"bare,omitempty"`
}

// OpenMirror opens a folder, which is made if it is not there, and reads what
// earlier pulls have left.
func OpenMirror(folder string, o MirrorOptions) (*Mirror, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, openError(o.Shown, err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, openError(o.Shown, err)
	}
	m := &Mirror{
		root: root, options: o,
		known: map[registry.VersionKey]registry.LockedVersion{}, done: map[registry.VersionKey]bool{}, folders: map[string]string{}, bare: map[registry.VersionKey]bool{},
	}
	err = m.readLock()
	if err == nil {
		err = m.openJournal()
	}
	if err != nil {
		_ = m.Close() // what failed is told already
		return nil, err
	}
	return m, nil
}

// readLock takes over what an earlier pull has finished.
func (m *Mirror) readLock() error {
	text, err := m.root.ReadFile(registry.LockName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the lock %s: %w", m.shown(registry.LockName), plainCause(err))
	}
	lock, err := registry.ParseLock(m.shown(registry.LockName), text)
	if err != nil {
		return err
	}
	if err := m.sameSource(lock.Source); err != nil {
		return err
	}
	m.old = lock
	for subject, v := range lock.All() {
		m.remember(subject, v)
	}
	for _, s := range lock.References {
		for _, v := range s.Versions {
			m.bare[registry.VersionKey{Subject: s.Subject, Version: v.Version}] = true
		}
	}
	return nil
}

func (m *Mirror) sameSource(source string) error {
	if source == m.options.Source || m.options.Force {
		return nil
	}
	return fmt.Errorf("%s holds a copy of %s, not of %s", m.options.Shown, source, m.options.Source)
}

func (m *Mirror) remember(subject string, v registry.LockedVersion) {
	m.known[registry.VersionKey{Subject: subject, Version: v.Version}] = v
	m.folders[strings.ToLower(path.Dir(v.File))] = subject
}

// openJournal takes over what an unfinished pull has noted, and notes on.
func (m *Mirror) openJournal() error {
	text, err := m.root.ReadFile(JournalName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %s: %w", m.shown(JournalName), plainCause(err))
	}
	whole := bytes.LastIndexByte(text, '\n') + 1 // the last line may have been cut
	for i, line := range bytes.Split(text[:whole], []byte("\n")) {
		var l journalLine
		if len(line) == 0 || json.Unmarshal(line, &l) != nil {
			continue // a version that is not known is taken again
		}
		if i == 0 {
			if err := m.sameSource(l.Source); err != nil {
				return err
			}
			if l.Source != m.options.Source {
				whole = 0 // somebody insists on another source: the notes begin anew
				break
			}
		} else if l.Locked != nil && fs.ValidPath(l.Locked.File) {
			m.remember(l.Subject, *l.Locked)
			m.bare[registry.VersionKey{Subject: l.Subject, Version: l.Locked.Version}] = l.Bare
		}
	}
	m.journal, err = m.root.OpenFile(JournalName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("writing %s: %w", m.shown(JournalName), plainCause(err))
	}
	if err := m.journal.Truncate(int64(whole)); err != nil {
		return fmt.Errorf("writing %s: %w", m.shown(JournalName), plainCause(err))
	}
	if whole == 0 {
		return m.note(journalLine{Source: m.options.Source})
	}
	return nil
}

func (m *Mirror) note(l journalLine) error {
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("writing %s: %w", m.shown(JournalName), err)
	}
	if _, err := m.journal.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("writing %s: %w", m.shown(JournalName), plainCause(err))
	}
	return nil
}

func (m *Mirror) shown(name string) string { return path.Join(m.options.Shown, name) }

// Kept returns a version that needs not be taken again: it is in the lock or the
// journal, and the files that it needs say the same. A file that says something
// else is an *EditedError.
func (m *Mirror) Kept(subject, version string) (registry.LockedVersion, bool, error) {
	if m.options.Force {
		return registry.LockedVersion{}, false, nil
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	key := registry.VersionKey{Subject: subject, Version: version}
	ok, err := m.intact(key)
	if !ok || err != nil || m.bare[key] {
		return registry.LockedVersion{}, false, err
	}
	v := m.known[key]
	for _, r := range v.References {
		if ok, err := m.intact(registry.VersionKey{Subject: r.Subject, Version: r.Version}); !ok || err != nil {
			return registry.LockedVersion{}, false, err
		}
	}
	return v, true, nil
}

// intact reports whether the file of a known version is there and unchanged.
func (m *Mirror) intact(key registry.VersionKey) (bool, error) {
	v, ok := m.known[key]
	if !ok || m.done[key] {
		return ok, nil
	}
	text, err := m.root.ReadFile(v.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading %s: %w", m.shown(v.File), plainCause(err))
	case (schema.Schema{Text: text}).Digest() != v.Digest:
		return false, &EditedError{m.shown(v.File)}
	}
	m.done[key] = true
	return true, nil
}

// Put writes a version, and what it refers to.
func (m *Mirror) Put(s schema.Schema) (registry.LockedVersion, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	v := registry.LockedVersion{}
	for _, r := range s.References {
		target := schema.Schema{Subject: r.Subject, Version: r.Version, Format: s.Format, Text: r.Text}
		if _, err := m.put(target, nil, true); err != nil {
			return v, err
		}
		v.References = append(v.References, registry.LockedReference{Name: r.Name, Subject: r.Subject, Version: r.Version})
	}
	return m.put(s, v.References, false)
}

// put writes one file, unless this run has.
func (m *Mirror) put(s schema.Schema, references []registry.LockedReference, bare bool) (registry.LockedVersion, error) {
	key := registry.VersionKey{Subject: s.Subject, Version: s.Version}
	old, known := m.known[key]
	v := registry.LockedVersion{Version: s.Version, Format: s.Format, Digest: s.Digest(), References: references}
	if v.File = old.File; !known || path.Ext(old.File) != path.Ext(m.options.Suffix(s.Format)) {
		v.File = path.Join(m.folder(s.Subject), s.Version+m.options.Suffix(s.Format))
	}
	if bare && known && old.Digest == v.Digest {
		v.References, bare = old.References, m.bare[key] // what was known before holds
	}
	if !m.done[key] || old.Digest != v.Digest {
		if err := m.write(v.File, s.Text, old.Digest); err != nil {
			return v, err
		}
	}
	if m.done[key] && old.Digest == v.Digest && bare == m.bare[key] {
		return v, nil // a popular reference is noted once
	}
	m.known[key], m.done[key], m.bare[key] = v, true, bare
	return v, m.note(journalLine{Subject: s.Subject, Locked: &v, Bare: bare})
}

// folder is where a subject's versions are. Two subjects that differ in case only
// need two folders on every file system.
func (m *Mirror) folder(subject string) string {
	name := registry.FolderName(subject)
	if owner, taken := m.folders[strings.ToLower(name)]; taken && owner != subject {
		name = registry.DistinctFolderName(subject)
	}
	m.folders[strings.ToLower(name)] = subject
	return name
}

// Reserve settles the folders of the subjects that are pulled, which must be
// sorted, so that they do not depend on which answer comes first.
func (m *Mirror) Reserve(subjects []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, subject := range subjects {
		m.folder(subject)
	}
}

// write puts a file into its place at once. expected is the digest that the file
// may have when it is there already.
func (m *Mirror) write(name string, text []byte, expected string) error {
	there, err := m.root.ReadFile(name)
	switch {
	case err == nil && bytes.Equal(there, text):
		return nil
	case err == nil && !m.options.Force && (schema.Schema{Text: there}).Digest() != expected:
		return &EditedError{m.shown(name)}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("reading %s: %w", m.shown(name), plainCause(err))
	}
	return m.replace(name, text)
}

func (m *Mirror) replace(name string, text []byte) error {
	err := m.root.MkdirAll(path.Dir(name), 0o755)
	if err == nil {
		err = m.root.WriteFile(name+unfinished, text, 0o644)
	}
	if err == nil {
		err = m.root.Rename(name+unfinished, name)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", m.shown(name), plainCause(err))
	}
	return nil
}

// Finish writes the lock, removes the files of earlier pulls that it does not
// name, and ends the journal. The lock gets its References here. It returns how
// many files were removed.
func (m *Mirror) Finish(lock *registry.Lock) (removed int, err error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if lock.References, err = m.references(lock.Subjects); err != nil {
		return 0, err
	}
	text, err := lock.Encode()
	if err != nil {
		return 0, err
	}
	if _, err := registry.ParseLock(m.shown(registry.LockName), text); err != nil {
		return 0, err // better no lock than one that nobody can read
	}
	if err := m.replace(registry.LockName, text); err != nil {
		return 0, err
	}
	removed = m.sweep(lock)
	if err := errors.Join(m.journal.Close(), m.root.Remove(JournalName)); err != nil {
		return removed, fmt.Errorf("removing %s: %w", m.shown(JournalName), plainCause(err))
	}
	m.journal = nil
	return removed, nil
}

// references lists the versions that only others refer to.
func (m *Mirror) references(subjects []registry.LockedSubject) ([]registry.LockedSubject, error) {
	held := map[registry.VersionKey]bool{}
	for _, s := range subjects {
		for _, v := range s.Versions {
			held[registry.VersionKey{Subject: s.Subject, Version: v.Version}] = true
		}
	}
	extra := map[string][]registry.LockedVersion{}
	for _, s := range subjects {
		for _, v := range s.Versions {
			for _, r := range v.References {
				key := registry.VersionKey{Subject: r.Subject, Version: r.Version}
				if held[key] {
					continue
				}
				target, ok := m.known[key]
				if !ok {
					return nil, fmt.Errorf("writing the lock: %s version %s refers to %s version %s, which was not pulled", s.Subject, v.Version, r.Subject, r.Version)
				}
				target.References = nil
				held[key], extra[r.Subject] = true, append(extra[r.Subject], target)
			}
		}
	}
	var list []registry.LockedSubject
	for _, subject := range slices.Sorted(maps.Keys(extra)) {
		versions := extra[subject]
		slices.SortFunc(versions, func(a, b registry.LockedVersion) int { return cmp.Compare(a.Version, b.Version) })
		list = append(list, registry.LockedSubject{Subject: subject, Versions: versions})
	}
	return list, nil
}

// sweep removes what the lock before this one names and this one does not, when
// nobody has edited it. Whatever stays is passed over by a check.
func (m *Mirror) sweep(lock *registry.Lock) (removed int) {
	if m.old == nil {
		return 0
	}
	wanted := map[string]bool{}
	for _, v := range lock.All() {
		wanted[v.File] = true
	}
	for _, v := range m.old.All() {
		text, err := m.root.ReadFile(v.File)
		if wanted[v.File] || err != nil || (schema.Schema{Text: text}).Digest() != v.Digest {
			continue
		}
		if m.root.Remove(v.File) == nil {
			removed++
			_ = m.root.Remove(path.Dir(v.File)) // if it is empty now
		}
	}
	return removed
}

// Close ends the run. Without Finish the journal stays for the next one.
func (m *Mirror) Close() error {
	var err error
	if m.journal != nil {
		err = m.journal.Close()
	}
	return errors.Join(err, m.root.Close())
}
