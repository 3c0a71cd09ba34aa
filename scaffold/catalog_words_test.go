package scaffold

import "testing"

func TestAsked(t *testing.T) {
	for _, test := range []struct{ command, noun, want string }{
		{"register sensor", "sensor", "register a sensor"},
		{"place order", "order", "place an order"},
		{"add field sensor", "field sensor", "add a field sensor"},
		{"record reading", "sensor", "record reading"},
		{"sensor", "sensor", "sensor"},
		{"calibrate biosensor", "sensor", "calibrate biosensor"},
	} {
		if got := asked(test.command, test.noun); got != test.want {
			t.Errorf("asked(%q, %q) = %q, want %q", test.command, test.noun, got, test.want)
		}
	}
}
