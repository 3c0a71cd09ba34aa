package jsonschema

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
)

// automaton is the deterministic automaton of one pattern, built state by state
// as a search needs it. A state is the set of program positions that wait for
// the next character, and enough of the last character to judge ^, $ and \b.
type automaton struct {
	prog     *syntax.Prog
	anchored bool // a match can only begin at the start
	states   []state
	index    map[string]int
	moves    map[move]int
}

type state struct {
	waiting []uint32
	last    rune // -1 at the start; one of the runes of lastOf
	matched bool // a match has been seen: every continuation matches
}

type move struct {
	from int
	char rune
}

func newAutomaton(p *pattern) *automaton {
	a := &automaton{
		prog:     p.prog,
		anchored: p.prog.StartCond()&syntax.EmptyBeginText != 0,
		index:    map[string]int{},
		moves:    map[move]int{},
	}
	a.intern(state{waiting: []uint32{uint32(p.prog.Start)}, last: -1})
	return a
}

// lastOf stands for every character that looks the same to ^, $ and \b.
func lastOf(r rune) rune {
	switch {
	case r == '\n':
		return '\n'
	case syntax.IsWordChar(r):
		return 'a'
	}
	return ' '
}

func (a *automaton) intern(s state) int {
	if s.matched {
		s.waiting, s.last = nil, 0
	}
	slices.Sort(s.waiting)
	s.waiting = slices.Compact(s.waiting)
	key := make([]byte, 0, 2+4*len(s.waiting))
	key = append(key, byte(s.last))
	if s.matched {
		key = append(key, 1)
	}
	for _, pc := range s.waiting {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if id, ok := a.index[string(key)]; ok {
		return id
	}
	id := len(a.states)
	a.states = append(a.states, s)
	a.index[string(key)] = id
	return id
}

// step reads one character.
func (a *automaton) step(from int, char rune) int {
	m := move{from, char}
	if to, ok := a.moves[m]; ok {
		return to
	}
	s := a.states[from]
	next := state{last: lastOf(char), matched: s.matched}
	if !s.matched {
		for _, pc := range a.closure(s, char) {
			switch inst := &a.prog.Inst[pc]; inst.Op {
			case syntax.InstMatch:
				next.matched = true
			default:
				if inst.MatchRune(char) {
					next.waiting = append(next.waiting, inst.Out)
				}
			}
		}
		if !a.anchored {
			next.waiting = append(next.waiting, uint32(a.prog.Start))
		}
	}
	to := a.intern(next)
	a.moves[m] = to
	return to
}

// accepts reports whether a text that ends in this state matches.
func (a *automaton) accepts(id int) bool {
	s := a.states[id]
	if s.matched {
		return true
	}
	for _, pc := range a.closure(s, -1) {
		if a.prog.Inst[pc].Op == syntax.InstMatch {
			return true
		}
	}
	return false
}

// hopeless reports whether no continuation can match.
func (a *automaton) hopeless(id int) bool {
	s := a.states[id]
	return !s.matched && len(s.waiting) == 0
}

// closure follows everything that consumes no character, given the character
// that comes next (-1 for the end).
func (a *automaton) closure(s state, next rune) []uint32 {
	context := syntax.EmptyOpContext(s.last, next)
	seen := map[uint32]bool{}
	var reached []uint32
	stack := slices.Clone(s.waiting)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch inst := &a.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^context == 0 {
				stack = append(stack, inst.Out)
			}
		case syntax.InstFail:
		default:
			reached = append(reached, pc)
		}
	}
	return reached
}

// alphabet returns one character for each class of characters that no pattern
// and no excluded text tells apart, the friendliest to read first.
func alphabet(patterns []*pattern, texts map[string]bool) []rune {
	cuts := map[rune]bool{0: true, '\n': true, '\n' + 1: true, 0xd800: true, 0xe000: true}
	cut := func(lo, hi rune) { cuts[lo], cuts[hi+1] = true, true }
	for _, word := range [][2]rune{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}} {
		cut(word[0], word[1])
	}
	var tests []*syntax.Inst
	for _, p := range patterns {
		for i := range p.prog.Inst {
			inst := &p.prog.Inst[i]
			switch inst.Op {
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				tests = append(tests, inst)
				cutInst(inst, cut)
			}
		}
	}
	for text := range texts {
		for _, r := range text {
			cut(r, r)
		}
	}
	starts := make([]rune, 0, len(cuts))
	for r := range cuts {
		if r <= unicode.MaxRune {
			starts = append(starts, r)
		}
	}
	slices.Sort(starts)
	return classReps(starts, tests, texts)
}

// cutInst marks the ends of the ranges that one instruction matches.
func cutInst(inst *syntax.Inst, cut func(lo, hi rune)) {
	if len(inst.Rune) == 1 {
		r := inst.Rune[0]
		cut(r, r)
		if syntax.Flags(inst.Arg)&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				cut(f, f)
			}
		}
		return
	}
	for i := 0; i+1 < len(inst.Rune); i += 2 {
		cut(inst.Rune[i], inst.Rune[i+1])
	}
}

// classReps merges intervals that every test treats alike and picks the
// friendliest character of each class.
func classReps(starts []rune, tests []*syntax.Inst, texts map[string]bool) []rune {
	literal := map[rune]bool{}
	for text := range texts {
		for _, r := range text {
			literal[r] = true
		}
	}
	best := map[string]rune{}
	signature := make([]byte, len(tests)+1)
	for i, lo := range starts {
		if lo >= 0xd800 && lo < 0xe000 {
			continue // surrogates are no characters
		}
		hi := rune(unicode.MaxRune)
		if i+1 < len(starts) {
			hi = starts[i+1] - 1
		}
		signature[len(tests)] = byte(lastOf(lo))
		for t, inst := range tests {
			signature[t] = '0'
			if inst.MatchRune(lo) {
				signature[t] = '1'
			}
		}
		key := string(signature)
		if literal[lo] {
			key += string(lo)
		}
		rep := friendliest(lo, hi)
		if old, ok := best[key]; !ok || friendliness(rep) > friendliness(old) {
			best[key] = rep
		}
	}
	reps := make([]rune, 0, len(best))
	for _, r := range best {
		reps = append(reps, r)
	}
	slices.SortFunc(reps, func(a, b rune) int {
		if fa, fb := friendliness(a), friendliness(b); fa != fb {
			return fb - fa
		}
		return int(a - b)
	})
	return reps
}

// friendliest picks the character of lo..hi that reads best.
func friendliest(lo, hi rune) rune {
	for _, r := range []rune{'a', '0', 'A', '-', '_', ' ', '!'} {
		if lo <= r && r <= hi {
			return r
		}
	}
	return lo
}

func friendliness(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 5
	case r >= '0' && r <= '9':
		return 4
	case r >= 'A' && r <= 'Z':
		return 3
	case r > ' ' && r < 0x7f:
		return 2
	case unicode.IsPrint(r):
		return 1
	}
	return 0
}
