package app

import (
	"io/fs"

	"example.com/iot/internal/nexus/lock"
)

// The lock's form stands in package lock, which the nexus binary shares: it must not
// link what an app links.
type (
	// Lock is what a running app reads of its catalog.
	Lock = lock.Lock
	// Message is an event or a command of the catalog.
	Message = lock.Message
)

// CatalogDigest names what a catalog folder holds; see lock.Digest.
func CatalogDigest(catalog fs.FS) (string, error) { return lock.Digest(catalog) }
