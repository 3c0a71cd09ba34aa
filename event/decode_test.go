package event

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestSequences: one that cannot be read is a fault of its record, since without
// it the event would take another place.
func TestSequences(t *testing.T) {
	tests := []struct{ value, want string }{
		{`"2"`, "2"}, {`2`, "2"}, {`"00000000000000000002"`, "2"}, {`3.0`, "3"}, {`3.00`, "3"}, {`0`, "0"}, {`null`, "none"},
		{`9223372036854775807`, "9223372036854775807"},
		{`"3.0"`, "fault"}, {`3.5`, "fault"}, {`3e0`, "fault"}, {`-4`, "fault"}, {`"-4"`, "fault"}, {`"two"`, "fault"}, {`""`, "fault"},
		{`true`, "fault"}, {`9223372036854775808`, "fault"}, {`"99999999999999999999"`, "fault"},
	}
	for _, test := range tests {
		good := `{"specversion":"1.0","id":"1","source":"/o","type":"T","subject":"s","sequence":"1"}` + "\n"
		text := strings.Replace(good, `"1"}`, test.value+"}", 1)
		for name, o := range map[string]Options{"native": {}, "mapped": {Map: map[string]string{"id": ".id"}}, "only": {Format: "json"}} {
			o.Stdin = strings.NewReader(good + good + text)
			if name == "only" { // all that detection sees
				o.Stdin = strings.NewReader("\n\n" + text)
			}
			log, err := Open(context.Background(), []string{"-"}, o)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for e, err := range log.Events(context.Background()) {
				switch broken, ok := errors.AsType[*RecordError](err); {
				case ok && strings.HasPrefix(broken.Message, "sequence is no count: ") && broken.Line == 3:
					got = "fault"
				case err != nil:
					got = err.Error()
				case e.HasSequence:
					got = fmt.Sprint(e.Sequence)
				default:
					got = "none"
				}
			}
			if got != test.want {
				t.Errorf("%s sequence %s is %s, want %s", name, test.value, got, test.want)
			}
		}
	}
}
