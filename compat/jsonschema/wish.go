package jsonschema

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// wish describes a string that the solver wants.
type wish struct {
	min, max int // length in code points; max -1 for none
	match    []*pattern
	avoid    []*pattern
	formats  []*format // must hold
	failing  []*format // must not hold
	not      map[string]bool
	accept   func(string) truth // what else must hold, nil for nothing
}

// find returns a string that grants the wish, or proves that there is none.
func (s *solver) find(w wish) (string, status) {
	for _, f := range w.formats {
		if f.longest > 0 {
			w.atMost(f.longest)
		}
	}
	if w.max >= 0 && w.min > w.max {
		return "", unsat
	}
	for _, f := range w.formats {
		for _, g := range w.failing {
			if f.implies(g) {
				return "", unsat
			}
		}
	}
	for _, text := range w.samples() {
		if w.granted(text) == yes {
			return text, sat
		}
	}
	search := w
	search.not = make(map[string]bool, len(w.not))
	for text := range w.not {
		search.not[text] = true
	}
	exact := true
	for _, p := range slices.Concat(w.match, w.avoid) {
		if p.re == nil {
			exact = false
		}
	}
	search.match = slices.DeleteFunc(slices.Clone(w.match), uncompiled)
	search.avoid = slices.DeleteFunc(slices.Clone(w.avoid), uncompiled)
	for _, f := range w.failing {
		search.avoid = append(search.avoid, f.inner()...)
	}
	if text, ok := s.member(w, search); ok {
		return text, sat
	}
	for _, f := range w.formats {
		search.match = append(search.match, f.outer()...)
	}
	for range maxGuesses {
		text, st := s.shortest(search)
		if st == unsat && !exact {
			return "", unknown
		}
		if st != sat {
			return "", st
		}
		switch w.granted(text) {
		case yes:
			return text, sat
		case unsure:
			exact = false
		}
		search.not[text] = true
	}
	return "", unknown
}

// maxGuesses bounds how many strings that only look like members of a format
// are tried.
const maxGuesses = 40

// member looks for a string where the formats are known from inside.
func (s *solver) member(w, search wish) (string, bool) {
	if len(w.formats) == 0 {
		return "", false
	}
	search.match = slices.Clip(search.match)
	for _, f := range w.formats {
		if f.inside == "" {
			return "", false
		}
		search.match = append(search.match, f.inner()...)
	}
	text, is := s.shortest(search)
	return text, is == sat && w.granted(text) == yes
}

func uncompiled(p *pattern) bool { return p.re == nil }

// samples are strings worth a try before searching: members of the formats,
// and strings that look like members and are not.
func (w wish) samples() []string {
	var all []string
	for _, f := range w.formats {
		all = append(all, f.valid...)
	}
	if len(w.formats) > 0 {
		for _, f := range w.failing {
			all = append(all, f.valid...)
			all = append(all, f.invalid...)
		}
	}
	return all
}

// granted judges one string.
func (w wish) granted(text string) truth {
	if n := utf8.RuneCountInString(text); n < w.min || w.max >= 0 && n > w.max || w.not[text] {
		return no
	}
	verdict := yes
	for _, p := range w.match {
		verdict = verdict.and(p.matches(text))
	}
	for _, p := range w.avoid {
		verdict = verdict.and(p.matches(text).negate())
	}
	for _, f := range w.formats {
		verdict = verdict.and(truthOf(f.judge(text)))
	}
	for _, f := range w.failing {
		verdict = verdict.and(truthOf(!f.judge(text)))
	}
	if verdict == yes && w.accept != nil {
		verdict = w.accept(text)
	}
	return verdict
}

// maxStates bounds one search for a string; maxText the strings it builds.
const (
	maxStates = 50000
	maxText   = 1 << 21
)

// shortest runs the automata of all patterns side by side, breadth first, and
// returns the shortest string that all of them grant. Running out of states
// without one proves that there is none.
func (s *solver) shortest(w wish) (string, status) {
	if w.min > maxText {
		return "", unknown
	}
	if len(w.match)+len(w.avoid)+len(w.not) == 0 {
		return strings.Repeat("a", w.min), sat
	}
	search := newProduct(w)
	queue := []int{0}
	for head := 0; head < len(queue); head++ {
		id := queue[head]
		if search.accepted(id) {
			return search.text(id), sat
		}
		if w.max >= 0 && search.cells[id].length >= w.max {
			continue
		}
		for _, char := range search.alphabet {
			to, fresh := search.step(id, char)
			if !fresh {
				continue
			}
			if len(search.cells) > maxStates || !s.toil() {
				return "", unknown
			}
			queue = append(queue, to)
		}
	}
	return "", unsat
}

// product is the product automaton of a wish's patterns and excluded texts.
type product struct {
	wish     wish
	automata []*automaton // those of match, then those of avoid
	alphabet []rune
	not      []string // sorted
	cells    []cell
	index    map[string]int
}

// cell is one state of the product, and how the search came there.
type cell struct {
	states []int
	lo, hi int // not[lo:hi] are the excluded texts that begin with the text so far
	length int
	parent int
	char   rune
}

func newProduct(w wish) *product {
	p := &product{wish: w, not: sortedKeys(w.not), index: map[string]int{}}
	for _, pattern := range slices.Concat(w.match, w.avoid) {
		p.automata = append(p.automata, newAutomaton(pattern))
	}
	p.alphabet = alphabet(slices.Concat(w.match, w.avoid), w.not)
	p.intern(cell{states: make([]int, len(p.automata)), hi: len(p.not), parent: -1})
	return p
}

// intern finds or adds a cell; fresh is false for one that was there, or that
// leads nowhere. Lengths beyond the wanted minimum do not tell cells apart:
// the search comes to each by its shortest way first.
func (p *product) intern(c cell) (id int, fresh bool) {
	for i, a := range p.automata {
		wanted := i < len(p.wish.match)
		if wanted && a.hopeless(c.states[i]) || !wanted && a.states[c.states[i]].matched {
			return 0, false
		}
	}
	key := make([]byte, 0, 8*(len(c.states)+3))
	for _, n := range append([]int{min(c.length, p.wish.min), c.lo, c.hi}, c.states...) {
		key = append(key, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	if id, ok := p.index[string(key)]; ok {
		return id, false
	}
	id = len(p.cells)
	p.cells = append(p.cells, c)
	p.index[string(key)] = id
	return id, true
}

func (p *product) step(from int, char rune) (int, bool) {
	old := p.cells[from]
	next := cell{states: make([]int, len(p.automata)), length: old.length + 1, parent: from, char: char}
	for i, a := range p.automata {
		next.states[i] = a.step(old.states[i], char)
	}
	if old.lo < old.hi {
		prefix := p.text(from) + string(char)
		next.lo, _ = slices.BinarySearch(p.not, prefix)
		for next.hi = next.lo; next.hi < old.hi && strings.HasPrefix(p.not[next.hi], prefix); next.hi++ {
		}
		if next.lo == next.hi {
			next.lo, next.hi = 0, 0
		}
	}
	return p.intern(next)
}

func (p *product) accepted(id int) bool {
	c := p.cells[id]
	if c.length < p.wish.min {
		return false
	}
	for i, a := range p.automata {
		if a.accepts(c.states[i]) != (i < len(p.wish.match)) {
			return false
		}
	}
	return c.lo == c.hi || !p.wish.not[p.text(id)]
}

func (p *product) text(id int) string {
	var chars []rune
	for ; p.cells[id].parent >= 0; id = p.cells[id].parent {
		chars = append(chars, p.cells[id].char)
	}
	slices.Reverse(chars)
	return string(chars)
}
