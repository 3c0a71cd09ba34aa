package cost

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// RouteEvent is what a catalog declares of an event, as the router reads it.
func RouteEvent(e *catalog.Event) route.Event {
	return route.Event{
		Criticality: e.Criticality.Get, Ordered: e.RequiresOrdering.Get, MaxLatencyMs: e.MaxLatencyMs.Get,
		Impact: e.BusinessImpact.Get != "", PayloadBytes: e.PayloadBytes.Get, RatePerMin: e.RatePerMin.Get,
	}
}

// A labelLine is one line of a file of labels: a type of the catalog or the facts
// themselves, and the path. Facts that are given stand before the catalog's.
type labelLine struct {
	Type         string   `json:"type"`
	Path         string   `json:"path"`
	Criticality  *string  `json:"criticality"`
	Ordered      *bool    `json:"ordered"`
	MaxLatencyMs *float64 `json:"max_latency_ms"`
	Impact       *bool    `json:"impact"`
	PayloadBytes *float64 `json:"payload_bytes"`
	RatePerMin   *float64 `json:"rate_per_min"`
}

// maxLabelLine bounds a line of labels.
const maxLabelLine = 1 << 20

// ReadLabels reads labels, one JSON object a line:
//
//	{"type": "OrderPlaced", "payload_bytes": 900, "path": "critical"}
//	{"criticality": "low", "ordered": false, "max_latency_ms": 5000, "path": "standard"}
//
// c describes the types that are named and may be nil. The error names the file
// and the line.
func ReadLabels(r io.Reader, file string, c *catalog.Catalog) ([]Label, error) {
	var labels []Label
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLabelLine)
	for n := 1; lines.Scan(); n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		label, err := readLabel(text, c)
		if err != nil {
			return nil, fmt.Errorf("reading the labels: %s:%d: %w", file, n, err)
		}
		labels = append(labels, label)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the labels: %s: %w", file, err)
	}
	return labels, nil
}

func readLabel(text []byte, c *catalog.Catalog) (Label, error) {
	var line labelLine
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		return Label{}, err
	}
	if d.More() {
		return Label{}, errors.New("more than one JSON value")
	}
	if line.Path != route.Critical && line.Path != route.Standard {
		return Label{}, fmt.Errorf("the path is %q: %s or %s was expected", line.Path, route.Critical, route.Standard)
	}
	e, err := line.event(c)
	return Label{e, line.Path == route.Critical}, err
}

func (l labelLine) event(c *catalog.Catalog) (route.Event, error) {
	var e route.Event
	for _, fact := range []struct {
		key   string
		value *float64
	}{{"max_latency_ms", l.MaxLatencyMs}, {"payload_bytes", l.PayloadBytes}, {"rate_per_min", l.RatePerMin}} {
		if fact.value != nil && !(*fact.value >= 0 && *fact.value <= math.MaxFloat64) {
			return e, fmt.Errorf("%s is %v: a number that is not negative was expected", fact.key, *fact.value)
		}
	}
	if l.Type != "" {
		if c == nil {
			return e, fmt.Errorf("the type %s is named, and there is no catalog that describes it", l.Type)
		}
		known := c.Event(l.Type, "")
		if known == nil {
			return e, fmt.Errorf("the catalog has no event %s%s", l.Type, nearEvent(c, l.Type))
		}
		e = RouteEvent(known)
	}
	override(&e.Criticality, l.Criticality)
	override(&e.Ordered, l.Ordered)
	override(&e.MaxLatencyMs, l.MaxLatencyMs)
	override(&e.Impact, l.Impact)
	override(&e.PayloadBytes, l.PayloadBytes)
	override(&e.RatePerMin, l.RatePerMin)
	return e, nil
}

func override[T any](value *T, given *T) {
	if given != nil {
		*value = *given
	}
}

func nearEvent(c *catalog.Catalog, id string) string {
	ids := make([]string, len(c.Events))
	for i, e := range c.Events {
		ids[i] = e.ID
	}
	return nearest(id, ids)
}
