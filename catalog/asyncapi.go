package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// asyncReader reads one AsyncAPI document, and the files it refers to, into a
// catalog of one service.
//
// Both generations are read. What 3.x says with operations that send and
// receive, 2.x says with a channel's publish and subscribe, which tell what
// others may do: the application receives what is published. Options.Direction
// reads them the other way round, as many authors mean them.
//
// A message is an event. Neither generation versions its messages, and none says
// whether one is a command or a query, so an event has a version or such a kind
// only by an extension.
type asyncReader struct {
	ctx       context.Context
	direction Direction
	read      func(path string) ([]byte, error)

	files   map[string]*asyncFile
	major   int
	root    entry // of the document; references lead to those of other files
	service *Service
	catalog *Catalog

	messages map[identity][]*Event // several for a oneOf
	opened   map[identity]bool     // messages whose alternatives are being read
	ids      map[string]asyncName  // events by their id
	linked   map[way]map[string]*Message
	channels map[identity]*Channel // by the channel, and by each reference on the way
	servers  map[string]asyncServer
	told     map[string]bool       // problems, each told once
	bundles  map[identity][]byte   // schema texts
	bundled  int                   // their bytes
	followed map[identity]followed // where references lead
	uses     int                   // of messages, by channels and operations
	advised  int                   // hints that list what is there instead
}

// readAsyncAPI reads the document name and the files it refers to. A document
// that is no AsyncAPI of a known version is an error; whatever else is wrong is a
// problem of the catalog, and the rest is read.
func readAsyncAPI(ctx context.Context, name string, o Options, read func(path string) ([]byte, error)) (*Catalog, error) {
	r := &asyncReader{
		ctx: ctx, direction: o.Direction, read: read,
		files: map[string]*asyncFile{}, messages: map[identity][]*Event{}, opened: map[identity]bool{},
		ids: map[string]asyncName{}, linked: map[way]map[string]*Message{sending: {}, receiving: {}}, channels: map[identity]*Channel{},
		bundles: map[identity][]byte{}, followed: map[identity]followed{}, told: map[string]bool{},
		catalog: &Catalog{Roots: []string{name}, onlyAsyncAPI: true},
	}
	file := r.open(name)
	if file.err != nil {
		return nil, fmt.Errorf("reading the AsyncAPI document %s: %w", name, file.err)
	}
	r.root = file.page.root()
	if err := r.checkVersion(); err != nil {
		return nil, err
	}
	r.readService()
	r.readServers()
	r.readComponents()
	r.readChannels()
	if r.major == 3 {
		r.readOperations()
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading the AsyncAPI document %s: %w", name, err)
	}
	r.finish()
	return r.catalog, nil
}

const asyncVersionsRead = "nexus reads AsyncAPI 2.0 to 2.6 and 3.x"

// checkVersion finds the generation. A version without quotes, such as 3.0, is a
// number in YAML and means the same here.
func (r *asyncReader) checkVersion() error {
	top, ok := r.root.value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: an AsyncAPI document is a mapping, found %s", r.root.place(), asyncKind(r.root.value))
	}
	value, ok := top["asyncapi"]
	if !ok {
		return fmt.Errorf("%s: not an AsyncAPI document: the key asyncapi is missing; %s", r.root.place(), asyncVersionsRead)
	}
	at := r.root.child("asyncapi")
	r.root.page.subject = r.root.page.file
	version, ok := asyncText(value)
	if !ok {
		return fmt.Errorf("%s: the AsyncAPI version is %s, want text such as 3.0.0; %s", at.place(), asyncKind(value), asyncVersionsRead)
	}
	if r.major = asyncMajor(version); r.major == 0 {
		return fmt.Errorf("%s: AsyncAPI version %q is not known; %s", at.place(), version, asyncVersionsRead)
	}
	if parts := strings.Count(version, "."); parts < 2 {
		at.odd(RuleOlderForm, `write "`+version+strings.Repeat(".0", 2-parts)+`" in quotes`, "the AsyncAPI version %s is not of the form major.minor.patch", version)
	}
	return nil
}

