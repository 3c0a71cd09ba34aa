package domaintest

import (
	"encoding/json"
	"testing"

	"example.com/orders/internal/nexus/domain"
)

// Fuzz sends any bodies to two commands, one after the other. Nothing panics, and
// what is accepted keeps the laws.
func Fuzz[S any](f *testing.F, a domain.Aggregate[S]) {
	f.Helper()
	if len(a.Commands) == 0 {
		f.Fatalf("fuzz: %s has no commands", a.Name)
	}
	for i, c := range a.Commands {
		for _, body := range seeds(c) {
			f.Add(uint8(0), seeds(a.Commands[0])[0], uint8(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, first uint8, one []byte, second uint8, two []byte) {
		s, err := newStream(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, sent := range []struct {
			command uint8
			body    []byte
		}{{first, one}, {second, two}} {
			if !json.Valid(sent.body) {
				continue
			}
			if err := s.take(sent.body, a.Commands[int(sent.command)%len(a.Commands)]); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.folding.CheckCuts(s.stored); err != nil {
			t.Fatal(err)
		}
	})
}

// seeds are bodies to begin with: the example, and the members that the command has.
func seeds[S any](c domain.Command[S]) [][]byte {
	list := [][]byte{[]byte(`{}`), []byte(`null`)}
	if zero, err := c.Decode([]byte(`{}`)); err == nil {
		list = append([][]byte{written(zero)}, list...)
	}
	if c.Example != "" {
		list = append([][]byte{[]byte(c.Example)}, list...)
	}
	return list
}
