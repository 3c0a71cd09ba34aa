package catalog

import (
	"path"
	"slices"
	"strings"
)

// collection is what the folders in a folder of this name are.
type collection struct {
	kind   string
	nested bool // resources may lie deeper, grouped in folders
	flat   bool // resources may be files of their own
}

// The kinds of resources that are read. Those of the empty kind hold what nexus
// does not read; what lies in them is none of the outer collection's.
const (
	messageKind = "message"
	serviceKind = "service"
	channelKind = "channel"
	domainKind  = "domain"
	ownerKind   = "owner"
)

// collections are the folder names of EventCatalog.
var collections = map[string]collection{
	"events":     {kind: messageKind, nested: true},
	"commands":   {kind: messageKind, nested: true},
	"queries":    {kind: messageKind, nested: true},
	"services":   {kind: serviceKind},
	"agents":     {kind: serviceKind}, // they send and receive as services do
	"channels":   {kind: channelKind, nested: true},
	"domains":    {kind: domainKind},
	"subdomains": {kind: domainKind},
	"teams":      {kind: ownerKind, flat: true},
	"users":      {kind: ownerKind, flat: true},

	"adrs": {}, "changelogs": {}, "chat-prompts": {}, "components": {}, "containers": {}, "data-products": {},
	"diagrams": {}, "docs": {}, "entities": {}, "examples": {}, "flows": {}, "pages": {}, "public": {},
	"snapshots": {}, "systems": {}, "ubiquitous-languages": {},
}

// messageKinds are the collections of messages.
var messageKinds = map[string]Kind{"events": EventKind, "commands": CommandKind, "queries": QueryKind}

// resource is one Markdown file that describes something.
type resource struct {
	file       string
	dir        string // its own folder, without versioned/<v>
	collection string // the name of the folder of such resources
	kind       string
	folder     string // what its folder, or its own file, is called
	version    string // of the folder below versioned/, else empty
	flat       bool   // a file of its own, without a folder
}

// pages lists the Markdown files that describe resources, sorted by name.
func (t *tree) pages() []resource {
	var list []resource
	for dir, names := range t.dirs {
		for _, name := range names {
			if !isMarkdown(name) {
				continue
			}
			if r, ok := t.resource(dir, name); ok {
				list = append(list, r)
			}
		}
	}
	slices.SortFunc(list, func(a, b resource) int { return strings.Compare(a.file, b.file) })
	return list
}

// resource says what a Markdown file describes, by where it lies. Prose, such as
// a changelog, describes nothing.
func (t *tree) resource(dir, name string) (resource, bool) {
	r := resource{file: path.Join(dir, name), dir: dir}
	parts := t.parts(dir)
	if n := len(parts); n >= 2 && parts[n-2] == "versioned" {
		r.version, parts = parts[n-1], parts[:n-2]
		r.dir = path.Dir(path.Dir(dir))
	}
	stem := strings.TrimSuffix(name, path.Ext(name))
	if !strings.EqualFold(stem, "index") {
		r.flat, r.dir = true, dir
		parts = append(slices.Clone(parts), stem)
	}
	if len(parts) < 2 {
		return resource{}, false
	}
	at := len(parts) - 2
	for at >= 0 && !isCollection(parts[at]) {
		at--
	}
	if at < 0 {
		return resource{}, false
	}
	r.collection, r.folder = parts[at], parts[len(parts)-1]
	c := collections[r.collection]
	r.kind = c.kind
	direct := at == len(parts)-2
	switch {
	case c.kind == "", r.flat && !(c.flat && direct && r.version == ""):
		return resource{}, false
	case !direct && !c.nested, !direct && isCollection(r.folder):
		return resource{}, false
	}
	return r, true
}

func isCollection(name string) bool {
	_, ok := collections[name]
	return ok
}

// parts are the folders on the way from the root to dir. The root's own name is
// one of them, so that the folder events alone is a catalog too.
func (t *tree) parts(dir string) []string {
	parts := []string{path.Base(t.root)}
	if rest := strings.TrimPrefix(strings.TrimPrefix(dir, t.root), "/"); dir != t.root && t.root != "." {
		return append(parts, strings.Split(rest, "/")...)
	}
	if dir != t.root {
		return append(parts, strings.Split(dir, "/")...)
	}
	return parts
}

// strays lists Markdown files that lie where a resource's folder should, and
// that EventCatalog would not show either.
func (t *tree) strays() []string {
	var list []string
	for dir, names := range t.dirs {
		c := collections[path.Base(dir)]
		if c.kind == "" || c.flat {
			continue
		}
		for _, name := range names {
			switch stem := strings.ToLower(strings.TrimSuffix(name, path.Ext(name))); {
			case !isMarkdown(name), stem == "index", stem == "readme", stem == "changelog", stem == "ubiquitous-language":
			default:
				list = append(list, path.Join(dir, name))
			}
		}
	}
	slices.Sort(list)
	return list
}
