package main

import (
	"testing"

	"example.com/iot/internal/nexus/app/apptest"
)

// TestApp holds the whole app to what the core promises, over HTTP, in memory and in
// a file.
func TestApp(t *testing.T) { apptest.Run(t, definition()) }
