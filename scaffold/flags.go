package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

// FlagOptions are the flags of `nexus new` that describe a domain.
type FlagOptions struct {
	Module     string
	Title      string
	Summary    string
	Owner      string
	Aggregates []AggregateFlags
}

// AggregateFlags are one --aggregate with the --command flags that follow it.
type AggregateFlags struct {
	Name     string
	Commands []string // such as 'RegisterSensor:SensorRegistered{sensorId:uuid,location:string}'
}

// AddAggregate takes one --aggregate.
func (o *FlagOptions) AddAggregate(name string) {
	if n := len(o.Aggregates); n == 1 && o.Aggregates[0].Name == "" { // its commands came first
		o.Aggregates[0].Name = name
		return
	}
	o.Aggregates = append(o.Aggregates, AggregateFlags{Name: name})
}

// AddCommand takes one --command, which belongs to the aggregate before it.
func (o *FlagOptions) AddCommand(text string) {
	if len(o.Aggregates) == 0 {
		o.Aggregates = []AggregateFlags{{}}
	}
	last := &o.Aggregates[len(o.Aggregates)-1]
	last.Commands = append(last.Commands, text)
}

// A FlagError is a flag that does not say what it should. Its text shows the place.
type FlagError struct {
	Flag    string // such as --command
	Text    string // as the user wrote it
	Offset  int    // in bytes, of the place in Text
	Message string
	Hint    string
}

func (e *FlagError) Error() string {
	if e.Text == "" {
		return e.Flag + ": " + e.Message
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' ' // one column each, so that the caret stands below its place
		}
		return r
	}, e.Text)
	caret := strings.Repeat(" ", len([]rune(text[:min(e.Offset, len(text))]))) + "^"
	return fmt.Sprintf("%s: %s\n  %s\n  %s", e.Flag, e.Message, text, caret)
}

// Flags makes the spec of an app of its flags. The first command of an aggregate
// creates; the id is <aggregate>Id, a UUID unless a command gives it another type. An
// aggregate without commands gets one that creates it. The error is a *FlagError.
func Flags(name string, o FlagOptions) (Spec, error) {
	s := Spec{Name: name, Module: o.Module, Title: o.Title, Summary: o.Summary, Owner: o.Owner}
	if len(o.Aggregates) == 0 {
		return Spec{}, &FlagError{Flag: "--aggregate", Message: "the app has no aggregate", Hint: "add --aggregate Sensor --command 'RegisterSensor:SensorRegistered{location:string}'"}
	}
	places := map[string]flagPlace{"/name": {"NAME", name, 0}, "/module": {"--module", o.Module, 0}, "/title": {"--title", o.Title, 0}, "/owner": {"--owner", o.Owner, 0}}
	for i, flags := range o.Aggregates {
		if flags.Name == "" {
			return Spec{}, &FlagError{Flag: "--command", Text: flags.Commands[0], Message: "it belongs to no aggregate", Hint: "put --aggregate NAME in front of it"}
		}
		a, err := flags.aggregate(fmt.Sprintf("/aggregates/%d", i), places)
		if err != nil {
			return Spec{}, err
		}
		s.Aggregates = append(s.Aggregates, a)
	}
	return finishFlags(s, places)
}

// isNew reports whether the catalog that was taken over has nothing of the aggregate.
func (a *Aggregate) isNew() bool {
	return !slices.ContainsFunc(a.Events, func(e Event) bool { return !e.New })
}

// withoutModule is the spec with a sound module where the name stands for it: whoever
// made the app's name may say another module yet, and Resolve asks again.
func (s Spec) withoutModule() Spec {
	if s.Module == s.Name {
		s.Module = "example.com/" + s.Name
	}
	return s
}

// A flagPlace is the place in a flag that a part of the spec comes from.
type flagPlace struct {
	flag, text string
	offset     int
}

// finishFlags completes and checks a spec; a fault is shown in the flag it comes from.
func finishFlags(s Spec, places map[string]flagPlace) (Spec, error) {
	s = s.completed()
	for i := range s.Aggregates {
		a := &s.Aggregates[i]
		if len(a.ReadModels) == 0 && (s.Catalog == "" || a.isNew()) { // of others the spec has all
			a.ReadModels = listOf(s, a)
		}
	}
	f := s.withoutModule().fault()
	if f == nil {
		return s, nil
	}
	for pointer := f.pointer; ; {
		if place, ok := places[pointer]; ok {
			return Spec{}, &FlagError{Flag: place.flag, Text: place.text, Offset: place.offset, Message: f.message, Hint: f.hint}
		}
		cut := strings.LastIndexByte(pointer, '/')
		if cut < 0 {
			return Spec{}, &FlagError{Flag: "the spec", Message: f.message, Hint: f.hint}
		}
		pointer = pointer[:cut]
	}
}

