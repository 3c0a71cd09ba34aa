// Command nexus answers, before anything is deployed, whether a change to an
// event breaks anybody. See package cmd for the command line.
package main

import (
	"context"
	"os"

	"github.com/nexus-blueprint/nexus/cmd"
)

func main() {
	os.Exit(cmd.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
