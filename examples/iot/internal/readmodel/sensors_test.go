package readmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/iot/internal/sensor"
)

func TestSensors(t *testing.T) {
	got := sensorRow(sensor.Sensor{
		Status:     sensor.StatusAlerting,
		Location:   "location",
		Unit:       sensor.Unit("unit"),
		Limit:      4,
		Value:      new(float64(5)),
		MeasuredAt: "measuredAt",
	})
	want := SensorRow{
		Status:     sensor.StatusAlerting,
		Location:   "location",
		Unit:       sensor.Unit("unit"),
		Limit:      4,
		Value:      new(float64(5)),
		MeasuredAt: "measuredAt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the row is another one (-want +got):\n%s", diff)
	}
}
