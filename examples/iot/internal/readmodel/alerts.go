package readmodel

import (
	"example.com/iot/internal/nexus/app"
	"example.com/iot/internal/sensor"
)

// Alerts lists every sensor by its latest alert; those with status alerting are open.
var Alerts = app.Rows(sensor.Aggregate, app.RowsOptions{
	Name:    "Alerts",
	Summary: "Every sensor by its latest alert; those with status alerting are open.",
	Filters: []string{"status", "level"},
}, alertRow)

// AlertRow is what Alerts says of a sensor.
type AlertRow struct {
	Status      sensor.Status `json:"status,omitzero"`
	Location    string        `json:"location"`
	Level       sensor.Level  `json:"level,omitzero"`
	Reason      *string       `json:"reason,omitzero"`
	TriggeredAt string        `json:"triggeredAt,omitzero"`
	Resolution  *string       `json:"resolution,omitzero"`
	ResolvedAt  string        `json:"resolvedAt,omitzero"`
}

// alertRow is the row of a sensor.
func alertRow(s sensor.Sensor) AlertRow {
	return AlertRow{
		Status:      s.Status,
		Location:    s.Location,
		Level:       s.Level,
		Reason:      s.Reason,
		TriggeredAt: s.TriggeredAt,
		Resolution:  s.Resolution,
		ResolvedAt:  s.ResolvedAt,
	}
}