// asyncMajor is the generation of a version: 2, 3, or 0 when it is not read.
func asyncMajor(version string) int {
	major, minor, _ := strings.Cut(version, ".")
	minor, _, _ = strings.Cut(minor, ".")
	switch {
	case major == "3":
		return 3
	case major == "2" && (minor == "" || len(minor) == 1 && "0" <= minor && minor <= "6"):
		return 2
	}
	return 0
}

// finish sorts what was read and hands it to the service.
func (r *asyncReader) finish() {
	c := r.catalog
	slices.SortStableFunc(c.Events, func(a, b *Event) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(c.Channels, func(a, b *Channel) int { return strings.Compare(a.ID, b.ID) })
	for _, e := range c.Events {
		byID := func(a, b Value[string]) int { return strings.Compare(a.Get, b.Get) }
		slices.SortStableFunc(e.Channels, byID)
		e.Channels = slices.CompactFunc(e.Channels, func(a, b Value[string]) bool { return a.Get == b.Get })
	}
	r.service.Sends, r.service.Receives = listed(r.linked[sending]), listed(r.linked[receiving])
	r.inheritFromService()
	c.Services = []*Service{r.service}
	r.gatherOddities()
}

// listed are the messages of one direction, by event.
func listed(messages map[string]*Message) []Message {
	var list []Message
	for _, id := range sortedKeys(messages) {
		m := *messages[id]
		slices.Sort(m.Channels)
		m.Channels = slices.Compact(m.Channels)
		list = append(list, m)
	}
	return list
}

// gatherOddities takes them from the files. What is referred to twice is read
// twice, and odd once.
func (r *asyncReader) gatherOddities() {
	c := r.catalog
	seen := map[Oddity]bool{}
	for _, name := range sortedKeys(r.files) {
		page := r.files[name].page
		if page == nil {
			continue
		}
		for _, odd := range page.oddities {
			if !seen[odd] {
				seen[odd] = true
				c.Oddities = append(c.Oddities, odd)
			}
		}
	}
}

// asyncAPIVersion is what the key asyncapi at the top of a text holds, whether
// the version is one that is read or not. The rest of the text is not parsed.
func asyncAPIVersion(text []byte) (string, bool) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); bytes.HasPrefix(trimmed, []byte("{")) {
		return asyncVersionInJSON(trimmed)
	}
	for line := range bytes.Lines(text) {
		for _, key := range []string{"asyncapi", `"asyncapi"`, `'asyncapi'`} {
			rest, ok := bytes.CutPrefix(line, []byte(key))
			if !ok {
				continue
			}
			if value, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " \t"), []byte(":")); ok {
				value, _, _ = bytes.Cut(value, []byte(" #"))
				return strings.Trim(string(value), " \t\r\n\"'"), true
			}
		}
	}
	return "", false
}

// asyncVersionInJSON reads tokens until the key at the top; the values of other
// keys are passed over.
func asyncVersionInJSON(text []byte) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	depth, key := 0, true // key: the next token of the top is a key
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", false
		}
		if delim, ok := token.(json.Delim); ok {
			depth += map[json.Delim]int{'{': 1, '[': 1, '}': -1, ']': -1}[delim]
			if depth == 0 {
				return "", false
			}
			key = depth == 1
			continue
		}
		if depth != 1 {
			continue
		}
		if key && token == "asyncapi" {
			value, err := decoder.Token()
			text, ok := asyncText(value)
			return text, err == nil && ok
		}
		key = !key
	}
}

// asyncText is the text of a scalar: of a number the one that was written, so
// that version 1.10 stays 1.10.
func asyncText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), true
	}
	return "", false
}

// asyncKind names what stands where something else was expected.
func asyncKind(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		return "text"
	}
	return document.Encode(value)
}
