package index

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

func TestCompactSize(t *testing.T) {
	for _, text := range []string{
		``, `{}`, ` {} `, `{"a b":1}`, `{ "a" : [ 1 , 2 ] }`, "{\n\t\"a\":\r\n\"b\"}", `"a\" b"`, `["\\", " \\\" "]`, `{"a":"\\\\ ", "b":""}`,
	} {
		if got, want := compactSize([]byte(text)), len(compact([]byte(text))); got != want {
			t.Errorf("%s has %d bytes, want %d", text, got, want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		var value any = rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(r, "value")
		text, err := json.MarshalIndent(value, " ", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(r, "indent"))
		if err != nil {
			r.Fatal(err)
		}
		if got, want := compactSize(text), len(compact(text)); got != want {
			r.Errorf("%s has %d bytes, want %d", text, got, want)
		}
	})
}

// TestEntries: what is stored of a posting is what is read.
func TestEntries(t *testing.T) {
	seconds := rapid.OneOf(rapid.Int64Range(-62135596800, 253402300799), rapid.Int64Range(1_740_000_000, 1_740_000_100))
	entries := rapid.Custom(func(r *rapid.T) entry {
		unit := rapid.SampledFrom([]int32{1, 1e3, 1e6, 1e9}).Draw(r, "unit")
		e := entry{
			place: rapid.Int64Min(0).Draw(r, "place"), line: rapid.Int64Min(0).Draw(r, "line"), length: rapid.Int64Min(0).Draw(r, "length"),
			kind: rapid.Uint32Max(math.MaxInt32).Draw(r, "type"), timed: rapid.Bool().Draw(r, "timed"), sequenced: rapid.Bool().Draw(r, "sequenced"),
		}
		if e.timed {
			e.seconds, e.nanos = seconds.Draw(r, "seconds"), rapid.Int32Range(0, 999_999_999).Draw(r, "nanos")/unit*unit
		}
		if e.sequenced {
			e.sequence = rapid.Int64Min(0).Draw(r, "sequence")
		}
		return e
	})
	rapid.Check(t, func(r *rapid.T) {
		list := rapid.SliceOf(entries).Draw(r, "entries")
		var text []byte
		var last entry
		for i := range list {
			text = list[i].append(text, &last)
			last = list[i]
		}
		c, got := cursor{text: text}, entry{}
		for i := range list {
			got.read(&c)
			if got != list[i] || c.broken {
				r.Fatalf("entry %d is %+v, want %+v", i, got, list[i])
			}
		}
		if len(c.text) > 0 {
			r.Errorf("%d bytes are left", len(c.text))
		}
	})
}

// TestArena: lists that grow side by side keep their bytes apart.
func TestArena(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var a arena
		lists, want := make([]list, 5), make([][]byte, 5)
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, 3000), 0, 60).Draw(r, "lengths") {
			text := bytes.Repeat([]byte{byte(i + 1)}, n)
			which := i * 7 % len(lists)
			a.append(&lists[which], text)
			want[which] = append(want[which], text...)
		}
		for i := range lists {
			var got []byte
			a.all(&lists[i], func(part []byte) { got = append(got, part...) })
			if !bytes.Equal(got, want[i]) {
				r.Errorf("list %d has %d bytes, want %d", i, len(got), len(want[i]))
			}
		}
	})
}

func TestHistogram(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var h histogram
		want := map[int]int64{}
		for _, size := range rapid.SliceOf(rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 1<<26))).Draw(r, "sizes") {
			h.add(size)
			want[size]++
		}
		text := h.append(nil)
		if diff := gocmp.Diff(want, maps.Collect(sizes(text))); diff != "" {
			r.Errorf("counts differ (-want +got):\n%s", diff)
		}
	})
}

// TestClock: seconds in any order are counted right and come out sorted.
func TestClock(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var c clock
		want := map[int64]Second{}
		for _, second := range rapid.SliceOf(rapid.Int64Range(-20, 20)).Draw(r, "seconds") {
			c.add(second, 10)
			s := want[second]
			want[second] = Second{time.Unix(second, 0).UTC(), s.Count + 1, s.Bytes + 10}
		}
		stats := TypeStats{seconds: c.append(nil)}
		got := slices.Collect(stats.Seconds())
		sorted := slices.SortedFunc(maps.Values(want), func(a, b Second) int { return a.Start.Compare(b.Start) })
		if diff := gocmp.Diff(sorted, got); diff != "" {
			r.Errorf("seconds differ (-want +got):\n%s", diff)
		}
	})
}

// TestCheckRefuses: seconds that do not come one after the other, or do not end
// where they say, would lead a reader of a Timeline astray.
func TestCheckRefuses(t *testing.T) {
	two := func(steps ...int64) []byte { // says that it is of two seconds
		text := appendUint(nil, 2)
		for _, step := range steps {
			text = append(appendInt(text, step), 1, 10)
		}
		return text
	}
	for name, seconds := range map[string][]byte{
		"backwards": two(100, -1),
		"twice":     two(100, 0),
		"overflow":  two(math.MaxInt64, 1),
		"cut off":   two(100),
		"longer":    two(100, 1, 1),
	} {
		stats := TypeStats{Count: 2, Bytes: 20, sizes: []byte{1, 10, 2}, dataSizes: []byte{1, 0, 2}, seconds: seconds}
		if err := stats.check(); err == nil {
			t.Errorf("%s: seconds are taken", name)
		}
	}
	good := TypeStats{Count: 2, Bytes: 20, sizes: []byte{1, 10, 2}, dataSizes: []byte{1, 0, 2}, seconds: two(100, 5)}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	want := Timeline{Packed: good.seconds[1:], First: 100, Last: 105, Count: 1, Bytes: 10}
	if diff := gocmp.Diff(want, good.Timeline()); diff != "" {
		t.Errorf("the timeline differs (-want +got):\n%s", diff)
	}
}

// TestSortKeys: by the upper half, equal ones in their order, few and many.
func TestSortKeys(t *testing.T) {
	for _, n := range []int{0, 1, 200, 5000} {
		var keys []uint64
		for i := range n {
			keys = append(keys, hash(fmt.Append(nil, i%(n/2+1)))>>32<<32|uint64(n-i))
		}
		want := slices.Clone(keys)
		slices.SortStableFunc(want, func(a, b uint64) int { return int(int64(a>>32) - int64(b>>32)) })
		if got := sortKeys(keys, make([]uint64, n)); !slices.Equal(got, want) {
			t.Errorf("%d keys are not sorted", n)
		}
	}
}

// TestHash: the values are part of the format, and short and long ids differ.
func TestHash(t *testing.T) {
	seen := map[uint64]string{}
	id := ""
	for range 100 {
		for _, c := range "\x00ab" {
			h := shortHash([]byte(id + string(c)))
			if other, ok := seen[h]; ok {
				t.Errorf("%q and %q share a hash", other, id+string(c))
			}
			seen[h] = id + string(c)
		}
		id += "a"
	}
	if got := fmt.Sprintf("%x %x %x", hash(nil), hash([]byte("order-17")), hash([]byte("5f1c7d52-9a7e-4f1e-8d1a-000000000001"))); got != wantHashes {
		t.Errorf("hashes are %s, want %s: an index of the old ones would be read wrong", got, wantHashes)
	}
}

const wantHashes = "4a9de09326c955ff 52c98348c1ede64b 836b61636b1151e6"
