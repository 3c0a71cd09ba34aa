package catalog

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// frontmatter is the head of a page that is being written. Its keys stand in the
// order in which they are added.
type frontmatter struct {
	declared strings.Builder
	inferred strings.Builder // the same lines, as comments
}

// text is the whole page.
func (f *frontmatter) text() []byte {
	page := "---\n" + f.declared.String()
	if f.inferred.Len() > 0 {
		page += "# Inferred, and declared by nobody. Where it is right, remove the # to declare it:\n" + f.inferred.String()
	}
	return []byte(page + "---\n")
}

// line adds a key with a value that is YAML already.
func (f *frontmatter) line(key, value string) {
	f.declared.WriteString(scalar(key) + ": " + value + "\n")
}

// word adds a text, unless it is empty.
func (f *frontmatter) word(key, text string) {
	if text != "" {
		f.line(key, scalar(text))
	}
}

// words adds a list of texts, unless it is empty.
func (f *frontmatter) words(key string, list []string) {
	if len(list) > 0 {
		f.line(key, flowList(list))
	}
}

// values adds a list of which each value is declared or inferred.
func (f *frontmatter) values(key string, list []Value[string]) {
	var declared, inferred []string
	for _, v := range list {
		switch v.Source {
		case Declared:
			declared = append(declared, v.Get)
		case Inferred:
			inferred = append(inferred, v.Get)
		}
	}
	f.words(key, declared)
	if len(inferred) > 0 {
		f.comment(key, flowList(inferred))
	}
}

func (f *frontmatter) comment(key, value string) {
	f.inferred.WriteString("# " + scalar(key) + ": " + value + "\n")
}

// ids adds a list of references, as EventCatalog writes them.
func (f *frontmatter) ids(key string, list []string) {
	if len(list) == 0 {
		return
	}
	f.declared.WriteString(key + ":\n")
	for _, id := range list {
		f.declared.WriteString("  - id: " + scalar(id) + "\n")
	}
}

// ext adds an author's own keys.
func (f *frontmatter) ext(own map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(own)) {
		f.line("x-"+key, yamlValue(own[key]))
	}
}

// writeFact adds what is known of one attribute.
func writeFact[T any](f *frontmatter, key string, v Value[T], show func(T) string) {
	switch v.Source {
	case Declared:
		f.line(key, show(v.Get))
	case Inferred:
		f.comment(key, show(v.Get))
	}
}

// yamlValue writes any value on one line.
func yamlValue(value any) string {
	switch value := value.(type) {
	case string:
		return scalar(value)
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = yamlValue(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		members := make([]string, 0, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			members = append(members, scalar(key)+": "+yamlValue(value[key]))
		}
		return "{" + strings.Join(members, ", ") + "}"
	}
	return document.Encode(value)
}

func flowList(list []string) string {
	items := make([]string, len(list))
	for i, text := range list {
		items[i] = scalar(text)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

var (
	// plainScalar is text that means itself in every version of YAML, also within
	// brackets: words, and versions of three numbers.
	plainScalar = regexp.MustCompile(`^([A-Za-z][\w.()'@/+-]*( [\w.()'@/+-]+)*|\d+\.\d+\.\d+(-[\w.]+)?)$`)
	// yamlWords are the words that YAML 1.1 or 1.2 takes for something else.
	yamlWords = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
)

// scalar writes a text so that every reader of YAML takes it for this text.
func scalar(text string) string {
	if plainScalar.MatchString(text) && !yamlWords.MatchString(text) {
		return text
	}
	return document.Encode(text)
}

func yamlNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
