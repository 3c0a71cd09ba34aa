package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// Caller is who asks, in the process.
type Caller struct {
	Tenant string
	Actor  string
}

// Execute runs a command on the stream with an id, as if it had been sent over
// HTTP: the body may leave out the id.
func (a *App) Execute(ctx context.Context, caller Caller, kind, id, command string, body json.RawMessage) (journal.Receipt, error) {
	for _, k := range a.kinds {
		if k.Name == kind {
			return a.execute(ctx, call{caller: caller, kind: k, id: id, command: command, body: body, expected: store.Any})
		}
	}
	return journal.Receipt{}, fmt.Errorf("the app has no kind %q", kind)
}

// call is a command that somebody sent.
type call struct {
	caller  Caller
	kind    *running
	id      string
	command string
	body    json.RawMessage

	expected                              store.Expected
	commandID, correlationID, causationID string
	fingerprint                           fingerprint // of a command with an id
}

func (c call) stream() string {
	return serve.StreamOf(c.caller.Tenant, c.kind.Category+"-"+c.id)
}

// attempts is how often a command is decided anew when others were faster. Only a
// stream that many write to at once needs more than a few.
const attempts = 32

// execute judges a command, decides it, and appends what it leads to. If nothing
// was expected of the stream and somebody was faster, it does so again.
func (a *App) execute(ctx context.Context, c call) (journal.Receipt, error) {
	c, err := a.judge(c)
	if err != nil {
		a.observe(ctx, c, err)
		return journal.Receipt{}, err
	}
	for range attempts - 1 {
		receipt, err := a.attempt(ctx, c)
		if !errors.Is(err, store.ErrConflict) || c.expected != store.Any || ctx.Err() != nil {
			return receipt, err
		}
	}
	return a.attempt(ctx, c)
}

// attempt decides a command once.
func (a *App) attempt(ctx context.Context, c call) (journal.Receipt, error) {
	now := a.options.Now()
	d, err := c.kind.decide(ctx, c.stream(), c.command, c.body, now)
	if malformed, ok := errors.AsType[*domain.BodyError](err); ok {
		err = c.rejection(unfit(malformed.Err))
		a.observe(ctx, c, err)
		return journal.Receipt{}, err
	}
	if _, no := refused(err); err == nil && !c.expected.Holds(d.version) {
		err = &store.ConflictError{Stream: c.stream(), Expected: c.expected, Actual: d.version}
	} else if err != nil && !no {
		return journal.Receipt{}, fmt.Errorf("deciding %s on %s: %w", c.command, c.stream(), err)
	}
	if err != nil || len(d.events) == 0 {
		return a.handledOr(ctx, c, d, err)
	}
	if c.commandID != "" {
		metadata := c.fingerprint.metadata()
		for i := range d.events {
			d.events[i].Metadata = metadata
		}
	}
	receipt, err := a.journal.Append(ctx, journal.Envelope{
		Stream: c.stream(), Expected: store.Exact(d.version), Events: d.events,
		Actor: c.caller.Actor, Tenant: c.caller.Tenant,
		CorrelationID: c.correlationID, CausationID: c.causationID, CommandID: c.commandID,
	})
	switch {
	case err != nil:
		return receipt, err
	case receipt.Repeated:
		return a.repeated(ctx, c, receipt)
	}
	c.kind.wrote(len(d.events))
	return receipt, a.kept()
}

// handledOr answers a command that the stream does not take now, or that changes
// nothing, with what became of it the first time, if it was sent before, and else
// with err or with where the stream is.
func (a *App) handledOr(ctx context.Context, c call, d decided, err error) (journal.Receipt, error) {
	if c.commandID != "" {
		receipt, handled, asked := a.journal.Handled(ctx, c.caller.Tenant, c.stream(), c.commandID)
		switch {
		case asked != nil:
			return journal.Receipt{}, asked
		case handled:
			return a.repeated(ctx, c, receipt)
		}
	}
	if err == nil {
		return a.nothing(ctx, d)
	}
	if no, ok := refused(err); ok {
		a.observe(ctx, c, c.rejection(journal.Reason{Stage: stageDecide, Message: no.Reason}))
	}
	return journal.Receipt{}, err
}

// stageDecide is where a refusal of the domain is shown on the page.
const stageDecide = "decide"

// nothing is the answer to a command that changes nothing.
func (a *App) nothing(ctx context.Context, d decided) (journal.Receipt, error) {
	last, err := a.store.WaitPosition(ctx, 0)
	return journal.Receipt{Version: d.version, Position: last}, err
}

