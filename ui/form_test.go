package ui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/scaffold"
)

func TestAskDomain(t *testing.T) {
	answers := strings.Join([]string{
		"", "sensor", "Sensor",
		"RegisterSensor:SensorRegistered{location:strng}",
		"RegisterSensor:SensorRegistered{location:string,limit:number?}",
		"RecordReading:ReadingRecorded{value:number}", "",
		"Door", "", "",
	}, "\n")
	var out strings.Builder
	got, err := AskDomain(context.Background(), Terminal{Width: 100}, strings.NewReader(answers), &out, "iot")
	if err != nil {
		t.Fatal(err)
	}
	want := []scaffold.AggregateFlags{
		{Name: "Sensor", Commands: []string{"RegisterSensor:SensorRegistered{location:string,limit:number?}", "RecordReading:ReadingRecorded{value:number}"}},
		{Name: "Door"},
	}
	if diff := cmp.Diff(want, got.Aggregates); diff != "" {
		t.Error(diff)
	}
	transcript := `What is iot about? An empty line ends a list.

Aggregate (what has a life of its own, such as Sensor): An app has at least one aggregate.
Aggregate (what has a life of its own, such as Sensor): the name "sensor" does not begin with a capital letter
  sensor
  ^
it becomes an exported Go type: write Sensor
Aggregate (what has a life of its own, such as Sensor):   Command of Sensor (such as RegisterSensor:SensorRegistered{name:string}; empty: CreateSensor): there is no type "strng"
  RegisterSensor:SensorRegistered{location:strng}
                                           ^
did you mean string? the types are string, int, number, bool, uuid, email, uri, date, date-time, enum(a|b), or T[] for a list, and T? for an optional one
  Command of Sensor (such as RegisterSensor:SensorRegistered{name:string}; empty: CreateSensor):   Another command (in the same form):   Another command (in the same form): Another aggregate (what has a life of its own, such as Sensor):   Command of Door (such as RegisterDoor:DoorRegistered{name:string}; empty: CreateDoor): Another aggregate (what has a life of its own, such as Sensor): 
The same without questions:

  nexus new iot --aggregate Sensor --command 'RegisterSensor:SensorRegistered{location:string,limit:number?}' --command 'RecordReading:ReadingRecorded{value:number}' --aggregate Door

`
	if diff := cmp.Diff(transcript, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAskDomainEnds(t *testing.T) {
	t.Run("with the input, behind an aggregate", func(t *testing.T) {
		got, err := AskDomain(context.Background(), Terminal{Width: 100}, strings.NewReader("Sensor"), io.Discard, "iot")
		if err != nil || len(got.Aggregates) != 1 {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("with the input, before anything was said", func(t *testing.T) {
		_, err := AskDomain(context.Background(), Terminal{Width: 100}, strings.NewReader(""), io.Discard, "iot")
		if !errors.Is(err, errNoAnswer) {
			t.Error(err)
		}
	})
	t.Run("with the context", func(t *testing.T) {
		silent, closer := io.Pipe()
		defer closer.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := AskDomain(ctx, Terminal{Width: 100}, silent, io.Discard, "iot")
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("at once, for a name that is none", func(t *testing.T) {
		if _, err := AskDomain(context.Background(), Terminal{Width: 100}, strings.NewReader("Sensor"), io.Discard, "My App"); err == nil {
			t.Error("no error")
		}
	})
	t.Run("when nothing can be written", func(t *testing.T) {
		reader, writer := io.Pipe()
		reader.Close()
		if _, err := AskDomain(context.Background(), Terminal{Width: 100}, strings.NewReader("Sensor\n\n"), writer, "iot"); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	})
}

// TestAskDomainShowsNoControl: what was typed is shown again without control characters.
func TestAskDomainShowsNoControl(t *testing.T) {
	var out strings.Builder
	_, err := AskDomain(context.Background(), Terminal{Width: 100}, strings.NewReader("Sen\x1b[31msor\u202e\nSensor\n"), &out, "iot")
	if err != nil || strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("%v: %q", err, out.String())
	}
}
