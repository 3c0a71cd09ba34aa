package event

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseTime(t *testing.T) {
	tests := []struct{ text, want string }{
		{"2025-03-01T10:00:00Z", "2025-03-01T10:00:00Z"},
		{"2025-03-01t10:00:00z", "2025-03-01T10:00:00Z"},
		{"2025-03-01 12:30:00+02:30", "2025-03-01T10:00:00Z"},
		{"2025-03-01 12:00:00.123456+02", "2025-03-01T10:00:00.123456Z"},
		{"2025-03-01T04:30:00-0530", "2025-03-01T10:00:00Z"},
		{"2025-03-01T10:00:00.123456789987Z", "2025-03-01T10:00:00.123456789Z"},
		{"2024-02-29T23:59:60Z", "2024-03-01T00:00:00Z"},
		{"0001-01-01T00:00:01Z", "0001-01-01T00:00:01Z"},
		{"0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z"},
		{"1740823200", "2025-03-01T10:00:00Z"},
		{"1740823200.25", "2025-03-01T10:00:00.25Z"},
		{"1.74082320025E9", "2025-03-01T10:00:00.25Z"},
		{"1740823200250", "2025-03-01T10:00:00.25Z"},
		{"1740823200250.5", "2025-03-01T10:00:00.2505Z"},
		{"1740823200250001", "2025-03-01T10:00:00.250001Z"},
		{"1740823200250001002", "2025-03-01T10:00:00.250001002Z"},
		{"-1.5", "1969-12-31T23:59:58.5Z"},
		{"0", "1970-01-01T00:00:00Z"},
		{"2025-02-29T10:00:00Z", ""},
		{"2025-13-01T10:00:00Z", ""},
		{"2025-03-01T24:00:00Z", ""},
		{"2025-03-01T10:00:00", ""},
		{"2025-03-01T10:00:00.Z", ""},
		{"2025-03-01T10:00:00+1", ""},
		{"2025-03-01T10:00:00+01:0", ""},
		{"2025/03/01T10:00:00Z", ""},
		{"yesterday", ""}, {"", ""}, {"+1", ""}, {"1e400", ""}, {"123456789012345678901", ""}, {"1.x", ""},
	}
	for _, test := range tests {
		got, ok := parseTime([]byte(test.text))
		switch {
		case ok != (test.want != ""):
			t.Errorf("%q: read is %t", test.text, ok)
		case ok && got.Format(time.RFC3339Nano) != test.want:
			t.Errorf("%q is %s, want %s", test.text, got.Format(time.RFC3339Nano), test.want)
		}
	}
}

// TestParseTimeAgreesWithTime: what package time writes is read as the same instant.
func TestParseTimeAgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-62167219200, 253402300799).Draw(t, "seconds")
		nanos := rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")
		offset := rapid.IntRange(-14*60, 14*60).Draw(t, "offset") * 60
		want := time.Unix(seconds, nanos).In(time.FixedZone("", offset))
		if want.Year() < 0 || want.Year() > 9999 {
			t.Skip("RFC 3339 has four digits for the year")
		}
		got, ok := parseTime([]byte(want.Format(time.RFC3339Nano)))
		if !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Fatalf("%s is read as %s (%t)", want.Format(time.RFC3339Nano), got, ok)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"2025-03-01T10:00:00Z", "2025-03-01T10:00:00.123+01:00", "1740823200.25", "1e9", "-1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := parseTime(text)
		want, err := time.Parse(time.RFC3339, string(text))
		if err != nil || text[len("2006-01-02T0")] == ':' {
			return // package time also takes hours of one digit
		}
		if !ok || !got.Equal(want) {
			t.Errorf("%q is read as %s (%t), package time says %s", text, got, ok, want)
		}
	})
}

// TestClockSaysWhatParseTimeSays gives one clock times of few minutes in turns.
func TestClockSaysWhatParseTimeSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c clock
		for _, text := range rapid.SliceOfN(rapid.StringMatching(`2025-0[23]-(01|29)[Tt ]1[09]:5[89]:[0-6][0-9](\.[0-9]{1,12})?(Z|z|\+01:00|ZZ|)|1[0-9]{9,12}|x`), 1, 12).Draw(t, "times") {
			want, ok := parseTime([]byte(text))
			got, gotOK := c.parse([]byte(text))
			if ok != gotOK || !got.Equal(want) {
				t.Fatalf("%s is %v, %t, want %v, %t", text, got, gotOK, want, ok)
			}
		}
	})
}
