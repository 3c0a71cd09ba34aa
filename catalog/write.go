package catalog

import (
	"cmp"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/nexus-blueprint/nexus/report"
)

// Folder is a catalog laid out as EventCatalog does it.
type Folder struct {
	Files []File // sorted by name
	// Left says in sentences what the catalog holds and the files do not.
	Left []string
}

// File is one file of a Folder.
type File struct {
	Name string // below the folder, with /
	Text []byte
}

// Folder lays the catalog out in EventCatalog's form: one page for each event,
// service, channel and owner, the schemas beside their events, and earlier
// versions below versioned/. Loading these files gives the same catalog.
//
// Only what somebody declared is written as declared. What was inferred stands in
// comments, for a person to confirm; a version is written in either case, since
// receivers name it, and so is the domain that the source's folders say, since the
// folders are others. What AddFields takes from schemas stands in the schemas:
// call Folder before AddFields.
func (c *Catalog) Folder() Folder {
	w := &writer{catalog: c, taken: map[string]bool{}, folders: map[string]string{}, named: map[string][]Message{}}
	for _, s := range c.Services {
		for _, m := range slices.Concat(s.Sends, s.Receives) {
			w.named[m.Event] = append(w.named[m.Event], m)
		}
	}
	w.findUndescribed()
	w.findUnread()
	w.findOmitted()
	for e := range c.Current() {
		w.folders[e.ID] = w.name(kindFolder(e.Kind), e.ID)
	}
	for _, e := range c.Events {
		w.event(e)
	}
	for _, s := range c.Services {
		w.service(s)
	}
	for _, channel := range c.Channels {
		w.channel(channel)
	}
	for _, o := range c.Owners {
		w.owner(o)
	}
	if n := len(w.examples); n > 0 {
		w.leave("the examples of %s: copy them to the folder examples beside each page (%s)", report.Count(n, "event"), strings.Join(w.examples[:min(n, maxNamed)], ", "))
	}
	slices.SortFunc(w.files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return Folder{Files: w.files, Left: w.left}
}

// writer lays out one catalog.
type writer struct {
	catalog  *Catalog
	files    []File
	left     []string
	examples []string             // the events that have some
	taken    map[string]bool      // the names of folders, in lower case, since some systems do not tell the cases apart
	folders  map[string]string    // of events, by id
	named    map[string][]Message // what services send and receive, by event
}

func (w *writer) add(name string, text []byte) { w.files = append(w.files, File{name, text}) }

func (w *writer) leave(format string, args ...any) {
	w.left = append(w.left, fmt.Sprintf(format, args...))
}

// kindFolder is the collection of messages of a kind.
func kindFolder(kind Kind) string {
	for folder, k := range messageKinds {
		if k == kind {
			return folder
		}
	}
	return "events"
}

// name finds a name in a folder for something with an id. The id stands on the
// page, so that the name may differ from it.
func (w *writer) name(folder, id string) string {
	stem := fileName(id)
	name := path.Join(folder, stem)
	for i := 2; w.taken[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s/%s-%d", folder, stem, i)
	}
	w.taken[strings.ToLower(name)] = true
	return name
}

// maxNamed is how many of a kind a sentence names.
const maxNamed = 5

// maxName bounds the runes of a name, far below what file systems allow.
const maxName = 60

// fileName makes a name that every file system takes and no loader passes over.
func fileName(id string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, id)
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	name = strings.Trim(name, ".-")
	switch strings.ToLower(name) {
	case "", "node_modules", "vendor", "index", "versioned":
		return "_" + name
	}
	return name
}

// reference is one side of a service: what it sends, or what it receives.
type reference struct {
	key   string // in the service's frontmatter
	older string // on the event, in the first form of EventCatalog
	list  func(*Service) []Message
	of    func(*Event) []Party
}

var references = []reference{
	{"sends", "producers", func(s *Service) []Message { return s.Sends }, func(e *Event) []Party { return e.Producers }},
	{"receives", "consumers", func(s *Service) []Message { return s.Receives }, func(e *Event) []Party { return e.Consumers }},
}

// messages are the references that a service's page lists: its own, and those
// that stand on the event in another form.
func (w *writer) messages(s *Service, r reference) []Message {
	list := slices.Clone(r.list(s))
	for _, e := range w.catalog.Events {
		for _, p := range r.of(e) {
			if p.Service == s.ID && !w.says(r.list(s), e, p) {
				list = append(list, Message{Event: e.ID, Versions: exactly(e), Fields: p.Fields, Need: p.Need, Agreement: p.Agreement})
			}
		}
	}
	return list
}

// says reports whether references to messages make the service the very party of
// the event that it is.
func (w *writer) says(list []Message, e *Event, p Party) bool {
	var made []Party
	for _, m := range list {
		if m.Event == e.ID && slices.Contains(w.catalog.inRange(m.Event, m.Versions), e) {
			addParty(&made, Party{Service: p.Service, Versions: m.Versions, Fields: m.Fields, Need: m.Need, Agreement: m.Agreement})
		}
	}
	return len(made) == 1 && reflect.DeepEqual(made[0].Fields, p.Fields) && made[0].Need.Get == p.Need.Get && made[0].Agreement.Get == p.Agreement.Get
}

// exactly is the range that holds this version alone.
func exactly(e *Event) string {
	if e.Current {
		return ""
	}
	return e.Version.Get
}

// findUndescribed notes what is known of services that nothing describes: an
// event's page can only name them.
func (w *writer) findUndescribed() {
	for _, e := range w.catalog.Events {
		for _, r := range references {
			for _, p := range r.of(e) {
				if w.catalog.Service(p.Service) == nil && (p.Fields != nil || p.Need.Known() || p.Agreement.Known()) {
					w.leave("what %s needs of %s: describe the service first", p.Service, e.ID)
				}
			}
		}
	}
}

// findUnread notes what loading could not take over: the files would otherwise
// look better than the source.
func (w *writer) findUnread() {
	for _, odd := range w.catalog.Oddities {
		if odd.Rule != RuleMissingID && odd.Rule != RuleOlderForm { // which are settled by writing
			w.leave("%s:%d: %s", odd.Place.File, max(odd.Place.Line, 1), odd.Message)
		}
	}
}

// undescribed are the parties of an event that no service's page can name.
func (w *writer) undescribed(e *Event, r reference) []string {
	var names []string
	for _, p := range r.of(e) {
		if w.catalog.Service(p.Service) == nil {
			names = append(names, p.Service)
		}
	}
	return names
}

// ownChannels are the channels of an event that no service names for it.
func (w *writer) ownChannels(e *Event) []string {
	var own []string
	for _, v := range e.Channels {
		named := slices.ContainsFunc(w.named[e.ID], func(m Message) bool {
			return slices.Contains(m.Channels, v.Get) && slices.Contains(w.catalog.inRange(m.Event, m.Versions), e)
		})
		if !named {
			own = append(own, v.Get)
		}
	}
	return own
}
