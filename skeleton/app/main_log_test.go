package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
)

// TestExportOfATenant: two tenants may have streams of the same name, which are two
// streams in one store and would be one in one log.
func TestExportOfATenant(t *testing.T) {
	dir := t.TempDir()
	d := boxesApp(t)
	a, err := app.Open(t.Context(), d, app.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{"north", "tide", "north"} {
		command, body := "OpenBox", `{"label": "attic"}`
		if _, version, err := a.Load(t.Context(), tenant, "Box", box1, snapshot.Until{}); err != nil || version > 0 {
			command, body = "CloseBox", `{}`
		}
		if _, err := a.Execute(t.Context(), app.Caller{Tenant: tenant, Actor: "ann"}, "Box", box1, command, json.RawMessage(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		tenant, said string
		events, code int
	}{
		{"", "events of 2 tenants", 3, 0},
		{"north", "", 2, 0},
		{"tide", "", 1, 0},
		{"nobody", `no event of the tenant "nobody"`, 0, 1},
	} {
		code, out, log := run(t, d, "export", "-data", dir, "-tenant", test.tenant)
		if code != test.code || strings.Count(out, "\n") != test.events || !strings.Contains(log, test.said) || test.said == "" && log != "" {
			t.Errorf("export of %q ended with %d: %s, and said %s", test.tenant, code, out, log)
		}
		if test.tenant != "" && strings.Count(out, `"tenant":"`+test.tenant+`"`) != test.events {
			t.Errorf("export of %q has events of others: %s", test.tenant, out)
		}
	}
}
