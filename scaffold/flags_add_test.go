package scaffold_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/scaffold"
)

func TestWith(t *testing.T) {
	base, err := scaffold.Flags("iot", scaffold.FlagOptions{Aggregates: []scaffold.AggregateFlags{{Name: "Sensor", Commands: []string{"RegisterSensor:SensorRegistered{location:string}"}}}})
	if err != nil {
		t.Fatal(err)
	}
	before := string(base.Write())
	s, err := base.WithCommand("Sensor", "MoveSensor:SensorMoved{to:string}")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.WithEvent("Sensor", "SensorLost{lastSeen:date-time}"); err != nil {
		t.Fatal(err)
	}
	if s, err = s.WithAggregate(scaffold.AggregateFlags{Name: "Door"}); err != nil {
		t.Fatal(err)
	}
	want := `version: 1
name: iot
aggregates:
  - name: Sensor
    id: sensorId
    events:
      SensorRegistered: {fields: {sensorId: uuid, location: string}}
      SensorMoved: {fields: {to: string}}
      SensorLost: {fields: {lastSeen: date-time}}
    commands:
      RegisterSensor: {event: SensorRegistered, creates: true}
      MoveSensor: {event: SensorMoved}
    readModels:
      Sensors: {fields: [location]}
  - name: Door
    id: doorId
    events:
      DoorCreated: {fields: {doorId: uuid}}
    commands:
      CreateDoor: {event: DoorCreated, creates: true}
    readModels:
      Doors: {fields: [doorId]}
`
	if diff := cmp.Diff(want, string(s.Write())); diff != "" {
		t.Error(diff)
	}
	if after := string(base.Write()); after != before {
		t.Errorf("the spec that was added to is changed:\n%s", after)
	}
}

func TestWithRefuses(t *testing.T) {
	base, err := scaffold.Flags("iot", scaffold.FlagOptions{Aggregates: []scaffold.AggregateFlags{{Name: "Sensor"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		add  func() (scaffold.Spec, error)
		want string
	}{
		"an aggregate that is none": {func() (scaffold.Spec, error) { return base.WithCommand("Sensr", "A:B") }, "did you mean Sensor?"},
		"a command that is there":   {func() (scaffold.Spec, error) { return base.WithCommand("Sensor", "CreateSensor:B") }, "give the new one another name"},
		"an event that is there":    {func() (scaffold.Spec, error) { return base.WithEvent("Sensor", "SensorCreated") }, "give the new one another name"},
		"an aggregate that is there": {func() (scaffold.Spec, error) {
			return base.WithAggregate(scaffold.AggregateFlags{Name: "sENSOR"})
		}, "write SENSOR"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.add()
			e, ok := errors.AsType[*scaffold.FlagError](err)
			if !ok || !strings.Contains(e.Hint, c.want) {
				t.Errorf("%v, hint %q", err, c.want)
			}
		})
	}
}
