package compat

import (
	"regexp"
	"strconv"
	"strings"
)

// Bump is the part of a semantic version that a change deserves to raise.
type Bump string

// The bumps, smallest first.
const (
	NoBump Bump = "none"
	Patch  Bump = "patch"
	Minor  Bump = "minor"
	Major  Bump = "major"
)

var bumpRank = map[Bump]int{NoBump: 0, Patch: 1, Minor: 2, Major: 3}

// Less reports whether b raises less than other.
func (b Bump) Less(other Bump) bool { return bumpRank[b] < bumpRank[other] }

// ParseBump reads a bump by its semantic-version name, or by its SchemaVer name
// (addition keeps all data valid; revision and model may break it).
func ParseBump(text string) (Bump, bool) {
	switch strings.ToLower(text) {
	case "none":
		return NoBump, true
	case "patch":
		return Patch, true
	case "minor", "addition":
		return Minor, true
	case "major", "revision", "model":
		return Major, true
	}
	return "", false
}

var versionText = regexp.MustCompile(`^v?(\d+)(?:([.-])(\d+)(?:[.-](\d+))?)?$`)

// BumpBetween returns the bump from one version text to the next: semantic
// versions (1.2.0), SchemaVer (1-0-2, where only the last part promises
// compatibility), or bare integers (every step may be major). ok is false when
// either text is no version or the version does not rise.
func BumpBetween(from, to string) (bump Bump, ok bool) {
	a, b := versionText.FindStringSubmatch(from), versionText.FindStringSubmatch(to)
	if a == nil || b == nil || a[2] != b[2] {
		return "", false
	}
	schemaVer := a[2] == "-"
	for i, group := range []int{1, 3, 4} {
		x, _ := strconv.Atoi(a[group])
		y, _ := strconv.Atoi(b[group])
		switch {
		case y < x:
			return "", false
		case y == x:
			continue
		case i == 0, schemaVer && i == 1:
			return Major, true
		case i == 1, schemaVer:
			return Minor, true
		default:
			return Patch, true
		}
	}
	return NoBump, true
}

func itoa(n int) string { return strconv.Itoa(n) }
