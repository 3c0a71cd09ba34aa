package sensor

// RegisterSensor asks to take a sensor into service.
type RegisterSensor struct {
	SensorID string  `json:"sensorId"`
	Location string  `json:"location"`
	Unit     Unit    `json:"unit"`
	Limit    float64 `json:"limit"`
}

// RecordReading asks to note what a sensor measured.
type RecordReading struct {
	SensorID   string  `json:"sensorId"`
	Value      float64 `json:"value"`
	MeasuredAt string  `json:"measuredAt"`
}

// TriggerAlert asks to raise the alert of a sensor.
type TriggerAlert struct {
	SensorID string `json:"sensorId"`
	Level    Level  `json:"level"`
	Reason   string `json:"reason"`
}

// ResolveAlert asks to close the alert of a sensor.
type ResolveAlert struct {
	SensorID   string `json:"sensorId"`
	Resolution string `json:"resolution"`
}
