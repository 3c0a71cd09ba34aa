// Package sensor is about sensors: which events they have, what these lead to, and which
// commands are taken.
package sensor

import "example.com/iot/internal/nexus/domain"

// Aggregate is all that the app knows about sensors.
var Aggregate = domain.Aggregate[Sensor]{
	Name: "Sensor", Category: "sensor", ID: "sensorId", Schema: 1,
	Summary: "A device in the field that measures one thing.",
	Evolve:  Evolve,
	Events: []domain.EventType{
		domain.Recorded[SensorRegistered](),
		domain.Recorded[ReadingRecorded](),
		domain.Recorded[AlertTriggered](),
		domain.Recorded[AlertResolved](),
	},
	Commands: []domain.Command[Sensor]{
		domain.On("RegisterSensor", "Asks to take a sensor into service.", RegisterSensor.Decide),
		domain.On("RecordReading", "Asks to note what a sensor measured.", RecordReading.Decide),
		domain.On("TriggerAlert", "Asks to raise the alert of a sensor.", TriggerAlert.Decide),
		domain.On("ResolveAlert", "Asks to close the alert of a sensor.", ResolveAlert.Decide),
	},
	Story: []string{"RegisterSensor", "RecordReading", "TriggerAlert", "ResolveAlert"},
}

// Status says how far a sensor is.
type Status string

// The statuses.
const (
	StatusActive   Status = "active"
	StatusAlerting Status = "alerting"
)

// Sensor is a device in the field that measures one thing.
type Sensor struct {
	Status       Status   `json:"status,omitzero"`
	SensorID     string   `json:"sensorId"`
	Location     string   `json:"location"`
	Unit         Unit     `json:"unit"`
	Limit        float64  `json:"limit"`
	RegisteredAt string   `json:"registeredAt"`
	Value        *float64 `json:"value,omitzero"`
	MeasuredAt   string   `json:"measuredAt,omitzero"`
	Level        Level    `json:"level,omitzero"`
	Reason       *string  `json:"reason,omitzero"`
	TriggeredAt  string   `json:"triggeredAt,omitzero"`
	Resolution   *string  `json:"resolution,omitzero"`
	ResolvedAt   string   `json:"resolvedAt,omitzero"`
}
