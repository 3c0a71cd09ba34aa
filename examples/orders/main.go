// Command orders is the app: Orders. From the confirmed basket to the parcel, or to the
// money back.
package main

import (
	"context"
	"embed"
	"os"

	"example.com/orders/internal/nexus/app"
)

// files are what the app reads of its catalog, its policies and its upcasters. They
// are part of the program, so that it runs by what it was tested with.
//
//go:embed all:catalog catalog.lock.json policy upcasters.json
var files embed.FS

func main() {
	env := app.Env{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
	os.Exit(app.Main(context.Background(), os.Args[1:], env, definition()))
}
