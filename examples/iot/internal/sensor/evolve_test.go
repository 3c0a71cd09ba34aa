package sensor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/iot/internal/nexus/domain"
	"example.com/iot/internal/nexus/domain/domaintest"
)

// TestEvolve says what each event makes of a sensor.
func TestEvolve(t *testing.T) {
	for _, test := range []struct {
		event string
		given []domain.Event
		want  Sensor
	}{
		{
			event: "SensorRegistered",
			given: []domain.Event{sensorRegistered},
			want: Sensor{
				Status:       StatusActive,
				SensorID:     "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
				Location:     "location-44",
				Unit:         UnitPercent,
				Limit:        0.11,
				RegisteredAt: "2026-01-31T12:00:00Z",
			},
		},
		{
			event: "ReadingRecorded",
			given: []domain.Event{sensorRegistered, readingRecorded},
			want: Sensor{
				Status:       StatusActive,
				SensorID:     "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
				Location:     "location-44",
				Unit:         UnitPercent,
				Limit:        0.11,
				RegisteredAt: "2026-01-31T12:00:00Z",
				Value:        new(float64(0.09)),
				MeasuredAt:   "2025-01-06T00:11:19.414Z",
			},
		},
		{
			event: "AlertTriggered",
			given: []domain.Event{sensorRegistered, alertTriggered},
			want: Sensor{
				Status:       StatusAlerting,
				SensorID:     "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
				Location:     "location-44",
				Unit:         UnitPercent,
				Limit:        0.11,
				RegisteredAt: "2026-01-31T12:00:00Z",
				Level:        LevelWarning,
				Reason:       new("support"),
				TriggeredAt:  "2026-01-31T12:00:00Z",
			},
		},
		{
			event: "AlertResolved",
			given: []domain.Event{sensorRegistered, alertTriggered, alertResolved},
			want: Sensor{
				Status:       StatusActive,
				SensorID:     "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
				Location:     "location-44",
				Unit:         UnitPercent,
				Limit:        0.11,
				RegisteredAt: "2026-01-31T12:00:00Z",
				Level:        LevelWarning,
				Reason:       new("support"),
				TriggeredAt:  "2026-01-31T12:00:00Z",
				Resolution:   new("resolution-44"),
				ResolvedAt:   "2026-01-31T12:00:00Z",
			},
		},
	} {
		t.Run(test.event, func(t *testing.T) {
			domaintest.Of(t, Aggregate).Given(test.given...).ThenState(func(got Sensor) {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("the state is another one (-want +got):\n%s", diff)
				}
			})
		})
	}
}
