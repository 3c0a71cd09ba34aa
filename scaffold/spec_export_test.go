package scaffold

import (
	"context"
	"io/fs"

	"github.com/nexus-blueprint/nexus/catalog"
)

// CatalogFiles is the catalog that nexus writes for a resolved spec with fields.
func CatalogFiles(s Spec) Tree { return s.catalogFiles() }

// ReadCatalog reads the catalog of an app with the fields of its schemas.
func ReadCatalog(ctx context.Context, fsys fs.FS) (*catalog.Catalog, error) {
	return readCatalog(ctx, fsys)
}
