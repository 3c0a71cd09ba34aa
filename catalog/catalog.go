// Package catalog holds the event catalog: which events there are, who owns,
// sends and receives them, over which channels they travel, and what was decided
// about them.
//
// There is one model and several loaders: an EventCatalog directory, AsyncAPI
// documents, one plain catalog.yaml, or several of them merged. Every value
// remembers where it was written and whether somebody wrote it at all, so that
// "not declared" is never taken for an answer.
package catalog

import "github.com/nexus-blueprint/nexus/report"

// Source says how a value came to be known.
type Source string

// The sources of a value. The empty Source is a value that nobody gave.
const (
	// Declared values were written by a person for this purpose.
	Declared Source = "declared"
	// Inferred values follow from something else, such as a folder's name.
	Inferred Source = "inferred"
)

// Value is something the catalog says, or does not say: a Value without Source
// was not declared, whatever its Get holds.
type Value[T any] struct {
	Get    T
	Source Source
	Place  Place
}

// Known reports whether somebody, or something, gave the value.
func (v Value[T]) Known() bool { return v.Source != "" }

// Place is where a value is written. Line and Column are 1-based and count code
// points; Pointer is the value's JSON pointer in the file's document, which for
// Markdown is its frontmatter.
type Place struct {
	File    string // from the repository root, with /
	Line    int
	Column  int
	Pointer string
}

// Location is the place in the report's form.
func (p Place) Location() report.Location {
	line, column := max(p.Line, 1), max(p.Column, 1)
	return report.Location{
		File: p.File, Line: line, Column: column, EndLine: line, EndColumn: column,
		Pointer: p.Pointer, Side: "new",
	}
}

// Kind is what a message asks of its receivers.
type Kind string

// The kinds of messages.
const (
	EventKind   Kind = "event"   // something happened
	CommandKind Kind = "command" // something is to be done
	QueryKind   Kind = "query"   // something is asked
)

// Catalog is the whole model. Its slices are sorted by ID, and by version for
// equal IDs; it is not changed after loading.
type Catalog struct {
	// Roots are the files and folders it was loaded from, as the user names them.
	Roots []string
	// Base is the folder that the names of the catalog's files count from, for who
	// reads the files that they refer to; empty for a catalog of the past.
	Base     string
	Events   []*Event
	Services []*Service
	Channels []*Channel
	Owners   []*Owner
	// Digest is "sha256:..." over the names and texts of all files that were read.
	Digest string
	// Problems are files that could not be read. A catalog with problems is not
	// whole, and no run that uses it is clean.
	Problems []report.Problem
	// Oddities are what the loaders understood in spite of how it is written:
	// keys of an older form, a missing id. Check turns them into findings.
	Oddities []Oddity

	left         []omission // what the sources say and the model has no place for
	links        []link     // what loading leaves for join, which empties it
	onlyAsyncAPI bool       // no source has a place for teams and users
}

// Oddity is something a loader read with a grain of salt.
type Oddity struct {
	Rule    string // the rule of Rules that a finding about it names
	Subject string
	Message string
	Hint    string
	Place   Place
	Other   Place // the second place, when the oddity is about two
	// About names what it is about, where one place may have several.
	About string
}

// Event is one version of one message. The current version has Current set;
// earlier ones, from versioned/ folders, are history.
type Event struct {
	ID      string
	Name    string
	Version Value[string]
	Current bool
	Kind    Kind
	Summary string
	Domain  Value[string]
	Owners  []Value[string] // ids of Owners
	// Producers and Consumers are the services that send and receive it, by
	// service id, then version.
	Producers []Party
	Consumers []Party
	Channels  []Value[string] // ids of Channels
	Schema    Value[Schema]
	Fields    []Field // of the schema, in the order of the document; see AddFields
	Examples  int     // how many example documents the catalog holds

	Classification    Value[string] // public, internal, confidential, restricted
	Regulations       []Value[string]
	Category          Value[string] // such as personal, health, payment, operational
	Criticality       Value[string] // low, medium, high, critical
	RequiresOrdering  Value[bool]
	MaxLatencyMs      Value[float64]
	BusinessImpact    Value[string]
	RetentionDays     Value[float64]
	Disposal          Value[string] // what happens when retention ends
	RatePerMin        Value[float64]
	PayloadBytes      Value[float64]
	Path              Value[string] // the declared route, such as kinesis or sns-sqs
	Correlation       Value[string] // where the correlation id travels
	Causation         Value[string]
	Actor             Value[string] // where the acting user travels
	Integrity         Value[string] // hash, sequence or signature
	PartitionKey      Value[string]
	LawfulBasis       Value[string]
	SpecialCondition  Value[string] // the condition of GDPR Art. 9(2)
	ImpactAssessment  Value[string] // a link to the DPIA
	Erasure           Value[string]
	Encrypted         Value[bool] // the payload as a whole
	Regions           []Value[string]
	TransferMechanism Value[string]
	Audit             Value[bool] // the stream is an audit trail or documentation
	Approval          Value[Approval]
	Deprecated        Value[string]  // the message or date of the deprecation, may be empty
	Ext               map[string]any // every other x-* key, without the prefix
	Place             Place

	documents map[string]*asyncFile // that an inline schema is written in, by name
}

