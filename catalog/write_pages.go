package catalog

import (
	"path"
	"strconv"
	"strings"
)

// event writes one version of an event, with its schema beside it.
func (w *writer) event(e *Event) {
	dir := w.folders[e.ID]
	if !e.Current {
		dir = w.name(path.Join(dir, "versioned"), e.Version.Get)
	}
	f := &frontmatter{}
	f.word("id", e.ID)
	f.word("name", e.Name)
	f.word("version", e.Version.Get)
	f.word("summary", e.Summary)
	writeFact(f, "deprecated", e.Deprecated, deprecatedText)
	f.values("owners", e.Owners)
	f.ids("channels", w.ownChannels(e))
	for _, r := range references {
		f.words(r.older, w.undescribed(e, r))
	}
	w.schema(f, dir, e)
	writeFact(f, "x-domain", ofFolder(e.Domain, e.Place), scalar)
	e.writeAttributes(f)
	f.ext(e.Ext)
	w.add(path.Join(dir, "index.mdx"), f.text())
	if e.Examples > 0 && e.Current {
		w.examples = append(w.examples, e.ID)
	}
}

// ofFolder is a domain for writing. One that was taken from the page's own folder is
// lost unless it is declared.
func ofFolder(domain Value[string], page Place) Value[string] {
	if domain.Known() && domain.Place == page {
		domain.Source = Declared
	}
	return domain
}

// deprecatedText is the message of a deprecation, or that there is one.
func deprecatedText(message string) string {
	if message == "" {
		return "true"
	}
	if _, flag := asFlag(message); flag { // read as one, it would not be a message
		return "{message: " + scalar(message) + "}"
	}
	return scalar(message)
}

// writeAttributes writes nexus's own attributes in the order of the model.
func (e *Event) writeAttributes(f *frontmatter) {
	writeFact(f, "x-data-classification", e.Classification, scalar)
	f.values("x-regulations", e.Regulations)
	writeFact(f, "x-data-category", e.Category, scalar)
	writeFact(f, "x-criticality", e.Criticality, scalar)
	writeFact(f, "x-requires-ordering", e.RequiresOrdering, strconv.FormatBool)
	writeFact(f, "x-max-latency-ms", e.MaxLatencyMs, yamlNumber)
	writeFact(f, "x-business-impact", e.BusinessImpact, scalar)
	writeFact(f, "x-retention-days", e.RetentionDays, yamlNumber)
	writeFact(f, "x-disposal", e.Disposal, scalar)
	writeFact(f, "x-rate-per-min", e.RatePerMin, yamlNumber)
	writeFact(f, "x-payload-bytes", e.PayloadBytes, yamlNumber)
	writeFact(f, "x-path", e.Path, scalar)
	writeFact(f, "x-correlation", e.Correlation, scalar)
	writeFact(f, "x-causation", e.Causation, scalar)
	writeFact(f, "x-actor", e.Actor, scalar)
	writeFact(f, "x-integrity", e.Integrity, scalar)
	writeFact(f, "x-partition-key", e.PartitionKey, scalar)
	writeFact(f, "x-lawful-basis", e.LawfulBasis, scalar)
	writeFact(f, "x-special-condition", e.SpecialCondition, scalar)
	writeFact(f, "x-impact-assessment", e.ImpactAssessment, scalar)
	writeFact(f, "x-erasure", e.Erasure, scalar)
	writeFact(f, "x-encrypted", e.Encrypted, strconv.FormatBool)
	f.values("x-regions", e.Regions)
	writeFact(f, "x-transfer-mechanism", e.TransferMechanism, scalar)
	writeFact(f, "x-audit", e.Audit, strconv.FormatBool)
	writeFact(f, "x-approval", e.Approval, approvalText)
	f.fields(e.Fields)
}

func approvalText(a Approval) string {
	var members []string
	for _, m := range [][2]string{{"reference", a.Reference}, {"approver", a.Approver}, {"author", a.Author}} {
		if m[1] != "" {
			members = append(members, m[0]+": "+scalar(m[1]))
		}
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// fields adds what is declared beside the event about its fields.
func (f *frontmatter) fields(list []Field) {
	if len(list) == 0 {
		return
	}
	f.declared.WriteString("x-fields:\n")
	for _, field := range list {
		var facts []string
		for _, known := range field.Facts().list() {
			switch v := known.fact.(type) {
			case *Value[bool]:
				if v.Known() {
					facts = append(facts, known.name+": "+strconv.FormatBool(v.Get))
				}
			case *Value[string]:
				if v.Known() {
					facts = append(facts, known.name+": "+scalar(v.Get))
				}
			}
		}
		f.declared.WriteString("  " + scalar(field.Path) + ": {" + strings.Join(facts, ", ") + "}\n")
	}
}

func (w *writer) service(s *Service) {
	f := &frontmatter{}
	f.word("id", s.ID)
	f.word("name", s.Name)
	f.word("version", s.Version.Get)
	f.values("owners", s.Owners)
	writeFact(f, "externalSystem", s.External, strconv.FormatBool)
	for _, r := range references {
		f.messages(r.key, w.messages(s, r))
	}
	writeFact(f, "x-domain", ofFolder(s.Domain, s.Place), scalar)
	f.ext(s.Ext)
	w.add(path.Join(w.name("services", s.ID), "index.mdx"), f.text())
}

// messages adds what a service sends or receives.
func (f *frontmatter) messages(key string, list []Message) {
	if len(list) == 0 {
		return
	}
	f.declared.WriteString(key + ":\n")
	for _, m := range list {
		f.declared.WriteString("  - id: " + scalar(m.Event) + "\n")
		inner := &frontmatter{}
		inner.word("version", m.Versions)
		channels := "to"
		if key == "receives" {
			channels = "from"
		}
		inner.ids(channels, m.Channels)
		if m.Fields != nil {
			inner.line("fields", flowList(m.Fields))
		}
		writeFact(inner, "x-need", m.Need, scalar)
		writeFact(inner, "x-agreement", m.Agreement, scalar)
		for line := range strings.Lines(inner.declared.String()) {
			f.declared.WriteString("    " + line)
		}
	}
}

func (w *writer) channel(c *Channel) {
	f := &frontmatter{}
	f.word("id", c.ID)
	f.word("name", c.Name)
	f.word("address", c.Address)
	f.words("protocols", c.Protocols)
	if len(c.Parameters) > 0 {
		f.declared.WriteString("parameters:\n")
		for _, name := range c.Parameters {
			f.declared.WriteString("  " + scalar(name) + ": {}\n")
		}
	}
	f.values("owners", c.Owners)
	writeFact(f, "x-tls", c.TLS, strconv.FormatBool)
	writeFact(f, "x-retention-days", c.RetentionDays, yamlNumber)
	writeFact(f, "x-partitions", c.Partitions, yamlNumber)
	writeFact(f, "x-max-bytes", c.MaxBytes, yamlNumber)
	writeFact(f, "x-ordering", c.Ordering, strconv.FormatBool)
	f.values("x-regions", c.Regions)
	f.ext(c.Ext)
	w.add(path.Join(w.name("channels", c.ID), "index.mdx"), f.text())
}

func (w *writer) owner(o *Owner) {
	folder := "teams"
	switch o.Kind {
	case "user":
		folder = "users"
	case "team", "":
	default:
		w.leave("that %s is a %s: it is written as a team", o.ID, o.Kind)
	}
	f := &frontmatter{}
	f.word("id", o.ID)
	f.word("name", o.Name)
	f.word("email", o.Email)
	w.add(w.name(folder, o.ID)+".mdx", f.text())
}
