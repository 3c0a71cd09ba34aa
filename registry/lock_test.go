package registry

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

func digestOf(text string) string { return schema.Schema{Text: []byte(text)}.Digest() }

func sampleLock() *Lock {
	return &Lock{
		Source: "confluent:https://registry.example.com", Pulled: time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC),
		Subjects: []LockedSubject{{Subject: "orders/Placed", Level: compat.Full, Versions: []LockedVersion{
			{Version: "1", Format: schema.Avro, File: "orders%2FPlaced/1.avsc", Digest: digestOf("a"), References: []LockedReference{{"Money", "money", "3"}}},
		}}},
		References: []LockedSubject{{Subject: "money", Versions: []LockedVersion{{Version: "3", Format: schema.Avro, File: "money/3.avsc", Digest: digestOf("b")}}}},
	}
}

func TestLockSurvivesItsFile(t *testing.T) {
	want := sampleLock()
	text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseLock("nexus.lock", text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func TestLockRefusesWhatItCannotRelyOn(t *testing.T) {
	text, err := sampleLock().Encode()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ old, new, want string }{
		"cut":               {"\n  \"subjects\"", "\n  subjects", "nexus.lock:5"},
		"a later form":      {`"version": 1,`, `"version": 2,`, "this nexus reads version 1"},
		"no source":         {`"confluent:https://registry.example.com"`, `""`, "no source"},
		"no time":           {"2026-01-31T23:30:00Z", "yesterday", "not a time"},
		"a way out":         {"money/3.avsc", "../money/3.avsc", "no path below the folder"},
		"one file twice":    {"money/3.avsc", "orders%2FPlaced/1.avsc", "stands there twice"},
		"no digest":         {digestOf("b"), "sha256:b", "no digest"},
		"an unknown level":  {`"FULL"`, `"SOME"`, "unknown level"},
		"a loose reference": {`"version": "3",`, `"version": "4",`, "which it does not hold"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(text), test.old) {
				t.Fatalf("the lock holds no %s", test.old)
			}
			_, err := ParseLock("nexus.lock", []byte(strings.Replace(string(text), test.old, test.new, 1)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestLockAgesByDays(t *testing.T) {
	for day, want := range map[string]int{"2026-01-31": 0, "2026-02-01": 1, "2026-01-30": -1, "2027-01-31": 365} {
		asOf, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := sampleLock().Age(asOf); got != want {
			t.Errorf("on %s it is %d days old, want %d", day, got, want)
		}
	}
}

func FuzzParseLock(f *testing.F) {
	text, err := sampleLock().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version": 1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		lock, err := ParseLock("nexus.lock", text)
		if err != nil {
			return
		}
		for _, v := range lock.All() {
			if !fs.ValidPath(v.File) {
				t.Errorf("the file %q leads out of the folder", v.File)
			}
		}
	})
}

func TestFolderName(t *testing.T) {
	for subject, want := range map[string]string{
		"orders-value":            "orders-value",
		"com.example.OrderPlaced": "com.example.OrderPlaced",
		"orders/Placed":           "orders%2FPlaced",
		"..":                      "%2E%2E",
		".git":                    "%2Egit",
		"vendor":                  "%76endor",
		"CON":                     "%43ON",
		"com1.orders":             "%63om1.orders",
		"a:b*c d~e%":              "a%3Ab%2Ac%20d%7Ee%25",
		"ü":                       "%C3%BC",
		"a.":                      "a%2E",
	} {
		if got := FolderName(subject); got != want {
			t.Errorf("%q becomes %q, want %q", subject, got, want)
		}
	}
}

// Two subjects never share a folder, and every folder is one that can be made.
func TestFolderNamesAreSafeAndDistinct(t *testing.T) {
	subjects := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-cA-C./%~: -]{1,6}`), rapid.StringMatching(`x{190,260}[ab]`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := subjects.Draw(t, "a"), subjects.Draw(t, "b")
		for _, name := range []string{FolderName(a), DistinctFolderName(a)} {
			if a != "" && (!fs.ValidPath(name) || strings.ContainsAny(name, `/\:*?"<>| `) || strings.HasSuffix(name, ".") || len(name) > 240 || Skips(name)) {
				t.Errorf("%q is no safe name", name)
			}
		}
		if a != b && (FolderName(a) == FolderName(b) || strings.EqualFold(DistinctFolderName(a), DistinctFolderName(b))) {
			t.Errorf("%q and %q share the folder %q", a, b, FolderName(a))
		}
	})
}
