package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"example.com/orders/internal/nexus/domain"
	"example.com/orders/internal/nexus/projection"
	"example.com/orders/internal/nexus/serve"
	"example.com/orders/internal/nexus/snapshot"
	"example.com/orders/internal/nexus/store"
)

// openServer describes all that the app answers over HTTP.
func (a *App) openServer(ctx context.Context) error {
	keys, err := a.keys(ctx)
	if err != nil {
		return err
	}
	o := serve.Options{
		Title: a.Title, Keys: keys, Live: a.live, Problem: problem, Ready: a.ready,
		Log: a.options.Log, Now: a.options.Now, Limits: a.options.Limits,
	}
	if a.options.BehindProxy {
		o.Address = serve.ForwardedAddress
	}
	if !a.options.NoTelemetry {
		o.Telemetry = a.meters
	}
	for _, k := range a.kinds {
		o.Commands = append(o.Commands, a.commandsOf(k)...)
		o.Queries = append(o.Queries, a.stateQuery(k), a.writesQuery(k))
	}
	for _, m := range a.models {
		o.Queries = append(o.Queries, m.query())
	}
	o.Queries = append(o.Queries, serve.Trail(a.store), a.verifyQuery())
	if a.why != nil {
		o.Queries = append(o.Queries, a.whyQuery())
	}
	distinguish(&o)
	a.server, err = serve.New(o)
	return err
}

// distinguish gives all that is described a name of its own in OpenAPI: a kind, a
// command and a model may be called alike.
func distinguish(o *serve.Options) {
	used := map[string]bool{"OpenAPI": true, "Healthy": true, "Ready": true} // of the server itself
	name := func(name *string, suffix string) {
		for used[*name] {
			*name += suffix
		}
		used[*name] = true
	}
	for i := range o.Commands {
		name(&o.Commands[i].Name, "Command")
	}
	for i := range o.Queries {
		name(&o.Queries[i].Name, "Query")
	}
}

// problem is what a caller is told of a command that was refused.
func problem(err error) *serve.Problem {
	if no, ok := errors.AsType[*domain.Refusal](err); ok {
		return &serve.Problem{Status: http.StatusConflict, Code: "refused", Detail: no.Reason}
	}
	if _, reused := errors.AsType[*reusedError](err); reused {
		return &serve.Problem{Status: http.StatusUnprocessableEntity, Code: "key-reused",
			Detail: "another command was sent with this Idempotency-Key: give each command a key of its own, and repeat it as it was"}
	}
	return nil
}

// commandsOf are the commands of a kind: POST /account/{id}/deposit.
func (a *App) commandsOf(k *running) []serve.Command {
	var list []serve.Command
	for _, c := range k.Commands {
		list = append(list, serve.Command{
			Name: a.unique(k, c.Name), Summary: c.Summary, Path: "/" + kebab(k.Category) + "/{id}/" + kebab(c.Name), Body: a.bodyOf(k, c.Name),
			Handle: func(ctx context.Context, r serve.Request) (serve.Done, error) {
				receipt, err := a.execute(ctx, call{
					caller: Caller{Tenant: r.Caller.Tenant, Actor: r.Caller.Actor}, kind: k, id: r.Path["id"], command: c.Name, body: r.Body,
					expected: r.Expected, commandID: r.CommandID, correlationID: r.CorrelationID, causationID: r.CausationID,
				})
				return serve.Done{Stream: k.Category + "-" + r.Path["id"], Version: receipt.Version, Position: receipt.Position}, err
			},
		})
	}
	return list
}

// unique is the name of a command in OpenAPI: its own, if no other kind has it.
func (a *App) unique(k *running, command string) string {
	for _, other := range a.Kinds {
		if other.Name != k.Name && slices.ContainsFunc(other.Commands, func(c KindCommand) bool { return c.Name == command }) {
			return k.Name + command
		}
	}
	return command
}

// bodyOf is the schema of a command as one may send it: the id may be left out.
func (a *App) bodyOf(k *running, command string) json.RawMessage {
	var schema map[string]json.RawMessage
	var required []string
	if json.Unmarshal(a.schemaOf(command), &schema) != nil || json.Unmarshal(schema["required"], &required) != nil {
		return a.schemaOf(command)
	}
	required = slices.DeleteFunc(required, func(name string) bool { return name == k.ID })
	delete(schema, "required")
	if len(required) > 0 {
		schema["required"], _ = json.Marshal(required) // strings are always JSON
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return a.schemaOf(command)
	}
	return text
}

