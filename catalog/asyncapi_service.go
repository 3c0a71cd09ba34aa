package catalog

import (
	"strings"
	"unicode"
)

// readService takes the application that the document describes: the service.
func (r *asyncReader) readService() {
	info, _, _ := r.resolve(r.root.child("info"))
	if info.value == nil {
		info = r.root
	}
	s := &Service{Place: info.keyPlace(), Ext: map[string]any{}}
	r.service = s
	s.Name = info.child("title").plain()
	urn := r.root.child("id").plain()
	s.ID = serviceID(info.child("x-service-id").plain(), s.Name, urn, r.root.page.file)
	r.root.page.subject = s.ID
	if s.Name == "" {
		s.Name = s.ID
		info.odd(RuleMissingID, "write info.title, or info.x-service-id", "the service has no title and is called %s", s.ID)
	}
	s.Version = info.child("version").text()
	if urn != "" {
		s.Ext["id"] = urn
	}
	for _, part := range []entry{r.root, info} {
		for _, member := range part.children() {
			name, extension := strings.CutPrefix(member.name(), "x-")
			switch read := serviceAttributes[name]; {
			case !extension || name == "service-id":
			case read != nil:
				read(s, member)
			default:
				s.Ext[name] = member.value
			}
		}
	}
	r.readContact(info)
}

// serviceID is the declared id, or the title's words, or the last part of the
// urn, or the file's folder and name.
func serviceID(declared, title, urn, file string) string {
	if declared != "" {
		return declared
	}
	last := urn[strings.LastIndexAny(urn, ":/")+1:]
	for _, text := range []string{title, last, file} {
		if id := slug(text); id != "" {
			return id
		}
	}
	return "service"
}

// slug joins the words of a text with hyphens, in lower case.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
	return strings.Join(words, "-")
}

// readContact takes info.contact for the owner. Beside a declared owner it only
// describes that owner; alone it is the best guess at who answers for the service.
func (r *asyncReader) readContact(info entry) {
	contact, _, ok := r.resolve(info.child("contact"))
	if !ok || contact.value == nil {
		return
	}
	owner := &Owner{Name: contact.child("name").plain(), Email: contact.child("email").plain(), Kind: "team", Place: contact.keyPlace()}
	switch {
	case len(r.service.Owners) > 0:
		owner.ID = r.service.Owners[0].Get
	default:
		at := contact.child("name")
		if owner.ID = slug(owner.Name); owner.ID == "" {
			mailbox, _, _ := strings.Cut(owner.Email, "@")
			owner.ID, at = slug(mailbox), contact.child("email")
		}
		if owner.ID == "" {
			return
		}
		r.service.Owners = []Value[string]{{Get: owner.ID, Source: Inferred, Place: at.place()}}
	}
	if owner.Name == "" {
		owner.Name = owner.ID
	}
	r.catalog.Owners = append(r.catalog.Owners, owner)
}

// inheritFromService gives the events that the service sends its owners and its
// domain, as far as they declare none: who sends an event decides what it says.
func (r *asyncReader) inheritFromService() {
	for _, e := range r.catalog.Events {
		if r.linked[sending][e.ID] == nil {
			continue
		}
		if len(e.Owners) == 0 {
			for _, owner := range r.service.Owners {
				e.Owners = append(e.Owners, inferred(owner))
			}
		}
		if !e.Domain.Known() {
			e.Domain = inferred(r.service.Domain)
		}
	}
}

// inferred is the same value, taken from something else.
func inferred[T any](v Value[T]) Value[T] {
	if v.Known() {
		v.Source = Inferred
	}
	return v
}

// readExtensions takes nexus's own attributes of a message, EventCatalog's, and
// whatever else begins with x-.
func (r *asyncReader) readExtensions(e *Event, message asyncNode) {
	for _, key := range message.keys() {
		name, extension := strings.CutPrefix(key, "x-")
		if !extension {
			continue
		}
		member, ok := r.member(message, key)
		if !ok {
			continue
		}
		at := member.top()
		at.page.subject = e.ID
		switch read := eventAttributes[name]; {
		case read != nil:
			read(e, at)
		case name == "version" || name == "eventcatalog-message-version":
			e.Version = at.text()
		case name == "eventcatalog-message-type":
			r.readKind(e, at)
		case name == "deprecated" || name == "eventcatalog-deprecated-date":
			e.Deprecated = deprecation(at)
		default:
			e.extend(name, at.value)
		}
	}
	r.readDeprecated(e, message)
	r.readTags(e, message)
}

func (e *Event) extend(name string, value any) {
	if e.Ext == nil {
		e.Ext = map[string]any{}
	}
	e.Ext[name] = value
}

func (r *asyncReader) readKind(e *Event, at entry) {
	switch kind := Kind(strings.ToLower(at.plain())); kind {
	case EventKind, CommandKind, QueryKind:
		e.Kind = kind
	default:
		at.invalid("event, command or query")
	}
}

// readDeprecated takes the flag of 3.1, or the one of the payload.
func (r *asyncReader) readDeprecated(e *Event, message asyncNode) {
	flag, ok := r.member(message, "deprecated")
	if !ok && e.Schema.Get.Format == "json" {
		flag, ok = r.at(message, "payload", "deprecated")
	}
	if ok && !e.Deprecated.Known() && flag.top().value == true {
		e.Deprecated = Value[string]{Source: Declared, Place: flag.top().place()}
	}
}

// readTags keeps the names of tags for policies: the model has none.
func (r *asyncReader) readTags(e *Event, message asyncNode) {
	tags, ok := r.member(message, "tags")
	if !ok {
		return
	}
	var names []any
	for _, element := range tags.top().elements() {
		tag, _, ok := r.resolve(element)
		if !ok {
			continue
		}
		if name := tag.child("name"); name.value != nil {
			names = append(names, name.plain())
		} else if text, ok := asyncText(tag.value); ok {
			names = append(names, text)
		}
	}
	if _, taken := e.Ext["tags"]; len(names) > 0 && !taken {
		e.extend("tags", names)
	}
}
