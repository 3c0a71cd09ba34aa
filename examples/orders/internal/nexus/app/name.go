package app

import (
	"strings"
	"unicode"
)

// kebab is a name of Go as it stands in a path: OpenHTTPThing is
// open-http-thing.
func kebab(name string) string {
	var text strings.Builder
	runes := []rune(strings.NewReplacer("_", "-", " ", "-").Replace(name))
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && runes[i-1] != '-' &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			text.WriteByte('-')
		}
		text.WriteRune(unicode.ToLower(r))
	}
	return text.String()
}
