package quietterm

import (
	"os"
	"testing"
)

func TestRestore(t *testing.T) {
	if got := os.Getenv("TERM"); got != "dumb" {
		t.Errorf("after initialisation TERM is %q, want dumb", got)
	}
	for _, test := range []struct {
		term  string
		named bool
	}{{"xterm", true}, {"", true}, {"", false}} {
		term, named = test.term, test.named
		Restore()
		if got, set := os.LookupEnv("TERM"); got != test.term || set != test.named {
			t.Errorf("TERM is %q, set %t, want %q, %t", got, set, test.term, test.named)
		}
	}
}
