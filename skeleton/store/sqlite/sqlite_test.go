package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/store/storetest"
)

// adapter keeps its file in a folder whose name means something in a URI.
var adapter = storetest.Adapter{Open: func(ctx context.Context, dir string, o store.Options) (store.Store, error) {
	return sqlite.Open(ctx, filepath.Join(dir, "a b?c#d%20&e=f.db"), sqlite.Options{Options: o})
}}

func TestStore(t *testing.T) { storetest.Run(t, adapter) }

// TestSingle is the store without group commit.
func TestSingle(t *testing.T) {
	storetest.Run(t, storetest.Adapter{Open: func(ctx context.Context, dir string, o store.Options) (store.Store, error) {
		return sqlite.Open(ctx, filepath.Join(dir, "events.db"), sqlite.Options{Options: o, GroupLimit: 1})
	}})
}

func TestCrash(t *testing.T) { storetest.Crash(t, adapter, crashes) }
