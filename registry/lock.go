package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"time"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// LockName is the file that makes a folder a copy of a registry.
const LockName = "nexus.lock"

// lockVersion is the form of lock files that this program reads and writes.
const lockVersion = 1

// Lock says what a folder holds of which registry. It is what a check without a
// network goes by: whose a file is, that nobody has edited it, and which level
// the registry demanded at the time.
type Lock struct {
	// Source is where the copy comes from, as KIND:REF, without credentials.
	Source string
	// Pulled is when the registry was last asked.
	Pulled time.Time
	// Subjects are sorted by name; each has its versions, oldest first.
	Subjects []LockedSubject
	// References are versions that only other versions refer to: their subjects
	// were not asked for.
	References []LockedSubject
}

// LockedSubject is a subject with what the registry held of it.
type LockedSubject struct {
	Subject  string          `json:"subject"`
	Level    compat.Level    `json:"level,omitempty"` // empty when the registry demands none
	Versions []LockedVersion `json:"versions"`
}

// LockedVersion is one version and the file that holds it.
type LockedVersion struct {
	Version string        `json:"version"`
	Format  schema.Format `json:"format"`
	File    string        `json:"file"`   // below the folder, with /
	Digest  string        `json:"digest"` // as schema.Schema.Digest gives it
	// References are all versions that this one refers to, directly or not, in
	// the order in which parsers need them.
	References []LockedReference `json:"references,omitempty"`
}

// LockedReference is a version that another one refers to by name.
type LockedReference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version string `json:"version"`
}

// VersionKey names one version of one subject.
type VersionKey struct{ Subject, Version string }

// lockForm is a Lock as the file writes it.
type lockForm struct {
	Version    int             `json:"version"`
	Source     string          `json:"source"`
	Pulled     string          `json:"pulled"`
	Subjects   []LockedSubject `json:"subjects"`
	References []LockedSubject `json:"references,omitempty"`
}

// Encode is the text of the lock file. Equal locks have equal bytes.
func (l *Lock) Encode() ([]byte, error) {
	form := lockForm{lockVersion, l.Source, l.Pulled.UTC().Format(time.RFC3339), l.Subjects, l.References}
	if form.Subjects == nil {
		form.Subjects = []LockedSubject{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(form); err != nil {
		return nil, fmt.Errorf("writing %s: %w", LockName, err)
	}
	return b.Bytes(), nil
}

// ParseLock reads a lock file; name is what errors call it. A lock that cannot be
// relied upon is an error, never an empty lock: without it a tampered copy would
// pass for the registry.
func ParseLock(name string, text []byte) (*Lock, error) {
	var form lockForm
	if err := json.Unmarshal(text, &form); err != nil {
		if at, ok := errors.AsType[*json.SyntaxError](err); ok {
			name = fmt.Sprintf("%s:%d", name, 1+bytes.Count(text[:min(int(at.Offset), len(text))], []byte("\n")))
		}
		return nil, fmt.Errorf("reading the lock %s: %w", name, err)
	}
	if form.Version != lockVersion {
		return nil, fmt.Errorf("reading the lock %s: its version is %d, and this nexus reads version %d", name, form.Version, lockVersion)
	}
	pulled, err := time.Parse(time.RFC3339, form.Pulled)
	if err != nil {
		return nil, fmt.Errorf("reading the lock %s: pulled %q is not a time", name, form.Pulled)
	}
	l := &Lock{Source: form.Source, Pulled: pulled.UTC(), Subjects: form.Subjects, References: form.References}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("reading the lock %s: %w", name, err)
	}
	return l, nil
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// check looks whether the entries make sense together.
func (l *Lock) check() error {
	if l.Source == "" {
		return errors.New("it names no source")
	}
	files := map[string]bool{}
	versions := map[VersionKey]bool{}
	subjects := map[string]bool{}
	for i, s := range slices.Concat(l.Subjects, l.References) {
		if s.Subject == "" || len(s.Versions) == 0 {
			return fmt.Errorf("subject %q has no name or no version", s.Subject)
		}
		if i < len(l.Subjects) && subjects[s.Subject] {
			return fmt.Errorf("subject %q stands there twice", s.Subject)
		}
		subjects[s.Subject] = true
		if s.Level != "" && !slices.Contains(compat.Levels, s.Level) {
			return fmt.Errorf("subject %q has the unknown level %q", s.Subject, s.Level)
		}
		for _, v := range s.Versions {
			key := VersionKey{s.Subject, v.Version}
			switch {
			case v.Version == "" || versions[key]:
				return fmt.Errorf("subject %q: version %q is empty or stands there twice", s.Subject, v.Version)
			case !fs.ValidPath(v.File) || v.File == "." || files[v.File]:
				return fmt.Errorf("subject %q: the file %q is no path below the folder, or stands there twice", s.Subject, v.File)
			case !digestForm.MatchString(v.Digest):
				return fmt.Errorf("subject %q: %q is no digest", s.Subject, v.Digest)
			}
			files[v.File], versions[key] = true, true
		}
	}
	return l.checkReferences(versions)
}

// checkReferences looks whether everything that is referred to is there.
func (l *Lock) checkReferences(versions map[VersionKey]bool) error {
	for subject, v := range l.All() {
		for _, r := range v.References {
			if !versions[VersionKey{r.Subject, r.Version}] {
				return fmt.Errorf("subject %q version %s refers to %q version %s, which it does not hold", subject, v.Version, r.Subject, r.Version)
			}
		}
	}
	return nil
}

// All yields every locked version with its subject, those that are only referred
// to last.
func (l *Lock) All() func(yield func(subject string, v LockedVersion) bool) {
	return func(yield func(string, LockedVersion) bool) {
		for _, s := range slices.Concat(l.Subjects, l.References) {
			for _, v := range s.Versions {
				if !yield(s.Subject, v) {
					return
				}
			}
		}
	}
}

// Age says how old the copy is on a day, in whole days.
func (l *Lock) Age(asOf time.Time) int {
	day := l.Pulled.Truncate(24 * time.Hour)
	return int(asOf.UTC().Truncate(24*time.Hour).Sub(day) / (24 * time.Hour))
}
