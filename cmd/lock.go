package cmd

import (
	"fmt"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// lockNotes says how old a copy of a registry is on a day, and which of its
// files do not count.
func (s *source) lockNotes(asOf time.Time) []string {
	if s.lock == nil {
		return nil
	}
	age := "of today"
	switch days := s.lock.Age(asOf); {
	case days > 0:
		age = report.Count(days, "day") + " old"
	case days < 0:
		age = report.Count(-days, "day") + " younger than " + asOf.Format(time.DateOnly)
	}
	notes := []string{fmt.Sprintf("%s is a copy of %s, pulled on %s: it is %s", s.ref, s.lock.Source, s.lock.Pulled.Format(time.DateOnly), age)}
	if len(s.unlocked) > 0 {
		notes = append(notes, "passed over, because nexus.lock does not name them: "+sample(s.unlocked))
	}
	return notes
}
