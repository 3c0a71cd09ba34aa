package main

import (
	"example.com/iot/internal/nexus/app"
	"example.com/iot/internal/readmodel"
	"example.com/iot/internal/sensor"
)

// definition is all that the app is made of. `nexus add` extends it.
func definition() app.Definition {
	return app.Definition{
		Name:    "iot",
		Title:   "Sensors in the field",
		Summary: "Sensors that report readings, and the alerts that these lead to.",
		Files:   files,
		Kinds: []app.Kind{
			app.KindOf(sensor.Aggregate),
		},
		Models: []app.Model{
			readmodel.Sensors,
			readmodel.Alerts,
		},
	}
}
