package sensor

import (
	"testing"
	"time"

	"example.com/iot/internal/nexus/domain/domaintest"
)

// now is when the commands are decided.
var now = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)

// What a sensor is asked, and what comes of it.
var (
	registerSensor = RegisterSensor{
		SensorID: "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
		Location: "location-44",
		Unit:     UnitPercent,
		Limit:    0.11,
	}
	sensorRegistered = SensorRegistered{
		SensorID:     "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
		Location:     "location-44",
		Unit:         UnitPercent,
		Limit:        0.11,
		RegisteredAt: "2026-01-31T12:00:00Z",
	}

	recordReading = RecordReading{
		SensorID:   "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
		Value:      0.09,
		MeasuredAt: "2025-01-06T00:11:19.414Z",
	}
	readingRecorded = ReadingRecorded{
		SensorID:   "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
		Value:      0.09,
		MeasuredAt: "2025-01-06T00:11:19.414Z",
	}

	triggerAlert   = TriggerAlert{SensorID: "175969c9-a54d-49ac-a3b3-e9f51ad32dbf", Level: LevelWarning, Reason: "support"}
	alertTriggered = AlertTriggered{
		SensorID:    "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
		Level:       LevelWarning,
		Reason:      "support",
		TriggeredAt: "2026-01-31T12:00:00Z",
	}

	resolveAlert  = ResolveAlert{SensorID: "175969c9-a54d-49ac-a3b3-e9f51ad32dbf", Resolution: "resolution-44"}
	alertResolved = AlertResolved{
		SensorID:   "175969c9-a54d-49ac-a3b3-e9f51ad32dbf",
		Resolution: "resolution-44",
		ResolvedAt: "2026-01-31T12:00:00Z",
	}
)

func TestRegisterSensor(t *testing.T) {
	domaintest.Of(t, Aggregate).
		At(now).
		When(registerSensor).
		Then(sensorRegistered)
}

func TestRegisterSensorOnlyOnce(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(sensorRegistered).
		When(registerSensor).
		ThenRefused("is there already")
}

func TestRecordReading(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(sensorRegistered).
		When(recordReading).
		Then(readingRecorded)
}

func TestRecordReadingUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(recordReading).
		ThenRefused("there is no sensor")
}

func TestTriggerAlert(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(sensorRegistered).
		At(now).
		When(triggerAlert).
		Then(alertTriggered)
}

func TestTriggerAlertUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(triggerAlert).
		ThenRefused("there is no sensor")
}

func TestTriggerAlertWhenAlerting(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(sensorRegistered, alertTriggered).
		When(triggerAlert).
		ThenRefused(" is alerting")
}

func TestResolveAlert(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(sensorRegistered, alertTriggered).
		At(now).
		When(resolveAlert).
		Then(alertResolved)
}

func TestResolveAlertUnknown(t *testing.T) {
	domaintest.Of(t, Aggregate).
		When(resolveAlert).
		ThenRefused("there is no sensor")
}

func TestResolveAlertWhenActive(t *testing.T) {
	domaintest.Of(t, Aggregate).
		Given(sensorRegistered).
		When(resolveAlert).
		ThenRefused(" is active")
}
