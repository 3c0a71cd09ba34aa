package registry

import (
	"errors"
	"path"
	"strings"

	"github.com/nexus-blueprint/nexus/schema"
)

// Kind is how files of one schema format are told from other files. The caller
// keeps one table of kinds; a new format is one more row in it.
type Kind struct {
	Format schema.Format
	// Suffixes end the names of files that are schemas whatever they hold, such
	// as .schema.json. The subject is the path without the suffix.
	Suffixes []string
	// Maybe end the names of files that are schemas when Sniff says so, such as .json.
	Maybe []string
	// Sniff judges the text of a file named by Maybe. It should say yes to a
	// broken schema, so that the breakage is reported and not passed over.
	Sniff func(name string, text []byte) bool
	// Identify returns the identifier by which other schemas may refer to this
	// one, such as a JSON Schema's $id, or "". nil when the format has none.
	Identify func(name string, text []byte) string
	// Record returns the name that a text gives to what it describes, which
	// {record} in a SubjectRule stands for, or "". nil when the format has none.
	Record func(name string, text []byte) string
}

// SubjectRule names the subjects of the files that a glob matches.
type SubjectRule struct {
	// Glob is matched against a file's path from the repository root and below
	// the compared root. A * stays within a path segment, ** spans any number of them.
	Glob string
	// Name is the subject, where {path} is the subject that the file would have
	// without the rule, {dir} the folder of that path, {name} its last segment and
	// {record} the name that the text itself states. So the strategies by which
	// clients of schema registries name subjects are {dir}-value (TopicName, in
	// folders named after topics), {record} and {dir}-{record}.
	Name string
}

// suffixOf finds the longest suffix of the kinds that ends a file's name.
// certain is false when the text decides whether it is a schema.
func suffixOf(kinds []Kind, name string) (k Kind, suffix string, certain bool) {
	base := path.Base(name)
	try := func(kind Kind, suffixes []string, sure bool) {
		for _, s := range suffixes {
			if len(s) > len(suffix) && len(s) < len(base) && strings.HasSuffix(base, s) {
				k, suffix, certain = kind, s, sure
			}
		}
	}
	for _, kind := range kinds {
		try(kind, kind.Suffixes, true)
		try(kind, kind.Maybe, false)
	}
	return k, suffix, certain
}

// matchGlob reports whether a glob matches a whole path.
func matchGlob(glob, name string) bool {
	return matchSegments(strings.Split(glob, "/"), strings.Split(name, "/"))
}

func matchSegments(glob, name []string) bool {
	for len(glob) > 0 {
		if glob[0] == "**" {
			for skip := range len(name) + 1 {
				if matchSegments(glob[1:], name[skip:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(glob[0], name[0]); !ok || err != nil {
			return false
		}
		glob, name = glob[1:], name[1:]
	}
	return len(name) == 0
}

// errNoRecord is why a file has no subject under a rule that wants {record}.
var errNoRecord = errors.New("schema.subjects names its subject after {record}, and the text states no name of a record")

// subject is the name that the rule gives to a file whose subject would be another.
func (r SubjectRule) subject(subject string, c candidate) (string, error) {
	record := ""
	if strings.Contains(r.Name, "{record}") && c.Err == nil {
		if c.kind.Record != nil {
			record = c.kind.Record(c.Name, c.Text)
		}
		if record == "" {
			return subject, errNoRecord
		}
	}
	dir, name := path.Split(subject)
	return strings.NewReplacer("{path}", subject, "{dir}", strings.TrimSuffix(dir, "/"), "{name}", name, "{record}", record).Replace(r.Name), nil
}
