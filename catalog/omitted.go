package catalog

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// omission is something that a page says and the model has no place for. Nothing
// judges it, so that only a copy has to tell.
type omission struct{ what, subject string }

// read are the keys of EventCatalog that the model takes over, by kind of page.
var read = map[string][]string{
	messageKind: {"channels", "consumers", "deprecated", "id", "messageChannels", "name", "owners", "producers", "schemaPath", "schemas", "summary", "version"},
	serviceKind: {"externalSystem", "id", "name", "owners", "receives", "sends", "version"},
	channelKind: {"address", "id", "messages", "name", "owners", "parameters", "protocols"},
	domainKind:  {"agents", "id", "name", "owners", "receives", "sends", "services", "version"},
	ownerKind:   {"email", "id", "name"},
}

// noteOmitted notes what the page of a resource says and the model does not keep.
func (r *resourceReader) noteOmitted(id string) {
	note := func(what string) { r.catalog.left = append(r.catalog.left, omission{what, id}) }
	for _, m := range r.root.members() {
		if key := m.name(); !strings.HasPrefix(key, "x-") && !slices.Contains(read[r.kind], key) {
			note(key)
		}
	}
	if at := r.root.member("deprecated"); at.isMapping() && at.member("message").is() && at.member("date").is() {
		note("deprecated.date")
	}
	for _, parameter := range r.root.member("parameters").items() {
		for _, m := range parameter.members() {
			if r.kind == channelKind && m.isMapping() && len(m.members()) > 0 {
				note("what is said about parameters")
			}
		}
	}
}

// findOmitted tells what the sources say and the model does not keep.
func (w *writer) findOmitted() {
	subjects := map[string][]string{}
	for _, o := range w.catalog.left {
		subjects[o.what] = append(subjects[o.what], o.subject)
	}
	for _, what := range slices.Sorted(maps.Keys(subjects)) {
		named := slices.Compact(slices.Sorted(slices.Values(subjects[what])))
		text := strings.Join(named[:min(len(named), maxNamed)], ", ")
		if rest := len(named) - maxNamed; rest > 0 {
			text += fmt.Sprintf(" and %d more", rest)
		}
		w.leave("%s, on %s: %s", what, report.Count(len(named), "page"), text)
	}
}

func isBlank(text []byte) bool {
	_, body, _ := bytes.Cut(text, []byte("\n")) // the line that ends the frontmatter
	return len(bytes.TrimSpace(body)) == 0
}