// stateQuery is GET /account/{id}: the state now, at a moment or at a version.
func (a *App) stateQuery(k *running) serve.Query {
	return serve.Query{
		Name: k.Name, Summary: summaryOr(k.Summary, "The state of one "+k.Name+"."), Path: "/" + kebab(k.Category) + "/{id}", Temporal: true, Fresh: true,
		Handle: func(ctx context.Context, r serve.Request) (serve.Answer, error) {
			last, err := a.committed(ctx, r.After)
			if err != nil {
				return serve.Answer{}, err
			}
			state, version, err := k.load(ctx, k.stream(r), snapshot.Until{Version: r.Version, Time: r.At})
			if err == nil && (version == 0 || version < r.Version) {
				err = a.absent(ctx, k, r, version)
			}
			return serve.Answer{Value: state, Version: version, Position: last}, err
		},
	}
}

// absent is the answer to who asks for a point at which a stream has no state. Of
// the caller's own streams it says where they begin and end.
func (a *App) absent(ctx context.Context, k *running, r serve.Request, last int64) error {
	for first, err := range a.store.Read(ctx, k.stream(r), store.ReadOptions{UntilVersion: 1}) {
		if err != nil {
			return err
		}
		if last > 0 {
			return &serve.Problem{Status: http.StatusNotFound, Code: "no-such-version", Detail: fmt.Sprintf("the last version is %d", last), Version: &last}
		}
		return &serve.Problem{Status: http.StatusNotFound, Code: "before-first",
			Detail: "its first event was recorded later, at " + first.Recorded.Format(time.RFC3339Nano)}
	}
	return fmt.Errorf("%s %q: %w", k.Name, r.Path["id"], serve.ErrNotFound)
}

// stream is the stream that a request names.
func (k *running) stream(r serve.Request) string {
	return serve.StreamOf(r.Caller.Tenant, k.Category+"-"+r.Path["id"])
}

// committed is the position of the last event, if the one at after is committed.
func (a *App) committed(ctx context.Context, after int64) (int64, error) {
	last, err := a.store.WaitPosition(ctx, 0)
	if err == nil && after > last {
		err = projection.ErrAhead
	}
	return last, err
}

func summaryOr(summary, otherwise string) string {
	if summary != "" {
		return summary
	}
	return otherwise
}

// How many rows, or events, a page has.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// limitParam says how many of something a page may have.
func limitParam(things string) serve.Param {
	return serve.Param{
		Name: "limit", Summary: fmt.Sprintf("how many %s at most, up to %d; %d if it is not sent", things, maxLimit, defaultLimit),
		Schema: json.RawMessage(`{"type":"integer","minimum":1}`),
	}
}

// limitOf is how many the caller wants.
func limitOf(r serve.Request) (int, error) {
	text, sent := r.Params["limit"]
	if !sent {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, &serve.Problem{Status: http.StatusBadRequest, Code: "malformed-limit", Detail: fmt.Sprintf("limit is not a whole number from 1 to %d", maxLimit)}
	}
	return limit, nil
}

// page is the answer of a read model.
type page struct {
	Rows []found `json:"rows"`
	Next string  `json:"next,omitempty"` // to be sent as from for those that follow
}

// query is GET /models/accounts?status=open.
func (m *model) query() serve.Query {
	q := serve.Query{
		Name: m.Model.Name, Summary: summaryOr(m.Summary, "The rows of "+m.Model.Name+"."), Path: "/models/" + kebab(m.Model.Name), Fresh: true,
		Params: []serve.Param{
			limitParam("rows"),
			{Name: "from", Summary: "the id after which to begin: next of the answer before"},
		},
		Handle: m.answer,
	}
	for _, name := range m.Filters {
		q.Params = append(q.Params, serve.Param{Name: name, Summary: "only rows with this " + name})
	}
	return q
}

func (m *model) answer(ctx context.Context, r serve.Request) (serve.Answer, error) {
	limit, err := limitOf(r)
	if err != nil {
		return serve.Answer{}, err
	}
	s := selection{tenant: r.Caller.Tenant, from: r.Params["from"], limit: limit, values: map[int]string{}}
	for place, name := range m.Filters {
		if value, sent := r.Params[name]; sent {
			s.values[place] = value
		}
	}
	waited, err := m.WaitForVersion(ctx, r.After, r.Wait())
	if err != nil {
		return serve.Answer{}, err
	}
	s.limit++ // one more tells whether there are more
	rows, at, err := m.rows(ctx, s)
	if err != nil {
		return serve.Answer{}, err
	}
	answer := page{Rows: rows}
	if len(rows) == s.limit {
		answer.Rows = rows[:len(rows)-1]
		answer.Next = answer.Rows[len(answer.Rows)-1].ID
	}
	if answer.Rows == nil {
		answer.Rows = []found{}
	}
	return serve.Answer{Value: answer, Position: at.Position, Stale: waited.Stale}, nil
}
