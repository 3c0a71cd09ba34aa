package scaffold_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nexus-blueprint/nexus/scaffold"
)

// TestFlags reads testdata/flags.txtar: files come in pairs, NAME with the flags, one
// a line, and NAME.want with the spec or the error.
func TestFlags(t *testing.T) {
	const file = "testdata/flags.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(archive.Files); i += 2 {
		input, want := archive.Files[i], &archive.Files[i+1]
		t.Run(input.Name, func(t *testing.T) {
			got := flagsAnswer(string(input.Data))
			if os.Getenv("NEXUS_UPDATE") != "" {
				want.Data = []byte(got)
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if os.Getenv("NEXUS_UPDATE") != "" {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func flagsAnswer(lines string) string {
	var o scaffold.FlagOptions
	name := "iot"
	for line := range strings.Lines(lines) {
		flag, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch flag {
		case "NAME":
			name = value
		case "--module":
			o.Module = value
		case "--owner":
			o.Owner = value
		case "--aggregate":
			o.AddAggregate(value)
		case "--command":
			o.AddCommand(value)
		}
	}
	s, err := scaffold.Flags(name, o)
	if e, ok := errors.AsType[*scaffold.FlagError](err); ok {
		return e.Error() + "\nhint: " + e.Hint + "\n"
	}
	if err != nil {
		return err.Error()
	}
	return string(s.Write())
}

// FuzzFlags: no text breaks the parser, and what it accepts can be written and read.
func FuzzFlags(f *testing.F) {
	for _, seed := range []string{
		"RegisterSensor:SensorRegistered{sensorId:uuid,location:string}", "A:B", "A:B{}", "A : B { x : enum(a|b)? , y : int[] }",
		"A:B{x:", "A:B{x:enum(a}", "Ä:Ö{ß:int}", ":", "{", "A:B{a:int,a:int}", "A:B{a:int}}", "A:A", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := scaffold.Flags("iot", scaffold.FlagOptions{Aggregates: []scaffold.AggregateFlags{{Name: "Sensor", Commands: []string{text}}}})
		if err != nil {
			if text != "" && !strings.Contains(err.Error(), "^") {
				t.Errorf("the error shows no place: %v", err)
			}
			return
		}
		read, err := scaffold.ReadSpec("domain.yaml", s.Write())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.Write())
		}
		if diff := cmp.Diff(s, read); diff != "" {
			t.Error(diff)
		}
	})
}
