package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
)

// writesPage is the answer of writesQuery.
type writesPage struct {
	Writes []audit.Write `json:"writes"`
	Next   int64         `json:"next,omitempty"` // to be sent as from for those before them
}

// writesQuery is GET /account/{id}/why?path=/balance: the events that wrote a value.
func (a *App) writesQuery(k *running) serve.Query {
	return serve.Query{
		Name: k.Name + "Why", Summary: "The events that changed a value of the state, the newest first.",
		Path: "/" + kebab(k.Category) + "/{id}/why", Temporal: true,
		Params: []serve.Param{
			{Name: "path", Summary: "a JSON pointer into the state, such as /a/b; without it all of the state"},
			limitParam("events"),
			{Name: "from", Summary: "the version from which to go back: next of the answer before", Schema: json.RawMessage(`{"type":"integer","minimum":1}`)},
		},
		Handle: func(ctx context.Context, r serve.Request) (serve.Answer, error) { return a.writes(ctx, k, r) },
	}
}

func (a *App) writes(ctx context.Context, k *running, r serve.Request) (serve.Answer, error) {
	if _, err := audit.ParsePointer(r.Params["path"]); err != nil {
		return serve.Answer{}, &serve.Problem{Status: http.StatusBadRequest, Code: "malformed-path", Detail: "path is not a JSON pointer such as /a/b"}
	}
	limit, err := limitOf(r)
	if err != nil {
		return serve.Answer{}, err
	}
	until := audit.Until{Version: r.Version, Time: r.At}
	if text, sent := r.Params["from"]; sent {
		from, err := strconv.ParseUint(text, 10, 63)
		if err != nil || from == 0 {
			return serve.Answer{}, &serve.Problem{Status: http.StatusBadRequest, Code: "malformed-from", Detail: "from is not a version"}
		}
		if until.Version == 0 || int64(from) < until.Version {
			until.Version = int64(from)
		}
	}
	_, version, err := k.load(ctx, k.stream(r), snapshot.Until{Version: r.Version, Time: r.At})
	if err == nil && version == 0 {
		err = a.absent(ctx, k, r, version)
	}
	if err != nil {
		return serve.Answer{}, err
	}
	found := writesPage{}
	if found.Writes, found.Next, err = k.writes(ctx, k.stream(r), r.Params["path"], until, limit); err != nil {
		return serve.Answer{}, err
	}
	for i := range found.Writes {
		found.Writes[i].Stream = k.Category + "-" + r.Path["id"]
	}
	return serve.Answer{Value: found, Version: version}, nil
}

// whyQuery is GET /events/{event}/why, which waits for what was just written.
func (a *App) whyQuery() serve.Query {
	q := serve.Why(a.index)
	explain := q.Handle
	q.Fresh = true
	q.Handle = func(ctx context.Context, r serve.Request) (serve.Answer, error) {
		at, err := a.why.WaitForVersion(ctx, r.After, r.Wait())
		if err != nil {
			return serve.Answer{}, err
		}
		answer, err := explain(ctx, r)
		answer.Position, answer.Stale = at.Position, at.Stale
		return answer, err
	}
	return q
}

// verification is the answer of /audit/verify: about the streams of the tenant, and
// nothing of those of others.
type verification struct {
	OK       bool     `json:"ok"`
	Events   int64    `json:"events"`
	Streams  int      `json:"streams"`
	Seal     string   `json:"seal"`
	Faults   []string `json:"faults"`
	Faulty   int64    `json:"faulty"`
	Unlinked int64    `json:"unlinked"`
}

// verifyQuery is GET /audit/verify. It reads all events, so each tenant may ask once
// at a time.
func (a *App) verifyQuery() serve.Query {
	return serve.Query{
		Name: "Verify", Summary: "Whether all events of your streams are as they were stored.", Path: "/audit/verify",
		Handle: func(ctx context.Context, r serve.Request) (serve.Answer, error) {
			tenant := r.Caller.Tenant
			if _, busy := a.verifying.LoadOrStore(tenant, true); busy {
				return serve.Answer{}, &serve.Problem{Status: http.StatusServiceUnavailable, Code: "busy", Detail: "you are verifying already: ask again"}
			}
			defer a.verifying.Delete(tenant)
			report, err := audit.VerifyOnly(ctx, a.store, streamsOf(tenant))
			if err != nil {
				return serve.Answer{}, err
			}
			v := verification{OK: report.OK(), Events: report.Events, Streams: report.Streams, Seal: report.Seal.String(), Faults: []string{}, Faulty: report.Faulty, Unlinked: report.Unlinked}
			for _, fault := range report.Faults {
				name, _ := serve.NameOf(tenant, fault.Place.Stream)
				v.Faults = append(v.Faults, fmt.Sprintf("%s, version %d: %s", name, fault.Place.Version, fault.Reason))
			}
			return serve.Answer{Value: v, Position: report.Seal.Position}, nil
		},
	}
}

// streamsOf reports of a stream whether it is one of a tenant.
func streamsOf(tenant string) func(stream string) bool {
	return func(stream string) bool {
		_, own := serve.NameOf(tenant, stream)
		return own
	}
}
