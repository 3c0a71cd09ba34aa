package avro

import (
	"fmt"
	"time"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	library "github.com/twmb/avro"
)

// lint is something about one version that is legal and most likely wrong.
type lint struct {
	rule          string
	at            place
	before, after any // what a fingerprint is made of
	message, hint string
}

// ignored notes a logical type that has no effect.
func (l *loader) ignored(at place, name, why string) {
	l.lints = append(l.lints, lint{
		rule: ruleLogicalTypeIgnored, at: at, after: name,
		message: fmt.Sprintf("the logical type %q has no effect: %s", name, why),
		hint:    "write it inside of the type that it annotates, with the attributes that it needs",
	})
}

// Lint lists what breaks no reader and is most likely wrong all the same: a
// logical type that changed in silence since previous, which may be nil, and
// what is odd about next by itself.
func (e *Engine) Lint(previous, next compat.Parsed) []report.Finding {
	p, ok := next.(*parsed)
	if !ok {
		return nil
	}
	var findings []report.Finding
	for _, l := range p.lints {
		findings = append(findings, p.finding(l))
	}
	if old, ok := previous.(*parsed); ok {
		m := &misreading{old: old, next: p, left: maxWitnesses}
		for _, c := range diff(unstoppable(), old.root, p.root) {
			if c.Rule == ruleLogicalTypeChanged {
				findings = append(findings, m.finding(c))
			}
		}
	}
	return findings
}

func (p *parsed) finding(l lint) report.Finding {
	at := p.Locate(l.at.surviving().shown())
	at.Side = "new"
	return report.Finding{
		Rule: l.rule, Severity: report.Warning, Subject: p.source.Subject, Message: l.message, Hint: l.hint, Location: at,
		Fingerprint: report.Fingerprint(l.rule, p.source.Subject, "", l.at.identity(), l.before, l.after),
	}
}

// misreading finds what two versions read and take for different things.
type misreading struct {
	old, next *parsed
	left      int             // witnesses that may still be built
	resolved  *library.Schema // reads the old version's data as the new one, once a witness asks
	refused   error           // why there is none
}

// finding is that of a logical type that changed in silence, with a datum that
// both versions read and take for different things.
func (m *misreading) finding(c change) report.Finding {
	f := m.next.finding(lint{
		rule: c.Rule, at: c.next.at.member("logicalType"), before: c.Before, after: c.After, message: c.Message,
		hint: "keep the logical type, and add a field for the new one",
	})
	f.Fingerprint = report.Fingerprint(c.Rule, m.next.source.Subject, "", c.Pointer, c.Before, c.After)
	place := m.old.Locate(c.OldPointer)
	place.Side = "old"
	f.Related = []report.Related{{Message: "the old version", Location: place}}
	if f.Witness = m.witness(c); f.Witness != nil {
		proof := string(compat.ByWitness)
		f.Proof = &proof
	}
	return f
}

// witness builds a datum of the old version that holds an instant, or another
// value that shows the difference, and says what each version takes it for. nil
// when the two say the same of it, when the new version does not read it, and
// when there are enough witnesses.
func (m *misreading) witness(c change) *report.Witness {
	raw := c.old.exemplar()
	before, after := c.old.taken(raw), c.next.taken(raw)
	if before == after {
		return nil
	}
	if m.left--; m.left < 0 {
		return nil
	}
	root := m.old.root.node
	way, ok := wayTo(root, c.old.node)
	if !ok {
		return nil
	}
	b := &builder{m.old.weights(), maxDatum}
	value := b.along(root, way.steps(), func(*node) any { return raw })
	data, err := m.old.coder.Encode(value)
	if err != nil || b.left < 0 || !m.reads(data) {
		return nil
	}
	w := witnessOf(root, value, data)
	w.Old, w.New = "takes it for "+before, "takes it for "+after
	return w
}

// reads reports whether the new version reads the old one's data.
func (m *misreading) reads(data []byte) bool {
	if m.resolved == nil && m.refused == nil {
		m.resolved, m.refused = library.Resolve(m.old.coder, m.next.coder)
	}
	return m.refused == nil && decodes(m.resolved, data)
}

// exemplar is a value that two logical types take for different things.
func (n *node) exemplar() any {
	switch n.kind {
	case intKind:
		return int32(11323)
	case longKind:
		return int64(1_000_000_000_000)
	case bytesKind:
		return []byte{1}
	case fixedKind:
		value := make([]byte, n.size)
		if n.size > 0 {
			value[n.size-1] = 1
		}
		return value
	}
	return n.plainest()
}

// taken says what a raw value means under a logical type.
func (n *node) taken(raw any) string {
	number := int64(0)
	switch v := raw.(type) {
	case int32:
		number = int64(v)
	case int64:
		number = v
	default:
		return n.meaning()
	}
	switch n.logical {
	case "date":
		return time.Unix(number*24*60*60, 0).UTC().Format(time.DateOnly)
	case "time-millis":
		return (time.Duration(number) * time.Millisecond).String() + " after midnight"
	case "time-micros":
		return (time.Duration(number) * time.Microsecond).String() + " after midnight"
	case "timestamp-millis":
		return time.UnixMilli(number).UTC().Format(time.RFC3339Nano)
	case "timestamp-micros":
		return time.UnixMicro(number).UTC().Format(time.RFC3339Nano)
	case "timestamp-nanos":
		return time.Unix(0, number).UTC().Format(time.RFC3339Nano)
	case "local-timestamp-millis":
		return time.UnixMilli(number).UTC().Format(localTime)
	case "local-timestamp-micros":
		return time.UnixMicro(number).UTC().Format(localTime)
	case "local-timestamp-nanos":
		return time.Unix(0, number).UTC().Format(localTime)
	}
	return fmt.Sprintf("the number %d", number)
}

const localTime = "2006-01-02T15:04:05.999999999 local time"

// wayTo finds the shortest way from a schema to one that it is made of.
func wayTo(root, target *node) (*step, bool) {
	ways := map[*node]*step{root: nil}
	queue := []*node{root}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if n == target {
			return ways[n], true
		}
		for i, part := range n.parts() {
			if _, seen := ways[part]; !seen {
				ways[part] = &step{before: ways[n], from: n, index: i}
				queue = append(queue, part)
			}
		}
	}
	return nil, false
}
