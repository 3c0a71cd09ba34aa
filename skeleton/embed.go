// Package skeleton holds the generic core of an event-sourced app: ordinary packages
// that are compiled and tested here, know no domain and import nothing else of
// nexus. An app gets a copy of them as its own code.
package skeleton

import "embed"

// Files are the texts of all packages below this folder, their tests among them, and
// the app's go.mod and go.sum as app/go.mod.txt and app/go.sum.txt: the go command
// embeds nothing of a folder that has a go.mod.
//
//go:embed *
var Files embed.FS
