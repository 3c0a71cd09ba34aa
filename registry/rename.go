package registry

import (
	"cmp"
	"hash/fnv"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/schema"
)

// Rename says that a subject went on under another name.
type Rename struct {
	Old        string
	New        string
	Similarity int // percent of the text that both share; 100 for equal bytes
}

// Certain reports whether the two are surely one subject: the text is the same
// to the byte, or only the folder changed. Other renames are a good guess, which
// is not enough to show that two roots belong together.
func (r Rename) Certain() bool {
	return r.Similarity == 100 || path.Base(r.Old) == path.Base(r.New)
}

const (
	// similar is the percentage from which on two schemas of one name, or nearly
	// one, are taken for one subject.
	similar = 50
	// same is that percentage when the names say nothing. Neighbours that share an
	// envelope, such as OrderCancelled and OrderConfirmed, have much of their text
	// in common and are two subjects all the same.
	same = 90
	// common is how many schemas may share a fragment before it stops suggesting
	// pairs: "type": "string" says nothing about kinship.
	common = 40
	// suitors bounds how many old schemas are measured against a new one.
	suitors = 16
)

// Renames pairs subjects that only the old side has with subjects that only the
// new side has: first those with equal bytes, then the most similar. At least 90
// percent of the text must be shared, or half of it when the last segments of
// the names are alike. Every subject is in at most one pair, and the outcome does
// not depend on the order of the arguments. It is sorted by new name.
func Renames(old, new []schema.Schema) []Rename {
	byName := func(a, b schema.Schema) int { return cmp.Compare(a.Subject, b.Subject) }
	old, new = slices.SortedFunc(slices.Values(old), byName), slices.SortedFunc(slices.Values(new), byName)
	pairs := append(equalTexts(old, new), similarTexts(old, new)...)
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(-cmp.Compare(a.similarity, b.similarity), -cmp.Compare(a.sameBase, b.sameBase), cmp.Compare(a.old, b.old), cmp.Compare(a.new, b.new))
	})
	takenOld, takenNew := map[int]bool{}, map[int]bool{}
	var renames []Rename
	for _, p := range pairs {
		if takenOld[p.old] || takenNew[p.new] {
			continue
		}
		takenOld[p.old], takenNew[p.new] = true, true
		renames = append(renames, Rename{Old: old[p.old].Subject, New: new[p.new].Subject, Similarity: p.similarity})
	}
	slices.SortFunc(renames, func(a, b Rename) int { return cmp.Compare(a.New, b.New) })
	return renames
}

// alike reports whether the last segments of two subjects are one name: the same
// but for case and separators, or one letter apart, as after a slip is mended.
// A digit that differs is no slip, since OrderPlaced2 is the successor of
// OrderPlaced, and two letters are too much: AccountUnlocked is not AccountLocked.
func alike(a, b string) bool {
	a, b = folded(path.Base(a)), folded(path.Base(b))
	if a == b {
		return true
	}
	const short = 4 // a letter makes another word of these
	if min(len(a), len(b)) < short {
		return false
	}
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	swapped := len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	return (swapped || len(a) <= 1 && len(b) <= 1) && !strings.ContainsAny(a+b, "0123456789")
}

// folded is a name without case and separators: order-placed is OrderPlaced.
func folded(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(name))
}

// pair is a possible rename, by index.
type pair struct {
	old, new   int
	similarity int
	sameBase   int // 1 when only the folder differs, which decides a draw
}

func newPair(old, new []schema.Schema, i, j, similarity int) pair {
	p := pair{old: i, new: j, similarity: similarity}
	if path.Base(old[i].Subject) == path.Base(new[j].Subject) {
		p.sameBase = 1
	}
	return p
}

// equalTexts proposes, for every new schema, the old ones with the same bytes
// and format. Copies of one text could make this quadratic, so only a bounded
// number of them are proposed, those at the same place in the sorted order first.
func equalTexts(old, new []schema.Schema) []pair {
	type identity struct {
		format schema.Format
		text   string
	}
	where := map[identity][]int{}
	for i, s := range old {
		key := identity{s.Format, string(s.Text)}
		where[key] = append(where[key], i)
	}
	used := map[identity]int{}
	var pairs []pair
	for j, s := range new {
		key := identity{s.Format, string(s.Text)}
		same := where[key]
		if len(same) == 0 {
			continue
		}
		start := used[key] % len(same)
		used[key]++
		for k := range min(len(same), suitors) {
			pairs = append(pairs, newPair(old, new, same[(start+k)%len(same)], j, 100))
		}
	}
	return pairs
}

// similarTexts measures the pairs that share an uncommon fragment.
func similarTexts(old, new []schema.Schema) []pair {
	parts := make([]fragments, len(old))
	where := map[uint64][]int{} // fragment to the old schemas that hold it
	for i, s := range old {
		parts[i] = cut(s.Text)
		for fragment := range parts[i] {
			where[fragment] = append(where[fragment], i)
		}
	}
	var pairs []pair
	for j, s := range new {
		mine := cut(s.Text)
		for _, i := range candidates(mine, where) {
			percent := mine.similarity(parts[i])
			enough := percent >= same || percent >= similar && alike(old[i].Subject, s.Subject)
			if enough && old[i].Format == s.Format {
				pairs = append(pairs, newPair(old, new, i, j, min(percent, 99)))
			}
		}
	}
	return pairs
}

// candidates are the old schemas that share most uncommon fragments.
func candidates(f fragments, where map[uint64][]int) []int {
	shared := map[int]int{}
	for fragment := range f {
		if holders := where[fragment]; len(holders) <= common {
			for _, i := range holders {
				shared[i]++
			}
		}
	}
	found := make([]int, 0, len(shared))
	for i := range shared {
		found = append(found, i)
	}
	slices.SortFunc(found, func(a, b int) int { return cmp.Or(-cmp.Compare(shared[a], shared[b]), cmp.Compare(a, b)) })
	return found[:min(len(found), suitors)]
}

// fragments are the distinct pieces of a text between brackets, commas and line
// ends, so that a schema on one line compares as well as one that is spread out,
// and "type": "string" forty times over makes nothing alike. Pieces are hashed.
type fragments map[uint64]bool

func cut(text []byte) fragments {
	f := fragments{}
	for piece := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return strings.ContainsRune("{}[],\r\n", r) }) {
		if piece = strings.Join(strings.Fields(piece), ""); piece != "" {
			sum := fnv.New64a()
			_, _ = sum.Write([]byte(piece)) // a hash never fails
			f[sum.Sum64()] = true
		}
	}
	return f
}

// similarity is the percentage of the pieces of both that have a partner.
func (f fragments) similarity(other fragments) int {
	if len(f)+len(other) == 0 {
		return 0
	}
	shared := 0
	for piece := range f {
		if other[piece] {
			shared++
		}
	}
	return 200 * shared / (len(f) + len(other))
}
