package replay

import (
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// compileReducer compiles the only reducer of a nexus.yaml, behind its upcasters.
func compileReducer(t fataler, config string) *Reducer {
	d, err := document.Parse("nexus.yaml", []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	specs, err := ParseReducers(d, "/reducers")
	if err != nil {
		t.Fatal(err)
	}
	chain, err := upcast.Parse(d.Value().(map[string]any)["upcast"])
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		r, err := spec.Compile(chain)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatal("no reducer")
	return nil
}

// A fataler is a test or a property's check.
type fataler interface{ Fatal(...any) }
