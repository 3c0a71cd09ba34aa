package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// longest is how many bytes of a subject's name stay in the name of its folder.
// File systems take 255, and some programs put an ending behind.
const longest = 200

// FolderName is the name of the folder that holds a subject's versions in a copy
// of a registry. It is one path segment that every common file system takes:
// letters, digits, - and _ stay, and a dot within the name; every other byte is
// written %XX. A name that is too long is cut, with a digest at its end.
func FolderName(subject string) string {
	var b strings.Builder
	for i := range len(subject) {
		c := subject[i]
		if keeps(c) || c == '.' && i > 0 && i < len(subject)-1 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if reserved(name) {
		name = fmt.Sprintf("%%%02X", name[0]) + name[1:]
	}
	if len(name) > longest {
		return DistinctFolderName(subject)
	}
	return name
}

// DistinctFolderName is FolderName with a digest of the subject at its end, for a
// subject whose folder another one has where upper and lower case are the same.
func DistinctFolderName(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	var b strings.Builder
	for i := 0; i < len(subject) && b.Len() < longest/2; i++ {
		if c := subject[i]; keeps(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('_')
		}
	}
	return b.String() + "~" + hex.EncodeToString(sum[:8])
}

func keeps(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// reserved reports whether a folder of that name would be passed over by a walk,
// or cannot be made on Windows, where device names end at the first dot.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	if rest, ok := strings.CutPrefix(stem, "com"); ok && len(rest) == 1 {
		return '0' <= rest[0] && rest[0] <= '9'
	}
	if rest, ok := strings.CutPrefix(stem, "lpt"); ok && len(rest) == 1 {
		return '0' <= rest[0] && rest[0] <= '9'
	}
	return Skips(name)
}
