package scaffold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// catalogFiles is the catalog of a resolved spec with fields: an EventCatalog folder
// below catalog/. It declares what nexus can know of an app that it makes, and says on
// each page what is left for the owner to declare.
func (s Spec) catalogFiles() Tree {
	p := &pages{spec: s, files: Tree{}}
	for i := range s.Aggregates {
		a := &s.Aggregates[i]
		for _, e := range a.Events {
			p.event(a, e)
		}
		for _, c := range a.Commands {
			p.command(a, c)
		}
	}
	p.services()
	p.channels()
	p.domain(s.Name, s.Name+"-readmodels", s.Name+"-clients")
	p.team()
	return p.files
}

// pages writes the pages of one catalog.
type pages struct {
	spec  Spec
	files Tree
}

// add writes a page: its frontmatter and its text.
func (p *pages) add(name string, front []member, text string) {
	var b strings.Builder
	b.WriteString("---\n")
	yamlWriter{&b}.block(front, 0)
	b.WriteString("---\n")
	if text != "" {
		b.WriteString("\n" + text + "\n")
	}
	p.files[lock.CatalogDir+"/"+name] = []byte(b.String())
}

// head is what every page begins with.
func head(id, name, summary string) []member {
	return []member{{"id", id}, {"name", name}, {"version", plainText(firstVersion)}, {"summary", strings.TrimSpace(summary)}}
}

func (p *pages) channel(kind string) string { return p.spec.Name + "." + kind }

func (p *pages) event(a *Aggregate, e Event) {
	summary := e.Summary
	if summary == "" {
		summary = sentence(titleOfMessage(e.Name))
	}
	front := p.message(a, e.Name, summary, "events")
	front = append(front, p.facts(a, e, len(e.Example))...)
	text := summary
	if by := a.leadingTo(e.Name); len(by) > 0 {
		text += "\n\nRecorded when " + codeList(by) + " " + isAccepted(len(by)) + "."
	}
	if e.State != "" {
		text += fmt.Sprintf(" From then on the %s is `%s`.", lowerWords(a.Name), e.State)
	}
	p.add("events/"+e.Name+"/index.mdx", front, text+"\n\n"+eventReview)
	p.messageFiles("events/"+e.Name, e.Schema, e.Example)
}

func (p *pages) command(a *Aggregate, c Command) {
	summary := c.Summary
	if summary == "" {
		summary = sentence("asks to " + asked(lowerWords(c.Name), lowerWords(a.Name)))
	}
	front := p.message(a, c.Name, summary, "commands")
	front = append(front, commandFacts(a.ID, c.Event, hasPersonal(a.commandFields(c)), len(c.Example))...)
	text := summary + "\n\n" + refusals(a, c) + " Leads to `" + c.Event + "`."
	p.add("commands/"+c.Name+"/index.mdx", front, text)
	p.messageFiles("commands/"+c.Name, c.Schema, c.Example)
}

func (p *pages) messageFiles(dir string, schema, example []byte) {
	p.files[lock.CatalogDir+"/"+dir+"/schema.json"] = schema
	p.files[lock.CatalogDir+"/"+dir+"/examples/typical.json"] = example
}

func (p *pages) message(a *Aggregate, id, summary, kind string) []member {
	return append(head(id, titleOfMessage(id), summary),
		member{"owners", []any{p.spec.Owner}},
		member{"channels", []any{[]member{{"id", p.channel(kind)}}}},
		member{"schemaPath", "schema.json"},
		member{"x-aggregate", a.Name},
	)
}

// refusals says when a command is not accepted.
func refusals(a *Aggregate, c Command) string {
	what := lowerWords(a.Name)
	switch {
	case c.Creates:
		return fmt.Sprintf("Refused when there is %s of this id already.", article(what))
	case len(c.In) > 0:
		return fmt.Sprintf("Refused unless the %s is %s.", what, orList(c.In))
	}
	return fmt.Sprintf("Refused when there is no %s of this id.", what)
}

// leadingTo lists the commands that lead to an event.
func (a *Aggregate) leadingTo(event string) []string {
	var names []string
	for _, c := range a.Commands {
		if c.Event == event {
			names = append(names, c.Name)
		}
	}
	return names
}

func (p *pages) services() {
	var sends, receives, commands, reads []any
	for i := range p.spec.Aggregates {
		a := &p.spec.Aggregates[i]
		for _, e := range a.Events {
			sends = append(sends, p.sent(e.Name, "to", "events"))
			reads = append(reads, append(p.sent(e.Name, "from", "events"), member{"x-need", needOfModels}))
		}
		for _, c := range a.Commands {
			receives = append(receives, append(p.sent(c.Name, "from", "commands"), member{"x-need", needOfApp(a.Name)}))
			commands = append(commands, p.sent(c.Name, "to", "commands"))
		}
	}
	name, title := p.spec.Name, p.spec.Title
	owners := member{"owners", []any{p.spec.Owner}}
	p.add("services/"+name+"/index.mdx", append(head(name, title, "Takes commands and keeps the events."), owners, member{"sends", sends}, member{"receives", receives}),
		"The only writer of its streams. Every command is decided against the state of one stream.")
	p.add("services/"+name+"-readmodels/index.mdx", append(head(name+"-readmodels", title+": read models", "Follows the events and keeps what is asked for."), owners, member{"receives", reads}),
		"Runs inside the app. Add the services that receive the events beside it, each with the fields that it reads.")
	p.add("services/"+name+"-clients/index.mdx", append(head(name+"-clients", title+": clients", "Whoever calls the app over HTTP."), owners, member{"sends", commands}),
		"Stands for the callers that hold a key. Describe them here, one page each, once you know them.")
}

