package scaffold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// goMod is the go.mod of a new app, complete: the go command resolves nothing.
func (c CoreTree) goMod(module string) ([]byte, error) {
	file, err := modfile.Parse(coreGoMod, c[coreGoMod], nil)
	if err != nil {
		return nil, fmt.Errorf("reading the core's go.mod: %w", err)
	}
	if err := file.AddModuleStmt(module); err != nil {
		return nil, fmt.Errorf("writing go.mod for %s: %w", module, err)
	}
	return file.Format()
}

// raisedGoMod is the go.mod of an app with everything that a core needs: of two
// versions the later one. What the app needs besides stays.
func (c CoreTree) raisedGoMod(text []byte) ([]byte, error) {
	app, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return nil, fmt.Errorf("reading go.mod: %w", err)
	}
	core, err := modfile.Parse(coreGoMod, c[coreGoMod], nil)
	if err != nil {
		return nil, fmt.Errorf("reading the core's go.mod: %w", err)
	}
	if app.Go == nil || semver.Compare("v"+app.Go.Version, "v"+core.Go.Version) < 0 {
		if err := app.AddGoStmt(core.Go.Version); err != nil {
			return nil, fmt.Errorf("raising go.mod to Go %s: %w", core.Go.Version, err)
		}
	}
	app.SetRequireSeparateIndirect(raised(app.Require, core.Require))
	app.Cleanup()
	return app.Format()
}

// raised are the requirements of both, sorted by path. One that either needs itself
// is no indirect one.
func raised(app, core []*modfile.Require) []*modfile.Require {
	needs := map[string]*modfile.Require{}
	for _, r := range slices.Concat(app, core) {
		need := needs[r.Mod.Path]
		if need == nil {
			need = &modfile.Require{Mod: r.Mod, Indirect: r.Indirect}
			needs[r.Mod.Path] = need
		}
		if semver.Compare(need.Mod.Version, r.Mod.Version) < 0 {
			need.Mod.Version = r.Mod.Version
		}
		need.Indirect = need.Indirect && r.Indirect
	}
	var list []*modfile.Require
	for _, path := range slices.Sorted(maps.Keys(needs)) {
		list = append(list, needs[path])
	}
	return list
}

// raisedGoSum is the go.sum of an app with the sums that a core needs, in the order
// in which the go command writes them. One that lacks none stays as it is.
func (c CoreTree) raisedGoSum(text []byte) []byte {
	has := lines(text)
	if n := len(has); n > 0 && !strings.HasSuffix(has[n-1], "\n") {
		has[n-1] += "\n"
	}
	missing := slices.DeleteFunc(lines(c[coreGoSum]), func(line string) bool { return slices.Contains(has, line) })
	if len(missing) == 0 {
		return text
	}
	sums := slices.Concat(has, missing)
	slices.SortStableFunc(sums, compareSums)
	var out []byte
	for _, line := range slices.Compact(sums) {
		out = append(out, line...)
	}
	return out
}

// compareSums orders lines of go.sum: by module, version and file.
func compareSums(a, b string) int {
	of := func(line string) (module, version, file string) {
		module, rest, _ := strings.Cut(line, " ")
		rest, _, _ = strings.Cut(rest, " ")
		version, file, _ = strings.Cut(rest, "/")
		return module, version, file
	}
	moduleA, versionA, fileA := of(a)
	moduleB, versionB, fileB := of(b)
	return cmp.Or(strings.Compare(moduleA, moduleB), semver.Compare(versionA, versionB), strings.Compare(fileA, fileB), strings.Compare(a, b))
}
