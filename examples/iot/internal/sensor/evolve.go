package sensor

import "example.com/iot/internal/nexus/domain"

// Evolve is the state of a sensor after an event. It depends on nothing else, and an
// event that it does not know changes nothing.
func Evolve(s Sensor, event domain.Event) Sensor {
	switch e := event.(type) {
	case SensorRegistered:
		s.Status = StatusActive
		s.SensorID = e.SensorID
		s.Location = e.Location
		s.Unit = e.Unit
		s.Limit = e.Limit
		s.RegisteredAt = e.RegisteredAt
	case ReadingRecorded:
		s.Value = &e.Value
		s.MeasuredAt = e.MeasuredAt
	case AlertTriggered:
		s.Status = StatusAlerting
		s.Level = e.Level
		s.Reason = &e.Reason
		s.TriggeredAt = e.TriggeredAt
	case AlertResolved:
		s.Status = StatusActive
		s.Resolution = &e.Resolution
		s.ResolvedAt = e.ResolvedAt
	}
	return s
}