// needOfModels is why the read models get an event, and needOfApp why the app gets a
// command.
const needOfModels = "keeps the lists that the app answers questions from"

func needOfApp(aggregate string) string {
	return "decides what happens to the " + lowerWords(aggregate)
}

func (p *pages) sent(id, direction, kind string) []member {
	return []member{{"id", id}, {"version", plainText("^" + firstVersion)}, {direction, []any{[]member{{"id", p.channel(kind)}}}}}
}

func (p *pages) eventChannel() {
	front := append(head(p.channel("events"), p.spec.Title+": events", "Every event, in the order of its stream."), member{"owners", []any{p.spec.Owner}},
		member{"address", p.channel("events")}, member{"deliveryGuarantee", "at-least-once"}, member{"x-ordering", true})
	p.add("channels/"+p.channel("events")+"/index.mdx", front,
		"The app owes each event to one of two paths, standard and critical, and delivers it at least once. Write the protocols here once\nthe paths lead to a broker.")
}

func (p *pages) channels() {
	p.eventChannel()
	owners := member{"owners", []any{p.spec.Owner}}
	commands := append(head(p.channel("commands"), p.spec.Title+": commands", "Where the app is asked for a change."), owners,
		member{"address", "/"}, member{"protocols", []any{"http"}}, member{"x-ordering", false}, member{"x-retention-days", plainText("0")})
	p.add("channels/"+p.channel("commands")+"/index.mdx", commands,
		"A command is answered with the events it led to, or refused with the reason. Nothing is queued.")
}

func (p *pages) domain(services ...string) {
	references := make([]any, len(services))
	for i, id := range services {
		references[i] = []member{{"id", id}}
	}
	summary := p.spec.Summary
	if summary == "" {
		summary = sentence(p.spec.Title)
	}
	var names []string
	for _, a := range p.spec.Aggregates {
		names = append(names, a.Name)
	}
	p.add("domains/"+p.spec.Name+"/index.mdx", append(head(p.spec.Name, p.spec.Title, summary), member{"owners", []any{p.spec.Owner}}, member{"services", references}),
		"One stream for each "+codeList(names)+".")
}

func (p *pages) team() {
	p.add("teams/"+p.spec.Owner+".mdx", []member{{"id", p.spec.Owner}, {"name", titleOf(p.spec.Owner)}},
		"Answers for everything in this catalog until somebody else does. Add an e-mail address and the members.")
}

// facts are what nexus declares of an event, with the facts of the spec over them.
func (p *pages) facts(a *Aggregate, e Event, size int) []member {
	criticality, _ := e.Facts["criticality"].(string)
	return withFacts(eventFacts(a.ID, criticality, hasPersonal(e.Fields), size), e.Facts)
}

// eventFacts are what nexus declares of any event whose streams the member id names.
func eventFacts(id, criticality string, personal bool, size int) []member {
	criticality = cmp.Or(criticality, "medium")
	return []member{
		{"x-data-classification", pick(personal, "confidential", "internal")},
		{"x-data-category", pick(personal, "personal", "operational")},
		{"x-criticality", criticality},
		{"x-path", pick(criticality == "high" || criticality == "critical", "critical", "standard")},
		{"x-requires-ordering", true},
		{"x-partition-key", id},
		{"x-max-latency-ms", plainText("2000")},
		{"x-payload-bytes", plainText(fmt.Sprint(roundUp(size)))},
		{"x-retention-days", plainText("-1")},
		{"x-correlation", "correlationid"},
		{"x-causation", "causationid"},
		{"x-actor", "actor"},
		{"x-integrity", "hash"},
	}
}

// commandFacts are what nexus declares of any command.
func commandFacts(id, event string, personal bool, size int) []member {
	return []member{
		{"x-produces", []any{event}},
		{"x-data-classification", pick(personal, "confidential", "internal")},
		{"x-data-category", pick(personal, "personal", "operational")},
		{"x-criticality", "medium"},
		{"x-path", "http"},
		{"x-requires-ordering", false},
		{"x-partition-key", id},
		{"x-max-latency-ms", plainText("2000")},
		{"x-payload-bytes", plainText(fmt.Sprint(roundUp(size)))},
		{"x-retention-days", plainText("0")},
		{"x-correlation", "correlationid"},
		{"x-causation", "causationid"},
		{"x-actor", "actor"},
	}
}

// eventReview says what nexus took for granted.
const eventReview = "The `x-` facts are where nexus starts: the store keeps every event for ever and chains it by its hash. Review them, above all the\n" +
	"classification, the retention and the criticality, and declare what only you know: `x-rate-per-min`, `x-business-impact`, `x-regions`."

// withFacts lays the facts of a spec over those of nexus.
func withFacts(list []member, facts map[string]any) []member {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		m := member{"x-" + name, valueNode(facts[name])}
		if i := slices.IndexFunc(list, func(old member) bool { return old.key == m.key }); i >= 0 {
			list[i] = m
			continue
		}
		list = append(list, m)
	}
	return list
}

// hasPersonal reports whether a field is declared to be personal data.
func hasPersonal(fields []Field) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return withPrivacy(f.Schema)["x-pii"] == true })
}

func pick(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// roundUp leaves an estimate two digits.
func roundUp(n int) int {
	step := 50
	for n > 20*step {
		step *= 10
	}
	return (n + step - 1) / step * step
}
