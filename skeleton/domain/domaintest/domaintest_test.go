package domaintest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
)

func TestScenario(t *testing.T) {
	later := now.Add(time.Hour)
	Of(t, jars()).
		When(openJar{Label: "jam"}).Then(opened{Label: "jam"}).
		When(openJar{Label: "jam"}).ThenRefused(`"jam" is open`).
		At(later).When(addThing{Thing: "plum"}).Then(added{Thing: "plum", At: later}).
		ThenState(func(j jar) {
			if len(j.Things) != 1 {
				t.Errorf("the jar has %q, want one thing", j.Things)
			}
		})
	Of(t, jars()).Given().When(addThing{}).ThenRefused("closed")
}

func TestLawsHold(t *testing.T) {
	Laws(t, jars(), Any[openJar](), Any[addThing]())
}

func FuzzJar(f *testing.F) { Fuzz(f, jars()) }

// recorder is a testing.TB that fails without ending the test that looks at it.
type recorder struct {
	testing.TB
}

func (r *recorder) Helper()                        {}
func (r *recorder) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (r *recorder) Fatal(a ...any)                 { panic(fmt.Sprint(a...)) }

// failure is what a scenario fails with, or nothing.
func failure(run func(t testing.TB)) (text string) {
	defer func() {
		if fault := recover(); fault != nil {
			text = fault.(string)
		}
	}()
	run(&recorder{})
	return ""
}

func TestScenarioFails(t *testing.T) {
	broken := jars(deciding(func(addThing, jar, time.Time) ([]domain.Event, error) { return nil, errors.New("no disk") }))
	for _, test := range []struct {
		name string
		run  func(t testing.TB)
		want string
	}{
		{"another event", func(t testing.TB) { Of(t, jars()).When(openJar{Label: "a"}).Then(opened{Label: "b"}) }, `"label"`},
		{"an event too few", func(t testing.TB) { Of(t, jars()).When(openJar{}).Then(opened{}, opened{}) }, "other events"},
		{"none expected", func(t testing.TB) { Of(t, jars()).When(openJar{}).Then() }, "other events"},
		{"refused", func(t testing.TB) { Of(t, jars()).When(addThing{}).Then(added{}) }, "was refused: the jar is closed"},
		{"not refused", func(t testing.TB) { Of(t, jars()).When(openJar{}).ThenRefused("") }, "accepted and led to 1 events"},
		{"refused for another reason", func(t testing.TB) { Of(t, jars()).When(addThing{}).ThenRefused("full") }, `without "full"`},
		{"failed, not refused", func(t testing.TB) { Of(t, broken).When(addThing{}).ThenRefused("") }, "no refusal: no disk"},
		{"no such command", func(t testing.TB) { Of(t, jars()).When(7) }, "takes no int"},
		{"no command at all", func(t testing.TB) { Of(t, jars()).Then() }, "call When before"},
		{"no such event", func(t testing.TB) { Of(t, jars()).Given(secret{}) }, "does not know the type Secret"},
	} {
		if got := failure(test.run); !strings.Contains(got, test.want) {
			t.Errorf("%s: it fails with %q, want %q in it", test.name, got, test.want)
		}
	}
}

// TestLawsBreak breaks each law once: Laws and Fuzz are made of take and CheckCuts.
func TestLawsBreak(t *testing.T) {
	calls := 0
	for _, test := range []struct {
		name   string
		change func(*domain.Aggregate[jar])
		want   string
	}{
		{"none", func(*domain.Aggregate[jar]) {}, ""},
		{"decide changes the state", deciding(func(c addThing, j jar, now time.Time) ([]domain.Event, error) {
			j.Counts["x"]++
			return add(c, j, now)
		}), "changed the state"},
		{"decide changes the command", deciding(func(c addThing, j jar, now time.Time) ([]domain.Event, error) {
			*c.When = c.When.Add(time.Hour)
			return add(c, j, now)
		}), "changed the command"},
		{"decide depends on more", deciding(func(c addThing, j jar, now time.Time) ([]domain.Event, error) {
			calls++
			return []domain.Event{added{Thing: fmt.Sprint(calls)}}, nil
		}), "depends on its arguments alone"},
		{"decide refuses by chance", deciding(func(c addThing, j jar, now time.Time) ([]domain.Event, error) {
			if calls++; calls%2 == 0 {
				return nil, domain.Refuse("by chance")
			}
			return nil, nil
		}), "depends on its arguments alone"},
		{"decide fails", deciding(func(addThing, jar, time.Time) ([]domain.Event, error) { return nil, errors.New("no disk") }), "says no with domain.Refuse"},
		{"decide refuses with events", deciding(func(addThing, jar, time.Time) ([]domain.Event, error) {
			return []domain.Event{opened{}}, domain.Refuse("no")
		}), "one or the other"},
		{"an event that is not listed", deciding(func(addThing, jar, time.Time) ([]domain.Event, error) { return []domain.Event{secret{}}, nil }), "not one of the events"},
		{"an event that JSON cuts short", func(a *domain.Aggregate[jar]) {
			a.Events = append(a.Events, domain.Recorded[secret]())
			a.Evolve = func(j jar, e domain.Event) jar {
				if s, ok := e.(secret); ok {
					j.Things = []string{s.Thing}
				}
				return evolve(j, e)
			}
			deciding(func(c addThing, _ jar, _ time.Time) ([]domain.Event, error) {
				return []domain.Event{secret{Thing: c.Thing}}, nil
			})(a)
		}, "twice gave"},
		{"evolve depends on more", evolving(func(j jar) jar { calls++; j.Things = []string{fmt.Sprint(calls)}; return j }), "depends on its arguments alone"},
		{"evolve changes the state that it is given", evolving(func(j jar) jar { j.Counts["x"]++; return j }), "copy what is changed"},
		{"a state that JSON cuts short", evolving(func(j jar) jar {
			j.hidden++
			j.Things = []string{fmt.Sprint(j.hidden)}
			return j
		}), "a snapshot at version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := story(jars(test.change))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("the law that breaks is %v, want %q in it", err, test.want)
			}
		})
	}
}

// story opens a jar and adds two things, as Laws does.
func story(a domain.Aggregate[jar]) error {
	a.New = func() jar { return jar{Counts: map[string]int{}} }
	s, err := newStream(a)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		command int
		body    string
	}{{0, `{"Label": "jam"}`}, {1, `{"Thing": "plum", "When": "2026-01-01T00:00:00Z"}`}, {1, `{"Thing": "fig", "When": "2026-01-01T00:00:00Z"}`}} {
		if err := s.take([]byte(step.body), a.Commands[step.command]); err != nil {
			return err
		}
	}
	return s.folding.CheckCuts(s.stored)
}
