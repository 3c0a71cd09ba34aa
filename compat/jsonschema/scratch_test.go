package jsonschema

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

func TestScratch(t *testing.T) {
	file := os.Getenv("ORACLE")
	if file == "" {
		t.Skip()
	}
	f, _ := os.Open(file)
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<26)
	e, _ := New(Options{Draft: "7"})
	var times []time.Duration
	n, wrong, unk := 0, 0, 0
	for sc.Scan() {
		var r struct {
			ID       string
			Old, New json.RawMessage
			Backward *bool
			Declared string
		}
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		old, err := e.Parse(schema.Schema{File: "old.json", Text: r.Old})
		if err != nil {
			fmt.Println("ERR old", r.ID, err)
			continue
		}
		next, err := e.Parse(schema.Schema{File: "new.json", Text: r.New})
		if err != nil {
			fmt.Println("ERR new", r.ID, err)
			continue
		}
		c, err := e.Compare(context.Background(), old, next)
		if err != nil {
			t.Fatal(err)
		}
		d := time.Since(start)
		times = append(times, d)
		if d > 20*time.Millisecond {
			fmt.Println("SLOW", d, r.ID)
		}
		n++
		for _, ch := range c.Changes {
			if ch.Rule == compat.RuleUnexplained && r.Backward == nil {
				fmt.Println("UNEXPLAINED", r.ID, ch.Message)
			}
			for _, ef := range []compat.Effect{ch.Backward, ch.Forward} {
				if ef.Breaks && ef.Proof == compat.ByRule {
					fmt.Println("BYRULE", r.ID, ch.Rule, ch.Message)
				}
			}
		}
		if c.Forward.Verdict == compat.Undecided {
			fmt.Println("FORWARD UNDECIDED", r.ID, c.Forward.Reason, cut(string(r.Old)), cut(string(r.New)))
		}
		if c.Backward.Verdict == compat.Undecided {
			unk++
			fmt.Println("UNKNOWN", r.ID, c.Backward.Reason, cut(string(r.Old)), cut(string(r.New)))
		} else if r.Backward != nil && (c.Backward.Verdict == compat.Compatible) != *r.Backward {
			wrong++
			fmt.Println("WRONG", r.ID, *r.Backward)
		} else if r.Backward == nil {
			fmt.Println(r.Declared, c.Backward.Verdict, c.Forward.Verdict, r.ID, d)
			for _, ch := range c.Changes {
				fmt.Println("     ", ch.Rule, ch.Kind, ch.Pointer, ch.Message, ch.Backward.Breaks, ch.Forward.Breaks)
				if ch.Backward.Breaks && ch.Backward.Witness != nil {
					fmt.Println("           ", cut(ch.Backward.Witness.Text), ch.Backward.Witness.New)
				}
			}
		}
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	fmt.Println(n, "wrong", wrong, "unknown", unk, "median", times[n/2], "p99", times[n*99/100], "max", times[n-1])
}

func cut(s string) string {
	if len(s) > 300 {
		return s[:300]
	}
	return s
}