func (f AggregateFlags) aggregate(at string, places map[string]flagPlace) (Aggregate, error) {
	a := Aggregate{Name: f.Name}
	places[at], places[at+"/name"], places[at+"/id"] = flagPlace{"--aggregate", f.Name, 0}, flagPlace{"--aggregate", f.Name, 0}, flagPlace{"--aggregate", f.Name, 0}
	if message, hint := checkTypeName(f.Name); message != "" {
		return Aggregate{}, &FlagError{Flag: "--aggregate", Text: f.Name, Message: message, Hint: hint}
	}
	commands := f.Commands
	if len(commands) == 0 {
		commands = []string{f.beginning()}
	}
	for _, text := range commands {
		p := &flagParser{flag: "--command", text: text, places: places, at: at}
		if err := p.command(&a); err != nil {
			return Aggregate{}, err
		}
	}
	return a, nil
}

// beginning is the command of an aggregate that is given none.
func (f AggregateFlags) beginning() string { return "Create" + f.Name + ":" + f.Name + "Created" }

// Note says in a sentence what the aggregate is given without being asked; empty is
// nothing.
func (f AggregateFlags) Note() string {
	if len(f.Commands) > 0 {
		return ""
	}
	command, event, _ := strings.Cut(f.beginning(), ":")
	return fmt.Sprintf("no --command says what %s is asked: it begins with %s, which leads to %s; --command '%s:%s{name:string}' names them and their fields", f.Name, command, event, command, event)
}

// WithAggregate is the spec with another aggregate, as `nexus add aggregate` says it.
func (s Spec) WithAggregate(flags AggregateFlags) (Spec, error) {
	places := map[string]flagPlace{}
	a, err := flags.aggregate(fmt.Sprintf("/aggregates/%d", len(s.Aggregates)), places)
	if err != nil {
		return Spec{}, err
	}
	s.announced(&a, 0, 0)
	s.Aggregates = append(slices.Clone(s.Aggregates), a)
	return finishFlags(s, places)
}

// WithCommand is the spec with another command of an aggregate, and with its event
// unless the aggregate has it: 'ResolveAlert:AlertResolved{resolution:string}'.
func (s Spec) WithCommand(aggregate, text string) (Spec, error) {
	return s.with(aggregate, "COMMAND", text, (*flagParser).command)
}

// WithEvent is the spec with another event of an aggregate: 'AlertResolved{by:string}'.
func (s Spec) WithEvent(aggregate, text string) (Spec, error) {
	return s.with(aggregate, "EVENT", text, (*flagParser).onlyEvent)
}

func (s Spec) with(aggregate, flag, text string, parse func(*flagParser, *Aggregate) error) (Spec, error) {
	i := slices.IndexFunc(s.Aggregates, func(a Aggregate) bool { return a.Name == aggregate })
	if i < 0 {
		var names []string
		for _, a := range s.Aggregates {
			names = append(names, a.Name)
		}
		return Spec{}, &FlagError{Flag: "AGGREGATE", Text: aggregate, Message: "the app has no aggregate " + aggregate, Hint: near(aggregate, names) + "its aggregates are " + strings.Join(names, ", ")}
	}
	s.Aggregates = cloneAggregates(s.Aggregates)
	p := &flagParser{flag: flag, text: text, places: map[string]flagPlace{}, at: fmt.Sprintf("/aggregates/%d", i)}
	a := &s.Aggregates[i]
	events, commands := len(a.Events), len(a.Commands)
	if err := parse(p, a); err != nil {
		return Spec{}, err
	}
	s.announced(a, events, commands)
	return finishFlags(s, p.places)
}

// announced marks the messages of an aggregate from some on as new to the catalog that
// was taken over, whose pages nexus then writes.
func (s Spec) announced(a *Aggregate, events, commands int) {
	for i := range a.Events[events:] {
		a.Events[events+i].New = s.Catalog != ""
	}
	for i := range a.Commands[commands:] {
		a.Commands[commands+i].New = s.Catalog != ""
	}
}

// CommandLine is the call of `nexus new` that these flags come from. They are sound:
// no name holds what a shell would take for something else, and the commands, which
// have braces, stand in quotes.
func (o FlagOptions) CommandLine(name string) string {
	words := []string{"nexus", "new", name}
	for _, a := range o.Aggregates {
		words = append(words, "--aggregate", a.Name)
		for _, command := range a.Commands {
			words = append(words, "--command", "'"+command+"'")
		}
	}
	return strings.Join(words, " ")
}
