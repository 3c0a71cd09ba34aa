package sensor

// SensorRegistered says that a sensor was installed and may report from now on.
type SensorRegistered struct {
	SensorID     string  `json:"sensorId"`
	Location     string  `json:"location"`
	Unit         Unit    `json:"unit"`
	Limit        float64 `json:"limit"`
	RegisteredAt string  `json:"registeredAt"`
}

// EventType is the name of the event in the catalog.
func (SensorRegistered) EventType() string { return "SensorRegistered" }

// ReadingRecorded says that a sensor measured a value.
type ReadingRecorded struct {
	SensorID   string  `json:"sensorId"`
	Value      float64 `json:"value"`
	MeasuredAt string  `json:"measuredAt"`
}

// EventType is the name of the event in the catalog.
func (ReadingRecorded) EventType() string { return "ReadingRecorded" }

// AlertTriggered says that a reading went over the limit of its sensor.
type AlertTriggered struct {
	SensorID    string `json:"sensorId"`
	Level       Level  `json:"level"`
	Reason      string `json:"reason"`
	TriggeredAt string `json:"triggeredAt"`
}

// EventType is the name of the event in the catalog.
func (AlertTriggered) EventType() string { return "AlertTriggered" }

// AlertResolved says that somebody looked after the alert; the sensor is trusted again.
type AlertResolved struct {
	SensorID   string `json:"sensorId"`
	Resolution string `json:"resolution"`
	ResolvedAt string `json:"resolvedAt"`
}

// EventType is the name of the event in the catalog.
func (AlertResolved) EventType() string { return "AlertResolved" }

// Unit is the unit of a sensor.
type Unit string

// What a unit may be.
const (
	UnitCelsius Unit = "celsius"
	UnitPercent Unit = "percent"
	UnitPascal  Unit = "pascal"
)

// Level is the level of a sensor.
type Level string

// What a level may be.
const (
	LevelWarning  Level = "warning"
	LevelCritical Level = "critical"
)
