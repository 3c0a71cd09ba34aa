package sensor

import (
	"time"

	"example.com/iot/internal/nexus/domain"
)

// Decide answers RegisterSensor with SensorRegistered, unless the sensor is there
// already.
func (c RegisterSensor) Decide(s Sensor, now time.Time) ([]domain.Event, error) {
	if s.SensorID != "" {
		return nil, domain.Refuse("sensor %s is there already", c.SensorID)
	}
	return []domain.Event{SensorRegistered{
		SensorID:     c.SensorID,
		Location:     c.Location,
		Unit:         c.Unit,
		Limit:        c.Limit,
		RegisteredAt: now.UTC().Format(time.RFC3339Nano),
	}}, nil
}

// Decide answers RecordReading with ReadingRecorded, if the sensor is active or alerting.
func (c RecordReading) Decide(s Sensor, _ time.Time) ([]domain.Event, error) {
	if s.SensorID == "" {
		return nil, domain.Refuse("there is no sensor %s", c.SensorID)
	}
	if s.Status != StatusActive && s.Status != StatusAlerting {
		return nil, domain.Refuse("sensor %s is %s: RecordReading takes only those that are active or alerting", c.SensorID, s.Status)
	}
	return []domain.Event{ReadingRecorded{
		SensorID:   c.SensorID,
		Value:      c.Value,
		MeasuredAt: c.MeasuredAt,
	}}, nil
}

// Decide answers TriggerAlert with AlertTriggered, if the sensor is active.
func (c TriggerAlert) Decide(s Sensor, now time.Time) ([]domain.Event, error) {
	if s.SensorID == "" {
		return nil, domain.Refuse("there is no sensor %s", c.SensorID)
	}
	if s.Status != StatusActive {
		return nil, domain.Refuse("sensor %s is %s: TriggerAlert takes only those that are active", c.SensorID, s.Status)
	}
	return []domain.Event{AlertTriggered{
		SensorID:    c.SensorID,
		Level:       c.Level,
		Reason:      c.Reason,
		TriggeredAt: now.UTC().Format(time.RFC3339Nano),
	}}, nil
}

// Decide answers ResolveAlert with AlertResolved, if the sensor is alerting.
func (c ResolveAlert) Decide(s Sensor, now time.Time) ([]domain.Event, error) {
	if s.SensorID == "" {
		return nil, domain.Refuse("there is no sensor %s", c.SensorID)
	}
	if s.Status != StatusAlerting {
		return nil, domain.Refuse("sensor %s is %s: ResolveAlert takes only those that are alerting", c.SensorID, s.Status)
	}
	return []domain.Event{AlertResolved{
		SensorID:   c.SensorID,
		Resolution: c.Resolution,
		ResolvedAt: now.UTC().Format(time.RFC3339Nano),
	}}, nil
}
