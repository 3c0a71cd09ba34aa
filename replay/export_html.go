package replay

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"sync"

	"github.com/nexus-blueprint/nexus/event"
)

//go:embed page.html
var pageText string

//go:embed page.js
var pageScript string

// pageTemplate is parsed at its first use: few runs of nexus write a page.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
})

// defaultPage is what a browser still opens well, and what can still be attached
// to something.
const defaultPage = 64 << 20

// Page is what happened in one stream, or because of one correlation id, as an
// HTML page that needs nothing but itself: a timeline to slide along, the state
// behind every event, what changed, who wrote a value, and what caused what.
type Page struct {
	// Streams are whole: the events that are not shown count for the states and
	// are named where they wrote a value.
	Streams []PageStream
	// Correlation, when it is given, shows only the events with this id.
	Correlation string
	Options     Options // the part of the streams that is replayed
	// Redact decides what is shown of the values of states; nil shows all. With
	// it the page also keeps back why an event could not be applied, because such
	// a message may quote a value.
	Redact Redactor
	Notes  []string // lines at the foot of the page
	// Most bounds the bytes of the states and changes, 0 for 64 MiB.
	Most int64
}

// PageStream is a stream and the reducer that folds it.
type PageStream struct {
	Stream  Stream
	Reducer *Reducer
}

// htmlPage is what the template sees.
type htmlPage struct {
	Title   string
	Policy  string
	Script  template.JS
	Data    template.JS
	Redacts bool
	Shown   []pageStep
	Streams []pageStream
	Tree    []pageCause
	Notes   []string
}

// WriteHTML writes the page. The same page gives the same bytes.
func (p Page) WriteHTML(w io.Writer) error {
	data, err := p.data()
	if err != nil {
		return fmt.Errorf("writing the page of %s: %w", p.title(), err)
	}
	// Of all that could end the script element or break a line in it, Marshal
	// leaves nothing: <, >, &, U+2028 and U+2029 are escaped.
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("writing the page of %s: %w", p.title(), err)
	}
	sum := sha256.Sum256([]byte(pageScript))
	page := htmlPage{
		Title: p.title(),
		// Only this script runs, whatever else might get into the page, and
		// nothing is fetched from anywhere.
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		Script: template.JS(pageScript), Data: template.JS(text),
		Redacts: p.Redact != nil, Streams: data.Streams, Notes: p.Notes,
	}
	var events []*event.Event
	for _, step := range data.Steps {
		if step.Shown {
			page.Shown = append(page.Shown, step)
			events = append(events, step.event)
		}
	}
	page.Tree = causation(events)
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, page); err != nil {
		return fmt.Errorf("writing the page of %s: %w", p.title(), err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the page of %s: %w", p.title(), err)
	}
	return nil
}

func (p Page) title() string {
	switch {
	case p.Correlation != "":
		return "correlation " + p.Correlation
	case len(p.Streams) == 1:
		return p.Streams[0].Stream.ID
	}
	return fmt.Sprintf("%d streams", len(p.Streams))
}
