package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// An Upgrade is the way of an app to the present core.
type Upgrade struct {
	From, To CoreVersion
	Plan
}

// Behind reports whether the app has another core than this nexus.
func (u Upgrade) Behind() bool { return u.From.Digest != u.To.Digest }

// ErrNewer says that an app's core is of a later nexus than this one.
var ErrNewer = errors.New("the core of the app is of a later nexus")

// PlanUpgrade plans how an app gets the core of this nexus, of the given version.
// Files of the core that nobody changed are replaced, changed ones are merged,
// deleted ones stay deleted. go.mod and go.sum get what the core needs. The domain is
// not touched.
func PlanUpgrade(app fs.FS, version string) (Upgrade, error) {
	return planUpgrade(app, version, present(), released)
}

// planUpgrade plans the way to a core; find looks the app's own up, by its digest.
func planUpgrade(app fs.FS, version string, core CoreTree, find func(digest string) (CoreTree, bool, error)) (Upgrade, error) {
	m, err := ReadManifest(app)
	if err != nil {
		return Upgrade{}, err
	}
	u := Upgrade{From: m.Core, To: CoreVersion{version, core.Digest()}}
	if !u.Behind() {
		u.To = u.From
		return u, nil
	}
	if semver.IsValid(tagged(version)) && semver.Compare(tagged(m.Core.Version), tagged(version)) > 0 {
		return u, fmt.Errorf("%w: %s, and this is %s", ErrNewer, m.Core.Version, version)
	}
	old, known, err := find(m.Core.Digest)
	if err != nil {
		return u, err
	}
	if err := u.planCore(app, m, old, core); err != nil {
		if unmergeable, ok := errors.AsType[*MergeError](err); ok && unmergeable.noBase && !known {
			unmergeable.Message = fmt.Sprintf("the app's core (nexus %s, %.19s…) is of no release, so that nobody knows what these files were before they were changed", m.Core.Version, m.Core.Digest)
			unmergeable.Hint = "undo the changes to them, upgrade, and make the changes again"
		}
		return u, err
	}
	if err := u.planModules(app, core); err != nil {
		return u, err
	}
	m.Nexus, m.Core = version, u.To
	m.record(u.files.only("go.mod", "go.sum"))
	u.files[manifestFile], err = m.text()
	return u, err
}

// planCore plans the files below internal/nexus, and notes them in the manifest.
func (u *Upgrade) planCore(app fs.FS, m Manifest, from, to CoreTree) error {
	goMod, err := fs.ReadFile(app, "go.mod")
	if err != nil {
		return fmt.Errorf("reading go.mod: %w", err)
	}
	module := modfile.ModulePath(goMod) // the user may have given it another name since
	s := sides{app: app, manifest: m, base: from.In(module), theirs: to.In(module), about: inCoreFolder, name: "nexus " + u.To.Version}
	if u.Plan, err = s.plan(); err != nil {
		return err
	}
	m.replace(inCoreFolder, s.theirs)
	return nil
}

func inCoreFolder(name string) bool {
	_, ok := cutFolder(name, coreFolder)
	return ok
}

// planModules plans go.mod and go.sum. Of these an app and its core each have their
// own lines, so that there is nothing to merge.
func (u *Upgrade) planModules(app fs.FS, core CoreTree) error {
	raise := map[string]func([]byte) ([]byte, error){
		"go.mod": core.raisedGoMod,
		"go.sum": func(text []byte) ([]byte, error) { return core.raisedGoSum(text), nil },
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := fs.ReadFile(app, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		higher, err := raise[name](text)
		if err != nil {
			return err
		}
		if !sameLines(text, higher) {
			u.add(Change{File: name, Action: Replace}, higher)
		}
	}
	return nil
}

// tagged is a version as git and semver have it, with its v: a released program calls
// itself 1.2.3.
func tagged(version string) string { return "v" + strings.TrimPrefix(version, "v") }
