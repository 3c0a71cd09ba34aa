package serve

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// An object is a JSON object; encoding/json writes its members sorted.
type object = map[string]any

// openAPI is the OpenAPI document of the app: the same bytes for the same
// description.
func (s *Server) openAPI() ([]byte, error) {
	paths := object{
		"/healthz":      object{"get": open("Healthy", "Whether the process runs.", "200")},
		"/readyz":       object{"get": open("Ready", "Whether it takes requests.", "200", "503")},
		"/openapi.json": object{"get": object{"operationId": "OpenAPI", "summary": "This document.", "responses": responses(nil, nil)}},
	}
	at := func(path string) object {
		if paths[path] == nil {
			paths[path] = object{}
		}
		return paths[path].(object)
	}
	for _, c := range s.Commands {
		at(c.Path)["post"] = c.operation()
	}
	for _, q := range s.Queries {
		at(q.Path)["get"] = q.operation()
	}
	names := map[string]bool{}
	for _, name := range s.names() {
		if names[name] {
			return nil, fmt.Errorf("two commands or queries are called %q: OpenAPI needs a name for each", name)
		}
		names[name] = true
	}
	text, err := json.MarshalIndent(object{
		"openapi":  "3.1.0",
		"info":     object{"title": s.Title, "version": s.Version},
		"security": []object{{"bearer": []string{}}, {"apiKey": []string{}}, {"basic": []string{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer"},
				"apiKey": object{"type": "apiKey", "in": "header", "name": "X-API-Key"},
				"basic":  object{"type": "http", "scheme": "basic"},
			},
			"schemas":   object{"Problem": json.RawMessage(problemSchema), "Done": json.RawMessage(doneSchema)},
			"responses": object{"Problem": object{"description": "Why it was not done.", "content": content("application/problem+json", ref("Problem"))}},
		},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	return append(text, '\n'), nil
}

func (s *Server) names() []string {
	names := []string{"Healthy", "Ready", "OpenAPI"}
	for _, c := range s.Commands {
		names = append(names, c.Name)
	}
	for _, q := range s.Queries {
		names = append(names, q.Name)
	}
	return names
}

const problemSchema = `{"type":"object","required":["status","title","code"],"properties":{` +
	`"status":{"type":"integer"},"title":{"type":"string"},"code":{"type":"string"},"detail":{"type":"string"},` +
	`"reasons":{"type":"array","items":{"type":"object","required":["detail"],"properties":{` +
	`"stage":{"type":"string"},"rule":{"type":"string"},"type":{"type":"string"},"event":{"type":"integer"},` +
	`"pointer":{"type":"string"},"field":{"type":"string"},"detail":{"type":"string"},"hint":{"type":"string"}}}},` +
	`"version":{"type":"integer","description":"where the stream is that was expected elsewhere"}}}`

const doneSchema = `{"type":"object","required":["stream","version","position"],"properties":{` +
	`"stream":{"type":"string"},"version":{"type":"integer"},"position":{"type":"integer"}}}`

func (c Command) operation() object {
	parameters := inPath(c.Path)
	for _, header := range [][2]string{
		{"If-Match", `the version of the stream that was decided upon, as "3"`},
		{"If-None-Match", "* for a stream that is not there yet"},
		{"Idempotency-Key", "the id of the command: sent again, it is done once"},
		{"Nexus-Correlation-Id", "what the events have in common with others"},
		{"Nexus-Causation-Id", "the id of the event or command that caused this one"},
	} {
		parameters = append(parameters, parameter("header", header[0], header[1], nil))
	}
	return object{
		"operationId": c.Name, "summary": c.Summary, "parameters": parameters,
		"requestBody": object{"required": true, "content": content("application/json", orAny(c.Body))},
		"responses":   responses(ref("Done"), []string{"Nexus-Version", "Nexus-Position"}),
	}
}

func (q Query) operation() object {
	parameters := inPath(q.Path)
	for _, param := range q.params() {
		parameters = append(parameters, parameter("query", param.Name, param.Summary, param.Schema))
	}
	headers := []string{"Nexus-Version", "Nexus-Position"}
	if q.Fresh {
		headers = append(headers, "Nexus-Stale")
	}
	return object{"operationId": q.Name, "summary": q.Summary, "parameters": parameters, "responses": responses(orAny(q.Result), headers)}
}

func inPath(path string) []object {
	parameters := []object{}
	for _, name := range variables(path) {
		p := parameter("path", name, "", nil)
		p["required"] = true
		parameters = append(parameters, p)
	}
	return parameters
}

func parameter(in, name, summary string, schema json.RawMessage) object {
	p := object{"in": in, "name": name, "schema": json.RawMessage(cmp.Or(string(schema), `{"type":"string"}`))}
	if summary != "" {
		p["description"] = summary
	}
	return p
}

// responses are those of something that needs a key. A nil schema is any JSON.
func responses(schema any, headers []string) object {
	said := object{}
	for _, name := range headers {
		said[name] = object{"schema": object{"type": "string"}}
	}
	done := object{"description": "Done.", "content": content("application/json", schema)}
	if len(said) > 0 {
		done["headers"] = said
	}
	return object{"200": done, "default": refer("responses", "Problem")}
}

// open is an operation that needs no key.
func open(name, summary string, statuses ...string) object {
	said := object{}
	for _, status := range statuses {
		said[status] = object{"description": "The status.", "content": content("application/json", nil)}
	}
	return object{"operationId": name, "summary": summary, "security": []object{}, "responses": said}
}

func content(kind string, schema any) object {
	if schema == nil {
		schema = object{}
	}
	return object{kind: object{"schema": schema}}
}

func orAny(schema json.RawMessage) any {
	if schema == nil {
		return nil
	}
	return schema
}

func ref(name string) object         { return refer("schemas", name) }
func refer(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }
