// Package readmodel holds the lists that queries are answered from. Each has a row for
// every stream of an aggregate, made of its state.
package readmodel

import (
	"example.com/iot/internal/nexus/app"
	"example.com/iot/internal/sensor"
)

// Sensors lists every sensor with where it is and what it measured last.
var Sensors = app.Rows(sensor.Aggregate, app.RowsOptions{
	Name:    "Sensors",
	Summary: "Every sensor with where it is and what it measured last.",
	Filters: []string{"status", "location"},
}, sensorRow)

// SensorRow is what Sensors says of a sensor.
type SensorRow struct {
	Status     sensor.Status `json:"status,omitzero"`
	Location   string        `json:"location"`
	Unit       sensor.Unit   `json:"unit"`
	Limit      float64       `json:"limit"`
	Value      *float64      `json:"value,omitzero"`
	MeasuredAt string        `json:"measuredAt,omitzero"`
}

// sensorRow is the row of a sensor.
func sensorRow(s sensor.Sensor) SensorRow {
	return SensorRow{
		Status:     s.Status,
		Location:   s.Location,
		Unit:       s.Unit,
		Limit:      s.Limit,
		Value:      s.Value,
		MeasuredAt: s.MeasuredAt,
	}
}
