package app_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/domain"
)

// older is the app as it was before boxes could be filled: it does not know all
// events of its data folder.
func older(t *testing.T) app.Definition {
	t.Helper()
	d := boxesApp(t)
	a := boxes
	a.Events = []domain.EventType{domain.Recorded[boxOpened](), domain.Recorded[boxClosed]()}
	d.Kinds = []app.Kind{app.KindOf(a)}
	d.Models = []app.Model{app.Rows(a, app.RowsOptions{Name: "Labels"}, func(b box) box { return b })}
	return d
}

// TestReadyKnowsWhatTheAppDoesNotFit: an app that cannot follow its events, since
// they are of another version of it, is not ready, and says why in its log. What
// does not need the events is answered all the same.
func TestReadyKnowsWhatTheAppDoesNotFit(t *testing.T) {
	dir := filledFolder(t, 1)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := begin(t, older(t), app.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
		synctest.Wait() // the read model has seen the events
		if got := b.send("", "GET", "/readyz", ""); got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "BoxFilled") {
			t.Errorf("/readyz is answered %d %s", got.status, got.body)
		}
		for _, want := range []string{"not ready", "the projection Labels stopped at position 1 of 4", "does not know the type BoxFilled"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %q: %s", want, &log)
			}
		}
		if got := b.send("", "GET", "/healthz", ""); got.status != http.StatusOK {
			t.Errorf("/healthz is answered %d %s", got.status, got.body)
		}
		b.must(b.north, "POST", "/box/"+box2+"/open-box", `{"label": "cellar"}`)
	})
	synctest.Test(t, func(t *testing.T) {
		b := begin(t, boxesApp(t), app.Options{Dir: dir})
		synctest.Wait()
		if got := b.send("", "GET", "/readyz", ""); got.status != http.StatusOK {
			t.Errorf("/readyz of an app that knows all events is answered %d %s", got.status, got.body)
		}
	})
}
