package sensor

import (
	"testing"

	"example.com/iot/internal/nexus/domain/domaintest"
)

// TestLaws draws stories and holds Decide and Evolve to what the store relies on.
func TestLaws(t *testing.T) {
	domaintest.Laws(t, Aggregate,
		domaintest.Any[RegisterSensor](),
		domaintest.Any[RecordReading](),
		domaintest.Any[TriggerAlert](),
		domaintest.Any[ResolveAlert](),
	)
}