// judge holds a command against its schema, with the id of its path in it, and
// returns it with that.
func (a *App) judge(c call) (call, error) {
	value, err := gate.Decode(c.body)
	if err != nil {
		return c, c.rejection(journal.Reason{Stage: journal.StageDecode, Message: err.Error()})
	}
	object, ok := value.(map[string]any)
	if !ok {
		return c, c.rejection(journal.Reason{Stage: journal.StageDecode, Message: "the body is not a JSON object"})
	}
	given, sent := object[c.kind.ID]
	if sent && !sameID(given, c.id) {
		return c, c.rejection(journal.Reason{Stage: journal.StageDecode, Pointer: "/" + c.kind.ID, Field: c.kind.ID,
			Message: "it is not the id in the path", Hint: "leave it out, or send the command to the path of that id"})
	}
	if !sent {
		object[c.kind.ID] = a.idValue(c)
	}
	if err := a.validate(c, object); err != nil || sent && c.commandID == "" {
		return c, err
	}
	if c.body, err = json.Marshal(object); err != nil { // members sorted: equal commands are equal texts
		return c, err
	}
	if c.commandID != "" {
		c.fingerprint = fingerprintOf(c.command, c.body)
	}
	return c, nil
}

// unfit is why a body that its schema accepts is not taken: Go has no value for it.
func unfit(err error) journal.Reason {
	reason := journal.Reason{Stage: journal.StageDecode, Message: err.Error()}
	if fault, ok := errors.AsType[*domain.RoundedError](err); ok {
		reason.Pointer = fault.Pointer
		reason.Message = fmt.Sprintf("this number has more digits than the %s that the app keeps here", fault.Type)
		reason.Hint = "send fewer digits"
	}
	if fault, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(fault.Value, " ") // what follows is the value
		reason.Pointer = "/" + strings.ReplaceAll(fault.Field, ".", "/")
		reason.Message = fmt.Sprintf("this %s does not fit the %s that the app keeps here", kind, fault.Type)
	}
	return reason
}

// sameID reports whether a JSON value is the id that a path names.
func sameID(value any, id string) bool {
	switch v := value.(type) {
	case string:
		return v == id
	case json.Number:
		whole, ok := domain.WholeNumber(v)
		return v.String() == id || ok && whole.String() == id
	}
	return false
}

// idValue is the id of the path as the command's schema wants it: some ids are
// numbers.
func (a *App) idValue(c call) any {
	number := json.Number(c.id)
	if _, err := number.Float64(); err == nil && c.kind.numeric[c.command] && json.Valid([]byte(c.id)) {
		return number
	}
	return c.id
}

func (a *App) validate(c call, document any) error {
	version, ok := a.commands.Current(c.command)
	if !ok {
		return nil // the schemas of its events judge it
	}
	err := a.commands.Validate(c.command, version, document)
	invalid, ok := errors.AsType[*gate.InvalidError](err)
	if !ok {
		return err
	}
	rejected := &journal.RejectedError{Stream: c.stream(), Omitted: invalid.Omitted}
	for _, r := range invalid.Reasons {
		rejected.Reasons = append(rejected.Reasons, journal.Reason{Command: true, Type: c.command, Stage: journal.StageSchema, Pointer: r.Pointer, Message: r.Message})
	}
	return rejected
}

// rejection is a command that does not pass, for one reason.
func (c call) rejection(r journal.Reason) error {
	r.Command, r.Type = true, c.command
	return &journal.RejectedError{Stream: c.stream(), Reasons: []journal.Reason{r}}
}

// observe tells the page and telemetry of a command that did not get as far as the
// journal.
func (a *App) observe(ctx context.Context, c call, err error) {
	if a.observer != nil {
		a.observer(ctx, journal.Outcome{Envelope: journal.Envelope{Stream: c.stream(), Actor: c.caller.Actor, Tenant: c.caller.Tenant}, Err: err})
	}
}

// numericIDs are the commands whose schema says that the id is a number.
func (a *App) numericIDs(k Kind) map[string]bool {
	numeric := map[string]bool{}
	for _, c := range k.Commands {
		var schema struct {
			Properties map[string]struct {
				Type any `json:"type"`
			} `json:"properties"`
		}
		if json.Unmarshal(a.schemaOf(c.Name), &schema) != nil {
			continue
		}
		kind := schema.Properties[k.ID].Type
		numeric[c.Name] = kind == "integer" || kind == "number"
	}
	return numeric
}

// timely is the time now, for those who wait.
func timely(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// compact is JSON without spaces.
func compact(text []byte) json.RawMessage {
	var short bytes.Buffer
	if json.Compact(&short, text) != nil {
		return text
	}
	return short.Bytes()
}
