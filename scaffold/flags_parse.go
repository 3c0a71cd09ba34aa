package scaffold

import (
	"strings"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/document"
)

// A flagParser reads COMMAND:EVENT{field:type,...} and remembers where each name
// stands.
type flagParser struct {
	flag, text string
	pos        int
	at         string // pointer of the aggregate
	places     map[string]flagPlace
}

func (p *flagParser) fail(offset int, message, hint string) error {
	return &FlagError{Flag: p.flag, Text: p.text, Offset: offset, Message: message, Hint: hint}
}

const commandForm = "write COMMAND:EVENT{field:type,...}, such as RegisterSensor:SensorRegistered{location:string}"

// command reads a command with its event into an aggregate.
func (p *flagParser) command(a *Aggregate) error {
	start := p.skip()
	name := p.word()
	if name == "" {
		return p.fail(start, "the name of the command is missing", commandForm)
	}
	if !p.take(':') {
		return p.fail(p.pos, "the command leads to no event: a colon is missing after "+name, commandForm)
	}
	for _, c := range a.Commands {
		if c.Name == name {
			return p.fail(start, a.Name+" has a command "+name, "give the new one another name")
		}
	}
	p.place("commands", name, "", start)
	event, err := p.event(a, true)
	if err != nil {
		return err
	}
	a.Commands = append(a.Commands, Command{Name: name, Event: event, Creates: len(a.Commands) == 0})
	return nil
}

// onlyEvent reads an event that no command leads to.
func (p *flagParser) onlyEvent(a *Aggregate) error {
	_, err := p.event(a, false)
	return err
}

// event reads an event with its fields. One that the aggregate has may be named
// without them.
func (p *flagParser) event(a *Aggregate, mayExist bool) (string, error) {
	start := p.skip()
	name := p.word()
	if name == "" {
		return "", p.fail(start, "the name of the event is missing", commandForm)
	}
	p.place("events", name, "", start)
	braces := p.skip()
	fields, err := p.fields(name)
	if err != nil {
		return "", err
	}
	if p.skip(); p.pos < len(p.text) {
		return "", p.fail(p.pos, "there is more behind the end", commandForm)
	}
	switch exists := a.event(name) != nil; {
	case exists && !mayExist:
		return "", p.fail(start, a.Name+" has an event "+name, "give the new one another name")
	case exists && len(fields) > 0:
		return "", p.fail(braces, a.Name+" has an event "+name+" already", "leave its fields out here")
	case !exists:
		a.Events = append(a.Events, Event{Name: name, Fields: fields})
	}
	return name, nil
}

// fields reads {name:type,...}, or nothing.
func (p *flagParser) fields(event string) ([]Field, error) {
	open := p.pos
	if !p.take('{') {
		return nil, nil
	}
	var fields []Field
	for {
		if p.take('}') {
			return fields, nil
		}
		start := p.skip()
		name := p.word()
		switch {
		case p.pos >= len(p.text):
			return nil, p.fail(open, "the fields have no closing }", commandForm)
		case name == "":
			return nil, p.fail(start, "the name of a field is missing", commandForm)
		case !p.take(':'):
			return nil, p.fail(p.pos, "a colon and the type are missing after "+name, commandForm)
		}
		if _, twice := fieldNamed(fields, name); twice {
			return nil, p.fail(start, event+" has a field "+name+" twice", "leave one out")
		}
		f, err := p.field(name)
		if err != nil {
			return nil, err
		}
		p.place("events", event, name, start)
		fields = append(fields, f)
		if !p.take(',') && !p.next('}') {
			if p.pos >= len(p.text) {
				return nil, p.fail(open, "the fields have no closing }", commandForm)
			}
			return nil, p.fail(p.pos, "a comma or } is missing after "+name, commandForm)
		}
	}
}

func (p *flagParser) field(name string) (Field, error) {
	start := p.skip()
	depth := 0
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth <= 0 && (c == ',' || c == '}'):
			return p.typed(name, start)
		}
		p.pos++
	}
	return p.typed(name, start)
}

func (p *flagParser) typed(name string, start int) (Field, error) {
	schema, optional, err := parseFieldType(strings.TrimSpace(p.text[start:p.pos]))
	if e, ok := err.(*typeError); ok {
		return Field{}, p.fail(start, e.message, e.hint)
	}
	return Field{Name: name, Optional: optional, Schema: schema}, nil
}

// place remembers where a message or a field of it is named.
func (p *flagParser) place(list, message, field string, offset int) {
	pointer := p.at + document.Join("", list, message)
	if field != "" {
		pointer += document.Join("", "fields", field)
	}
	if _, ok := p.places[pointer]; !ok {
		p.places[pointer] = flagPlace{p.flag, p.text, offset}
	}
}

// skip passes over spaces.
func (p *flagParser) skip() int {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	return p.pos
}

// word reads up to what separates the parts. Whether it is a name is for the check.
func (p *flagParser) word() string {
	start := p.skip()
	for p.pos < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.pos:])
		if strings.ContainsRune(":{},() \t\r\n", r) {
			break
		}
		p.pos += size
	}
	return p.text[start:p.pos]
}

func (p *flagParser) next(c byte) bool {
	p.skip()
	return p.pos < len(p.text) && p.text[p.pos] == c
}

func (p *flagParser) take(c byte) bool {
	if !p.next(c) {
		return false
	}
	p.pos++
	return true
}
