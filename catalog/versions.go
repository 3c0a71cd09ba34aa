package catalog

import (
	"cmp"
	"strconv"
	"strings"
)

// latest is the range of the current version; so is an empty one.
const latest = "latest"

// compareVersions orders versions by their numbers, and what is no number as
// text. A pre-release comes before its release, as semantic versioning has it.
func compareVersions(a, b string) int {
	a, b = strings.TrimPrefix(a, "v"), strings.TrimPrefix(b, "v")
	aCore, aPre, _ := strings.Cut(withoutBuild(a), "-")
	bCore, bPre, _ := strings.Cut(withoutBuild(b), "-")
	if order := compareParts(aCore, bCore, "0"); order != 0 {
		return order
	}
	switch {
	case aPre == bPre:
		return cmp.Compare(a, b)
	case aPre == "":
		return 1
	case bPre == "":
		return -1
	}
	return compareParts(aPre, bPre, "")
}

func withoutBuild(version string) string {
	core, _, _ := strings.Cut(version, "+")
	return core
}

func compareParts(a, b, missing string) int {
	for a != "" || b != "" {
		var partA, partB string
		partA, a, _ = strings.Cut(a, ".")
		partB, b, _ = strings.Cut(b, ".")
		if order := comparePart(cmp.Or(partA, missing), cmp.Or(partB, missing)); order != 0 {
			return order
		}
	}
	return 0
}

func comparePart(a, b string) int {
	numberA, errA := strconv.ParseUint(a, 10, 64)
	numberB, errB := strconv.ParseUint(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Compare(numberA, numberB)
	case errA == nil && b != "":
		return -1
	case errB == nil && a != "":
		return 1
	}
	return cmp.Compare(a, b)
}

// matches reports whether a version lies in a range: an exact version, 1.x, ^1.2,
// ~1.2, comparisons such as ">=1.0 <3", or several of these between ||. What
// latest means only the catalog knows.
func matches(versions, version string) bool {
	for alternative := range strings.SplitSeq(versions, "||") {
		if matchesAll(strings.Fields(alternative), version) {
			return true
		}
	}
	return false
}

func matchesAll(comparisons []string, version string) bool {
	for i := 0; i < len(comparisons); i++ {
		c := comparisons[i]
		if isOperator(c) && i+1 < len(comparisons) {
			i++
			c += comparisons[i]
		}
		if !matchesOne(c, version) {
			return false
		}
	}
	return len(comparisons) > 0
}

func isOperator(s string) bool { return s != "" && strings.Trim(s, "<>=^~") == "" }

func matchesOne(comparison, version string) bool {
	rest := strings.TrimLeft(comparison, "<>=^~")
	operator := comparison[:len(comparison)-len(rest)]
	rest = strings.TrimPrefix(rest, "v")
	if isWild(rest) {
		return true
	}
	order := compareVersions(version, strings.TrimSuffix(firstWild(rest), "."))
	switch operator {
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case "^":
		return order >= 0 && sameUpTo(version, rest, caretParts(rest))
	case "~":
		return order >= 0 && sameUpTo(version, rest, min(2, len(parts(rest))))
	case "", "=":
		if fixed := parts(rest); strings.ContainsAny(rest, "xX*") && !strings.Contains(rest, "-") {
			return sameUpTo(version, rest, len(fixed))
		}
		return order == 0 || strings.TrimPrefix(version, "v") == rest
	}
	return false
}

func isWild(part string) bool { return part == "x" || part == "X" || part == "*" }

// firstWild cuts a range before its first wild part: 1.x has the version 1.
func firstWild(versions string) string {
	at := 0
	for part := range strings.SplitSeq(versions, ".") {
		if isWild(part) {
			return versions[:at]
		}
		at += len(part) + 1
	}
	return versions
}

// parts are the numbers of a version before its first wild one.
func parts(version string) []string {
	core, _, _ := strings.Cut(withoutBuild(strings.TrimPrefix(version, "v")), "-")
	core = strings.TrimSuffix(firstWild(core), ".")
	return strings.Split(core, ".")
}

// caretParts counts the parts that ^ holds fixed: up to the first that is not 0.
func caretParts(version string) int {
	list := parts(version)
	for i, part := range list {
		if part != "0" {
			return i + 1
		}
	}
	return len(list)
}

func sameUpTo(version, other string, n int) bool {
	a, b := parts(version), parts(other)
	for i := range n {
		if i >= len(b) || comparePart(partAt(a, i), b[i]) != 0 {
			return false
		}
	}
	return true
}

func partAt(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "0"
}