// Party is a service as the sender or receiver of a message.
type Party struct {
	Service string
	// Versions is the range of the message's versions: exact, latest, ^, ~, 1.x.
	Versions string
	// Fields are the ones the receiver says it reads, nil when it does not say.
	Fields []string
	// Need says why the receiver gets the message, and Agreement names the
	// contract with an external one (a business associate agreement).
	Need      Value[string]
	Agreement Value[string]
	Place     Place
	Source    Source
}

// Approval is who agreed to the current version.
type Approval struct {
	Reference string // a ticket or pull request
	Approver  string
	Author    string
}

// Schema is where an event's schema document is.
type Schema struct {
	File    string // from the repository root, with /; the container when Inline
	Format  string // json, avro, protobuf, or the media type that was written
	Pointer string // into File when the schema is part of another document
	Text    []byte // the schema's own text; of an inline one, JSON
}

// Field is one place in the payload, with what was declared about it in the
// schema or beside the event.
type Field struct {
	Path        string // such as customer.email or items[].sku
	Type        string
	Required    bool
	Description string
	Place       Place

	// Most fields of most schemas declare nothing; a large catalog would hold
	// little else than empty facts.
	facts *FieldFacts
}

// FieldFacts is what is declared about a field.
type FieldFacts struct {
	// PII says whether the field is personal data. A declared false is a negative
	// declaration.
	PII         Value[bool]
	Category    Value[string] // such as contact, health, payment, special
	Purpose     Value[string]
	LawfulBasis Value[string]
	Erasure     Value[string]
	Encrypted   Value[bool]
	Tokenized   Value[bool]
	Truncated   Value[bool]
	Hashed      Value[bool]
}

// Facts is what is declared about the field. It must not be changed.
func (f Field) Facts() *FieldFacts {
	if f.facts == nil {
		return &noFacts
	}
	return f.facts
}

var noFacts FieldFacts

// With is the field with other facts.
func (f Field) With(facts FieldFacts) Field {
	f.facts = &facts
	return f
}

// own is the field's facts, to be changed.
func (f *Field) own() *FieldFacts {
	if f.facts == nil {
		f.facts = &FieldFacts{}
	}
	return f.facts
}

// Channel is a road that messages travel.
type Channel struct {
	ID            string
	Name          string
	Address       string
	Protocols     []string
	TLS           Value[bool]
	RetentionDays Value[float64]
	Partitions    Value[float64]
	MaxBytes      Value[float64]
	Ordering      Value[bool]
	Regions       []Value[string]
	Owners        []Value[string]
	Parameters    []string // names in the address, such as {customerId}
	Ext           map[string]any
	Place         Place
}

// Service sends and receives messages.
type Service struct {
	ID       string
	Name     string
	Version  Value[string]
	Domain   Value[string]
	Owners   []Value[string]
	External Value[bool]
	Sends    []Message
	Receives []Message
	Ext      map[string]any
	Place    Place
}

// Message is a service's reference to an event.
type Message struct {
	Event     string
	Versions  string   // a range; empty is latest
	Channels  []string // ids
	Fields    []string // that the receiver reads; nil when it does not say
	Need      Value[string]
	Agreement Value[string]
	Place     Place
}

// Owner is a person or a team.
type Owner struct {
	ID    string
	Name  string
	Kind  string // user or team
	Email string
	Place Place
}
