package readmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/iot/internal/sensor"
)

func TestAlerts(t *testing.T) {
	got := alertRow(sensor.Sensor{
		Status:      sensor.StatusAlerting,
		Location:    "location",
		Level:       sensor.Level("level"),
		Reason:      new("reason"),
		TriggeredAt: "triggeredAt",
		Resolution:  new("resolution"),
		ResolvedAt:  "resolvedAt",
	})
	want := AlertRow{
		Status:      sensor.StatusAlerting,
		Location:    "location",
		Level:       sensor.Level("level"),
		Reason:      new("reason"),
		TriggeredAt: "triggeredAt",
		Resolution:  new("resolution"),
		ResolvedAt:  "resolvedAt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the row is another one (-want +got):\n%s", diff)
	}
}
