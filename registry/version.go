package registry

import (
	"cmp"
	"strings"
)

// version is a version's text in parts, for sorting: 10 comes after 9, and
// 1.0.0-rc.1 before 1.0.0.
type version struct {
	numbers []string // without leading zeros
	pre     []string // the dotted parts of a pre-release, nil for a release
}

// parseVersion reads an integer (3, v3), a semantic version (1.2, 1.2.0-rc.1+5)
// or a SchemaVer version (1-0-2).
func parseVersion(text string) (version, bool) {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "v"), "+")
	parts := strings.Split(text, "-")
	if len(parts) == 3 && allDigits(parts) {
		return version{numbers: trimZeros(parts)}, true
	}
	core, pre, isPre := strings.Cut(text, "-")
	numbers := strings.Split(core, ".")
	if len(numbers) > 3 || !allDigits(numbers) || isPre && (len(numbers) != 3 || pre == "") {
		return version{}, false
	}
	v := version{numbers: trimZeros(numbers)}
	if isPre {
		v.pre = strings.Split(pre, ".")
	}
	return v, true
}

func allDigits(parts []string) bool {
	for _, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

func trimZeros(numbers []string) []string {
	trimmed := make([]string, len(numbers))
	for i, number := range numbers {
		trimmed[i] = strings.TrimLeft(number, "0")
	}
	return trimmed
}

// compareVersions orders versions from the oldest. Texts that are equal as
// versions, such as 1 and 1.0, are ordered as text.
func compareVersions(a, b string) int {
	x, _ := parseVersion(a)
	y, _ := parseVersion(b)
	for i := range max(len(x.numbers), len(y.numbers)) {
		if c := compareNumbers(part(x.numbers, i), part(y.numbers, i)); c != 0 {
			return c
		}
	}
	return cmp.Or(comparePre(x.pre, y.pre), cmp.Compare(a, b))
}

func part(numbers []string, i int) string {
	if i < len(numbers) {
		return numbers[i]
	}
	return ""
}

// compareNumbers compares digits without leading zeros, of any length.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// comparePre follows semantic versioning: no pre-release is the highest,
// numbers are below words, and the longer list wins a draw.
func comparePre(a, b []string) int {
	if (a == nil) != (b == nil) {
		if a == nil {
			return 1
		}
		return -1
	}
	for i := range min(len(a), len(b)) {
		x, y := allDigits(a[i:i+1]), allDigits(b[i:i+1])
		switch {
		case x && y:
			if c := compareNumbers(trimZeros(a[i : i+1])[0], trimZeros(b[i : i+1])[0]); c != 0 {
				return c
			}
		case x != y:
			if x {
				return -1
			}
			return 1
		case a[i] != b[i]:
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}
