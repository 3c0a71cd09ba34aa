// Package scaffold makes event-sourced apps: it reads the spec of a domain, renders
// the thin layer that is the domain's own, copies the generic core beside it, and
// later moves the core to a newer one.
//
// However `nexus new` is called, by flags, by a file or from schemas that there
// are, a Spec comes out; it is written to the app as domain.yaml, and the same app
// can be made of it again.
package scaffold

// A Spec says what an app is about. It is what domain.yaml holds.
type Spec struct {
	Name    string // of the app: lower case, digits and hyphens
	Module  string // Go module path; Name, if the user gave none
	Title   string // in words; from Name, if the user gave none
	Summary string
	Owner   string // the team that owns what nexus puts in the catalog
	// Catalog is the folder, relative to domain.yaml, that holds the messages of the
	// app and was taken over unchanged. Empty means that the messages have Fields here
	// and that nexus writes the catalog.
	Catalog    string
	Aggregates []Aggregate
}

// An Aggregate is a kind of stream, with the commands that it takes and the events
// that they lead to.
type Aggregate struct {
	Name    string // PascalCase, such as Sensor
	Summary string
	ID      string // the member of every command and event that names the stream
	Events  []Event
	// Commands are in the order in which a new stream takes them, so that each is
	// accepted after those before it unless its In says otherwise.
	Commands   []Command
	ReadModels []ReadModel
}

// An Event is what can happen to an aggregate.
type Event struct {
	Name    string
	Summary string
	State   string  // the status of the aggregate after it; empty leaves the status
	Fields  []Field // without Spec.Catalog
	// Facts are what the catalog declares of the event beside its schema, by the name
	// in the catalog without x-, such as criticality or retention-days. Without
	// Spec.Catalog only.
	Facts map[string]any
	// Schema is the JSON Schema of the event, and Version that of the schema: of Fields,
	// or as the catalog has it. Resolve fills them.
	Schema  []byte
	Version string
	Example []byte // a body that Schema accepts, as of Command
	// New is set of an event with Fields that Spec.Catalog lacks yet: PlanAdd describes
	// it there.
	New bool
}

// A Command asks for events.
type Command struct {
	Name    string
	Summary string
	Event   string // that it leads to
	Creates bool   // only a stream without events takes it; otherwise only one with events
	In      []string
	// Set are members of the event that the command does not have, as Go expressions
	// over c, the command, s, the state, and now. A member of format date-time that
	// neither has is now.
	Set     map[string]string
	Fields  []Field // without Spec.Catalog; none are those of the event
	Schema  []byte  // as of Event
	Version string
	Example []byte // a body that Schema accepts; Resolve makes one if the catalog has none
	Sampled bool   // Resolve made the Example, and the catalog that is taken over lacks one
	New     bool   // as of Event, with the members of its event
}

// A Field is a member of a message.
type Field struct {
	Name     string
	Optional bool
	Schema   map[string]any // JSON Schema of its value
}

// A ReadModel is a list with a row for each stream of an aggregate.
type ReadModel struct {
	Name    string // PascalCase
	Summary string
	Fields  []string // of the state; status is one
	Filters []string // of Fields, that a query may select by
}
