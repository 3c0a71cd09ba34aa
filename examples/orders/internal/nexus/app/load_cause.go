package app

import (
	"errors"

	"example.com/orders/internal/nexus/journal"
	"example.com/orders/internal/nexus/load"
	"example.com/orders/internal/nexus/store"
)

// cause names why a call of the load command failed, without the stream that it was
// about: each writer has many.
func cause(err error) string {
	if rejected, ok := errors.AsType[*journal.RejectedError](err); ok && len(rejected.Reasons) > 0 {
		return "rejected: " + rejected.Reasons[0].Text()
	}
	if _, no := refused(err); no {
		return "refused" // the domain's reason may name what it is about
	}
	for _, known := range []error{store.ErrConflict, store.ErrDuplicateID, store.ErrInvalid, store.ErrClosed} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return load.Cause(err)
}
