package confluent

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/riferrei/srclient"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

const (
	// maxReferences bounds what one schema may draw in.
	maxReferences = 1000
	// keptDocuments bounds how many referenced documents are kept, since
	// thousands of subjects refer to the same few.
	keptDocuments = 512
)

// documents remembers referenced versions, which never change.
type documents struct {
	mutex sync.Mutex
	known map[srclient.Reference]document // by subject and version, without Name
}

func (d *documents) get(key srclient.Reference) (document, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	found, ok := d.known[key]
	return found, ok
}

func (d *documents) put(key srclient.Reference, doc document) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.known == nil {
		d.known = map[srclient.Reference]document{}
	}
	if len(d.known) < keptDocuments {
		d.known[key] = doc
	}
}

// resolve reads all that a schema refers to, directly or not. A document comes
// after those it needs itself, as Avro's parsers want it, and of two with one
// name the first counts, as in Confluent's server.
func (r *Registry) resolve(ctx context.Context, doing string, root document) ([]schema.Reference, error) {
	w := walk{registry: r, doing: doing, seen: map[string]bool{}}
	if err := w.visit(ctx, root.references); err != nil {
		return nil, err
	}
	return w.found, nil
}

// walk collects references.
type walk struct {
	registry *Registry
	doing    string
	seen     map[string]bool // by name; marked before descending, so that cycles end
	found    []schema.Reference
}

func (w *walk) visit(ctx context.Context, references []srclient.Reference) error {
	for _, ref := range references {
		if w.seen[ref.Name] {
			continue
		}
		w.seen[ref.Name] = true
		if len(w.seen) > maxReferences {
			return w.registry.fail(registry.CodeReference, w.doing, fmt.Sprintf("it refers to more than %d schemas", maxReferences))
		}
		d, err := w.read(ctx, ref)
		if err != nil {
			return err
		}
		if err := w.visit(ctx, d.references); err != nil {
			return err
		}
		w.found = append(w.found, schema.Reference{
			Name: ref.Name, Subject: ref.Subject, Version: d.version,
			File: place(ref.Subject, d.version), Text: d.text,
		})
	}
	return nil
}

// read gets one referenced version. One that is missing is never ErrNotFound,
// which would say that the referring schema is.
func (w *walk) read(ctx context.Context, ref srclient.Reference) (document, error) {
	key := srclient.Reference{Subject: ref.Subject, Version: ref.Version}
	if d, ok := w.registry.references.get(key); ok {
		return d, nil
	}
	if ref.Subject == "" || ref.Version < 1 {
		return document{}, w.registry.broken(w.doing, fmt.Sprintf("the reference %q names no version of a subject", w.registry.clean(ref.Name)))
	}
	d, err := w.registry.document(ctx, w.doing, ref.Subject, strconv.Itoa(ref.Version))
	if notFound(err) {
		return document{}, w.registry.fail(registry.CodeReference, w.doing,
			fmt.Sprintf("it refers to %q, which is %q version %d, and the registry does not hold that", w.registry.clean(ref.Name), w.registry.clean(ref.Subject), ref.Version),
			"register it again, or look whether it was deleted")
	}
	if err != nil {
		return document{}, err
	}
	w.registry.references.put(key, d)
	return d, nil
}
