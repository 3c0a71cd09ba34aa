package memory_test

import (
	"context"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
	"github.com/nexus-blueprint/nexus/skeleton/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Adapter{Volatile: true, Open: func(_ context.Context, _ string, o store.Options) (store.Store, error) {
		return memory.New(o), nil
	}})
}
