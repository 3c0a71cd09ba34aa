package sensor

import (
	"testing"

	"example.com/iot/internal/nexus/domain/domaintest"
)

// FuzzCommands sends any bodies: go test -fuzz FuzzCommands ./internal/sensor
func FuzzCommands(f *testing.F) {
	domaintest.Fuzz(f, Aggregate)
}
