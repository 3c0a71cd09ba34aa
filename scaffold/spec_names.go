package scaffold

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/module"
)

// maxName bounds a name: it becomes the name of a file or a folder.
const maxName = 80

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// folded is what two names must not share: they would become one Go name, one file
// on systems that do not tell A from a, or one address.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if !isLetterOrDigit(r) && !unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(unicode.ToUpper(r))
	}, name)
}

// checkTypeName says what is wrong with the name of an aggregate, a message or a
// read model.
func checkTypeName(name string) (message, hint string) {
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case name == "":
		return "the name is missing", "write it as in SensorRegistered"
	case !utf8.ValidString(name) || len(name) > maxName:
		return fmt.Sprintf("the name %.20q is longer than %d bytes, or no UTF-8", name, maxName), "choose a shorter one"
	case !unicode.IsUpper(first):
		return fmt.Sprintf("the name %q does not begin with a capital letter", name), "it becomes an exported Go type: write " + suggestTypeName(name)
	case slices.Contains(deviceNames, strings.ToLower(name)):
		return fmt.Sprintf("the name %q is a device on Windows, where it can be no folder", name), "choose another one"
	case strings.ContainsFunc(name, func(r rune) bool { return !isLetterOrDigit(r) && !unicode.IsMark(r) }):
		return fmt.Sprintf("the name %q is no identifier", name), "it becomes a Go type: write letters and digits, such as " + suggestTypeName(name)
	case module.CheckFilePath(name) != nil:
		return fmt.Sprintf("the name %q cannot be that of a file in a Go module", name), "it becomes one: write letters, an accent being part of its letter, and the digits 0 to 9"
	}
	return "", ""
}

// suggestTypeName is the nearest name that a type can have.
func suggestTypeName(name string) string {
	var b strings.Builder
	upper := true
	for _, r := range name {
		switch {
		case !isLetterOrDigit(r) || b.Len() == 0 && unicode.IsDigit(r):
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	suggestion := b.String()
	if first, _ := utf8.DecodeRuneInString(suggestion); !unicode.IsUpper(first) {
		return "X" + suggestion // a script without capitals
	}
	return suggestion
}

// checkFieldName says what is wrong with the name of a member.
func checkFieldName(name string) (message, hint string) {
	first, _ := utf8.DecodeRuneInString(name)
	bad := strings.ContainsFunc(name, func(r rune) bool { return r != '_' && r != '-' && !isLetterOrDigit(r) && !unicode.IsMark(r) })
	switch {
	case name == "":
		return "the name of a field is missing", "write it as in location: string"
	case len(name) > maxName || !utf8.ValidString(name):
		return fmt.Sprintf("the name %.20q is longer than %d bytes, or no UTF-8", name, maxName), "choose a shorter one"
	case !unicode.IsLetter(first) || bad:
		return fmt.Sprintf("the name %q of a field is no identifier", name), "write letters, digits, - and _, a letter first"
	}
	return "", ""
}

// checkState says what is wrong with the name of a status.
func checkState(name string) (message, hint string) {
	bad := strings.ContainsFunc(name, func(r rune) bool { return r != '_' && r != '-' && !isLetterOrDigit(r) })
	first, _ := utf8.DecodeRuneInString(name)
	if len(name) > maxName || bad || !unicode.IsLetter(first) {
		return fmt.Sprintf("%q is no name of a state", name), "write letters, digits, - and _, such as active"
	}
	return "", ""
}

// checkAppName says what is wrong with the name of an app.
func checkAppName(name string) (message, hint string) {
	const hintText = "write lower-case letters, digits and hyphens, a letter first, such as iot or order-desk"
	switch {
	case name == "":
		return "the app has no name", hintText
	case len(name) > 60:
		return fmt.Sprintf("the name %.20q is longer than 60 letters", name), "choose a shorter one"
	case name[0] < 'a' || name[0] > 'z' || strings.HasSuffix(name, "-") || strings.Contains(name, "--"),
		strings.ContainsFunc(name, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }):
		return fmt.Sprintf("%q is no name of an app", name), hintText
	}
	return "", ""
}

// checkModule says what is wrong with a module path.
func checkModule(path string) (message, hint string) {
	const write = "write it as you would import it, such as example.com/iot"
	if err := module.CheckImportPath(path); err != nil {
		if e, ok := errors.AsType[*module.InvalidPathError](err); ok {
			err = e.Err
		}
		return fmt.Sprintf("the module path %.200q is none: %v", path, err), write
	}
	if _, _, ok := module.SplitPathVersion(path); !ok {
		return fmt.Sprintf("the module path %q ends in a version that no module may have", path), "leave it out, or write /v2 and up"
	}
	parts := strings.Split(path, "/")
	if !strings.Contains(parts[0], ".") && slices.Contains(reservedModules, parts[0]) {
		return fmt.Sprintf("the module path %q begins as a package of Go itself does", path), "call it example.com/" + path + ", with --module or as module in domain.yaml"
	}
	for _, part := range parts {
		if part == "internal" || part == "vendor" {
			return fmt.Sprintf("the module path %q has an element %s, which the go command treats specially", path, part), write
		}
	}
	return "", ""
}

// deviceNames cannot be files or folders on Windows.
var deviceNames = []string{
	"aux", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
}

// reservedModules are the first elements of the standard library's import paths,
// and those that the go command keeps for itself.
var reservedModules = []string{
	"all", "archive", "arena", "bufio", "builtin", "bytes", "C", "cmd", "cmp", "compress", "container", "context", "crypto",
	"database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image",
	"index", "internal", "io", "iter", "log", "maps", "main", "math", "mime", "net", "os", "path", "plugin", "reflect",
	"regexp", "runtime", "simd", "slices", "sort", "std", "strconv", "strings", "structs", "sync", "syscall", "test",
	"testing", "text", "time", "tool", "toolchain", "unicode", "unique", "unsafe", "uuid", "weak", "work",
}
