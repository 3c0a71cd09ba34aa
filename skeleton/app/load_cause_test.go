package app

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/load"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

func TestCausesNameNoStream(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&journal.RejectedError{Stream: "box-7", Reasons: []journal.Reason{{Type: "FillBox", Stage: "schema", Pointer: "/n", Message: "must be >= 1"}}}, "rejected: FillBox: schema: /n: must be >= 1"},
		{domain.Refuse("box 7 is closed"), "refused"},
		{&store.ConflictError{Stream: "box-7", Actual: 3}, "the stream is not where it was expected"},
		{&store.DuplicateIDError{Stream: "box-7", ID: "1"}, "the event id is taken"},
		{fmt.Errorf("appending to box-7: %w: it has no events", store.ErrInvalid), "invalid append"},
		{store.ErrClosed, "the event store is closed"},
		{fmt.Errorf("writing to box-7: %w", syscall.ENOSPC), "no space left on device"},
		{&load.StatusError{Status: 503, Code: "closing"}, "answered with 503 Service Unavailable, closing"},
		{errors.New("something else"), "something else"},
	} {
		if got := cause(test.err); got != test.want {
			t.Errorf("%v is because of %q, want %q", test.err, got, test.want)
		}
	}
}
