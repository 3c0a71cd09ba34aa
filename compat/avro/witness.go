package avro

import (
	"encoding/hex"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	library "github.com/twmb/avro"
)

// witness builds a datum that comes to a mismatch and has it judged: twmb/avro
// encodes it with the writer's schema, the bytes are read back against the
// reader's and must fail for this very reason, and twmb/avro must refuse to read
// them as well, with a reader's schema that has nothing but the place in
// question. nil when no datum of a reasonable size gets there, or when one of the
// two disagrees.
func (j *judgement) witness(f failure) *report.Witness {
	value, ok := reach(j.writer.root.node, f, j.writer.weights())
	if !ok {
		return nil
	}
	data, err := j.writer.coder.Encode(value)
	if err != nil {
		return nil
	}
	reason := j.refusal(f.mismatch, data)
	if reason == "" || !j.libraryRefuses(f, data) {
		return nil
	}
	w := witnessOf(j.writer.root.node, value, data)
	w.Old, w.New = "accepts", "rejects: "+reason
	if j.direction == compat.ForwardDirection {
		w.Old, w.New = w.New, w.Old
	}
	return w
}

// witnessOf shows a datum as JSON and as bytes.
func witnessOf(root *node, value any, data []byte) *report.Witness {
	doc, text := root.document(value), hex.EncodeToString(data)
	return &report.Witness{
		Encoding: "avro", Document: doc, Text: document.Encode(doc), Hex: &text, Origin: "search", DependsOn: []string{},
	}
}

// refusal reads the bytes and says where they come to the mismatch, "" when they
// do not.
func (j *judgement) refusal(m mismatch, data []byte) string {
	refusals, err := read(data, j.writer.root.node, j.reader.root.node, j.resolver)
	if err != nil {
		return ""
	}
	for _, r := range refusals {
		if r.mismatch != m {
			continue
		}
		if r.pointer == "" {
			return m.explain()
		}
		return r.pointer + ": " + m.explain()
	}
	return ""
}

// libraryRefuses reports whether twmb/avro refuses the datum for a mismatch.
// Whatever else the two schemas disagree on is taken out of the reader's, since
// twmb/avro stops at the first mismatch that it finds.
func (j *judgement) libraryRefuses(f failure, data []byte) bool {
	only := map[*field]bool{}
	for s := f.way; s != nil; s = s.before {
		only[s.into] = true
	}
	if f.why == fieldMissing || f.why == fieldAmbiguous {
		only[f.reader.byName[f.item]] = true
	}
	reader, err := library.Parse(renderReader(j.reader.root.node, only))
	return err == nil && refuses(j.writer.coder, reader, data)
}

// refuses reports whether twmb/avro refuses two schemas together or, where it
// accepts them, to decode the data of one with the other.
func refuses(writer, reader *library.Schema, data []byte) bool {
	resolved, err := library.Resolve(writer, reader)
	return err != nil || !decodes(resolved, data)
}

func decodes(resolved *library.Schema, data []byte) bool {
	var value any
	_, err := resolved.Decode(data, &value)
	return err == nil
}

// weights is the size of the smallest datum of every schema, found out once.
func (p *parsed) weights() map[*node]int {
	p.weighing.Do(func() { p.weighed = weights(p.root.node) })
	return p.weighed
}
