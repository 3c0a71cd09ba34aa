package scaffold

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// added is what becomes of an app when something is added to its spec.
func added(t *testing.T, app Tree, extend func(Spec) (Spec, error)) (Tree, Addition) {
	t.Helper()
	a, err := planAddTo(t, app, extend)
	if err != nil {
		t.Fatal(err)
	}
	after := maps.Clone(app)
	after.add(a.files)
	for _, name := range a.gone {
		delete(after, name)
	}
	return after, a
}

func planAddTo(t *testing.T, app Tree, extend func(Spec) (Spec, error)) (Addition, error) {
	t.Helper()
	fsys, err := app.FS()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ReadApp(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if spec, err = extend(spec); err != nil {
		t.Fatal(err)
	}
	return PlanAdd(t.Context(), fsys, spec, "v1.0.0")
}

func loseParcel(s Spec) (Spec, error) {
	return s.WithCommand("Parcel", "Lose:ParcelLost{where:string}")
}

// Whatever is added, and in however many steps: the app is as if it had been made of
// the whole spec at once.
func TestAddComesToTheSameAsNew(t *testing.T) {
	steps := map[string]func(Spec) (Spec, error){
		"a command":    loseParcel,
		"an event":     func(s Spec) (Spec, error) { return s.WithEvent("Parcel", "ParcelWeighed{weight:number}") },
		"an aggregate": func(s Spec) (Spec, error) { return s.WithAggregate(AggregateFlags{Name: "Depot"}) },
	}
	app := newApp(t, parcels(t), NewOptions{Version: "v1.0.0"})
	spec := parcels(t)
	for _, what := range slices.Sorted(maps.Keys(steps)) {
		app, _ = added(t, app, steps[what])
		var err error
		if spec, err = steps[what](spec); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(newApp(t, spec, NewOptions{Version: "v1.0.0"}), app); diff != "" {
			t.Errorf("after %s the app is another one (-new +added):\n%s", what, diff)
		}
	}
}

// What the user wrote into files that nexus changes stays, and so does what he
// deleted.
func TestAddKeepsTheUsersWork(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{Version: "v1.0.0"})
	decide, readme := "internal/parcel/decide.go", "README.md"
	app[decide] = []byte(strings.Replace(string(app[decide]), "package parcel\n", "package parcel\n\n// limit is mine.\nconst limit = 7\n", 1))
	app[specFile] = append([]byte("# what we ship\n"), app[specFile]...)
	app["internal/parcel/mine.go"] = []byte("package parcel\n")
	delete(app, readme)

	after, a := added(t, app, loseParcel)
	actions := map[string]Action{}
	for _, c := range a.Changes {
		actions[c.File] = c.Action
	}
	want := map[string]Action{
		decide: Merge, readme: Absent, specFile: Replace, "internal/parcel/event.go": Replace, lock.File: Replace,
		"catalog/events/ParcelLost/schema.json": Create, "internal/parcel/mine.go": "", "go.mod": "", "internal/nexus/store/store.go": "",
	}
	for name, action := range want {
		if actions[name] != action {
			t.Errorf("%s: %q, want %q", name, actions[name], action)
		}
	}
	for name, parts := range map[string][]string{
		decide:   {"const limit = 7", "func (c Lose) Decide("},
		specFile: {"# what we ship", "Lose: {event: ParcelLost}"},
	} {
		for _, part := range parts {
			if !strings.Contains(string(after[name]), part) {
				t.Errorf("%s lacks %q:\n%s", name, part, after[name])
			}
		}
	}
	if a.Anew || a.Stale || len(a.Conflicts()) > 0 {
		t.Errorf("anew is %v, stale is %v, conflicts are %v", a.Anew, a.Stale, a.Conflicts())
	}

	// The next addition knows what was merged, and what is gone.
	after, a = added(t, after, func(s Spec) (Spec, error) { return s.WithEvent("Parcel", "ParcelWeighed{weight:number}") })
	if len(a.Conflicts()) > 0 || after[readme] != nil || !strings.Contains(string(after[decide]), "const limit = 7") {
		t.Errorf("the second addition: conflicts %v, README there %v", a.Conflicts(), after[readme] != nil)
	}
}

func TestAddMarksConflicts(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{Version: "v1.0.0"})
	aggregate := "internal/parcel/parcel.go"
	app[aggregate] = []byte(strings.Replace(string(app[aggregate]), `"Deliver"}`, `"Deliver", "Deliver"}`, 1))
	page := "catalog/services/parcels/index.mdx"
	app[page] = []byte(strings.Replace(string(app[page]), "receives:\n", "receives: # from everybody\n", 1))
	_, a := added(t, app, loseParcel)
	if diff := cmp.Diff([]string{page, aggregate}, a.Conflicts()); diff != "" {
		t.Errorf("the conflicts differ (-want +got):\n%s", diff)
	}
	if !a.Stale || a.files[lock.File] != nil {
		t.Error("a catalog with conflict markers was compiled")
	}
	if !marked(a.files[aggregate]) {
		t.Errorf("%s has no markers:\n%s", aggregate, a.files[aggregate])
	}
}

// A domain.yaml in a layout of its own is written anew rather than spoiled.
func TestAddWritesAnewWhatItCannotMergeInto(t *testing.T) {
	app := newApp(t, parcels(t), NewOptions{Version: "v1.0.0"})
	app[specFile] = []byte(`# all in one line
{version: 1, name: parcels, module: example.com/parcels, aggregates: [{name: Parcel, id: parcelId, events: {ParcelHandedIn: {fields: {parcelId: uuid, weight: number, to: string}}, ParcelDelivered: {fields: {at: date-time}}}, commands: {HandIn: {event: ParcelHandedIn, creates: true}, Deliver: {event: ParcelDelivered}}}]}
`)
	after, a := added(t, app, loseParcel)
	spec, err := ReadSpec(specFile, after[specFile])
	if err != nil || !a.Anew {
		t.Fatalf("anew is %v, and domain.yaml reads with %v:\n%s", a.Anew, err, after[specFile])
	}
	if commands := spec.Aggregates[0].Commands; len(commands) != 3 || commands[2].Name != "Lose" {
		t.Errorf("the commands are %v", commands)
	}
}

func TestAddRefuses(t *testing.T) {
	fresh := func() Tree { return newApp(t, parcels(t), NewOptions{Version: "v1.0.0"}) }
	behind := fresh()
	behind[manifestFile] = []byte(strings.Replace(string(behind[manifestFile]), present().Digest(), hash(nil), 1))
	if _, err := planAddTo(t, behind, loseParcel); !errors.Is(err, ErrBehind) {
		t.Errorf("with the core of another nexus the error is %v", err)
	}
	stranger := fresh()
	stranger["internal/parcel/event.go"] = append(stranger["internal/parcel/event.go"], "// mine\n"...)
	delete(stranger, renderedFile)
	if _, err := planAddTo(t, stranger, loseParcel); err == nil || !strings.Contains(err.Error(), "what they were before is not known: internal/parcel/event.go") {
		t.Errorf("without the base the error is %v", err)
	}
	broken := fresh()
	broken["catalog/events/ParcelHandedIn/schema.json"] = []byte(`{"type": "obj"}`)
	if _, err := planAddTo(t, broken, loseParcel); err == nil || !strings.Contains(err.Error(), "compiling the catalog") {
		t.Errorf("with a broken schema the error is %v", err)
	}
}
