package scaffold

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMerge3(t *testing.T) {
	const base = "one\ntwo\nthree\nfour\nfive\n"
	tests := []struct {
		name               string
		base, ours, theirs string
		want               string
		conflicts          int
	}{
		{"changes apart from each other", base, "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n", "ONE\ntwo\nthree\nfour\nFIVE\n", 0},
		{"both made the same change", base, "one\n2\nthree\nfour\nfive\n", "one\n2\nthree\nfour\n5\n", "one\n2\nthree\nfour\n5\n", 0},
		{"one side deleted what the other left alone", base, "one\nfive\n", base + "six\n", "one\nfive\nsix\n", 0},
		{"the same line twice", base, "one\nB\nthree\nfour\nfive\n", "one\nC\nthree\nfour\nfive\n",
			"one\n<<<<<<< yours\nB\n=======\nC\n>>>>>>> nexus\nthree\nfour\nfive\n", 1},
		{"touching changes conflict", "a\nb\n", "A\nb\n", "a\nB\n", "<<<<<<< yours\nA\nb\n=======\na\nB\n>>>>>>> nexus\n", 1},
		{"deleted here and changed there", base, "one\nthree\nfour\nfive\n", "one\nTWO\nthree\nfour\nfive\n",
			"one\n<<<<<<< yours\n=======\nTWO\n>>>>>>> nexus\nthree\nfour\nfive\n", 1},
		{"common lines stay outside of the markers", "", "x\nB\nz\n", "x\nC\nz\n", "x\n<<<<<<< yours\nB\n=======\nC\n>>>>>>> nexus\nz\n", 1},
		{"no line feed at the end", "a", "b", "c", "<<<<<<< yours\nb\n=======\nc\n>>>>>>> nexus\n", 1},
		{"a line feed was added", "a\nb", "A\nb", "a\nb\n", "<<<<<<< yours\nA\nb\n=======\na\nb\n>>>>>>> nexus\n", 1},
		{"our line ends stay", "a\nb\nc\n", "a\r\nb\r\nC\r\n", "A\nb\nc\n", "A\r\nb\r\nC\r\n", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, conflicts := merge3([]byte(test.base), []byte(test.ours), []byte(test.theirs), "yours", "nexus")
			if diff := cmp.Diff(test.want, string(got)); diff != "" || conflicts != test.conflicts {
				t.Errorf("%d conflicts, want %d; the text differs (-want +got):\n%s", conflicts, test.conflicts, diff)
			}
			if marked(got) != (test.conflicts > 0) {
				t.Errorf("marked says %v", marked(got))
			}
		})
	}
}

// genText draws texts of few different lines, so that they have much in common.
func genText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		all := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "}\n", "\n"}), 0, 12).Draw(t, "lines")
		text := strings.Join(all, "")
		if rapid.Bool().Draw(t, "cut") {
			text = strings.TrimSuffix(text, "\n")
		}
		return text
	})
}

func TestMergeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genText().Draw(t, "a"), genText().Draw(t, "b"), genText().Draw(t, "c")
		merge := func(base, ours, theirs string) (string, int) {
			text, conflicts := merge3([]byte(base), []byte(ours), []byte(theirs), "yours", "nexus")
			return string(text), conflicts
		}
		for name, sides := range map[string][3]string{"only theirs": {a, a, b}, "only ours": {a, b, a}, "both alike": {a, b, b}} {
			if got, conflicts := merge(sides[0], sides[1], sides[2]); got != b || conflicts != 0 {
				t.Fatalf("%s changed: %q with %d conflicts, want %q", name, got, conflicts, b)
			}
		}
		merged, conflicts := merge(a, b, c)
		mirrored, mirrors := merge(a, c, b)
		if conflicts != mirrors || conflicts == 0 && merged != mirrored {
			t.Fatalf("the sides are not equal: %q (%d conflicts) and %q (%d)", merged, conflicts, mirrored, mirrors)
		}
		for _, side := range []string{b, c} {
			if line := lost(a, side, merged); line != "" {
				t.Fatalf("%q was added by a side and is not in %q", line, merged)
			}
		}
	})
}

// lost is a line that side has more often than base, and merged not so much more.
// Line feeds do not count: a marker gives a last line the one it lacks.
func lost(base, side, merged string) string {
	count := func(text, line string) int {
		n := 0
		for l := range strings.SplitSeq(text, "\n") {
			if l == line {
				n++
			}
		}
		return n
	}
	for line := range strings.SplitSeq(side, "\n") {
		if line != "" && count(merged, line) < count(side, line)-count(base, line) {
			return line
		}
	}
	return ""
}

// The pairs are a common subsequence, and no common subsequence is longer.
func TestMatchesAreALongestCommonSubsequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := lines([]byte(genText().Draw(t, "a"))), lines([]byte(genText().Draw(t, "b")))
		pairs := matches(a, b)
		last, found := -1, 0
		for i, j := range pairs {
			if j < 0 {
				continue
			}
			if j <= last || a[i] != b[j] {
				t.Fatalf("pairs %v of %q and %q are no common subsequence", pairs, a, b)
			}
			last = j
			found++
		}
		if want := longestCommon(a, b); found != want {
			t.Fatalf("%d lines in common, want %d", found, want)
		}
	})
}

// longestCommon is the textbook's table.
func longestCommon(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, line := range a {
		above := slices.Clone(row)
		for j, other := range b {
			if line == other {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
	return row[len(b)]
}
